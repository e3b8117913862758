"""Rewrites home paths in code into lookups of the node's identity."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod.lift.homes import Homes, chain
from fleetmod.lower.draft import IDENTITY, Draft, Refused
from fleetmod.lower.join import JoinedPaths
from fleetmod.places import HOME, HomePath, Places
from fleetmod.syntax.source import ancestors
from fleetmod.syntax.values import Hole, Values

_TAGS = re.compile(r"(\w+\.)?\$(\(.*\))?|String\.raw|dedent|outdent|html|css|gql|markdown", re.S)
_KEY_NAME = re.compile(
    r"key|match|pattern|project|namespace|cache|session|_id$|Id$|fingerprint", re.I
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

    def lower(self, node: Node, rule: str) -> tuple[str, tuple[str, ...]]:
        """Replace one literal (or the chain it ends); returns what it is, and notes."""
        self._check_position(node)
        if self._duplicate(node, rule):
            return "a candidate that repeats another one", ()
        if (top := self._whole_chain(node, rule)) is not None:
            return "fallback chain of the home folder", self._notes(top)
        spelled = self._literal(node, rule)
        return spelled, self._notes(node)

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
                self.draft.replace(top, self.member(HOME), rule)
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
        if found.base == HOME and self.joined.replace_first(
            top, start, self.env, rule, self.member
        ):
            return top
        outer = _parentheses(top) if first == 0 else top
        begin = outer.start_byte if first == 0 else start.start_byte
        self.draft.replace_range(begin, outer.end_byte, self.member(found.base), rule)
        return top

    def _is_lookup_of(self, node: Node, base: str) -> bool:
        if base == HOME:
            return self.homes.is_lookup(node)
        text = re.sub(r"\s+", "", self.source.text(node))
        return bool(
            re.fullmatch(rf"process\.env\.{re.escape(self.env[base])}(\??\.trim\(\))?", text)
        )

    def _exact(self, node: Node) -> HomePath | None:
        """The base that a literal is, when it is nothing more than that."""
        if node.type not in ("string", "template_string"):
            return None
        text = self.values.literal(node) or ""
        found = next(self.places.find(text), None)
        exact = (
            found is not None
            and found.base
            and found.start == 0
            and not text[found.end :].strip("/")
        )
        return found if exact else None

    # -- literals -------------------------------------------------------------------------------

    def _literal(self, node: Node, rule: str) -> str:
        if node.type == "template_string":
            return self._template(node, rule)
        if node.type == "jsx_text":
            return self._inside(node, rule, "{", "}")
        raw = self.source.text(node)[1:-1]
        paths = self._known(raw)
        whole = len(paths) == 1 and paths[0].start == 0 and paths[0].end == len(raw)
        if whole and not _needs_template(node):
            text = self.member(paths[0].base)
        else:
            text = "`" + self._spliced(raw, paths) + "`"
        if _is_key(node):
            text = f"[{text}]"
        elif node.parent is not None and node.parent.type == "jsx_attribute":
            text = f"{{{text}}}"
        self.draft.replace(node, text, rule)
        return ", ".join(sorted({p.base for p in paths}))

    def _spliced(self, raw: str, paths: list[HomePath]) -> str:
        out, at = [], 0
        for path in paths:
            out.append(_template_raw(raw[at : path.start]) + "${" + self.member(path.base) + "}")
            at = path.end
        return "".join(out) + _template_raw(raw[at:])

    def _template(self, node: Node, rule: str) -> str:
        parent = node.parent
        if parent is not None and parent.type == "call_expression":
            tag = parent.child_by_field_name("function")
            if tag is not None and not _TAGS.fullmatch(self.source.text(tag)):
                raise Refused(f"the tag `{self.source.text(tag)}` would get the path as a value")
        return self._inside(node, rule, "${", "}")

    def _inside(self, node: Node, rule: str, opening: str, closing: str) -> str:
        """Splice the lookups into a template or JSX text, the rest untouched."""
        bases = set()
        fragments = (
            [node]
            if node.type == "jsx_text"
            else [c for c in node.named_children if c.type == "string_fragment"]
        )
        for fragment in fragments:
            text = self.source.text(fragment)
            for path in self._known(text):
                start = fragment.start_byte + len(text[: path.start].encode())
                end = fragment.start_byte + len(text[: path.end].encode())
                self.draft.replace_range(
                    start, end, opening + self.member(path.base) + closing, rule
                )
                bases.add(path.base)
        return ", ".join(sorted(bases))

    def _known(self, text: str) -> list[HomePath]:
        paths = list(self.places.find(text))
        strangers = [p.user for p in paths if not p.base]
        if strangers:
            raise Refused(
                f"the home of `{strangers[0]}`, who is not in home.users; add the name or "
                "exclude the file"
            )
        return paths

    # -- places ---------------------------------------------------------------------------------

    def _check_position(self, node: Node) -> None:
        parent = node.parent
        kind = parent.type if parent is not None else ""
        if kind in ("import_statement", "export_statement", "import_require_clause"):
            raise Refused("an import of an absolute path; import the module by its package name")
        if kind == "literal_type":
            raise Refused("a literal type; make it `string`")
        if kind == "enum_assignment":
            raise Refused("an enum member must be constant; make it a function or a constant")
        if kind == "call_expression" and node.type == "string":
            raise Refused("unexpected syntax around the literal")
        if kind == "arguments" and parent is not None and parent.parent is not None:
            target = parent.parent.child_by_field_name("function")
            spelled = self.source.text(target) if target is not None else ""
            if spelled in (
                "require",
                "import",
                "require.resolve",
                "vi.mock",
                "jest.mock",
                "mock.module",
            ):
                raise Refused("a module loaded by an absolute path; load it by its package name")

    def _duplicate(self, node: Node, rule: str) -> bool:
        """Drop a list's candidate that another one spells through the home lookup already."""
        array = node.parent
        if array is None or array.type != "array":
            return False
        mine = self._portable(node)
        elements = [c for c in array.named_children if c.type != "comment"]
        if mine is None or not any(
            e.id != node.id and self._portable(e) == mine and not self._is_literal(e)
            for e in elements
        ):
            return False
        index = next(i for i, e in enumerate(elements) if e.id == node.id)
        start, end = node.start_byte, node.end_byte
        data = self.source.data
        match = re.compile(rb"[ \t]*,").match(data, end)
        if match:
            end = match.end()
        elif index > 0:
            start = elements[index - 1].end_byte
        line_start = data.rfind(b"\n", 0, start) + 1
        line_end = data.find(b"\n", end)
        if line_end >= 0 and not data[line_start:start].strip() and not data[end:line_end].strip():
            start, end = line_start, line_end + 1
        self.draft.replace_range(start, end, "", rule)
        return True

    def _is_literal(self, node: Node) -> bool:
        return node.type == "string"

    def _portable(self, node: Node) -> str | None:
        """A path as text with the home folder as `~`; None when something else is unknown."""
        out = ""
        for piece in self.values.pieces(node):
            if isinstance(piece, Hole) and self.homes.is_home(piece.node):
                out += "~"
            elif isinstance(piece, Hole):
                known = self.values.literal(piece.node)
                if known is None:
                    return None
                out += known
            else:
                out += piece
        found = next(self.places.find(out), None)
        if found is not None and found.base and found.start == 0:
            home = out.split("/")[2]
            out = "~" + out[out.index(home) + len(home) :]
        return out if out.startswith("~") else None

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
    """`x as const` is only valid on literals."""
    parent = node.parent
    return parent is not None and parent.type == "as_expression"


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


def _template_raw(raw: str) -> str:
    return raw.replace("`", "\\`").replace("${", "\\${")
