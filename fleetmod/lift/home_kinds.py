"""What kind of home path a node holds, which decides what may be done about it."""

from __future__ import annotations

from functools import cached_property

from tree_sitter import Node

from fleetmod.flow.path_use import LOOKS
from fleetmod.flow.texts import Values
from fleetmod.lift.home_drift import Drift
from fleetmod.lift.home_forms import OWN, SPLIT, STRANGER, HomeForm, HomeForms
from fleetmod.lift.homes import Homes, chain
from fleetmod.places import (
    ENCODED,
    HOME,
    LABELLED,
    ON_WINDOWS,
    PLACEHOLDERS,
    UNKNOWN,
    WINDOWS,
    Places,
)
from fleetmod.regex import lazy
from fleetmod.settings import Settings
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import Source, ancestors, unwrap
from fleetmod.testfiles import is_test

FALLBACK, PATH, TEST, COMMENT, REGEX = "fallback", "path", "test", "comment", "regex"
PLACEHOLDER = "placeholder"
ELSEWHERE, BEHIND, APART = "elsewhere", "behind", "apart"
LABEL = "labelled"
_LOOKUP = lazy(r"\b(?:HOME|USERPROFILE|homedir|homeDir)\b")
_AROUND = ("template_substitution", "template_string", "binary_expression", "as_expression")


class HomeKinds:
    def __init__(self, scopes: Scopes, values: Values, homes: Homes, settings: Settings) -> None:
        self.scopes, self.source, self.values, self.homes = scopes, scopes.source, values, homes
        self.settings = settings
        self.test = is_test(scopes.source.path)
        self._known: dict[int, str] = {}

    def kind(self, node: Node) -> str:
        """The kind of a literal, JSX text, comment or regular expression; empty for no home."""
        if node.id not in self._known:
            raw = node.text or b""
            # an escape, or another piece of the text, may hide most of it
            mentions = any(part in raw for part in (b"ers", b"rs/", b"s/", b"home", b"\\"))
            self._known[node.id] = self._kind(node) if mentions else ""
        return self._known[node.id]

    def _kind(self, node: Node) -> str:
        text = cook(node, self.source).text
        whole = "/Users/" in text or "/home/" in text  # else what stands before it tells nothing
        found = list(self.settings.places.find(text, self.homes.before(node))) if whole else []
        if not found:
            form = self.form(node)
            return form.kind if form is not None else ""
        if not any(path.base for path in found):
            if any(path.why for path in found):
                return self._elsewhere(node, {path.why for path in found})
            everyone = all(path.user in PLACEHOLDERS for path in found)
            # what a comment spells for an example binds nothing to a host
            harmless = everyone or self.test or node.type == "comment"
            return PLACEHOLDER if harmless else STRANGER
        if node.type == "comment":
            return COMMENT
        if self.test and not self._is_code(node, text):
            return TEST if self._in_gate else APART
        if node.type == "regex":
            return REGEX
        return FALLBACK if self._in_chain(node) else PATH

    @cached_property
    def drift(self) -> Drift:
        return Drift(self.source, self.settings)

    def follows(self, node: Node) -> bool:
        """Whether a literal of a test is looked up only because the code under test spells it."""
        text = cook(node, self.source).text
        return self.test and self.drift.is_production(text) and not self._is_used(node)

    def _elsewhere(self, node: Node, why: set[str]) -> str:
        if UNKNOWN in why:
            return BEHIND
        if ON_WINDOWS in why and not self.test and node.type in ("string", "template_string"):
            return WINDOWS
        return LABEL if LABELLED in why and not self.test and node.type != "comment" else ELSEWHERE

    def form(self, node: Node) -> HomeForm | None:
        """The home that a literal spells in another way than in full."""
        if node.type not in ("string", "template_string"):
            return None
        form = self._forms.of(node)
        if form is None or not self.test or form.kind in (SPLIT, OWN):
            return form
        # test data, unless it is a key that the code under test spells as well
        text = "".join(piece.text for piece in form.pieces)[form.found.start : form.found.end]
        follows = text in self.settings.literals_for(self.source.path)
        return form if form.kind == ENCODED and follows else None

    @cached_property
    def _forms(self) -> HomeForms:
        return HomeForms(self.scopes, self.values, self.homes, self.settings.places)

    @property
    def _in_gate(self) -> bool:
        folders = self.settings.gate
        return "." in folders or self.source.path.startswith(tuple(f"{f}/" for f in folders))

    def _is_code(self, node: Node, text: str) -> bool:
        """Whether a literal of a test is used as a path of this host, or follows other code's."""
        if node.type == "regex":
            return False
        return self.drift.is_production(text) or self._is_used(node)

    def _is_used(self, node: Node) -> bool:
        if self._in_chain(node) or self._is_loaded(node):
            return True
        call = node.parent.parent if node.parent is not None else None
        if node.parent is None or node.parent.type != "arguments" or call is None:
            return False
        target = call.child_by_field_name("function")
        name = self.source.squeezed(target) if target is not None else ""
        return bool(LOOKS.fullmatch(name))

    def _is_loaded(self, node: Node, depth: int = 3) -> bool:
        """Whether a module is loaded from there, perhaps by constants: `import(`${ROOT}/a.js`)`."""
        parent = node.parent
        while parent is not None and parent.type in _AROUND:
            parent = parent.parent
        if parent is None or parent.parent is None:
            return False
        if parent.type == "arguments":
            target = parent.parent.child_by_field_name("function")
            return target is not None and self.source.text(target) in ("import", "require")
        name = parent.child_by_field_name("name")
        if parent.type != "variable_declarator" or name is None or not depth:
            return False
        binding = self.scopes.resolve(name)
        references = self.scopes.references(binding) if binding is not None else ()
        return any(self._is_loaded(reference, depth - 1) for reference in references)

    def _in_chain(self, node: Node) -> bool:
        parent = node.parent
        while parent is not None and parent.type == "parenthesized_expression":
            parent = parent.parent
        if parent is None or parent.type not in ("binary_expression", "ternary_expression"):
            return False
        if parent.type == "ternary_expression":
            condition = parent.child_by_field_name("condition")
            return condition is not None and self.homes.is_lookup(condition)
        return any(self.homes.is_lookup(unwrap(e)) for _, e in chain(parent))


def production_literals(source: Source, places: Places) -> set[str]:
    """The texts of a file's literals that begin with a home path, other than a last resort, and the
    homes in its keys."""
    out: set[str] = set()
    for node in _strings(source):
        raw = node.text or b""
        if not any(start in raw for start in (b"/Users/", b"/home/", b"-Users-")):
            continue  # most strings; cooking takes longer than looking
        text = cook(node, source).text
        out.update(text[key.start : key.end] for key in places.encoded(text))
        found = next(places.find(text), None)
        if found is None or not found.base or found.start > 0:
            continue
        if found.base != HOME or len(text) > found.end or not _follows_lookup(node, source):
            out.add(text)
    return out


def _follows_lookup(node: Node, source: Source) -> bool:
    """Whether a literal is what is left where nothing tells the home."""
    whole = node
    for a in ancestors(node):
        if a.type not in ("binary_expression", "ternary_expression", "parenthesized_expression"):
            break
        whole = a
    return whole.id != node.id and bool(_LOOKUP.search(source.text(whole)))


def _strings(source: Source) -> list[Node]:
    return source.of("string", "template_string")
