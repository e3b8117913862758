"""The files of a repository that are analysed, and what each must know of the others."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from fleetmod import families
from fleetmod.artefacts import by_people
from fleetmod.bounds import too_large
from fleetmod.checked_in import DATA, READ
from fleetmod.filekinds import CODE, is_code, is_javascript, is_typescript
from fleetmod.hints import MIXED, loads_files, mixed_in
from fleetmod.literals import IDENTITY, Literals
from fleetmod.mentions import mentions
from fleetmod.model import IGNORE, FileResult
from fleetmod.places import HOME, ROOT, VAULT, slug
from fleetmod.project import Project
from fleetmod.regex import any_of
from fleetmod.rules import Told
from fleetmod.settings import Settings
from fleetmod.syntax.built import is_built
from fleetmod.testcode import tests_by_use
from fleetmod.testfiles import is_test
from fleetmod.together import Fates, Held, is_data
from fleetmod.workspace.discover import NAMELESS, WIDE, candidates, discover, is_wide, wide_texts
from fleetmod.workspace.disk import is_folder, readable_name
from fleetmod.workspace.graph import CODE as MODULES
from fleetmod.workspace.grep import grep_files
from fleetmod.workspace.manifest import is_aged, owner, package_at, typescript_of
from fleetmod.workspace.schema import FILE
from fleetmod.workspace.search import Search
from fleetmod.workspace.tree_state import (
    LFS,
    POINTER,
    code_files,
    configures,
    is_pointer,
    not_on_disk,
)
from fleetmod.workspace.tsconfig import read_tsconfig

_OPTIONS = _ISOLATED, _VERBATIM = ("isolatedDeclarations", "verbatimModuleSyntax")


@dataclass(frozen=True)
class Beside:
    """What decides on the tests among some files: `code` that spells no home as it is (tests with
    encoded homes, migrated modules), and the data that tests may read."""

    code: Mapping[str, bytes] = field(default_factory=dict)
    held: Held = field(default_factory=lambda: Held({}))


@dataclass(frozen=True)
class Sources:
    """The files to analyse, and what stood in the way of others; `beside` them lies what decides on
    the tests among them."""

    settings: Settings
    contents: dict[str, bytes]
    discovered: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]
    search: Search
    unseen: tuple[FileResult, ...] = ()  # files with a trigger that are too large
    beside: Beside = field(default_factory=Beside)


def read_sources(project: Project) -> Sources:
    """Read every TypeScript file that holds a trigger of a rule.

    Those that hold one as UTF-16 are told as unreadable; no search of git's finds them, so the
    first bytes of every file are read.
    """
    search = project.search
    # one question to git answers what is asked later: the gate's needles hold a trigger each
    outside = [path.encode() for path in project.places.outside]
    words = [word.encode() for family in families.every() for word in family.beside]
    search.begin([*triggers(project), *words, *outside, LFS, *map(str.encode, MIXED)])
    project.cache  # noqa: B018 (opened while git works)
    discovered = discover(project.root, project.config, search=search)
    typescript = [p for p in discovered if is_code(p)]
    texts, holds = triggers(project), looks_at(project)
    wide = wide_texts(project.root, typescript, texts)
    found = candidates(project.root, typescript, texts, search, holds, binary=True)
    contents: dict[str, bytes] = {}
    config = project.config
    matters = code_files(config)
    large = frozenset(found.large)
    unreadable = [
        *(each for each in found.unreadable if each[0] not in large),
        *((path, WIDE) for path in wide),
        *large_manifests(project.root, discovered),
        *not_on_disk(project.root, search, matters, config.workspace.gate),
        *(empty_folders(project) if project.whole else ()),
    ]
    unseen = []
    for path, why in found.unreadable:
        if path in large and not is_javascript(path):  # no person writes so much of it
            with suppress(OSError):
                unseen.append(_unseen(project.root, path, why))
    for path in found.hits:
        try:
            data = (project.root / path).read_bytes()
        except OSError as error:
            unreadable.append((path, error.strerror or str(error)))
            continue
        if not is_built(path, data):
            contents[path] = data
    beside = _read_beside(project, contents, discovered, search, large)
    settings = make_settings(project, contents, discovered, beside)
    return Sources(
        settings, contents, tuple(discovered), tuple(unreadable), search, tuple(unseen), beside
    )


def large_manifests(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What configures the code and is too large to be read, so that the module graph lacks it."""
    for path in filter(configures, paths):
        with suppress(OSError):  # told elsewhere
            if why := too_large(os.lstat(f"{root}/{path}").st_size):
                yield readable_name(path), why


