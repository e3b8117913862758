"""What kind of home path a node holds, which decides what may be done about it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from tree_sitter import Node

from fleetmod.fates import FOLLOW, STAY, Facts, Fate, judge
from fleetmod.flow.path_use import LOOKS
from fleetmod.flow.texts import Values
from fleetmod.lift.home_facts import facts_of
from fleetmod.lift.home_forms import OWN, SPLIT, STRANGER, HomeForm, HomeForms
from fleetmod.lift.homes import Homes, chain
from fleetmod.places import (
    ENCODED,
    LABELLED,
    ON_WINDOWS,
    UNKNOWN,
    WINDOWS,
    stands_for_nobody,
)
from fleetmod.regex import lazy
from fleetmod.settings import Settings
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import FUNCTIONS, parts, same, unwrap, walk

FALLBACK, PATH, TEST, COMMENT, REGEX = "fallback", "path", "test", "comment", "regex"
PLACEHOLDER = "placeholder"
ELSEWHERE, BEHIND, APART = "elsewhere", "behind", "apart"
LABEL = "labelled"
# variables of the environment that hold a list of folders (environ(7), ld.so(8), dyld(1), node(1))
_LISTS = frozenset(
    "PATH Path MANPATH INFOPATH CDPATH NODE_PATH PYTHONPATH CLASSPATH PERL5LIB GOPATH "
    "LIBRARY_PATH LD_LIBRARY_PATH DYLD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH "
    "DYLD_FRAMEWORK_PATH PKG_CONFIG_PATH XDG_DATA_DIRS XDG_CONFIG_DIRS".split()
)
# modules that look at this host's files, or run programs here
_HOST = frozenset(
    "fs fs-extra graceful-fs child_process execa cross-spawn tinyexec zx bun glob".split()
)
# take a second path
_TWO_PATHS = lazy(r"(?:.*\.)?(?:rename|copy|cp|symlink|link)(?:[A-Z]\w*)?")
_TEXTS = ("string", "template_string")
_AROUND = ("template_substitution", "template_string", "binary_expression", "as_expression")


class HomeKinds:
    def __init__(self, scopes: Scopes, values: Values, homes: Homes, settings: Settings) -> None:
        self.scopes, self.source, self.values, self.homes = scopes, scopes.source, values, homes
        self.settings = settings
        self.test = settings.is_test(scopes.source.path)
        self._known: dict[int, str] = {}

    def kind(self, node: Node) -> str:
        """The kind of a literal, JSX text, comment or regular expression; empty for no home."""
        if node.id not in self._known:
            raw = (node.text or b"").lower()
            # an escape, or another piece of the text, may hide most of it
            mentions = any(part in raw for part in (b"ers", b"rs/", b"s/", b"home", b"\\"))
            self._known[node.id] = self._kind(node) if mentions else ""
        return self._known[node.id]

    def _kind(self, node: Node) -> str:
        text, before = cook(node, self.source).text, self.homes.before(node)
        whole = "/Users/" in text or "/home/" in text  # else what stands before it tells nothing
        found = list(self.settings.places.find(text, before)) if whole else []
        if not found:
            form = self.form(node)
            return form.kind if form is not None else ""
        if not any(path.base for path in found):
            if any(path.why for path in found):
                return self._elsewhere(node, {path.why for path in found})
            everyone = all(stands_for_nobody(path.user) for path in found)
            # what a comment spells for an example binds nothing to a host
            harmless = everyone or self.test or node.type == "comment"
            return PLACEHOLDER if harmless else STRANGER
        if node.type == "comment":
            return COMMENT
        if self.test and not self._is_code(node):
            return TEST if self.fate.gate else APART
        if node.type == "regex":
            return REGEX
        if any(path.base and self._behind_a_host(node, text, path.start) for path in found):
            return LABEL
        return FALLBACK if self._in_chain(node) else PATH

    def _behind_a_host(self, node: Node, text: str, start: int) -> bool:
        """Whether a home stands behind a value and a colon, as in `${host}:/Users/x` and in a mount
        of a container. A list of folders is known where it comes of the environment, as PATH."""
        if text[:start].endswith("\0:"):
            holes = [each for each in node.named_children if each.type == "template_substitution"]
            value = holes[text.count("\0", 0, start) - 1]
        else:
            _, pieces = self.homes.values.appended(node)
            values = [each for each in pieces if not isinstance(each, str)]
            if text[:start] != ":" or not values or isinstance(pieces[-1], str):
                return False
            value = values[-1].node
        return not self._is_list(value)

    def _is_list(self, value: Node) -> bool:
        """Whether an expression reads a list of folders, itself or by a constant."""
        named = [each for each in walk(value) if not each.named_child_count]
        if any(self.source.text(each) in _LISTS for each in named):
            return True
        made = filter(None, map(self.values.constant, named))
        return any(self.source.text(each) in _LISTS for node in made for each in walk(node))

    @cached_property
    def fate(self) -> Fate:
        """What happens to the homes of a test and of what moves with it."""
        settings = self.settings
        known = settings.fates.get(self.source.path)
        if known is not None:
            return known
        spelled = settings.literals_for(self.source.path)
        facts, places = [self.facts()], settings.places
        return judge(facts, spelled, places, settings.fixture, settings.in_gate)

    def facts(self) -> Facts:
        """What a test says of homes."""
        facts = facts_of(self.scopes, self.is_used, self.settings.places)
        return replace(facts, parted=any(map(self._is_parted, self.source.of(*_TEXTS))))

    def _is_parted(self, node: Node) -> bool:
        """Whether a literal begins a configured user's home that another one goes on with."""
        text = self.source.text(node)[1:-1].rstrip("/")
        form = self._forms.of(node) if text.endswith(("/Users", "/home")) else None
        return form is not None and form.kind == SPLIT and not self.is_used(node)

    def follows(self, node: Node) -> bool:
        """Whether a literal of a test is looked up only because the code under test spells it."""
        return self.test and not self.is_used(node)

    def _elsewhere(self, node: Node, why: set[str]) -> str:
        if UNKNOWN in why:
            return BEHIND
        if ON_WINDOWS in why and not self.test and node.type in ("string", "template_string"):
            return WINDOWS
        return LABEL if LABELLED in why and not self.test and node.type != "comment" else ELSEWHERE

    def form(self, node: Node) -> HomeForm | None:
        """The home that a literal spells in another way than in full."""
        if node.type not in _TEXTS:
            return None
        form = self._forms.of(node)
        if form is None or not self.test or form.kind in (SPLIT, OWN):
            return form
        # test data, unless it is a key that the code under test spells as well
        text = "".join(piece.text for piece in form.pieces)[form.found.start : form.found.end]
        follows = text in self.fate.spelled and self.fate.kind in (FOLLOW, STAY)
        return form if form.kind == ENCODED and follows else None

    @cached_property
    def _forms(self) -> HomeForms:
        return HomeForms(self.scopes, self.values, self.homes, self.settings.places)

    def _is_code(self, node: Node) -> bool:
        """Whether a literal of a test is used as a path of this host, or follows other code's."""
        if node.type == "regex":
            return False
        return self.is_used(node) or self.fate.kind == FOLLOW

    def is_used(self, node: Node) -> bool:
        """Whether a literal is a path that the file looks at on this host."""
        if self._in_chain(node) or self._is_loaded(node):
            return True
        call = node.parent.parent if node.parent is not None else None
        if node.parent is None or node.parent.type != "arguments" or call is None:
            return False
        target = call.child_by_field_name("function")
        name = self.source.squeezed(target) if target is not None else ""
        if target is None or not LOOKS.fullmatch(name) or not self._is_of_host(target):
            return False
        # the others are what is written, or a program's arguments
        given = parts(node.parent)[: 2 if _TWO_PATHS.fullmatch(name) else 1]
        return any(same(each, node) for each in given)

    def _is_of_host(self, function: Node) -> bool:
        """Whether a function of such a name is one of this host's files and programs, or a helper
        of the test: what the code under test does with a path is its own matter."""
        root = function
        while (inner := root.child_by_field_name("object")) is not None:
            root = unwrap(inner)
        binding = self.scopes.resolve(root) if root.type == "identifier" else None
        if binding is None:
            return True
        if self.scopes.module(binding):
            return self._is_host_module(binding)
        if binding.kind == "function":
            return True
        value = unwrap(binding.value) if binding.value is not None else None
        if value is None or value.type in FUNCTIONS:
            return value is not None
        named = (each for each in walk(value) if each.type == "identifier" and each.id != root.id)
        known = (self.scopes.resolve(each) for each in named)
        return any(each is not None and self._is_host_module(each) for each in known)

    def _is_host_module(self, binding: Binding) -> bool:
        return self.scopes.module(binding).removeprefix("node:").split("/")[0] in _HOST

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
