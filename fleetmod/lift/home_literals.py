"""The home paths that code spells, before a migration and after it: a test may expect them.

A lookup of the node's identity stands for the path that it replaced, so that what is said of a test
does not change by migrating the code under it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from tree_sitter import Node

from fleetmod.flow.made import MadeTexts
from fleetmod.flow.texts import Values
from fleetmod.flow.uses import method_of
from fleetmod.lift.homes import chain
from fleetmod.mentions import COMPARED, spelled_in
from fleetmod.places import HOME, ROOT, VAULT, Places
from fleetmod.syntax.cooked import HOLE, cook
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import Source, ancestors, unwrap

_AROUND = ("binary_expression", "ternary_expression", "parenthesized_expression", "as_expression",
           "satisfies_expression", "non_null_expression")  # fmt: skip
_COMPARES = frozenset(
    "startsWith endsWith includes indexOf replace replaceAll split match test relative".split()
)
_DEPTH = 4  # constants of constants
_READS = 40  # of a constant: that many are looked at


def production_literals(source: Source, places: Places, identity: str) -> set[str]:
    """The home paths that a file spells or looks up in `identity` (the name of that package), all
    below /Users; the homes in its keys; and the users whose names it spells by themselves."""
    return set(_Speller(source, places, identity).all())


class _Speller:
    def __init__(self, source: Source, places: Places, identity: str) -> None:
        self.source, self.places, self.identity = source, places, identity
        self.scopes = Scopes(source)
        self.values = Values(self.scopes)
        self.made = MadeTexts(self.scopes, self.values)
        self.bases = {ROOT: places.root, VAULT: places.vault}

    def all(self) -> Iterator[str]:
        for node in self.source.of("string", "template_string"):
            text = cook(node, self.source).text
            if text in self.places.users:
                yield text
            for key in self.places.encoded(text):
                # a key is made of the home, so the home itself is what the code spells
                yield from (text[key.start : key.end], f"/Users/{key.user}")
        seen: set[int] = set()
        for node in (*self._literals(), *self._lookups()):
            for use in self._uses(node, _DEPTH):
                top = self.made.top(use)
                if top.id not in seen:
                    seen.add(top.id)
                    for user in self.places.users:
                        yield from spelled_in(self._text(top, user), self.places)
                for user in self.places.users if self._is_compared(use) else ():
                    text = self._text(use, user)
                    yield from (f"{COMPARED}{each}" for each in spelled_in(text, self.places))

    def _is_compared(self, node: Node) -> bool:
        """Whether an expression is compared with, or looked for in, something else."""
        parent = node.parent
        while parent is not None and parent.type in _AROUND and parent.type != "binary_expression":
            node, parent = parent, parent.parent
        if parent is None:
            return False
        if parent.type == "binary_expression":
            operator = parent.child_by_field_name("operator")
            return operator is not None and operator.type in ("===", "!==", "==", "!=")
        call = parent.parent if parent.type in ("arguments", "member_expression") else None
        if call is None or call.type != "call_expression":
            return False
        method = method_of(call)
        function = call.child_by_field_name("function")
        name = method if method is not None else function
        spelled = self.source.text(name) if name is not None else ""
        # `home.replace(…)` and `home.split(…)` make a text of it, and compare it with nothing
        made = parent.type == "member_expression" and spelled in ("replace", "replaceAll", "split")
        return spelled in _COMPARES and not made

    def _literals(self) -> Iterator[Node]:
        for node in self.source.of("string", "template_string"):
            raw = node.text or b""
            if b"/Users/" in raw or b"/home/" in raw:  # few; reading all of them takes longer
                yield node

    def _lookups(self) -> Iterator[Node]:
        """The members of the node's identity that stand for a path."""
        for node in self.source.of("member_expression"):
            if self._member(node):
                yield node

    def _member(self, node: Node) -> str:
        """The member of the node's identity that an expression reads; empty for anything else."""
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if node.type != "member_expression" or owner is None or name is None:
            return ""
        spelled = self.source.text(name)
        if spelled not in (HOME, ROOT, VAULT) or owner.type != "identifier":
            return ""
        binding = self.scopes.resolve(owner)
        known = binding is not None and self._is_identity(self.scopes.module(binding))
        return spelled if known else ""

    def _is_identity(self, module: str) -> bool:
        """Whether a module is the identity's package, or its one file in a published package."""
        name = posixpath.basename(module).removesuffix(".js").removesuffix(".ts")
        inlined = module.startswith(".") and name == posixpath.basename(self.identity)
        return module == self.identity or inlined

    def _uses(self, node: Node, depth: int) -> Iterator[Node]:
        """Where a path, or the chain that ends in it, is used: there, or where its constant is."""
        for a in ancestors(self.made.top(node)):
            if a.type == "variable_declarator":
                name = a.child_by_field_name("name")
                binding = self.scopes.resolve(name) if name is not None else None
                if binding is None or binding.value is None or not depth:
                    break
                references = self.scopes.references(binding)[:_READS]
                if self.scopes.exported(binding) or not references:
                    yield node
                for reference in references:
                    yield from self._uses(reference, depth - 1)
                return
            if a.type not in _AROUND:
                break
        yield node

    def _text(self, top: Node, user: str) -> str:
        """A text as the program has it for one user; what is not known is a NUL."""
        pieces = self.made.pieces(top)
        return "".join(
            self._stands_for(piece.node, user, _DEPTH) or piece.text
            if piece.text == HOLE and piece.node is not None
            else piece.text
            for piece in pieces
        )

    def _stands_for(self, node: Node, user: str, depth: int) -> str:
        """The path of a user that a lookup, or a chain that ends in a path, stands for."""
        node = unwrap(node)
        if member := self._member(node):
            return self.bases.get(member) or f"/Users/{user}"
        elements = [element for _, element in chain(node)]
        if node.type == "ternary_expression":
            fields = ("consequence", "alternative")
            elements = [e for f in fields if (e := node.child_by_field_name(f)) is not None]
        if len(elements) > 1:
            for element in elements:
                known = self.values.literal(element) or ""
                if any(path.base for path in self.places.find(known)):
                    return known if f"/{user}" in known else ""
                if depth and (stands := self._stands_for(element, user, depth - 1)):
                    return stands
            return ""
        value = self.values.constant(node)
        return self._stands_for(value, user, depth - 1) if value is not None and depth else ""
