"""Dockerfiles that copy the workspace's packages by name gain the packages that those now need.

docs.docker.com/reference/dockerfile: COPY [--from=STAGE] SOURCE... TARGET, a line each.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleetmod.workspace.globs import glob_regex
from fleetmod.workspace.graph import Package
from fleetmod.workspace.tsconfig import read_text

_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.S)
_CONTINUED = re.compile(r"\\[ \t]*\r?\n")
_MANIFEST = "/package.json"


def is_dockerfile(path: str) -> bool:
    """Whether a file's name is one that Docker or Podman builds from."""
    name = posixpath.basename(path)
    return name.startswith(("Dockerfile", "Containerfile")) or name.endswith(".Dockerfile")


@dataclass(frozen=True)
class Needs:
    """What the packages of a repository need of those that are new to them.

    `packages` are those with a package.json, `wanted` the folders that each (by its folder) gains,
    and `linked` tells whether a workspace links them; else the root names them by their paths.
    """

    packages: Sequence[Package]
    wanted: Mapping[str, Collection[str]]
    linked: bool

    def of(self, folder: str) -> set[str]:
        """The folders that a package needs at run time, for itself and for what it depends on."""
        by_name = {package.name: package for package in self.packages if package.name}
        by_folder = {package.folder: package for package in self.packages}
        seen, waiting, found = {folder}, [folder], set[str]()
        while waiting:
            at = waiting.pop()
            found |= {*self.wanted.get(at, ())}
            named = by_folder[at].manifest.get("dependencies") if at in by_folder else None
            for name in named if isinstance(named, dict) else ():
                other = by_name.get(name)
                if other is not None and other.folder not in seen:
                    seen.add(other.folder)
                    waiting.append(other.folder)
        return found


@dataclass(frozen=True)
class _Copy:
    """A COPY or ADD: its line, counted from 0, and the last one; its flags, sources and target."""

    first: int
    last: int
    text: str
    flags: tuple[str, ...]
    sources: tuple[str, ...]
    target: str

    @property
    def stage(self) -> str:
        return next((flag for flag in self.flags if flag.startswith("--from=")), "")

    @property
    def takes_manifest(self) -> bool:
        """Whether it copies the root's package.json and no whole folder."""
        cleans = [*map(_clean, self.sources)]
        return "." not in cleans and any(glob_regex(c).fullmatch("package.json") for c in cleans)

    def takes(self, place: str) -> bool:
        """Whether it copies a place, or a folder above it."""
        steps = place.split("/")
        above = {"/".join(steps[:count]) for count in range(1, len(steps) + 1)} | {"."}
        return any(
            glob_regex(clean).fullmatch(each)
            for clean in map(_clean, self.sources)
            for each in above
        )


@dataclass(frozen=True)
class _Named:
    """A copy of the package in `folder`: `prefix` stands before it, `rest` behind."""

    copy: _Copy
    folder: str
    prefix: str
    rest: str