def empty_folders(project: Project) -> Iterator[tuple[str, str]]:
    """Folders of the gate in which a grep that finds nothing proves nothing, and why."""
    for folder in project.config.workspace.gate:
        if not is_folder(project.root / folder):
            yield folder, f"workspace.gate names it, and there is no such folder; correct {FILE}"
            continue
        files = (path for kind in CODE for path in grep_files(project.root, folder, kind))
        if all(project.port_of(path) for path in files):
            yield (
                folder,
                "workspace.gate names it, and it holds no code but installed ports; name the "
                f"folders of the code in {FILE}",
            )


def not_the_text(project: Project, path: str, data: bytes) -> str:
    """Why the content of a file is not what can be judged; "" where it is."""
    if readable_name(path) != path:
        return NAMELESS
    if is_pointer(data):
        return POINTER
    return WIDE if is_wide(data, triggers(project)) else ""


def with_contents(project: Project, sources: Sources, contents: Mapping[str, bytes]) -> Sources:
    """Sources with other contents of some files; `sources` where they have these."""
    if all(sources.contents.get(path) == data for path, data in contents.items()):
        return sources
    written = {path: data for path, data in contents.items() if not is_built(path, data)}
    every = {**sources.contents, **written}
    discovered = tuple(sorted({*sources.discovered, *contents}))
    large = frozenset(result.path for result in sources.unseen)
    beside = _read_beside(project, every, discovered, sources.search, large)
    settings = make_settings(project, every, discovered, beside)
    return replace(sources, settings=settings, contents=every, discovered=discovered, beside=beside)


def _unseen(root: Path, path: str, why: str) -> FileResult:
    """The result of a file that is not looked at."""
    digest, lines = sha256(), 1
    with (root / path).open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
            lines += piece.count(b"\n")
    every = ((1, lines),)
    return FileResult(path, digest.hexdigest(), errors=every, unparsed=every, problem=why)


def is_asked_for(path: str) -> bool:
    """Whether any analysis reads a file's content: code, data, what a test may read."""
    return path.endswith((*MODULES, *DATA, *READ)) or is_test(path)


def triggers(project: Project) -> list[bytes]:
    """The texts of which a file must hold one to be worth parsing."""
    told = Told(named=bool(project.places.users), pathed=True)
    return sorted({IGNORE.encode(), *(t.encode() for r in project.rules for t in r.looks(told))})


def looks_at(project: Project) -> Callable[[bytes], bool]:
    """A test whether a file's content is worth parsing: some texts count only where it names one of
    home.users, or loads a module of paths."""
    directive, places = IGNORE.encode(), project.places

    def spelled(told: Told) -> set[bytes]:
        return {text.encode() for rule in project.rules for text in rule.looks(told)}

    always = spelled(Told(named=False, pathed=False))
    named = spelled(Told(named=True, pathed=False)) - always
    pathed = spelled(Told(named=False, pathed=True)) - always
    in_always, in_named, in_pathed = any_of(always), any_of(named), any_of(pathed)
    mixed = any(rule.mixed for rule in project.rules)

    def holds(data: bytes) -> bool:
        lower = data.lower()
        if in_always(data) or directive in lower:
            return True
        if places.names_user(data) and in_named(data):
            return True
        if in_pathed(data) and loads_files(data):
            return True
        return mixed and bool(mixed_in(data, lower))

    return holds


def texts_read(project: Project, discovered: Sequence[str], search: Search) -> dict[str, str]:
    """The texts of the files without TypeScript that spell a configured home."""
    homes = [f"/{top}/{u}".encode() for top in ("Users", "home") for u in project.places.users]
    read = [path for path in discovered if is_data(path) and not is_code(path)]
    return {
        path: project.read(path).decode("utf-8", "replace")
        for path in candidates(project.root, read, homes, search).hits
    }


def _read_beside(
    project: Project,
    contents: Mapping[str, bytes],
    discovered: Sequence[str],
    search: Search,
    large: frozenset[str],
) -> Beside:
    """What else tests may read and reach; only looked for where a test spells a home."""
    users = project.places.users
    homes = [f"/{top}/{u}".encode() for top in ("Users", "home") for u in users]
    tests = tests_by_use(contents, lambda: project.graph)
    spelling = (path for path, data in contents.items() if any(home in data for home in homes))
    if not any(path in tests or is_test(path) for path in spelling):
        return Beside()
    between = ("/", "-", "_", "%2F", "%2f", "\\/", "\\\\", ".", ":")
    needles = [
        f"sers{sep}{name}".encode() for sep in between for u in users for name in (u, slug(u))
    ]
    needles = sorted({*needles, *homes})
    data: dict[str, str] = {}
    for path in candidates(project.root, [*filter(is_data, discovered)], needles, search).hits:
        text = by_people(path, project.read(path)).decode("utf-8", "replace")
        if mentions(text, project.places):
            data[path] = text
    typescript = [path for path in discovered if is_code(path) and path not in contents]
    others = candidates(project.root, [*filter(is_test, typescript)], needles, search).hits
    code = [path for path in typescript if not is_test(path)]
    migrated = candidates(project.root, code, [IDENTITY], search).hits
    parts = {part for path in discovered for part in path.split("/") if len(part) > 5}
    named = frozenset(part for part in parts if mentions(part, project.places))
    return Beside(
        {path: project.read(path) for path in (*others, *migrated)}, Held(data, named, large)
    )


