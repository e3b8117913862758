"""How the result of a call is used: the expressions around it, up to what consumes them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from fleetmod.lower.context import effect_callback, effect_read
from fleetmod.regex import lazy
from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import FUNCTIONS, Source, parts, unwrap

_IGNORING = lazy(
    r"(window\.|globalThis\.)?(setTimeout|setInterval|setImmediate|queueMicrotask)"
    r"|.*\.(forEach|on|once|addEventListener|finally)"
)
_TRANSPARENT = {
    "parenthesized_expression",
    "as_expression",
    "satisfies_expression",
    "non_null_expression",
}
_TO_TEXT = {"toString"}
_BUN_OPTIONS = {"quiet", "nothrow", "text", "throws"}


@dataclass
class Usage:
    """`value` is the outermost expression that still is the call's result (awaited, `toString()`
    peeled); `parent` consumes it. `methods` are shell-option calls met on the way. `told` says that
    a callback reads how the call went."""

    value: Node
    parent: Node
    awaited: bool = False
    methods: list[str] = field(default_factory=list)
    stringified: bool = False
    told: bool = False


def usage_of(call: Node, source: Source, shell_options: bool) -> Usage:
    """Climb from a call to the node that uses its result."""
    node = call
    usage = Usage(call, call.parent or call)
    while (parent := node.parent) is not None:
        if parent.type in _TRANSPARENT and parent.named_children[0].id == node.id:
            if _is_condition(parent):
                break
            node = parent
        elif parent.type == "await_expression":
            usage.awaited = True
            node = parent
        elif (method := _method(parent, node, source)) is not None:
            name, whole = method
            if name in _TO_TEXT:
                if not _plain_encoding(whole, source):
                    break
                usage.stringified = True
            elif shell_options and name in _BUN_OPTIONS:
                usage.methods.append(name)
            else:
                break
            node = whole
        else:
            break
    usage.value, usage.parent = node, node.parent or node
    return usage


def _plain_encoding(call: Node, source: Source) -> bool:
    """Whether `toString(…)` gives the text as it is."""
    arguments = call.child_by_field_name("arguments")
    given = parts(arguments)
    return not given or source.text(given[0]).strip("\"'`").lower() in ("utf8", "utf-8", "ascii")


def _is_condition(node: Node) -> bool:
    """Whether these parentheses belong to an `if`, `while` or `switch`, which needs them."""
    parent = node.parent
    return (
        node.type == "parenthesized_expression"
        and parent is not None
        and parent.type.endswith("_statement")
        and parent.type not in ("expression_statement", "return_statement", "throw_statement")
    )


def _method(parent: Node, node: Node, source: Source) -> tuple[str, Node] | None:
    """The name and the whole expression of `node.name(…)`."""
    if parent.type != "member_expression":
        return None
    owner, name = parent.child_by_field_name("object"), parent.child_by_field_name("property")
    whole = parent.parent
    if owner is None or name is None or owner.id != node.id or whole is None:
        return None
    function = whole.child_by_field_name("function")
    if whole.type != "call_expression" or function is None or function.id != parent.id:
        return None
    return source.text(name), whole


def member(node: Node, source: Source) -> str:
    """The property that is read of `node` by its parent; empty for other uses."""
    parent = node.parent
    if parent is None or parent.type != "member_expression":
        return ""
    owner, name = parent.child_by_field_name("object"), parent.child_by_field_name("property")
    if owner is None or name is None or owner.id != node.id:
        return ""
    return source.text(name)


def declarator(node: Node) -> Node | None:
    """The `const x = node` that an expression initializes."""
    parent = node.parent
    if parent is None or parent.type != "variable_declarator":
        return None
    value = parent.child_by_field_name("value")
    return parent if value is not None and value.id == node.id else None


def inner(node: Node) -> Node:
    """An expression without parentheses, casts and `await`."""
    node = unwrap(node)
    return unwrap(node.named_children[0]) if node.type == "await_expression" else node


def declared(holder: Node, scopes: Scopes) -> Binding | None:
    """The name that a declarator declares, when it is no pattern."""
    name = holder.child_by_field_name("name")
    if name is None or name.type != "identifier":
        return None
    return scopes.declared(name)


def ignored(usage: Usage, scopes: Scopes) -> Node | None:
    """The node to replace when nobody reads the result."""
    parent, value = usage.parent, usage.value
    if parent.type == "unary_expression" and scopes.source.text(parent).startswith("void "):
        value, parent = parent, parent.parent or parent
    if parent.type == "expression_statement":
        return parent
    if (callback := _given_by(parent, value)) and _callback_ignored(callback, value, scopes):
        return value
    holder = declarator(value)
    if holder is not None and (binding := declared(holder, scopes)) is not None:
        statement = holder.parent
        alone = statement is not None and len(statement.named_children) == 1
        if alone and not scopes.references(binding) and not scopes.exported(binding):
            return statement
    return None


def by_truth(usage: Usage, scopes: Scopes) -> bool:
    """Whether the exit status of a result is asked as a truth value: `if (done.status)`, where the
    null of a program that did not run, or did not end by itself, counts as success."""
    source, holder = scopes.source, declarator(usage.value)
    name = holder.child_by_field_name("name") if holder is not None else None
    asked: list[Node] = []
    if holder is None:
        access = usage.value.parent
        asked = [access] if access and member(usage.value, source) == "status" else []
    elif name is not None and name.type == "object_pattern":
        for field in name.named_children:
            key = field.child_by_field_name("key") or field
            local = field.child_by_field_name("value") or field
            binding = scopes.resolve(local) if source.text(key) == "status" else None
            asked += scopes.references(binding) if binding is not None else []
    elif (binding := declared(holder, scopes)) is not None:
        reads = scopes.references(binding)
        asked = [r.parent for r in reads if r.parent and member(r, source) == "status"]
    return any(_is_truth(each, source) for each in asked)


def _is_truth(node: Node, source: Source) -> bool:
    below, parent = node, node.parent
    while parent is not None and parent.type in _TRANSPARENT and not _is_condition(parent):
        below, parent = parent, parent.parent
    if parent is None:
        return False
    if parent.type == "parenthesized_expression":
        return True  # the condition of an `if`
    if parent.type == "unary_expression":
        return source.text(parent).startswith("!")
    if parent.type == "ternary_expression":
        condition = parent.child_by_field_name("condition")
        return condition is not None and condition.id == below.id
    if parent.type == "binary_expression":
        operator = parent.child_by_field_name("operator")
        return operator is not None and source.text(operator) in ("&&", "||")
    call = parent.parent if parent.type == "arguments" else None
    function = call.child_by_field_name("function") if call is not None else None
    return function is not None and source.text(function) == "Boolean"


def _given_by(parent: Node, value: Node) -> Node | None:
    """The function that gives a value: `() => value`, or one that ends in `return value`."""
    if parent.type == "return_statement":
        block = parent.parent
        function = block.parent if block is not None else None
        return function if function is not None and function.type in FUNCTIONS else None
    body = parent.child_by_field_name("body") if parent.type == "arrow_function" else None
    return parent if body is not None and body.id == value.id else None


def _callback_ignored(function: Node, value: Node, scopes: Scopes) -> bool:
    if effect_callback(value, scopes):
        return not effect_read(function, scopes)
    holder = function.parent
    if holder is None or holder.type != "arguments" or holder.parent is None:
        return False
    target = holder.parent.child_by_field_name("function")
    return target is not None and bool(_IGNORING.fullmatch(scopes.source.text(target)))