def images(
    root: Path, files: Collection[str], needs: Needs
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """The old and new text of each Dockerfile that gains lines; the lines that are only told."""
    texts: dict[str, tuple[str, str]] = {}
    notes: list[str] = []
    for path in sorted(filter(is_dockerfile, files)):
        text = read_text(root, path)
        if text is None:
            continue
        lines = text.splitlines(keepends=True)
        added: dict[int, list[str]] = {}
        for stage in _stages(text):
            for after, line, told in _missing(stage, needs):
                if told:
                    notes.append(f"{path}:{after + 1} {told}")
                else:
                    added.setdefault(after, []).append(line)
        end = "\r\n" if "\r\n" in text else "\n"
        for at in sorted(added, reverse=True):
            if not lines[at].endswith("\n"):
                lines[at] += end
            lines[at + 1 : at + 1] = [line + end for line in dict.fromkeys(added[at])]
        if added:
            texts[path] = text, "".join(lines)
    return texts, notes


def _missing(stage: Sequence[_Copy], needs: Needs) -> Iterator[tuple[int, str, str]]:
    """The lines that a stage lacks: behind which line, the line itself, or what is told of it."""
    folders = sorted((p.folder for p in needs.packages if p.folder), key=len, reverse=True)
    named = [found for copy in stage for found in _names(copy, folders)]
    kinds: dict[tuple[str, bool, str], list[_Named]] = {}
    for one in named:
        kinds.setdefault((one.copy.stage, one.rest == _MANIFEST, one.prefix), []).append(one)
    for (_, manifest, prefix), group in kinds.items():
        last = group[-1]
        wanted = {folder for one in group for folder in needs.of(one.folder)}
        wanted -= {one.folder for one in group}
        before = [c for c in stage if not manifest or c.first <= last.copy.first]
        for folder in sorted(wanted):
            place = prefix + folder + (_MANIFEST if manifest else "")
            if any(c.stage == last.copy.stage and c.takes(_clean(place)) for c in before):
                continue
            needing = next(one for one in reversed(group) if folder in needs.of(one.folder))
            if line := _like(needing, folder):
                yield last.copy.last, line, ""
            else:
                told = f"copies {needing.folder}, which needs {folder} now: copy it, too"
                yield needing.copy.first, "", told
    if not needs.linked:
        yield from _beside_manifest(stage, sorted(needs.of("")))


def _beside_manifest(
    stage: Sequence[_Copy], wanted: Sequence[str]
) -> Iterator[tuple[int, str, str]]:
    """The packages that the root's package.json names by their paths, where it is copied."""
    copy = next((c for c in stage if not c.stage and c.takes_manifest), None)
    for folder in wanted if copy else ():
        assert copy is not None
        if not any(not c.stage and c.first <= copy.first and c.takes(folder) for c in stage):
            target = posixpath.join(posixpath.dirname(copy.target.rstrip("/") + "/"), folder)
            yield copy.last, f"COPY {folder} {target}", ""


def _names(copy: _Copy, folders: Sequence[str]) -> Iterator[_Named]:
    """The packages that a copy names, each with what stands around its folder."""
    for source in copy.sources:
        clean = _clean(source)
        for folder in folders:
            found = re.search(rf"(^|/){re.escape(folder)}(?=/|$)", clean)
            if found is None:
                continue
            start = found.start() + len(found[1])
            prefix, rest = clean[:start], clean[start + len(folder) :]
            # a folder of that name somewhere else is no package, but in another stage
            if rest.startswith("/node_modules") or (prefix and not copy.stage):
                break
            yield _Named(copy, folder, prefix, rest)
            break


def _like(named: _Named, folder: str) -> str:
    """The same line for another package; "" where it cannot be the same."""
    copy, whole = named.copy, named.folder + named.rest
    source, target = copy.sources[0], copy.target
    one_line = len(copy.sources) == 1 and copy.first == copy.last and "[" not in copy.text
    # a part of a package (`packages/x/src`) stands for all of it: what is new has no build
    old = named.folder if named.rest == _MANIFEST else whole
    if not one_line or old not in target:
        return ""
    head = copy.text[
        : copy.text.index(source, copy.text.index(copy.flags[-1]) if copy.flags else 0)
    ]
    return f"{head}{source.replace(old, folder, 1)} {target.replace(old, folder, 1)}"


def _stages(text: str) -> Iterator[list[_Copy]]:
    """The copies of each build stage."""
    stage: list[_Copy] = []
    for first, last, instruction in _instructions(text):
        match = _INSTRUCTION.match(instruction)
        word = match[1].upper() if match else ""
        if word == "FROM":
            yield stage
            stage = []
        if match and word in ("COPY", "ADD"):
            words = _CONTINUED.sub(" ", match[2]).split()
            flags = tuple(each for each in words if each.startswith("--"))
            places = [each.strip('[]",') for each in words[len(flags) :]]
            if len(places) > 1 and "<<" not in places[0]:
                stage.append(_Copy(first, last, instruction, flags, tuple(places[:-1]), places[-1]))
    yield stage


def _instructions(text: str) -> Iterator[tuple[int, int, str]]:
    """Each instruction with its first and last line, over continued lines; no comments."""
    lines = text.splitlines(keepends=True)
    at = 0
    while at < len(lines):
        first = at
        if lines[at].lstrip().startswith("#"):
            at += 1
            continue
        while at + 1 < len(lines) and _CONTINUED.search(lines[at]):
            at += 1
        yield first, at, "".join(lines[first : at + 1])
        at += 1


def _clean(place: str) -> str:
    return posixpath.normpath(place)