def make_settings(
    project: Project,
    contents: dict[str, bytes],
    discovered: Sequence[str],
    beside: Beside | None = None,
) -> Settings:
    """What the analysis of each file must know of the whole repository; of what tests reach only
    with what lies `beside` the files."""
    manifests = [p for p in discovered if p.rpartition("/")[2] == "package.json"]
    folders = [p.removesuffix("package.json") for p in manifests]
    identity = project.config.identity
    code = {**beside.code, **contents} if beside is not None else contents
    tests = tests_by_use(contents, lambda: project.graph)
    options = {path: _options(project, path) for path in contents if is_typescript(path)}
    settings = Settings(
        places=project.places,
        packages=project.packages,
        env={HOME: "HOME", ROOT: identity.root_env, VAULT: identity.vault_env},
        fixture=project.config.home.fixture,
        production_literals=Literals(
            *(code, folders, project.places, project.packages["node-identity"], project.cache),
            tests,
        ),
        tests=tests,
        gate=tuple(folder.rstrip("/") for folder in project.config.workspace.gate),
        adapters={
            family: frozenset(filter(own, contents)) for family, own in project.own_adapters.items()
        },
        addresses=project.config.container.vm_addresses,
        isolated=frozenset(p for p in options if not is_test(p) and _ISOLATED in options[p]),
        verbatim=frozenset(p for p in options if _VERBATIM in options[p]),
        known_rules=project.known_rules,
        inlined=_inlined(project, contents),
        required=frozenset(path for path in contents if _is_required(project, path)),
        aged=_aged(project, contents),
    )
    if beside is None:
        return settings

    def named(names: Sequence[str], in_tests: bool) -> dict[str, bytes]:
        ours = [path for path in discovered if is_code(path)]
        ours = [path for path in ours if settings.is_test(path) or not in_tests]
        needles = [name.encode() for name in names]
        found = candidates(project.root, ours, needles, project.search).hits
        return {path: code.get(path) or project.read(path) for path in found}

    fates = Fates(
        settings, code, discovered, beside.held, lambda: project.graph, project.read, named
    )
    return replace(settings, fates=fates, fate_key=fates.key)


def _inlined(project: Project, paths: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Where the ports of published packages stand, for each file of one."""
    found = {path: project.inline_of(path) for path in paths}
    return {path: (each.folder, each.ending) for path, each in found.items() if each is not None}


def _aged(project: Project, paths: Iterable[str]) -> dict[str, str]:
    """The TypeScript that a file's package, or else the root, asks for, where it is too old for
    the types of the ports."""
    found: dict[str, str] = {}
    for path in paths:
        info = None if is_javascript(path) else owner(project.root, path)
        asked = typescript_of(info) if info is not None else ""
        if info is not None and not asked and info.path:
            top = package_at(project.root, "")
            asked = typescript_of(top) if top is not None else ""
        if is_aged(asked):
            found[path] = asked
    return found


def _is_required(project: Project, path: str) -> bool:
    """Whether Node loads a file of JavaScript as a CommonJS module (nodejs.org/api/packages.html,
    "Determining module system")."""
    if not is_javascript(path) or path.endswith(".mjs"):
        return False
    info = None if path.endswith(".cjs") else owner(project.root, path)
    return info is None or json.loads(info.text).get("type") != "module"


def _options(project: Project, path: str) -> frozenset[str]:
    """Which of `_OPTIONS` the nearest tsconfig.json above a file sets."""
    known, asked = project.options, list[str]()
    folder, found = path.rpartition("/")[0], frozenset[str]()
    while folder not in known:  # not by recursion: folders nest deeper than Python's stack
        asked.append(folder)
        config = read_tsconfig(project.root, folder)
        if config is not None:
            found = frozenset(each for each in _OPTIONS if config.options.get(each) is True)
            break
        if not folder:
            break
        folder = folder.rpartition("/")[0]
    else:
        found = known[folder]
    known |= dict.fromkeys(asked, found)
    return found
