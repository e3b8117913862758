"""The fixture monorepo before and after its migration, ready to be type-checked and run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fleetmod.migrate import plan
from fleetmod.model import REFUSE, REWRITE, Finding, Plan
from fleetmod.project import open_project
from fleetmod.syntax.source import Source, open_source
from tests.differential.served import Room
from tests.node import VERSIONS, npm
from tests.repo import FIXTURES, Ran, commit, copy, fleetmod, tree

VERSIONS.update(
    {"@types/bun": "1.4.5", "effect": "3.22.4", "execa": "9.6.1", "zx": "8.8.5"},
)
FIXTURE = FIXTURES / "shapes"
CODE = (".ts", ".tsx", ".cts", ".mts")
GONE = "goes with its last use"
NAMES = ("@types/bun", "@types/node", "effect", "execa", "typescript", "zx")
_EXPORT = re.compile(
    r"export (?:default )?(?:async )?(?:function\*? (\w+)|const (\w+) = )|exports\.(\w+) = "
)
SOURCES = tuple(
    path.relative_to(FIXTURE).as_posix()
    for path in sorted(FIXTURE.glob("packages/*/src/*"))
    if path.suffix in CODE and not path.name.endswith(".d.ts")
)


@dataclass(frozen=True)
class Shape:
    """One exported function, the findings in it, and the others of its file."""

    path: str
    name: str  # "" for what the module itself does
    findings: tuple[Finding, ...]
    others: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        return f"{self.path.removeprefix('packages/')}:{self.name or '(module)'}"

    @property
    def notes(self) -> set[str]:
        """Its own, or, where a class of the file does it all, those of the file."""
        own = self.findings or self.others
        return {note for finding in own for note in finding.notes}

    @property
    def refused(self) -> list[Finding]:
        return [f for f in self.findings if f.action == REFUSE]


@dataclass(frozen=True)
class Stage:
    """A repository migrated once; `root` is the migrated one."""

    root: Path
    before: dict[str, bytes]
    after: dict[str, bytes]
    plan: Plan
    audited: Ran
    migrated: Ran

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        return tuple(shape for path in SOURCES for shape in self._shapes(path))

    def changed(self, path: str) -> bool:
        return self.before[path] != self.after[path]

    def _shapes(self, path: str) -> list[Shape]:
        findings = [f for f in self.plan.findings if f.path == path]
        exported = exports(path, self.before[path])
        inside = [
            tuple(f for f in findings if start <= f.start < end) for _, start, end in exported
        ]
        out = [
            Shape(path, name, own, tuple(f for f in findings if f not in own))
            for (name, _, _), own in zip(exported, inside, strict=True)
        ]
        # what a module does by itself is one more shape
        loose = tuple(f for f in findings if not any(f in own for own in inside))
        return [*out, Shape(path, "", loose)] if "top-level" in path else out

    def furnish(self, room: Room) -> None:
        """Put both versions into a room, with absolute paths that lead into the room."""
        modules = npm(*NAMES)
        for name, files in (("original", self.before), ("migrated", self.after)):
            folder = room.folder / name
            for path, data in files.items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(moved(path, data, room))
            link_modules(folder, modules)
        (room.folder / "node_modules").symlink_to(modules)


def migrate(folder: Path) -> Stage:
    root = copy("shapes", folder)
    before = tree(root)
    audited = fleetmod(root, "audit", "--format", "json")
    made = plan(open_project(root))
    migrated = fleetmod(root, "migrate")
    stage = Stage(root, before, tree(root), made, audited, migrated)
    commit(root)
    return stage


def exports(path: str, data: bytes) -> list[tuple[str, int, int]]:
    """The functions that a file exports, each with the offsets around it, in source order."""
    source = open_source(path, data)
    out = []
    for node in source.root.named_children:
        text = source.text(node)
        match = _EXPORT.match(text)
        if match and not re.match(r"export const [A-Z_]+ = ", text):
            name = next(filter(None, match.groups()))
            name = "default" if text.startswith("export default") else name
            out.append((name, node.start_byte, node.end_byte))
        elif match := re.match(r"export \{ \w+ as (\w+) \}", text):
            out.append((match[1], node.start_byte, node.end_byte))
        elif match := re.match(r"module\.exports = \{ (.*) \}", text):
            declared = _declared(source)
            out += [(name, *declared[name]) for name in match[1].split(", ")]
    return out


def _declared(source: Source) -> dict[str, tuple[int, int]]:
    """Where each function of a CommonJS file stands."""
    out = {}
    for node in source.root.named_children:
        match = re.match(r"(?:async )?(?:function|const) (\w+)", source.text(node))
        if match:
            out[match[1]] = node.start_byte, node.end_byte
    return out


def link_modules(folder: Path, modules: Path) -> None:
    """A node_modules folder with the installed packages and the monorepo's own."""
    target = folder / "node_modules"
    target.mkdir()
    for path in modules.iterdir():
        (target / path.name).symlink_to(path)
    own = target / "@lantern"
    own.mkdir()
    for package in (folder / "packages").iterdir():
        (own / package.name).symlink_to(package)


def moved(path: str, data: bytes, room: Room) -> bytes:
    """A file as it can run here: the tool from PATH, absolute folders in the room."""
    if not path.endswith((*CODE, ".mjs", ".cjs", "identity.json")):
        return data
    text = data.decode().replace("/Users/robin", f"{room.folder}/Users/robin")
    text = re.sub(r"/bin/launchctl\b", "launchctl", text)
    text = re.sub(r"(?<=[\"'`\s])/Library/", f"{room.folder}/Library/", text)
    text = text.replace("/opt/lantern", str(room.links["elsewhere"]))
    return text.replace("PAUSE_MS = 250", "PAUSE_MS = 2").encode()


def understood(findings: Iterable[Finding]) -> list[Finding]:
    """The calls among findings that were rewritten, with what they mean."""
    return [f for f in findings if f.cls == "call" and f.action == REWRITE and f.understood != GONE]
