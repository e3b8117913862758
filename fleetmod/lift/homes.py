"""Expressions whose value is the user's home folder, and fallback chains that end in one."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property

from tree_sitter import Node

from fleetmod.flow.texts import Values
from fleetmod.regex import lazy
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import ancestors, unwrap, walk

_LOOKUPS = lazy(
    r"(process|Bun)\.env(\.HOME|\.USERPROFILE|\[[\"'](HOME|USERPROFILE)[\"']\])"
    r"(!|(\?|!)?\.trim\(\))?"
    r"|(\w+\.)?homedir\(\)"
    r"|Deno\.env\.get\([\"'](HOME|USERPROFILE)[\"']\)"
    r"|\w*[iI]dentity\.homeDir"
)
# what a text stands in that is a part of a longer one, or of a list
_WITHIN = ("parenthesized_expression", "binary_expression", "as_expression", "array",
           "satisfies_expression", "template_string", "template_substitution")  # fmt: skip
_USER_LOOKUPS = lazy(
    r"(process|Bun)\.env\??(\.(USER|LOGNAME|USERNAME)|(\?\.)?\[[\"'`](USER|LOGNAME|USERNAME)[\"'`]\])!?"
    r"|Deno\.env\.get\([\"'](USER|LOGNAME|USERNAME)[\"']\)!?"
    r"|((\w+\.)?userInfo|require\([\"'](node:)?os[\"']\)\.userInfo)\([^()]*\)\??\.username"
)
_AS_TEXT = lazy(r"\??\.(trim|toString|normalize)\(([\"'`]?utf-?8[\"'`])?\)$")
_USER_SHELL = lazy(r"(\w+\.)?exec(File)?Sync\([\"'`](/usr/bin/)?(whoami|logname|id -un)[\"'`]")
_LONGEST = 1000  # bytes of a lookup; one has a name and a few words
_HOME_LITERAL = lazy(r"/(Users|home)/[^/\s]+/?")


def chain(node: Node) -> list[tuple[str, Node]]:
    """A fallback chain as (operator before it, element) pairs; one pair for a plain expression."""
    node = unwrap(node)
    if node.type == "binary_expression":
        operator = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator is not None and operator.type in ("||", "??") and left and right:
            first, *rest = chain(right)
            return [*chain(left), (operator.type, first[1]), *rest]
    return [("", node)]


def reads_variable(text: str, name: str) -> bool:
    """Whether squeezed code is `process.env.NAME`, in one of the ways to spell that."""
    member = rf"(\.{re.escape(name)}|\[[\"'`]{re.escape(name)}[\"'`]\])"
    return re.fullmatch(rf"process\.env{member}(\??\.trim\(\))?", text) is not None


class Homes:
    """Tells home folders apart from other expressions of one file."""

    def __init__(self, scopes: Scopes, values: Values) -> None:
        self.scopes, self.values = scopes, values
        self.people: dict[int, set[str]] = {}  # whose homes an expression spells, by its node
        self.compared: dict[int, str] = {}  # by function; see lower.told_apart

    def is_lookup(self, node: Node) -> bool:
        """Whether an expression asks the environment or the OS for the home folder."""
        node = unwrap(node)
        if node.end_byte - node.start_byte > _LONGEST:
            return False
        text = self.scopes.source.squeezed(node)
        if _LOOKUPS.fullmatch(text):
            return True
        function = node.child_by_field_name("function") if text.endswith("()") else None
        return function is not None and self.scopes.original(function) == "homedir"

    def looks_up(self, node: Node) -> bool:
        """Whether anything in an expression is a lookup; all of a file are found at once."""
        at = bisect_left(self._lookups, node.start_byte)
        return at < len(self._lookups) and self._lookups[at] < node.end_byte

    @cached_property
    def _lookups(self) -> list[int]:
        return [n.start_byte for n in walk(self.scopes.source.root) if self.is_lookup(n)]

    def uses(self, node: Node) -> list[Node]:
        """Where the constant is read whose value a literal is, or is a part of."""
        for a in ancestors(node):
            if a.type == "variable_declarator":
                name = a.child_by_field_name("name")
                binding = self.scopes.resolve(name) if name is not None else None
                return self.scopes.references(binding) if binding is not None else []
            if a.type not in _WITHIN:
                break
        return []

    def before(self, node: Node) -> str:
        """What a literal is appended to by `+`, a NUL for each value that is not known."""
        _, pieces = self.values.appended(node)
        return "".join(piece if isinstance(piece, str) else "\0" for piece in pieces)

    def is_home(self, node: Node, depth: int = 4) -> bool:
        """Whether an expression is the home folder: a lookup, a chain of them, or a constant."""
        if self.is_lookup(node):
            return True
        elements = chain(node)
        if len(elements) > 1:
            return all(
                self.is_home(e, depth)
                or bool(_HOME_LITERAL.fullmatch(self.values.literal(e) or ""))
                for _, e in elements
            )
        value = self.values.constant(node)
        return value is not None and depth > 0 and self.is_home(value, depth - 1)

    def is_user(self, node: Node, depth: int = 4) -> bool:
        """Whether an expression is the name of the user who runs the code: a lookup, a chain that
        begins with one, or a constant."""
        node = unwrap(node)
        first, *_ = elements = [element for _, element in chain(node)]
        if len(elements) > 1:
            return self.is_user(first, depth)
        text = self.scopes.source.squeezed(node)
        while (shorter := _AS_TEXT.sub("", text)) != text:
            text = shorter
        if _USER_LOOKUPS.fullmatch(text) or (text.endswith(")") and _USER_SHELL.match(text)):
            return True
        if text.startswith("String(") and (call := node.child_by_field_name("arguments")):
            return len(call.named_children) == 1 and self.is_user(call.named_children[0], depth)
        if node.type == "member_expression" and text.endswith(".username"):
            owner = node.child_by_field_name("object")
            made = self.values.constant(owner) if owner is not None else None
            return made is not None and self._is_user_info(made)
        if node.type != "identifier" or not depth:
            return False
        value = self.values.constant(node)
        return self.is_user(value, depth - 1) if value is not None else self._is_taken_out(node)

    def _is_user_info(self, node: Node) -> bool:
        function = node.child_by_field_name("function")
        name = self.scopes.original(function) if function is not None else ""
        return name.rpartition(".")[2] == "userInfo"

    def _is_taken_out(self, node: Node) -> bool:
        """Whether a name is `username` of `const { username } = userInfo()`, or the like."""
        binding = self.scopes.resolve(node)
        if binding is None or binding.declaration.type != "variable_declarator":
            return False
        value = binding.declaration.child_by_field_name("value")
        pattern = binding.declaration.child_by_field_name("name")
        if value is None or pattern is None or pattern.type != "object_pattern":
            return False
        if self.scopes.assigned(binding):
            return False
        key = binding.name
        for pair in pattern.named_children:
            taken = pair.child_by_field_name("value")
            if pair.type == "pair_pattern" and taken is not None and taken == binding.name_node:
                key = self.scopes.source.text(pair.named_children[0])
        owner = self.scopes.source.squeezed(value)
        if key == "username":
            return self._is_user_info(unwrap(value))
        return key in ("USER", "LOGNAME", "USERNAME") and owner in ("process.env", "Bun.env")
