"""What an expression evaluates to as text: literal pieces, and holes where it is not known."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.flow.effects import Effects
from fleetmod.syntax.cooked import unescape
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import FUNCTIONS, ancestors, contains, parts, unwrap

_OPAQUE = FUNCTIONS | {"string", "member_expression", "call_expression", "new_expression"}
_DEPTH = 8  # constants that refer to constants: beyond this nobody writes them by hand


@dataclass(frozen=True, eq=False)
class Hole:
    """An expression inside a text whose value is only known at run time.

    `name` stands for it in new code where a statement before binds it; "" where its own text does.
    """

    node: Node
    name: str = ""


Piece = str | Hole
Pieces = tuple[Piece, ...]


def merge(pieces: list[Piece]) -> Pieces:
    """Join neighbouring literal pieces and drop empty ones."""
    out: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and out and isinstance(out[-1], str):
            out[-1] += piece
        elif piece != "":
            out.append(piece)
    return tuple(out)


def _parameter_names(function: Node) -> list[Node]:
    single = function.child_by_field_name("parameter")
    if single is not None:
        return [single]
    listed = function.child_by_field_name("parameters")
    patterns = (p.child_by_field_name("pattern") for p in (listed.named_children if listed else ()))
    return [p for p in patterns if p is not None]


class Values:
    """Evaluates expressions of one file, following constants as far as they go."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self.source = scopes.source
        self.effects = Effects(scopes)
        self._sums: dict[int, Pieces] = {}  # by node: a sum is asked for with each of its parts

    def pieces(self, node: Node) -> Pieces:
        """A string-like expression as pieces; an identifier stays one hole (see `expand`)."""
        node = unwrap(node)
        if node.type in ("string", "template_string"):
            return merge(self._literal(node))
        if node.type == "binary_expression" and self._operator(node) == "+":
            left = node.child_by_field_name("left")
            right = node.child_by_field_name("right")
            if left is not None and right is not None:
                if node.id not in self._sums:
                    self._sums[node.id] = merge([*self.pieces(left), *self.pieces(right)])
                return self._sums[node.id]
        if (joined := self._join(node)) is not None:
            return joined
        return (Hole(node),)

    def appended(self, node: Node) -> tuple[Node, Pieces]:
        """The `+` chain that a literal is a part of, if any, and what stands before it there."""
        top: Node = node
        before: Pieces = ()
        for a in ancestors(node):
            if a.type == "binary_expression" and self._operator(a) == "+":
                left = a.child_by_field_name("left")
                if left is not None and not contains(left, node):
                    before = (*self.pieces(left), *before)
                top = a
            elif a.type != "parenthesized_expression":
                break
        return top, before

    def expand(self, pieces: Pieces, depth: int = _DEPTH) -> Pieces:
        """The same text with every hole replaced that is a constant of known value."""
        out: list[Piece] = []
        for piece in pieces:
            if isinstance(piece, Hole) and depth and (value := self.constant(piece.node)):
                out.extend(self.expand(self.pieces(value), depth - 1))
            else:
                out.append(piece)
        return merge(out)

    def literal(self, node: Node) -> str | None:
        """The text of an expression when it is known in full."""
        pieces = self.expand(self.pieces(node))
        if not pieces:
            return ""
        return pieces[0] if len(pieces) == 1 and isinstance(pieces[0], str) else None

    def spelled(self, node: Node, depth: int = _DEPTH) -> str:
        """An expression's text as if its constants stood in it: `{ stdio: "pipe" }` for
        `{ ...QUIET }` or `{ stdio }`; a name stays where its value is not known."""
        if not node.named_children and (value := self.constant(node) if depth else None):
            text = self.spelled(value, depth - 1)
            return f"{self.source.text(node)}: {text}" if node.type != "identifier" else text
        if node.type == "template_string" and (literal := self.literal(node)) is not None:
            return f'"{literal}"'
        if node.type in _OPAQUE or not node.named_children:
            return self.source.text(node)
        out, at = "", node.start_byte
        for child in node.named_children:
            out += self.source.slice(at, child.start_byte) + self.spelled(child, depth)
            at = child.end_byte
        return out + self.source.slice(at, node.end_byte)

    def constant(self, node: Node, field: str | None = None) -> Node | None:
        """The initializer of the constant that an identifier names; None for an object or array
        (or the one field of it that is asked for) which something may change before."""
        node = unwrap(node)
        if node.type not in ("identifier", "shorthand_property_identifier"):
            return None
        binding = self.scopes.resolve(node)
        if binding is None or binding.value is None or not self.scopes.fixed(binding):
            return None
        value = unwrap(binding.value)
        changing = value.type in ("object", "array")
        return None if changing and self.effects.writer(binding, node, field) else value

    def inline(self, call: Node) -> tuple[Node, dict[int, Node]] | None:
        """What a call of a small local function returns: its expression, and the argument for
        each parameter by the id of the node that declares it."""
        function, arguments = call.child_by_field_name("function"), None
        if call.type == "call_expression":
            arguments = call.child_by_field_name("arguments")
        if function is None or arguments is None or function.type != "identifier":
            return None
        binding = self.scopes.resolve(function)
        if binding is None or not self.scopes.fixed(binding):
            return None
        made = unwrap(binding.value) if binding.value is not None else binding.declaration
        body = made.child_by_field_name("body") if made.type in FUNCTIONS else None
        if body is None or any(child.type == "async" for child in made.children):
            return None
        if body.type == "statement_block":
            only = body.named_children
            if len(only) != 1 or only[0].type != "return_statement" or not only[0].named_children:
                return None
            body = only[0].named_children[0]
        names = _parameter_names(made)
        given = parts(arguments)
        if len(names) != len(given) or any(n.type != "identifier" for n in names):
            return None
        return unwrap(body), {
            name.id: argument for name, argument in zip(names, given, strict=True)
        }

    def elements(self, node: Node) -> list[Node] | None:
        """The elements of an array literal, directly or through a constant that is only read."""
        node = unwrap(node)
        if node.type == "identifier" and (value := self.constant(node)) is not None:
            node = value
        if node.type != "array":
            return None
        return parts(node)

    def _operator(self, node: Node) -> str:
        operator = node.child_by_field_name("operator")
        return operator.type if operator is not None else ""

    def _literal(self, node: Node) -> list[Piece]:
        out: list[Piece] = []
        for child in node.named_children:
            text = self.source.text(child)
            if child.type == "string_fragment":
                out.append(text)
            elif child.type == "escape_sequence":
                out.append(unescape(text))
            elif child.type == "template_substitution" and child.named_children:
                inner = child.named_children[0]
                value = unwrap(inner)
                if value.type in ("string", "template_string"):
                    out.extend(self._literal(value))
                else:
                    out.append(Hole(inner))
        return out

    def _join(self, node: Node) -> Pieces | None:
        """`["a", b].join(" ")` as the text it makes."""
        if node.type != "call_expression":
            return None
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None or function.type != "member_expression":
            return None
        array = function.child_by_field_name("object")
        method = function.child_by_field_name("property")
        if array is None or method is None or self.source.text(method) != "join":
            return None
        elements = self.elements(array)
        given = parts(arguments)
        if elements is None or len(given) != 1:
            return None
        separator = self.literal(given[0])
        if separator is None or any(e.type == "spread_element" for e in elements):
            return None
        out: list[Piece] = []
        for index, element in enumerate(elements):
            out.extend(([separator] if index else []) + list(self.pieces(element)))
        return merge(out)
