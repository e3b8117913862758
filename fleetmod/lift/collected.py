"""Functions that run a child process to its end and give what came of it as an object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.lift.wrapper_result import Resolver, in_handler, returned
from fleetmod.regex import lazy
from fleetmod.runner import CHILD, TEXT, Runner
from fleetmod.syntax.source import parts, unwrap, walk

EXIT, OK, STDOUT, STDERR, ERROR = "exitCode", "ok", "stdout", "stderr", "error"
_OF_RESULT = {
    **dict.fromkeys(("status", "exitCode", "code"), EXIT),
    **{"success": OK, "stdout": STDOUT, "stderr": STDERR, "error": ERROR},
}
# what stands for a field that is not there, and is what the port's outcome has there, too
_ELSE = {EXIT: ("1",), STDOUT: ('""', "''"), STDERR: ('""', "''")}
_UTF8 = lazy(r"(?:[\"'`]utf-?8[\"'`])?")
_BYTES = (
    "spawnSync",
    "Bun.spawnSync",
    "execSync",
    "execFileSync",
)  # their outputs are bytes unless an encoding is asked for
_STEPS = 12


@dataclass(frozen=True)
class Told:
    """What a value tells of a finished process: a field of the port's outcome, and whether its text
    comes without the white space around it, and as bytes."""

    field: str
    trimmed: bool = False
    raw: bool = False


def collected(
    function: Node, call: Node, inner: Runner, runners: Resolver
) -> dict[str, Told] | None:
    """The fields of what a function makes of the process it runs, and gives back:
    `const r = spawnSync(…); return { code: r.status ?? 1, out: r.stdout }`.

    Takes the function, the runner's call in it, and that runner; gives what each field tells. Of
    two objects, the second from the catch block around the call, that is an empty field where the
    port's outcome has no such value. None where it gives back anything else.
    """
    values = [unwrap(value) for value in returned(function)]
    made = [_fields(value, runners) for value in values if value.type == "object"]
    if len(made) != len(values) or None in made:
        return None
    reader = _Reader(function, call, inner, runners)
    if len(made) == 2 and inner.throws and in_handler(values[1], call):
        succeeded, failed = (fields or {} for fields in made)
        out = {name: reader.either(succeeded.get(name), failed.get(name)) for name in succeeded}
        return out if any(told.field for told in out.values()) else None
    if len(made) != 1 or inner.result == TEXT:
        return None
    alone = {name: reader.told(value) for name, value in (made[0] or {}).items()}
    known = {name: told for name, told in alone.items() if told is not None and not told.raw}
    return known if known and len(known) == len(alone) else None


def _fields(made: Node, runners: Resolver) -> dict[str, Node] | None:
    """The values of an object literal by their names; None where it holds anything else."""
    out = {}
    for field in parts(made):
        key = field.child_by_field_name("key") or field
        if not field.type.startswith(("pair", "shorthand")) or "identifier" not in key.type:
            return None
        out[runners.source.text(key)] = field.child_by_field_name("value") or field
    return out


class _Reader:
    """Reads values of one function as parts of its process's result."""

    def __init__(self, function: Node, call: Node, inner: Runner, runners: Resolver) -> None:
        self.function, self.call, self.inner, self.runners = function, call, inner, runners
        self.source, self.scopes = runners.source, runners.scopes
        self.raw = inner.name in _BYTES and "encoding" not in self.source.text(call)

    def told(self, node: Node, steps: int = _STEPS) -> Told | None:
        """What an expression tells of the process; None where it is anything else."""
        node = _awaited(node)
        if not steps:
            return None
        if node.id == self.call.id:
            return Told(STDOUT, raw=self.raw) if self.inner.result == TEXT else None
        if "identifier" in node.type:
            return self._named(node, steps - 1)
        if node.type == "member_expression":
            return self._field(node)
        if node.type == "binary_expression":
            return self._either(node, steps - 1)
        if node.type == "call_expression":
            return self._made(node, steps - 1)
        return None

    def either(self, success: Node | None, failure: Node | None) -> Told:
        """What a field tells that has one value where the command succeeds, and another one where
        that throws."""
        texts = [self.source.text(unwrap(n)) if n is not None else "" for n in (success, failure)]
        if texts == ["true", "false"]:
            return Told(OK)
        told = self.told(success) if success is not None else None
        empty = told is not None and told.field == STDOUT and texts[1] in _ELSE[STDOUT]
        return told if told is not None and empty and not told.raw else Told("")

    def _is_process(self, node: Node) -> bool:
        """Whether an expression is the process, or its result: the call, or the name it has."""
        node = _awaited(node)
        if node.id == self.call.id:
            return True
        binding = self.scopes.resolve(node) if node.type == "identifier" else None
        value = binding.value if binding is not None and self.scopes.fixed(binding) else None
        return value is not None and _awaited(value).id == self.call.id

    def _named(self, node: Node, steps: int) -> Told | None:
        binding = self.scopes.resolve(node)
        if binding is None or not self.scopes.fixed(binding):
            return None
        if binding.value is not None:
            return self.told(binding.value, steps)
        made = binding.declaration.child_by_field_name("value")
        pattern = binding.declaration.child_by_field_name("name")
        leaf = binding.name_node
        if made is None or pattern is None or leaf.parent is None:
            return None
        if pattern.type == "array_pattern" and leaf.parent.id == pattern.id:
            together = _together(made, self.source.text)
            at = [n.id for n in parts(pattern)].index(leaf.id)
            return self.told(together[at], steps) if at < len(together) else None
        if pattern.type == "object_pattern" and self._is_process(made):
            pair = leaf.parent.type == "pair_pattern" and leaf.parent.parent
            if (pair or leaf.parent).id == pattern.id:
                key = leaf.parent.child_by_field_name("key") if pair else leaf
                return self._read(self.source.text(key)) if key is not None else None
        return None

    def _field(self, node: Node) -> Told | None:
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if owner is None or name is None or not self._is_process(owner):
            return None
        return self._read(self.source.text(name))

    def _read(self, name: str) -> Told | None:
        """What a field of the process tells."""
        if self.inner.result == CHILD:
            exits = name == "exited" or (name == "exitCode" and self._ended())
            return Told(EXIT) if exits else None
        field = _OF_RESULT.get(name)
        return Told(field, raw=self.raw and field in (STDOUT, STDERR)) if field else None

    def _ended(self) -> bool:
        """Whether the function waits for its child on every way through it."""
        body = self.function.child_by_field_name("body")
        for statement in parts(body):
            for node in walk(statement) if not statement.type.startswith(("if", "try")) else ():
                inside = _awaited(node) if node.type == "await_expression" else None
                name = inside.child_by_field_name("property") if inside is not None else None
                if name is not None and self.source.text(name) == "exited":
                    return True
        return False

    def _either(self, node: Node, steps: int) -> Told | None:
        """`code === 0`, and `text ?? ""`."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        told = self.told(left, steps) if left is not None else None
        if told is None or right is None or operator is None:
            return None
        beside = self.source.text(unwrap(right))
        if operator.type in ("===", "=="):
            return Told(OK) if told.field == EXIT and beside == "0" else None
        # `status || 1` would take the 0 of success for none
        kept = operator.type == "??" or (operator.type == "||" and told.field != EXIT)
        return told if kept and beside in _ELSE.get(told.field, ()) else None

    def _made(self, node: Node, steps: int) -> Told | None:
        """A text that is read of a stream, decoded, or trimmed."""
        function = node.child_by_field_name("function")
        given = parts(node.child_by_field_name("arguments"))
        if function is None:
            return None
        spelled = self.source.squeezed(function)
        if spelled in ("String", "Bun.readableStreamToText") and len(given) == 1:
            streamed = self._stream(given[0])
            told = streamed if spelled != "String" else self.told(given[0], steps)
            return Told(told.field, told.trimmed) if told is not None else None
        owner, name = (
            function.child_by_field_name("object"),
            function.child_by_field_name("property"),
        )
        if owner is None or name is None:
            return None
        method, asked = self.source.text(name), "".join(map(self.source.text, given))
        if method == "text" and not given and unwrap(owner).type == "new_expression":
            made = unwrap(owner)
            of = parts(made.child_by_field_name("arguments"))
            response = self.source.text(made.child_by_field_name("constructor") or made)
            return self._stream(of[0]) if response == "Response" and len(of) == 1 else None
        told = self.told(owner, steps)
        if told is None or told.field not in (STDOUT, STDERR):
            return None
        if method == "toString" and _UTF8.fullmatch(asked):
            return Told(told.field, told.trimmed)
        return Told(told.field, trimmed=True) if method == "trim" and not told.raw else None

    def _stream(self, node: Node) -> Told | None:
        """The text of `proc.stdout`, a child's stream."""
        node = unwrap(node)
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        field = self.source.text(name) if name is not None else ""
        known = owner is not None and self.inner.result == CHILD and self._is_process(owner)
        return Told(field) if known and field in (STDOUT, STDERR) else None


def _awaited(node: Node) -> Node:
    """An expression without parentheses, casts and `await`."""
    node = unwrap(node)
    while node.type == "await_expression":
        node = unwrap(parts(node)[0])
    return node


def _together(made: Node, text: Callable[[Node], str]) -> list[Node]:
    """The promises of `await Promise.all([…])`."""
    call = _awaited(made)
    target = call.child_by_field_name("function")
    given = parts(call.child_by_field_name("arguments"))
    all_of = target is not None and text(target) == "Promise.all" and len(given) == 1
    return parts(given[0]) if all_of and made.type == "await_expression" else []
