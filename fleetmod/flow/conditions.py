"""What the conditions of a TypeScript file tell of the platform, on its syntax tree.

A name is what its declaration says, wherever that can be seen: `isMac` that holds something else
tells nothing, nor does a `platform` that runs over a list or is written to in a way that nobody
asked the host for. Only a name that comes from elsewhere (an import, a parameter, a field) is taken
at its word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import reduce

from tree_sitter import Node

from fleetmod.flow.platforms import (
    ALWAYS,
    MANAGERS,
    UNKNOWN,
    Fact,
    asks_for_a_tool,
    helper,
    on,
    platform_of,
    there,
)
from fleetmod.flow.texts import Values
from fleetmod.syntax.scope import Binding
from fleetmod.syntax.source import FUNCTIONS, parts, same, unwrap, walk

OWN, GIVEN = "own", "given"  # the platform that the code runs on, or one that it is given
_NAMED = re.compile(r"(?:\w*[pP]latform|\w*PLATFORM|os|\w+O[Ss]|os_?[nN]ame|os_?[tT]ype)")
_OWN = {  # nodejs.org/api/process.html, os.html; docs.deno.com, Deno.build
    "process": ("platform",),
    "os": ("platform", "type"),
    "Deno.build": ("os",),
    "globalThis.process": ("platform",),
}
_SAME = ("toLowerCase", "toString", "trim", "valueOf")
_EACH = ("map", "flatMap", "forEach", "filter", "find", "some", "every", "reduce", "sort")
_STATUSES = ("status", "exitCode", "code")
_FALSE, _TRUE = ("false", "null", "undefined"), ("true",)
_DEPTH = 4


class Conditions:
    """Judges conditions of one file, for a tool: a test for the tool itself is one, too.

    `platforms_at` tells on which platforms a place runs.
    """

    def __init__(
        self,
        values: Values,
        tool: str,
        platform: str,
        platforms_at: Callable[[Node], frozenset[str]],
    ) -> None:
        self.values, self.scopes, self.source = values, values.scopes, values.source
        self.tool, self.platform, self.platforms_at = tool, platform, platforms_at
        self._open: set[int] = set()  # the names that are being asked for

    def fact(self, condition: Node, depth: int = _DEPTH) -> Fact:
        """On which platforms a condition can hold, and on which it can fail."""
        node = unwrap(condition)
        if not depth:
            return UNKNOWN
        if node.type == "await_expression":
            return self.fact(parts(node)[0], depth - 1)
        if node.type == "unary_expression":
            argument = node.child_by_field_name("argument")
            negated = argument is not None and node.children[0].type == "!"
            return ~self.fact(argument, depth) if negated and argument is not None else UNKNOWN
        if node.type == "binary_expression":
            return self._binary(node, depth)
        if node.type in _TRUE:
            return Fact(self.platforms_at(node), frozenset())
        if node.type in _FALSE:
            return ~ALWAYS
        if node.type == "call_expression":
            return self._call(node, depth)
        if node.type == "identifier":
            return self._name(node, depth)
        field = node.child_by_field_name("property")
        return helper(self.source.text(field)) if field is not None else UNKNOWN

    def compared(self, left: Node, right: Node) -> Fact:
        """What it tells that two expressions are equal; one of them is to be a literal."""
        for asked, value in ((left, right), (right, left)):
            literal = self.values.literal(value) or ""
            if literal in MANAGERS and self.values.literal(asked) is None:
                return on(MANAGERS[literal])  # `manager === "launchd"`, whoever found that out
            name, whose = platform_of(literal), self.asks(asked)
            if name and whose:
                return on(name, given=whose == GIVEN)
        return UNKNOWN

    def _binary(self, node: Node, depth: int) -> Fact:
        fields = ("left", "operator", "right")
        left, operator, right = (node.child_by_field_name(field) for field in fields)
        if left is None or operator is None or right is None:
            return UNKNOWN
        if operator.type in ("&&", "||"):
            a, b = self.fact(left, depth), self.fact(right, depth)
            if operator.type == "&&":
                return a & b
            both = a | b  # `USE_SIPS === "1" || isMac`: somebody chose it
            chosen = [one for one, n in ((b, left), (a, right)) if self._is_chosen(n)]
            return Fact(chosen[0].holds, both.fails) if chosen and chosen[0] != UNKNOWN else both
        if operator.type not in ("===", "==", "!==", "!="):
            return UNKNOWN
        value = self.source.text(unwrap(right))
        if value in _FALSE:
            found = ~self.fact(left, depth)
        elif value in _TRUE:
            found = self.fact(left, depth)
        elif value == "0" and self._is_search(left):
            found = there(self.platform)
        else:
            found = self.compared(left, right)
        return found if operator.type in ("===", "==") else ~found

    def _is_chosen(self, node: Node) -> bool:
        """Whether a condition holds only where a variable of the environment is set to a text."""
        node = unwrap(node)
        fields = ("left", "operator", "right")
        left, operator, right = (node.child_by_field_name(field) for field in fields)
        if node.type != "binary_expression" or left is None or operator is None or right is None:
            return False
        asked = unwrap(self.values.constant(left) or left)
        owner = asked.child_by_field_name("object")
        return (
            operator.type in ("===", "==")
            and bool(self.values.literal(right))
            and asked.type in ("member_expression", "subscript_expression")
            and owner is not None
            and self.source.text(owner) in ("process.env", "Bun.env", "env")
        )

    # -- names and calls -------------------------------------------------------------------------

    def _name(self, node: Node, depth: int) -> Fact:
        """What a name tells: what it holds, or itself where that cannot be seen."""
        binding = self.scopes.resolve(node)
        if binding is None or binding.kind in ("import", "parameter"):
            return helper(self.scopes.original(node))
        if binding.name_node.id in self._open or binding.kind in ("loop", "catch"):
            return UNKNOWN
        self._open.add(binding.name_node.id)
        try:
            held = list(self._held(binding))
            if not held:  # `const { isMac } = host`
                return helper(self.source.text(node)) if binding.kind == "const" else UNKNOWN
            facts = []
            for value in held:
                fact = self.fact(value, depth - 1)
                asks = fact == UNKNOWN and self._asks_within(value)
                facts.append(helper(self.source.text(node)) if asks else fact)
        finally:
            self._open.discard(binding.name_node.id)
        return reduce(Fact.either, facts)

    def _held(self, binding: Binding) -> Iterator[Node]:
        """Every value that a name is given; a function is none."""
        if binding.value is not None:
            yield binding.value
        for use in self.scopes.references(binding):
            outer = use.parent
            if outer is not None and same(outer.child_by_field_name("left"), use):
                value = outer.child_by_field_name("right")
                if value is not None and outer.type.endswith("assignment_expression"):
                    yield value

    def _asks_within(self, place: Node) -> bool:
        """Whether an expression, or the function that it calls, asks for a platform somewhere."""
        return any(
            self.asks(node) != ""
            for node in walk(place)
            if node.type in ("member_expression", "call_expression")
        )

    def _call(self, call: Node, depth: int) -> Fact:
        function, arguments = (call.child_by_field_name(f) for f in ("function", "arguments"))
        if function is None:
            return UNKNOWN
        given = parts(arguments)
        if self._is_test(function, given):
            return there(self.platform)
        owner, method = (function.child_by_field_name(f) for f in ("object", "property"))
        if owner is not None and method is not None:
            if (listed := self._listed(owner, self.source.text(method), given)) is not None:
                return listed
            return helper(self.source.text(method))
        if function.type != "identifier":
            return UNKNOWN
        inlined = self.values.inline(call)
        found = self.fact(inlined[0], depth - 1) if inlined is not None else UNKNOWN
        made = self._function(function)
        if found == UNKNOWN and (made is None or self._asks_within(made)):
            return helper(self.scopes.original(function))
        return found

    def _function(self, name: Node) -> Node | None:
        """The function of this file that a name stands for."""
        binding = self.scopes.resolve(name)
        if binding is None or binding.kind in ("import", "parameter"):
            return None
        made = unwrap(binding.value) if binding.value is not None else binding.declaration
        return made

    def _listed(self, owner: Node, method: str, given: list[Node]) -> Fact | None:
        """`["darwin", "linux"].includes(process.platform)`, `process.platform.startsWith("win")`"""
        if len(given) != 1:
            return None
        if method == "startsWith" and (whose := self.asks(owner)):
            literal = self.values.literal(given[0]) or ""
            name = platform_of(literal) or {"win": "win32"}.get(literal, "")
            return on(name, given=whose == GIVEN) if name else UNKNOWN
        if method not in ("includes", "has") or not (whose := self.asks(given[0])):
            return None
        made = unwrap(self.values.constant(owner) or owner)
        if made.type == "new_expression":  # `new Set(["darwin"])`
            held = parts(made.child_by_field_name("arguments"))
            owner = held[0] if held else owner
        names = [
            platform_of(self.values.literal(e) or "") for e in self.values.elements(owner) or ()
        ]
        return on(*names, given=whose == GIVEN) if names and all(names) else UNKNOWN

    def _is_test(self, function: Node, given: list[Node]) -> bool:
        """`which("pbcopy")`, `existsSync("/usr/bin/open")`; `.has("open")` is a set's."""
        literal = self.values.literal(given[0]) if given else None
        if literal is None or literal.rpartition("/")[2] != self.tool:
            return False
        method = function.child_by_field_name("property")
        name = self.source.text(method if method is not None else function)
        return asks_for_a_tool(name) and not (method is not None and name == "has")

    def _is_search(self, node: Node) -> bool:
        """The exit status of `spawnSync("which brew", …)`, or of a constant that keeps it."""
        status = unwrap(node)
        member, owner = (status.child_by_field_name(f) for f in ("property", "object"))
        if member is None or owner is None or self.source.text(member) not in _STATUSES:
            return False
        call = unwrap(self.values.constant(owner) or owner)
        call = unwrap(parts(call)[0]) if call.type == "await_expression" else call
        given = parts(call.child_by_field_name("arguments"))
        words = given[:1] + [e for each in given[1:2] for e in self.values.elements(each) or ()]
        asked = " ".join(self.values.literal(word) or "" for word in words)
        return bool(re.fullmatch(rf"(?:command -v|which|type|hash) {re.escape(self.tool)}", asked))

    # -- the platform ----------------------------------------------------------------------------

    def asks(self, node: Node, depth: int = _DEPTH) -> str:
        """Whose platform an expression is: OWN, GIVEN, or "" for something else."""
        node = unwrap(node)
        if not depth:
            return ""
        if node.type == "await_expression":
            return self.asks(parts(node)[0], depth)
        if node.type == "binary_expression":
            operator = node.child_by_field_name("operator")
            sides = (node.child_by_field_name(field) for field in ("left", "right"))
            chosen = operator is not None and operator.type in ("??", "||")
            asked = chosen and any(self.asks(side, depth - 1) for side in sides if side is not None)
            return GIVEN if asked else ""
        if node.type == "call_expression":
            return self._asks_call(node, depth)
        if node.type in ("member_expression", "subscript_expression"):
            return self._asks_member(node)
        return self._asks_name(node, depth) if node.type == "identifier" else ""

    def _asks_call(self, call: Node, depth: int) -> str:
        function = call.child_by_field_name("function")
        if function is None or parts(call.child_by_field_name("arguments")):
            return ""
        owner, method = (function.child_by_field_name(f) for f in ("object", "property"))
        if owner is not None and method is not None:
            if self.source.text(method) in _SAME:
                return self.asks(owner, depth)
            return self._asks_member(function)
        inlined = self.values.inline(call)
        if inlined is not None:
            return self.asks(inlined[0], depth - 1)
        binding = self.scopes.resolve(function)
        name = self.scopes.original(function)
        if binding is not None and self.scopes.module(binding) in ("os", "node:os"):
            return OWN if name in _OWN["os"] else ""
        return GIVEN if _NAMED.fullmatch(name) else ""

    def _asks_member(self, node: Node) -> str:
        """`process.platform`, `this.platform`; one of the elements of a list is another's."""
        owner = node.child_by_field_name("object")
        field = node.child_by_field_name("property") or node.child_by_field_name("index")
        if owner is None or field is None:
            return ""
        name = self.source.text(field).strip("\"'`")
        base = unwrap(owner)
        said = self.source.text(base)
        binding = self.scopes.resolve(base) if base.type == "identifier" else None
        if binding is not None and self._is_each(binding):
            return ""
        if name in _OWN.get(said, ()) or (binding is not None and self._is_own(binding, name)):
            known = binding is None or self.scopes.module(binding) in _MODULES
            return (
                OWN if known else "" if binding is not None and binding.value is not None else GIVEN
            )
        return GIVEN if _NAMED.fullmatch(name) and said not in _OWN else ""

    def _is_own(self, binding: Binding, name: str) -> bool:
        module = self.scopes.module(binding).removeprefix("node:")
        return module in _OWN and name in _OWN[module]

    def _asks_name(self, node: Node, depth: int) -> str:
        binding = self.scopes.resolve(node)
        named = _NAMED.fullmatch(self.scopes.original(node)) is not None
        if binding is None or binding.kind == "import":
            module = self.scopes.module(binding) if binding is not None else ""
            own = module.removeprefix("node:") == "process"
            return (OWN if own else GIVEN) if named else ""
        if self._is_each(binding) or binding.name_node.id in self._open:
            return ""
        if binding.kind == "parameter":
            return GIVEN if named else ""
        held = list(self._held(binding))
        if not held:
            return self._asks_field(binding) if binding.kind == "const" else ""
        self._open.add(binding.name_node.id)
        try:
            found = [self.asks(value, depth - 1) for value in held]
        finally:
            self._open.discard(binding.name_node.id)
        if all(found):
            return OWN if set(found) == {OWN} else GIVEN
        opaque = all(value.type in ("call_expression", "await_expression") for value in held)
        return GIVEN if named and opaque else ""

    def _asks_field(self, binding: Binding) -> str:
        """`const { platform: os } = process`"""
        value, holder = binding.declaration.child_by_field_name("value"), binding.name_node.parent
        if value is None or holder is None or self.values.literal(value) is not None:
            return ""
        key = holder.child_by_field_name("key") if holder.type == "pair_pattern" else None
        name = self.source.text(key if key is not None else binding.name_node)
        own = name in _OWN.get(self.source.text(value), ())
        return OWN if own else GIVEN if _NAMED.fullmatch(name) else ""

    def _is_each(self, binding: Binding) -> bool:
        """Whether a name is each element of a list in turn."""
        if binding.kind in ("loop", "catch"):
            return True
        if binding.kind != "parameter":
            return False
        function = binding.scope
        call = function.parent.parent if function.parent is not None else None
        if function.type not in FUNCTIONS or call is None or call.type != "call_expression":
            return False
        called = call.child_by_field_name("function")
        method = called.child_by_field_name("property") if called is not None else None
        return method is not None and self.source.text(method) in _EACH


_MODULES = ("os", "node:os", "process", "node:process")
