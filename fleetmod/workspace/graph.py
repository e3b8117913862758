"""The module graph: which files import which, read from the lines that name modules.

One `git grep` gives every such line, so the graph of a whole repository is cheap; no file is
parsed. A line that only looks like an import adds an edge too many, which makes a refusal and no
wrong rewrite. What is resolved: relative paths (`./x.js` may be `x.ts`), packages of the workspace
by their `exports` or `main`, `#imports`, `paths` of tsconfig.json, and folders that are loaded
whole (``import(`./pages/${name}`)``, `import.meta.glob("./pages/*.ts")`).
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fleetmod.regex import lazy
from fleetmod.workspace.disk import read_plain
from fleetmod.workspace.git import search_lines
from fleetmod.workspace.tsconfig import read_tsconfig

CODE = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte", ".astro")
_TYPED = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
# what may name a module: `from "x"`, `import "x"`, `import("x")`, `require("x")`, `glob("./x/*")`
_LINE = (
    r"(from|import|require|glob|require\.context)[[:space:]]*\(?[[:space:]]*[\"'`]"
    r"|^[[:space:]]*[\"'`][.@#~][^\"'`]*/[^\"'`]*[\"'`],?[[:space:]]*$"
)
_NAMED = lazy(
    r"\b(?P<how>from|import|require|glob|context)\s*(?P<call>\(?)\s*"
    r"(?:\[\s*)?(?P<quote>[\"'`])(?P<name>[^\"'`\n]+)(?P=quote)?"
)
# a name on a line of its own, as formatters break a long `import("./x")`
_ALONE = lazy(r"^\s*(?P<quote>[\"'`])(?P<name>[.@#~][^\"'`\n]*/[^\"'`\n]*)(?P=quote),?\s*$")
_TYPE_ONLY = lazy(r"^\s*(?:import|export)\s+type\b(?!\s*(?:from|,))")
_NO_PACKAGE = ("@/", "~", "$")  # begin an alias that something else than tsconfig.json tells
_CONDITIONS = ("source", "development", "types", "import", "node", "require", "default")


@dataclass(frozen=True)
class Line:
    """A line of a file that may name modules."""

    path: str
    text: str


@dataclass(frozen=True)
class Package:
    """A package of the workspace: its name, its folder ("" for the root), its manifest."""

    name: str
    folder: str
    manifest: Mapping[str, Any]


class ModuleGraph:
    """Who imports whom. `files` are the repository's own, `packages` those of its workspace."""

    def __init__(
        self, root: Path, files: Collection[str], packages: Iterable[Package], lines: Iterable[Line]
    ) -> None:
        self._root = root
        self._files = frozenset(files)
        self._packages = {package.name: package for package in packages if package.name}
        self._folders = {package.folder: package for package in packages}
        self._lines = tuple(lines)
        self._paths: dict[str, list[tuple[str, tuple[str, ...]]]] = {}

    def with_text(self, path: str, text: str) -> ModuleGraph:
        """The graph where a file has another text; itself where that names the same modules."""
        now = [Line(path, line) for line in text.splitlines() if _names(line)]
        before = [line for line in self._lines if line.path == path and _names(line.text)]
        if now == before:
            return self
        others = [line for line in self._lines if line.path != path]
        files = {*self._files, path}
        return ModuleGraph(self._root, files, self._folders.values(), [*others, *now])

    def imports(self, path: str) -> frozenset[str]:
        """The files of the repository that a file loads when it runs."""
        return self._edges.get(path, frozenset())

    def named(self, path: str) -> Mapping[str, frozenset[str]]:
        """The files of the repository behind each module that a file names."""
        self._edges  # noqa: B018
        return {name: frozenset(files) for name, files in self._names.get(path, {}).items()}

    def importers(self, path: str) -> frozenset[str]:
        """The files that load a file when they run."""
        return self._reverse.get(path, frozenset())

    def reached(self, paths: Iterable[str]) -> frozenset[str]:
        """Everything that some files load, directly or not, themselves included."""
        return frozenset(_closure(paths, self.imports))

    def reaching(self, path: str) -> Iterator[str]:
        """Everything that loads a file, directly or not; the nearest first, itself left out."""
        return iter(_closure([path], self.importers)[1:])

    def externals(self, path: str) -> frozenset[str]:
        """The modules of others that a file names: `node:fs`, `react-dom/client`."""
        self._edges  # noqa: B018
        return frozenset(self._foreign.get(path, ()))

    def resolved(self, path: str, name: str) -> frozenset[str]:
        """The files of the repository that a module's name means in a file."""
        return frozenset(self._resolve(path, name, '"') or ())

    def browser_entries(self) -> frozenset[str]:
        """What the `browser` fields of the packages name (github.com/defunctzombie/package-browser-
        field-spec)."""
        found = set()
        for package in self._folders.values():
            field = package.manifest.get("browser")
            places = field.values() if isinstance(field, dict) else [field]
            for place in (each for each in places if isinstance(each, str)):
                whole = posixpath.normpath(posixpath.join(package.folder, place))
                found.add(self._file(whole) or self._file(_source_of(whole)))
        return frozenset(path for path in found if path is not None)

    def is_whole(self, path: str) -> bool:
        """Whether every module of the repository that a file names was found."""
        self._edges  # noqa: B018
        return path not in self._unresolved

    @cached_property
    def _edges(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        self._unresolved: set[str] = set()
        self._foreign: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, dict[str, set[str]]] = defaultdict(dict)
        for line in self._lines:
            if line.path not in self._files or _TYPE_ONLY.match(line.text):
                continue
            if alone := _ALONE.match(line.text):
                # it may be any text, so one that is no module is not told as missing
                if targets := self._resolve(line.path, alone["name"], alone["quote"]):
                    found[line.path] |= targets
                    self._names[line.path][alone["name"]] = targets
                continue
            for match in _NAMED.finditer(line.text):
                targets = self._resolve(line.path, match["name"], match["quote"])
                if targets is None:
                    self._unresolved.add(line.path)
                elif not targets:
                    self._foreign[line.path].add(match["name"])
                else:
                    found[line.path] |= targets
                    self._names[line.path][match["name"]] = targets
        return {path: frozenset(targets - {path}) for path, targets in found.items()}

    @cached_property
    def _reverse(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for path, targets in self._edges.items():
            for target in targets:
                found[target].add(path)
        return {path: frozenset(importers) for path, importers in found.items()}

    # -- what a name means -----------------------------------------------------------------------

    def _resolve(self, path: str, name: str, quote: str) -> set[str] | None:
        """The files that a module's name may mean; empty for a package of somebody else's, None
        for a module of the repository that is not found."""
        here = posixpath.dirname(path)
        if "*" in name or (quote == "`" and "${" in name):
            return self._folder(here, re.split(r"\*|\$\{", name)[0])
        if name.startswith((".", "/")):
            found = self._file(posixpath.normpath(posixpath.join(here, name.split("?")[0])))
            return {found} if found else None
        if name.startswith("#"):
            return self._imports_field(path, name)
        package, _, rest = _split(name)
        if package in self._packages:
            found = self._entry(self._packages[package], rest)
            return {found} if found else None
        for place in self._aliases(here, name):
            if found := self._file(place):
                return {found}
        return None if name.startswith(_NO_PACKAGE) else set()

    def _folder(self, here: str, start: str) -> set[str]:
        """The modules below a folder that is loaded whole."""
        if not start.startswith((".", "/")):
            return set()
        begins = posixpath.normpath(posixpath.join(here, start)) + ("/" if start[-1] == "/" else "")
        begins = "" if begins in (".", "./") else begins
        return {f for f in self._files if f.startswith(begins) and f.endswith(CODE)}

    def _file(self, place: str) -> str | None:
        place = place.lstrip("/")
        stem, suffix = posixpath.splitext(place)
        tried = [*(stem + other for other in _TYPED.get(suffix, ())), place]
        tried += [place + each for each in CODE] + [f"{place}/index{each}" for each in CODE]
        return next((each for each in tried if each in self._files), None)

    def _entry(self, package: Package, rest: str) -> str | None:
        """The module that a package gives for `name/rest`, built or not."""
        manifest, key = package.manifest, f"./{rest}" if rest else "."
        places = [*_targets(manifest.get("exports"), key)]
        if not rest:
            fields = (manifest.get(field) for field in ("source", "types", "module", "main"))
            places += [field for field in fields if isinstance(field, str)]
        places += [rest] if rest else []
        for place in places:
            whole = posixpath.normpath(posixpath.join(package.folder, place))
            for each in (whole, _source_of(whole)):
                if found := self._file(each):
                    return found
        inside = posixpath.join(package.folder, "src", rest or "index")
        return self._file(inside) or self._file(posixpath.join(package.folder, rest or "index"))

    def _imports_field(self, path: str, name: str) -> set[str] | None:
        package = self._package_of(path)
        if package is None:
            return None
        for place in _targets(package.manifest.get("imports"), name):
            if found := self._file(posixpath.normpath(posixpath.join(package.folder, place))):
                return {found}
        return None

    def _package_of(self, path: str) -> Package | None:
        folder = posixpath.dirname(path)
        while folder and folder not in self._folders:
            folder = posixpath.dirname(folder)
        return self._folders.get(folder)

    def _aliases(self, here: str, name: str) -> Iterator[str]:
        """Where `paths` and `baseUrl` of the nearest tsconfig.json put a name."""
        for pattern, places in self._aliases_of(here):
            before, star, after = pattern.partition("*")
            fits = name.startswith(before) and name.endswith(after) if star else name == pattern
            if fits:
                middle = name[len(before) : len(name) - len(after)] if star else ""
                yield from (posixpath.normpath(place.replace("*", middle)) for place in places)

    def _aliases_of(self, folder: str) -> list[tuple[str, tuple[str, ...]]]:
        if folder not in self._paths:
            config = read_tsconfig(self._root, folder)
            if config is not None or not folder:
                self._paths[folder] = _alias_list(config.options if config else {})
            else:
                self._paths[folder] = self._aliases_of(posixpath.dirname(folder))
        return self._paths[folder]


def read_graph(root: Path, files: Collection[str], by_git: bool = True) -> ModuleGraph:
    """The module graph of a repository's own `files`, read when it is first asked; `by_git` tells
    whether git knows them."""
    manifests = [path for path in files if path.rpartition("/")[2] == "package.json"]
    return ModuleGraph(root, files, packages_of(root, manifests), read_lines(root, files, by_git))


def read_lines(root: Path, files: Collection[str], by_git: bool = True) -> list[Line]:
    """Every line of a tracked or new file that may name a module; where git cannot tell, every
    line of `files` that does."""
    found = search_lines(root, _LINE, [f"*{suffix}" for suffix in CODE], by_git)
    if found is not None:
        return [Line(path, text) for path, text in found]
    out = []
    for path in (each for each in files if each.endswith(CODE)):
        try:
            text = (root / path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # told elsewhere
        out += [Line(path, line) for line in text.splitlines() if _names(line)]
    return out


def packages_of(root: Path, manifests: Iterable[str]) -> list[Package]:
    """The packages whose package.json is given; one that cannot be read is left out."""
    out = []
    for path in manifests:
        try:
            manifest = json.loads(read_plain(root / path))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(manifest, dict):
            name = manifest.get("name")
            named = name if isinstance(name, str) else ""
            out.append(Package(named, posixpath.dirname(path), manifest))
    return out


def _names(line: str) -> bool:
    """Whether a line may name a module."""
    return bool(_NAMED.search(line) or _ALONE.match(line))


def _source_of(built: str) -> str:
    """The source that a built module is made of, by the usual folders."""
    place = re.sub(r"(^|/)(?:dist|lib|build|out)/(?:esm/|cjs/|src/)?", r"\1src/", built)
    return re.sub(r"\.d\.([mc]?ts)$", r".\1", place)


def _closure(paths: Iterable[str], following: Callable[[str], Iterable[str]]) -> list[str]:
    seen = dict.fromkeys(paths)
    waiting = deque(seen)
    while waiting:
        for path in sorted(following(waiting.popleft())):
            if path not in seen:
                seen[path] = None
                waiting.append(path)
    return list(seen)


def _split(name: str) -> tuple[str, str, str]:
    """`@acme/x/sub/y` as package, slash and what is below it."""
    parts = name.split("/")
    size = 2 if name.startswith("@") else 1
    return "/".join(parts[:size]), "/", "/".join(parts[size:])


def _targets(table: Any, key: str) -> Iterator[str]:
    """What an `exports` or `imports` table gives for a key (nodejs.org/api/packages.html)."""
    if isinstance(table, str):
        if key == ".":
            yield table
    elif isinstance(table, dict):
        if not any(each.startswith((".", "#")) for each in table):
            if key == ".":
                yield from _conditional(table)
            return
        for pattern, target in table.items():
            before, star, after = pattern.partition("*")
            if pattern == key:
                yield from _conditional(target)
            elif star and key.startswith(before) and key.endswith(after):
                middle = key[len(before) : len(key) - len(after)]
                yield from (place.replace("*", middle) for place in _conditional(target))


def _conditional(target: Any) -> Iterator[str]:
    if isinstance(target, str):
        yield target
    elif isinstance(target, dict):
        known = [name for name in _CONDITIONS if name in target]
        for name in [*known, *(name for name in target if name not in known)]:
            yield from _conditional(target[name])
    elif isinstance(target, list):
        for each in target:
            yield from _conditional(each)


def _alias_list(options: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    """`paths`, and what `baseUrl` says of every other name, as `read_tsconfig` gives them."""
    paths, base = options.get("paths"), options.get("baseUrl")
    found = [(pattern, tuple(places)) for pattern, places in (paths or {}).items()]
    if isinstance(base, str):
        found.append(("*", (posixpath.join(base, "*"),)))
    return found
