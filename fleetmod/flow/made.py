"""A text that code puts together, with the literal or the value that each piece comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from tree_sitter import Node

from fleetmod.flow.texts import Values
from fleetmod.regex import lazy
from fleetmod.syntax.cooked import HOLE, cook, unescape
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import ancestors, parts, unwrap

_PATHS = lazy(r"(?:(?!Promise\.|url\.|URL\.)\w+\.)?(?:posix\.|win32\.)?(?:join|resolve|normalize)")
# what may stand between a literal and the text that it is a piece of
_INSIDE = ("parenthesized_expression", "as_expression", "satisfies_expression", "array",
           "non_null_expression", "template_substitution", "arguments",
           "member_expression")  # fmt: skip
_DEPTH = 4  # constants made of constants
_NEST = 40  # texts within texts; what is deeper stands for a value that is not known
_NEAR = 64  # operands and the like on each side of a literal: no path is made of more
_MOST = 5000  # pieces; a longer text is a program's own, and no path


@dataclass(frozen=True)
class Made:
    """One piece: `text` as the program has it, a NUL for a value that is not known. `node` is the
    literal that spells it, or the expression of that value; None for what a join puts between."""

    text: str
    node: Node | None


class MadeTexts:
    """Reads the texts of one file: `+`, templates, `concat`, joined lists, paths and constants."""

    def __init__(self, scopes: Scopes, values: Values) -> None:
        self.scopes, self.source, self.values = scopes, scopes.source, values

    def top(self, node: Node) -> Node:
        """The whole text that an expression is a piece of; itself where it is none."""
        top, inner = node, node
        for a in islice(ancestors(node), _NEAR):
            if a.type == "template_string" or self._is_sum(a):
                top = a
            elif a.type == "call_expression":
                if not self._takes(a, inner):
                    break
                top = a
            elif a.type not in _INSIDE:
                break
            inner = a
        return top

    def pieces(self, node: Node) -> list[Made]:
        """What a text is made of, in order."""
        out: list[Made] = []
        for piece in self._made(node, _DEPTH, _NEST):
            out.append(piece)
            if len(out) > _MOST:
                return []
        return out

    def is_path(self, call: Node) -> bool:
        """Whether a call joins a path: `join(…)`, `path.resolve(…)`; no list's `join`."""
        function = call.child_by_field_name("function")
        if function is None or not _PATHS.fullmatch(self.scopes.original(function)):
            return False
        owner = function.child_by_field_name("object")
        if owner is None or owner.type != "identifier" or "path" in self.source.text(owner).lower():
            return True
        binding = self.scopes.resolve(owner)
        return binding is not None and binding.kind == "import"

    def _takes(self, call: Node, inner: Node) -> bool:
        """Whether a call's text is made of what `inner` (its function or its arguments) holds."""
        if inner.type == "arguments" and self.is_path(call):
            return True
        return self._joined(call) is not None or self._chained(call) is not None

    def _made(self, node: Node, depth: int, nest: int) -> Iterator[Made]:
        node = unwrap(node)
        if not nest:
            yield Made(HOLE, node)
        elif node.type == "string":
            yield Made(cook(node, self.source).text, node)
        elif node.type == "template_string":
            yield from self._template(node, depth, nest)
        elif self._is_sum(node):
            first, *others = self._operands(node)
            yield from (
                [Made(HOLE, first)] if self._is_sum(first) else self._made(first, depth, nest - 1)
            )
            for operand in others:
                yield from self._made(operand, depth, nest - 1)
        elif node.type == "call_expression" and (made := self._call(node)) is not None:
            separator, elements = made
            for index, element in enumerate(elements):
                if index and separator:
                    yield Made(separator, None)
                yield from self._made(element, depth, nest - 1)
        elif self._is_separator(node):
            yield Made("/", node)
        elif depth and (value := self.values.constant(node)) is not None:
            pieces = list(islice(self._made(value, depth - 1, nest - 1), _MOST))
            # a constant of a value that is not known: the place that reads it stands for it
            unknown = len(pieces) == 1 and pieces[0].text == HOLE
            yield from [Made(HOLE, node)] if unknown else pieces
        else:
            yield Made(HOLE, node)

    def _operands(self, node: Node) -> list[Node]:
        """The operands of a chain of `+`; of a long one the last, behind all others as one."""
        out: list[Node] = []
        while self._is_sum(node) and len(out) < 2 * _NEAR:
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is None or right is None:
                break
            out.append(right)
            node = left
        return [node, *reversed(out)]

    def _template(self, node: Node, depth: int, nest: int) -> Iterator[Made]:
        raw = self._is_raw(node)
        for child in node.named_children:
            spelled = self.source.text(child)
            if child.type != "template_substitution":
                escaped = child.type == "escape_sequence" and not raw
                yield Made(unescape(spelled) if escaped else spelled, node)
            elif inner := parts(child):
                yield from self._made(inner[0], depth, nest - 1)

    def _is_raw(self, template: Node) -> bool:
        """Whether a template's backslashes are meant as they are spelled."""
        call = template.parent
        tag = call.child_by_field_name("function") if call is not None else None
        return tag is not None and self.source.squeezed(tag) == "String.raw"

    def _call(self, call: Node) -> tuple[str, list[Node]] | None:
        """What a call puts together, and what it puts between."""
        arguments = call.child_by_field_name("arguments")
        if arguments is not None and arguments.type == "arguments" and self.is_path(call):
            return "/", parts(arguments)
        return self._joined(call) or self._chained(call)

    def _joined(self, call: Node) -> tuple[str, list[Node]] | None:
        """`["a", b].join("/")`."""
        owner, name, given = self._method(call)
        if owner is None or name != "join" or len(given) != 1:
            return None
        elements = self.values.elements(owner)
        separator = "/" if self._is_separator(given[0]) else self.values.literal(given[0])
        if elements is None or separator is None:
            return None
        return separator, elements

    def _is_separator(self, node: Node) -> bool:
        """Whether it is `sep` of the module `path`, which is a slash wherever homes are."""
        if node.type not in ("member_expression", "identifier"):
            return False
        spelled = self.scopes.original(node).rpartition(".")
        owner = node.child_by_field_name("object") or node
        binding = self.scopes.resolve(owner) if spelled[2] == "sep" else None
        return binding is not None and self.scopes.module(binding).removeprefix("node:") == "path"

    def _chained(self, call: Node) -> tuple[str, list[Node]] | None:
        """`"a".concat(b)`."""
        owner, name, given = self._method(call)
        if owner is None or name != "concat" or unwrap(owner).type == "array":
            return None
        return "", [owner, *given]

    def _method(self, call: Node) -> tuple[Node | None, str, list[Node]]:
        function = call.child_by_field_name("function")
        arguments = call.child_by_field_name("arguments")
        if function is None or function.type != "member_expression" or arguments is None:
            return None, "", []
        name = function.child_by_field_name("property")
        spelled = self.source.text(name) if name is not None else ""
        return function.child_by_field_name("object"), spelled, parts(arguments)

    def _is_sum(self, node: Node) -> bool:
        operator = node.child_by_field_name("operator")
        return node.type == "binary_expression" and operator is not None and operator.type == "+"
