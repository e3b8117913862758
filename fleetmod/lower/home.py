"""Rewrites home paths in code into lookups of the node's identity."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.texts import Values
from fleetmod.lift.homes import Homes, chain, reads_variable
from fleetmod.lower.candidates import Repeats, removal
from fleetmod.lower.draft import IDENTITY, Draft, Refused
from fleetmod.lower.join import JoinedPaths
from fleetmod.lower.positions import check_position
from fleetmod.lower.stored_homes import StoredHomes
from fleetmod.lower.told_apart import check_told_apart
from fleetmod.places import HOME, UNKNOWN, HomePath, Places
from fleetmod.regex import lazy
from fleetmod.syntax.cooked import Cooked, cook
from fleetmod.syntax.source import ancestors, contains

_KEY_NAME = lazy(
    r"key|match|pattern|project(?!_?(?:root|dir|path|folder|home))|namespace|cache|session|_id$|Id$"
    r"|fingerprint",
    re.I,
)


class HomePaths:
    """Lowers the home paths of one file into its draft."""

    def __init__(
        self, draft: Draft, places: Places, homes: Homes, values: Values, env: dict[str, str]
    ) -> None:
        """`env` maps a NodeIdentity member to the variable that overrides it."""
        self.draft, self.places, self.homes, self.values = draft, places, homes, values
        self.source = draft.scopes.source
        self.env = env
        self.joined = JoinedPaths(draft, places, values)
        self.stored = StoredHomes(draft.scopes)
        self.repeats = Repeats(places, homes, values)

    def lower(self, node: Node, rule: str) -> tuple[str, tuple[str, ...]]:
        """Replace one literal (or the chain it ends); returns what it is, and notes."""
        self.check_position(node)
        check_told_apart(node, self.source, self.places, self.homes)
        sent = self.stored.check(node)
        if self.repeats.holds(node):
            self.draft.replace_range(*removal(node, self.source), "", rule)
            return "a candidate that repeats another one", ()
        if (top := self._whole_chain(node, rule)) is not None:
            return "fallback chain of the home folder", (*self._notes(top), *sent)
        spelled = self._literal(node, rule)
        return spelled, (*self._notes(node), *sent)

    def member(self, base: str) -> str:
        """`nodeIdentity.homeDir` and the like, imported."""
        return f"{self.draft.name(IDENTITY, 'nodeIdentity')}.{base}"

    # -- fallback chains ------------------------------------------------------------------------

    def _whole_chain(self, node: Node, rule: str) -> Node | None:
        """Replace a chain like `process.env.HOME ?? "/Users/x"`; None where there is none."""
        top = _chain_top(node)
        found = self._exact(node)
        if found is None:
            return None
        if top.type == "ternary_expression":
            parts = [top.child_by_field_name(f) for f in ("condition", "consequence")]
            if found.base == HOME and all(p is not None and self.homes.is_lookup(p) for p in parts):
                self.draft.replace(_alone_in(top) or top, self.member(HOME), rule)
                return top
            return None
        elements = [element for _, element in chain(top)]
        if len(elements) < 2 or elements[-1].id != node.id:
            return None
        first = len(elements) - 1
        while first > 0 and self._is_lookup_of(elements[first - 1], found.base):
            first -= 1
        if first == len(elements) - 1:
            return None
        start = elements[first]
        if _crosses_parentheses(start, node) or self._has_comment(start, node):
            return None
        if found.base == HOME and self.joined.replace_first(
            top, start, self.env, rule, self.member
        ):
            return top
        if first == 0:
            whole = _parentheses(top)
            self.draft.replace(_alone_in(whole) or whole, self.member(found.base), rule)
        else:
            self.draft.replace_range(start.start_byte, node.end_byte, self.member(found.base), rule)
        return top

    def _has_comment(self, first: Node, last: Node) -> bool:
        """Whether a comment stands in a chain; it says why, and must not get lost."""
        at = bisect_right(self._comments, first.start_byte)
        return at < len(self._comments) and self._comments[at] < last.end_byte

    def _is_lookup_of(self, node: Node, base: str) -> bool:
        if base == HOME:
            return self.homes.is_lookup(node)
        return reads_variable(self.source.squeezed(node), self.env[base])

    def _exact(self, node: Node) -> HomePath | None:
        """The base that a literal is, when it is nothing more than that."""
        if node.type not in ("string", "template_string"):
            return None
        text = self.values.literal(node) or ""
        found = next(self.places.find(text), None)
        # a slash at the end may be what the code after it relies on
        exact = found is not None and found.base and (found.start, found.end) == (0, len(text))
        return found if exact else None

    # -- literals -------------------------------------------------------------------------------

    def _literal(self, node: Node, rule: str) -> str:
        cooked = cook(node, self.source)
        paths = [self._safe_base(p, node, cooked) for p in self._known(cooked.text, node)]
        places = [(*cooked.span(p.start, p.end), self.member(p.base)) for p in paths]
        self.put(node, places, rule)
        return ", ".join(sorted({p.base for p in paths}))

    def put(self, node: Node, places: list[tuple[int, int, str]], rule: str) -> None:
        """Write code in place of parts of a literal, each given by its first and end byte."""
        inside = [(start, end) for start, end, _ in places]
        whole = inside == [(node.start_byte + 1, node.end_byte - 1)] and not _needs_template(node)
        if node.type == "jsx_text" or (node.type == "template_string" and not whole):
            opening = "{" if node.type == "jsx_text" else "${"
            for start, end, code in places:
                self.draft.replace_range(start, end, opening + code + "}", rule)
            return
        text = places[0][2] if whole else "`" + self._spliced(node, places) + "`"
        if _is_key(node):
            text = f"[{text}]"
        elif node.parent is not None and node.parent.type == "jsx_attribute":
            text = f"{{{text}}}"
        self.draft.replace(node, text, rule)

    def _spliced(self, node: Node, places: list[tuple[int, int, str]]) -> str:
        """A string's text between its quotes as the text of a template, the lookups in it."""
        out, at = [], node.start_byte + 1
        for start, end, code in places:
            out += [_template_raw(self.source.slice(at, start)), "${" + code + "}"]
            at = end
        return "".join([*out, _template_raw(self.source.slice(at, node.end_byte - 1))])

    def _known(self, text: str, node: Node) -> list[HomePath]:
        paths = list(self.places.find(text, self.homes.before(node)))
        strangers = [p.user for p in paths if not p.base and not p.why]
        if strangers:
            raise Refused(
                reasons.UNKNOWN_USER(
                    f"the home of `{strangers[0]}`, who is not in home.users; add the name or "
                    "exclude the file"
                )
            )
        if any(p.why == UNKNOWN for p in paths):
            raise Refused(UNKNOWN)
        return [p for p in paths if p.base]

    def _safe_base(self, path: HomePath, node: Node, cooked: Cooked) -> HomePath:
        """The home itself where something is joined to a root by `+`, which may be `-old`."""
        parent = node.parent
        ends = path.end == len(cooked.text) and path.base != HOME
        if ends and parent is not None and parent.type == "binary_expression":
            operator = parent.child_by_field_name("operator")
            left = parent.child_by_field_name("left")
            joined = operator is not None and operator.type == "+"
            if joined and left is not None and left.id == node.id:
                folder = cooked.text.index(f"/{path.user}", path.start + 1)
                end = folder + 1 + len(path.user)
                return HomePath(path.start, end, HOME, path.user)
        return path

    def check_position(self, node: Node) -> None:
        """Raises Refused where a literal must stay one."""
        check_position(node, self.source, self._type_texts)

    @cached_property
    def _type_texts(self) -> frozenset[str]:
        """The texts that the file's types name."""
        named = [n for t in self.source.of("literal_type") for n in t.named_children]
        named += [n for t in self.source.of("property_signature") for n in t.named_children[:1]]
        named += self.source.of("template_literal_type")
        spelled = ("string", "template_literal_type")
        return frozenset(self.source.text(n)[1:-1] for n in named if n.type in spelled)

    @cached_property
    def _comments(self) -> list[int]:
        """Where the file's comments begin."""
        return [node.start_byte for node in self.source.of("comment")]

    def _notes(self, node: Node) -> tuple[str, ...]:
        """Whether the value looks like a key, whose change orphans what was stored under it."""
        for a in ancestors(node):
            name = a.child_by_field_name("name") or a.child_by_field_name("key")
            if a.type in ("variable_declarator", "pair") and name is not None:
                spelled = self.source.text(name)
                if _KEY_NAME.search(spelled):
                    return (
                        f"`{spelled}` looks like a key or a pattern: where the path differs from "
                        "the old one, what was stored or matched under it is not found",
                    )
                return ()
            if a.type.endswith(("statement", "declaration")) or a.type == "statement_block":
                return ()
        return ()


