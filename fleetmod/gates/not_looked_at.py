"""What the gates of the code do not look at: how many files of which kind, and which of them name
what the gates look for."""

from __future__ import annotations

import errno
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleetmod import families
from fleetmod.bounds import RECORD
from fleetmod.filekinds import CODE, is_code, is_javascript, suffix
from fleetmod.grepped import needles
from fleetmod.project import Project
from fleetmod.syntax.built import is_built
from fleetmod.workspace.discover import UTF16 as UTF16_MARKS
from fleetmod.workspace.discover import Place, everything, place_of
from fleetmod.workspace.disk import is_folder, read_plain, read_start, readable_name
from fleetmod.workspace.git import ask_git
from fleetmod.workspace.tree_state import folders, inside

_COMPONENTS = (".vue", ".svelte", ".astro", ".mdx")
_CODE = frozenset((*CODE, *_COMPONENTS))
_ANY_HOME = b"/Users/"

SUBMODULE, NESTED, IGNORED = "submodule", "repository", "ignored"
LINK, OUT = "link", "link-out"
BUILT, COMPONENT, UPPER, UTF16 = "built", "component", "upper-case", "utf-16"
ADAPTER, GATE = "adapters", "gate"
WHY = {
    Place.SCAN: "outside of workspace.scan",
    Place.EXCLUDED: "matched by workspace.exclude",
    Place.VENDORED: "in node_modules, vendor, third_party or _generated",
    Place.GENERATED: "generated, by their names (.d.ts, .min.js, .generated.ts)",
    BUILT: "JavaScript that a compiler or a bundler made",
    COMPONENT: "Vue, Svelte, Astro or MDX, which is not analysed",
    UPPER: "code with a suffix in upper case, which is not looked for",
    UTF16: "UTF-16, which is not analysed; save it as UTF-8",
    ADAPTER: "adapters of the repository's own",
    GATE: "where the syntax tree looks and no grep does, outside of workspace.gate",
    LINK: "links; what they lead to counts where it stands",
    OUT: "links out of the repository; nothing looks at what they lead to",
    IGNORED: "ignored by git (a folder counts once); only the grep of workspace.gate looks there",
    SUBMODULE: "submodules; each is a repository of its own",
    NESTED: "repositories inside of this one",
}


@dataclass(frozen=True)
class Group:
    """`files` files that are not looked at for one reason; `named` are those that hold a text that
    the gates look for, which a person should read."""

    kind: str
    why: str
    files: int
    named: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = f"{self.files} {self.why}"
        return f"{what}; look at {listed(self.named)}" if self.named else what


def listed(paths: Sequence[str], most: int = 5) -> str:
    """The first of some paths, and how many more there are."""
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more


def begin(project: Project) -> Callable[[Collection[str]], tuple[Group, ...]]:
    """Have git list what it ignores while something else is done; what is given back groups every
    file that the given phases do not look at."""
    options = ["--others", "--ignored", "--exclude-standard", "--directory"]
    ignored = ask_git(project.root, ["ls-files", "-z", *options])

    def groups(phases: Collection[str]) -> tuple[Group, ...]:
        if not {*families.phases()} & {*phases}:
            return ()
        by_kind: dict[str, list[str]] = defaultdict(list)
        for kind, path in (*_kinds(project), *_ignored(ignored() or ())):
            by_kind[kind].append(path)
        held = _Held(project, {families.of_phase(phase).id for phase in phases})
        return tuple(
            Group(
                kind,
                why + _set(project, kind),
                len(by_kind[kind]),
                held.among(kind, by_kind[kind]),
            )
            for kind, why in WHY.items()
            if kind in by_kind
        )

    return groups


def _set(project: Project, kind: str) -> str:
    """The values of the configuration that decide about a kind of file."""
    config = project.config
    values = {
        Place.SCAN: config.workspace.scan,
        Place.EXCLUDED: config.workspace.exclude,
        GATE: config.workspace.gate,
        ADAPTER: tuple(dict.fromkeys((*config.process.adapters, *config.container.adapters))),
    }.get(kind)
    return f" ({', '.join(values)})" if values else ""


