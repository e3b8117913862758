"""What flows from a home in a test: the numbers that its length decides, such as a column behind
it, and the words that are looked for in it. What only stands near says nothing of a home."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tree_sitter import Node

from fleetmod.flow.uses import arguments_of, method_of, receiver
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import ancestors, contains, unwrap, walk

USERS = ("user", "username", "login", "logname", "whoami")  # how names of a user's name end
EXPECTS = ("expect", "assert", "t", "should", "chai")
# what a text, or a place in one, is measured by; the last word of a name in small letters
_MEASURES = frozenset(
    "length bytelength size offset start end index column col position pos".split()
)
_ASKS = frozenset("indexOf lastIndexOf search byteLength".split())
_CUTS = frozenset("slice substring substr padEnd padStart charAt charCodeAt codePointAt".split())
# lists, whose length is how many there are
_LISTS = frozenset(
    "split filter map flatMap keys values entries match matchAll concat readdirSync readdir".split()
)
_MOST = 5  # digits
_DEPTH = 4  # constants of constants


class HomeFlow:
    """Finds them in one file. `homes` are the literals that spell one."""

    def __init__(self, scopes: Scopes, homes: Iterable[Node]) -> None:
        self.scopes, self.source = scopes, scopes.source
        self._homes = {node.id for node in homes}

    def lengths(self) -> Iterator[int]:
        """Each number that may be made of a home's length."""
        for node in self.source.of("number") if self._homes else ():
            text = self.source.text(node)
            if text.isdigit() and len(text) <= _MOST and self._is_measured(node):
                yield int(text)

    def asked(self, node: Node) -> bool:
        """Whether a text is looked for in what holds a home, or told as the user beside one."""
        parent = node.parent
        if parent is not None and parent.type == "pair" and parent.parent is not None:
            key = parent.child_by_field_name("key")
            name = self.source.text(key).strip("\"'").replace("_", "").lower() if key else ""
            return name.endswith(USERS) and self._holds(parent.parent, 0)
        call = parent.parent if parent is not None and parent.type == "arguments" else None
        function = call.child_by_field_name("function") if call is not None else None
        of = function.child_by_field_name("object") if function is not None else None
        return of is not None and self._holds(of)

    def _is_measured(self, number: Node) -> bool:
        key = ""
        for a in ancestors(number):
            if a.type == "pair" and not key:
                name = a.child_by_field_name("key")
                key = self.source.text(name) if name is not None else "-"
            if a.type.endswith("statement") or a.type in ("program", "statement_block"):
                return False
            if a.type == "call_expression":
                given = a.child_by_field_name("arguments")
                if given is not None and contains(given, number):
                    return self._by_call(a, number, key)
        return False

    def _by_call(self, call: Node, number: Node, key: str) -> bool:
        """Whether a call cuts a home at a number, or compares the number with a measure of one."""
        method = method_of(call)
        name = self.source.text(method) if method is not None else ""
        function = call.child_by_field_name("function")
        of = function.child_by_field_name("object") if function is not None else None
        if name in _CUTS:
            return of is not None and self._holds(of)
        root = receiver(call)
        called = "called" in name.lower()  # what a mock was given is no measure of it
        if root is None or self.source.text(root) not in EXPECTS or (called and not key):
            return False
        subjects = [a for a in arguments_of(call) if not contains(a, number)]
        while of is not None:  # expect(x).not.toBe(n)
            subjects += arguments_of(of) if of.type == "call_expression" else []
            inner = of.child_by_field_name("object") or of.child_by_field_name("function")
            of = unwrap(inner) if inner is not None else None
        if key:
            return _measures(key) and any(map(self._holds, subjects))
        if name in ("toHaveLength", "lengthOf", "length"):
            return any(self._is_text(each) for each in subjects)
        return any(map(self._asks_length, subjects))

    def _asks_length(self, subject: Node) -> bool:
        """Whether an expression is a measure of what holds a home, or made by a call of a home."""
        subject = self._value(subject)
        if subject.type == "member_expression":
            name, of = (subject.child_by_field_name(f) for f in ("property", "object"))
            if name is None or of is None:
                return False
            spelled = self.source.text(name)
            is_length = spelled.lower() in ("length", "size")
            return _measures(spelled) and (self._is_text(of) if is_length else self._holds(of))
        if subject.type != "call_expression":
            return False
        method = method_of(subject)
        if method is not None and self.source.text(method) in _ASKS:
            return self._holds(subject)
        return any(self._value(each).id in self._homes for each in arguments_of(subject))

    def _is_text(self, node: Node) -> bool:
        """Whether an expression may be a text with a home in it, and is no list."""
        value = self._value(node)
        if value.type == "array":
            return False
        method = method_of(value) if value.type == "call_expression" else None
        if method is not None and self.source.text(method) in _LISTS:
            return False
        return self._holds(node)

    def _value(self, node: Node, depth: int = _DEPTH) -> Node:
        """What a name stands for, through constants."""
        node = unwrap(node)
        if node.type == "await_expression":
            return self._value(node.named_children[0], depth)
        binding = self.scopes.resolve(node) if node.type == "identifier" else None
        if binding is None or binding.value is None or not depth:
            return node
        declared = binding.declaration.child_by_field_name("name")
        plain = declared is None or declared.type == "identifier"
        return self._value(binding.value, depth - 1) if plain else node

    def _holds(self, node: Node, depth: int = _DEPTH) -> bool:
        """Whether a home flows into an expression: spelled there or in what its names stand for."""
        for each in walk(node):
            if each.id in self._homes:
                return True
            binding = self.scopes.resolve(each) if each.type == "identifier" and depth else None
            value = binding.value if binding is not None else None
            if value is None or contains(value, node):
                continue
            if self._holds(value, depth - 1):
                return True
        return False


def _measures(name: str) -> bool:
    """Whether a name ends in the word for a length or a place: `startColumn`, `byte_length`; lines
    are counted apart."""
    small = name.strip("\"'").lower()
    return "line" not in small and any(small.endswith(word) for word in _MEASURES)