def _chain_top(node: Node) -> Node:
    top = node
    for a in ancestors(node):
        operator = a.child_by_field_name("operator")
        if a.type == "binary_expression" and operator is not None and operator.type in ("||", "??"):
            top = a
        elif a.type == "ternary_expression" and top.id == node.id:
            alternative = a.child_by_field_name("alternative")
            return a if alternative is not None and alternative.id == node.id else top
        elif a.type != "parenthesized_expression":
            break
    return top


def _parentheses(node: Node) -> Node:
    """The parentheses around an expression that a member expression does not need."""
    parent = node.parent
    if parent is None or parent.type != "parenthesized_expression" or parent.parent is None:
        return node
    return node if parent.parent.type.endswith(("_statement", "_clause")) else parent


def _needs_template(node: Node) -> bool:
    """`x as const` is only valid on literals, and a tag is called with a template."""
    parent = node.parent
    return parent is not None and parent.type in ("as_expression", "call_expression")


def _alone_in(node: Node) -> Node | None:
    """The template that holds an expression and nothing else, where a plain one does as well."""
    hole = node.parent
    template = hole.parent if hole is not None and hole.type == "template_substitution" else None
    alone = template is not None and len(template.named_children) == 1
    return template if alone and template is not None and not _needs_template(template) else None


def _is_key(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.type not in (
        "pair",
        "method_definition",
        "public_field_definition",
    ):
        return False
    key = parent.child_by_field_name("key") or parent.child_by_field_name("name")
    return key is not None and key.id == node.id


def _crosses_parentheses(first: Node, last: Node) -> bool:
    """Whether one end of a chain stands in parentheses that the other is not in."""
    return any(
        a.type == "parenthesized_expression" and not contains(a, other)
        for node, other in ((first, last), (last, first))
        for a in ancestors(node)
    )


def _template_raw(raw: str) -> str:
    """The source of a string as the source of a template: an escape means the same in both."""
    if re.search(r"\\[1-9]", raw):
        raise Refused(reasons.ESCAPES("an octal escape, which no template has; write it as \\x…"))

    def escaped(match: re.Match[str]) -> str:
        return match[0] if match[0].startswith("\\") else "\\" + match[0]

    return re.sub(r"\\.|`|\$\{", escaped, raw, flags=re.S)
