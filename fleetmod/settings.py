"""What the analysis of one file needs to know of the repository; plain values, no disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from fleetmod.fates import Fate
from fleetmod.places import HOME, ROOT, VAULT, Places
from fleetmod.refusal import Reason
from fleetmod.runner import Runner
from fleetmod.testfiles import is_test


@dataclass(frozen=True)
class Call:
    """What becomes of a call of another file; `symbol` are the names around it."""

    path: str
    line: int
    symbol: str
    action: str  # of fleetmod.model
    reason: str = ""


@dataclass(frozen=True)
class Asked:
    """A text, or a regular expression (`flags` are None for a text), that a test looks for."""

    path: str
    line: int
    text: str
    flags: str | None = None


@dataclass(frozen=True)
class Elsewhere:
    """What texts of one file may speak of: calls of the modules that it imports, by the module as
    it is spelled; of those that import it; of services by their labels. `asked` is what tests that
    reach the file look for."""

    imported: Mapping[str, tuple[Call, ...]] = field(default_factory=dict)
    importers: tuple[Call, ...] = ()
    services: tuple[tuple[str, Call], ...] = ()
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True)
class Settings:
    """`packages` maps a port's key to the name it is installed under; `env` a NodeIdentity member
    to the variable that overrides it; `production_literals` are the home paths that
    a package's code outside tests spells, by the package's folder (with a slash at its end): a
    test of the package that expects one must follow it; `fates` say what happens to the homes of a
    test, where more than the test itself is known, and `fate_key` what that hangs on;
    `gate` are the folders that
    the gates grep: test data elsewhere is left; `adapters` are the paths of the repository's own
    adapters of each family's tool, which may name it; `addresses` those of the container runtime's
    machine; `tests` are the paths of test code that no name tells, `isolated` those of the files
    under a tsconfig.json with isolatedDeclarations, `verbatim` with verbatimModuleSyntax;
    `known_rules` are the ids that a directive may name, also of rules
    that do not look; `elsewhere` is what other files do, by the path of the file whose texts may
    speak of that; `unearned` are the ports that are not installed, and why; `kept` are the homes
    that a file compares with others, which keep them, each with the reason, by the path of the
    file; `parted` are the calls that stay since others of their service do in other files, each
    with the reason by where it begins, by the path of the file; `inlined` is where the ports of a
    file's package stand in one file each, and the ending of an import there, by the path of the
    file; `required` are the files of JavaScript that Node loads as CommonJS modules; `declined` are
    the places that a person keeps as they are, each by where it begins, by the path of the file;
    `imported` are the functions of other modules that run a command which a file gives them, by the
    path of the file, then by the module as it is spelled there and the name that the module
    exports; what is known of them grows as files are analysed;
    `aged` is the TypeScript that a file's package asks for, where it cannot read the ports' types.
    """

    places: Places
    packages: dict[str, str]
    env: dict[str, str] = field(
        default_factory=lambda: {HOME: "HOME", ROOT: "REPO_ROOT", VAULT: "VAULT_PATH"}
    )
    fixture: str = "/Users/fixture"
    production_literals: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fates: Mapping[str, Fate] = field(default_factory=dict)
    fate_key: Callable[[str], str] = str
    gate: tuple[str, ...] = (".",)
    adapters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    isolated: frozenset[str] = frozenset()
    verbatim: frozenset[str] = frozenset()
    tests: frozenset[str] = frozenset()
    known_rules: frozenset[str] = frozenset()
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict)
    unearned: Mapping[str, Reason] = field(default_factory=dict)
    inlined: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    kept: Mapping[str, Mapping[str, Reason]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    aged: Mapping[str, str] = field(default_factory=dict)
    parted: Mapping[str, Mapping[int, Reason]] = field(default_factory=dict)
    declined: Mapping[str, frozenset[int]] = field(default_factory=dict)
    imported: dict[str, Mapping[tuple[str, str], Runner]] = field(default_factory=dict)

    def is_test(self, path: str) -> bool:
        """Whether a file is a test, a mock or test data, by its name or by its use."""
        return path in self.tests or is_test(path)

    def literals_for(self, path: str) -> frozenset[str]:
        """The home paths that the code of the file's own package spells."""
        return self.production_literals.get(package_of(path, self.production_literals), frozenset())

    def in_gate(self, path: str) -> bool:
        """Whether the gates look at a file."""
        return "." in self.gate or path.startswith(tuple(f"{folder}/" for folder in self.gate))


def package_of(path: str, folders: Iterable[str]) -> str:
    """The innermost of some packages' folders that holds a file; "" for the root's."""
    return max((f for f in folders if path.startswith(f)), key=len, default="")
