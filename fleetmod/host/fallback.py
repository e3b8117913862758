"""A platform check in front of a call, where the code has a way on for a tool that fails.

The check takes that way before the tool is looked for: nothing changes on the tool's platform, and
elsewhere the code does what it does when the tool fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.host.tools import Tool
from fleetmod.lower.draft import Refused
from fleetmod.lower.style import Style, line_indent
from fleetmod.model import Edit
from fleetmod.runner import Runner
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import ancestors, contains, enclosing_function, same, unwrap, walk

# what may stand between the call and its statement: nothing is evaluated before the call
_PASSED = frozenset(
    "await_expression parenthesized_expression as_expression non_null_expression "
    "satisfies_expression member_expression variable_declarator lexical_declaration "
    "expression_statement return_statement".split()
)
_LITERALS = frozenset("null undefined true false number string".split())
_ACTS = frozenset(
    "await_expression yield_expression assignment_expression update_expression "
    "augmented_assignment_expression new_expression".split()
)
# calls in a command's words that only make a text of what they are given
_PURE = re.compile(
    r"(?:.*\.)?(?:join|resolve|String|toString|trim|basename|dirname|stringify|replace|homedir)"
)
_NO_WAY = reasons.UNCHECKED_TOOL("no way on without it stands beside the call")


# what a `catch` may ask an error for, and a plain Error has
_PLAIN = re.compile(r"(?:message|stack|name|toString)\b")


def guard(call: Node, runner: Runner, tool: Tool, scopes: Scopes, rule: str) -> Edit:
    """The edit that inserts the check; raises Refused where no way on is plain to see."""
    source = scopes.source
    if runner.caveat:
        raise Refused(reasons.UNCHECKED_TOOL(f"`{runner.name}` does more than run the command"))
    statement = _statement(call)
    function = enclosing_function(call)
    if function is None or statement is None:
        raise Refused(
            reasons.UNCHECKED_TOOL(
                "it runs when the module is loaded, or inside a larger expression"
            )
        )
    if scopes.lookup("process", call) is not None or runner.name == "Deno.Command":
        raise Refused(reasons.UNCHECKED_TOOL("the file has another `process` than Node's, or none"))
    if re.search(r"process\.platform|\bplatform\(\)", source.text(function)):
        raise Refused(
            reasons.UNCHECKED_TOOL(
                "the function asks for the platform already, and not for this call"
            )
        )
    if any(_acts(part, source.text) for part in _inside(call)):
        raise Refused(
            reasons.UNCHECKED_TOOL("what the command is given does more than make a text")
        )
    way = _caught(statement, call, runner, tool, scopes) or _returned(statement, call, scopes)
    if way is None:
        raise Refused(_NO_WAY)
    style = Style(source)
    indent = line_indent(source, statement.start_byte)
    text = f"if (process.platform !== {style.string(tool.platform)}) {way}{style.semicolon}"
    start = statement.start_byte
    before = source.data[source.data.rfind(b"\n", 0, start) + 1 : start]
    # on one line with what is around it: `try { run(); } catch {}`
    between = f"{style.newline}{indent}" if not before.strip() else " " if style.semicolon else "; "
    return Edit(start, start, text + between, rule)


def goes_on(call: Node, runner: Runner | None) -> bool:
    """Whether the code goes on where the tool is missing: the call tells it in its result, which
    throws nothing, and what the code makes of that result ends in a `catch` that goes on.

    The `spawnSync` of Node is such a call (nodejs.org/api/child_process.html, error and status).
    """
    if runner is None or not runner.sync or runner.throws or runner.absent_throws:
        return False
    trying = _try(call)
    handler = trying.child_by_field_name("handler") if trying is not None else None
    if handler is None:
        return False
    return not any(
        node.type == "throw_statement" or (node.text or b"").startswith(b"process.exit(")
        for node in walk(handler)
    )


def _statement(call: Node) -> Node | None:
    """The statement of a block that begins by making the call."""
    inner = call
    for outer in ancestors(call):
        if outer.type == "statement_block":
            return inner if inner.type in _PASSED else None
        called = outer.type == "call_expression" and same(
            outer.child_by_field_name("function"), inner
        )
        if not called and outer.type not in _PASSED:
            return None
        inner = outer
    return None


def _inside(call: Node) -> list[Node]:
    arguments = call.child_by_field_name("arguments")
    return list(walk(arguments)) if arguments is not None else []


def _acts(node: Node, text: Callable[[Node], str]) -> bool:
    if node.type == "call_expression":
        function = node.child_by_field_name("function")
        return function is None or _PURE.fullmatch(re.sub(r"\s", "", text(function))) is None
    return node.type in _ACTS


def _caught(statement: Node, call: Node, runner: Runner, tool: Tool, scopes: Scopes) -> str | None:
    """The way into the `catch` around the statement, of a call that throws without its tool."""
    trying = _try(statement)
    if trying is None:
        return None
    handler = trying.child_by_field_name("handler")
    awaited = call.parent is not None and call.parent.type == "await_expression"
    # Bun.spawn and Bun.spawnSync throw where the program is not there (ENOENT)
    bun = runner.absent_throws
    if runner.sync and not runner.throws and not bun:
        return None  # `spawnSync` of Node tells in its result
    if handler is None or not (bun or (runner.throws and (runner.sync or awaited))):
        raise Refused(
            reasons.UNCHECKED_TOOL(
                "a `try` stands around the call, and the call does not fail into it"
            )
        )
    body, error = handler.child_by_field_name("body"), handler.child_by_field_name("parameter")
    inside = [c for c in body.named_children if c.type != "comment"] if body is not None else []
    if not inside and _is_last(trying):
        return "return"
    if len(inside) == 1 and inside[0].type == "return_statement" and error is None:
        return _way(inside[0], statement, scopes)
    if error is not None and not _is_plain(handler, scopes.source.text(error), scopes):
        raise Refused(
            reasons.UNCHECKED_TOOL("the `catch` around the call looks into what the command left")
        )
    message = Style(scopes.source).string(f"{tool.name} exists on {tool.where} only")
    return f"throw new Error({message})"


def _is_plain(handler: Node, error: str, scopes: Scopes) -> bool:
    """Whether a `catch` asks its error for no more than every error has."""
    text = scopes.source.text(handler)
    uses = re.findall(rf"\b{re.escape(error)}\b[^.\n]{{0,40}}?(?:\?\.|\.)(\w+)", text)
    return error.isidentifier() and all(_PLAIN.fullmatch(use) for use in uses)


def _try(statement: Node) -> Node | None:
    for a in ancestors(statement):
        if a.type == "try_statement":
            body = a.child_by_field_name("body")
            return a if body is not None and contains(body, statement) else _try(a)
        if same(a, enclosing_function(statement)):
            return None
    return None


def _is_last(trying: Node) -> bool:
    """Whether the function ends behind the `try`, so that leaving it is leaving the function."""
    block, function = trying.parent, enclosing_function(trying)
    if block is None or function is None or not same(block.parent, function):
        return False
    after = trying.next_named_sibling
    while after is not None and after.type == "comment":
        after = after.next_named_sibling
    return after is None and trying.child_by_field_name("finalizer") is None


def _returned(statement: Node, call: Node, scopes: Scopes) -> str | None:
    """`null` of `const p = spawnSync(…); if (p.exitCode !== 0) return null;`"""
    declarator = next((a for a in ancestors(call) if a.type == "variable_declarator"), None)
    name = declarator.child_by_field_name("name") if declarator is not None else None
    test = statement.next_named_sibling
    while test is not None and test.type == "comment":
        test = test.next_named_sibling
    if name is None or declarator is None or test is None or test.type != "if_statement":
        return None
    value = declarator.child_by_field_name("value")
    value = unwrap(value) if value is not None else None
    if value is not None and value.type == "await_expression":
        value = unwrap(value.named_children[0])
    condition, branch = (test.child_by_field_name(f) for f in ("condition", "consequence"))
    if not same(value, call) or condition is None or branch is None:
        return None
    p = re.escape(scopes.source.text(name))
    failed = rf"\({p}\.(?:exitCode|status|code)!==?0\)|\(!{p}\.(?:success|ok)\)"
    if not re.fullmatch(failed, re.sub(r"\s", "", scopes.source.text(condition))):
        return None
    if branch.type == "statement_block":
        inside = [c for c in branch.named_children if c.type != "comment"]
        branch = inside[0] if len(inside) == 1 else branch
    return _way(branch, statement, scopes) if branch.type == "return_statement" else None


def _way(returning: Node, statement: Node, scopes: Scopes) -> str:
    """The text of a `return` whose value does not come from the call; raises Refused else."""
    value = returning.named_children[0] if returning.named_children else None
    if value is not None and not _is_known(value, statement, scopes):
        raise Refused(
            reasons.UNCHECKED_TOOL("what is returned without the tool is made from what went wrong")
        )
    return "return" if value is None else f"return {scopes.source.text(value)}"


def _is_known(node: Node, statement: Node, scopes: Scopes) -> bool:
    node = unwrap(node)
    if node.type in ("array", "object", "pair"):
        return all(_is_known(c, statement, scopes) for c in node.named_children)
    if node.type == "property_identifier":
        return True
    if node.type == "identifier":
        binding = scopes.resolve(node)
        if binding is None:
            return scopes.source.text(node) == "undefined"
        before = binding.name_node.end_byte < statement.start_byte
        return before and binding.kind in ("const", "import", "parameter")
    return node.type in _LITERALS