def _kinds(project: Project) -> Iterator[tuple[str, str]]:
    """Each file that could hold code, with why it is not looked at."""
    search, gate = project.search, folders(project.config.workspace.gate)
    special = frozenset((*search.listing.links, *search.listing.submodules))
    place = place_of(project.config)
    yield from ((SUBMODULE, path) for path in search.listing.submodules)
    yield from _links(project.root, search.listing.links)
    for path in everything(project.root, search):
        if path.endswith("/"):
            yield NESTED, path
            continue
        kind = suffix(path).lower()
        if kind not in _CODE or path in special:
            continue
        if apart := place(path):
            yield apart, path
        elif kind in _COMPONENTS:
            yield COMPONENT, path
        elif not is_code(path):
            yield UPPER, path
        elif _is_wide(project, path):
            yield UTF16, path
        elif is_javascript(path) and is_built(path, project.read(path)):
            yield BUILT, path
        elif any(own(path) for own in project.own_adapters.values()):
            yield ADAPTER, path
        elif not inside(path, gate):
            yield GATE, path


def _links(root: Path, links: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Links to code or to a folder, told apart by whether they stay in the repository."""
    real = os.path.realpath(root)
    for path in links:
        if suffix(path).lower() in _CODE or is_folder(root / path):
            inner = f"{os.path.realpath(root / path)}/".startswith(f"{real}/")
            yield LINK if inner else OUT, path


def _is_wide(project: Project, path: str) -> bool:
    try:
        return read_start(project.root / path, 2) in UTF16_MARKS
    except OSError:
        return False  # told as unproven where it is there at all


def _ignored(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    folder = "//"  # git names a folder that holds nothing else, and then what is in it
    for path in sorted(paths):
        if path.startswith(folder):
            continue
        folder = path if path.endswith("/") else "//"
        installed = path.endswith(("node_modules/", ".fleetmod/"))
        if not installed and (path.endswith("/") or suffix(path).lower() in _CODE):
            yield IGNORED, path


class _Held:
    """Which files hold a text that the gates of some families look for."""

    def __init__(self, project: Project, asked: Collection[str]) -> None:
        self._project = project
        known = [(n, families.named(family)) for n, family in needles(project)]
        self._needles = [(n, family) for n, family in known if family.id in asked]
        self._homes = any(families.named(each).homes for each in asked)
        wanted = [needle.encode() for needle, _ in self._needles]
        self._bytes = [*wanted, _ANY_HOME] if self._homes else wanted
        self._lacking = project.search.lacking(self._bytes)

    def among(self, kind: str, paths: Iterable[str]) -> tuple[str, ...]:
        if kind == OUT:
            return tuple(sorted(map(readable_name, paths)))
        if kind in (GATE, LINK, SUBMODULE, NESTED):
            return ()  # the syntax tree looks, or nothing can
        return tuple(sorted(readable_name(path) for path in paths if self._holds(kind, path)))

    def _holds(self, kind: str, path: str) -> bool:
        if path.endswith("/") or (kind != UTF16 and self._lacking(path)):
            return False
        try:
            data = read_plain(self._project.root / path, RECORD)
        except OSError as error:
            return error.errno == errno.EFBIG
        if b"\0" in data:  # an ASCII text in UTF-16 is itself between NUL bytes
            data = data.replace(b"\0", b"")
        if not any(each in data for each in self._bytes):
            return False
        text = data.decode("utf-8", "replace")
        own, places = self._project.own_port(path), self._project.places
        for needle, family in self._needles:
            if family is own:
                continue
            lines = (line for line in text.splitlines() if needle in line)
            if any(family.counts(places, line, needle) for line in lines):
                return True
        return self._homes and any(True for _ in places.find(text))
