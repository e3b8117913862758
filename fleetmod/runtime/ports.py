"""A port as it is installed, and what of an installed one is still as it was.

An installation records the hash of each of its files: a package in its package.json, a port in one
file in that file's second line. Files that have their recorded hashes are as fleetmod wrote them,
so a newer fleetmod may write them anew. Nothing else proves that: other versions and another
configuration write other texts.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fleetmod import __version__
from fleetmod.errors import FleetmodError
from fleetmod.model import Edit, FileChange
from fleetmod.project import Project
from fleetmod.regex import lazy
from fleetmod.runtime.identity import identity_json, with_identity
from fleetmod.workspace.beneath import is_inside
from fleetmod.workspace.inlined import HEADER
from fleetmod.workspace.json_edit import read_object
from fleetmod.workspace.manifest import package_at

RULE = "runtime"
_PLACEHOLDER = "@fleetmod/"
_MANIFEST = "package.json"
_MEMBER = "fleetmod"
_SKIPPED = {"node_modules"}
_ESM_FOLDER = "dirname(fileURLToPath(import.meta.url))"
_BY_URL = 'import { fileURLToPath } from "node:url";\n'
_END = "\n}\n"
_UNCHECKED = "// @ts-nocheck\n"
_RECORD = "// fleetmod {}, sha256 of what follows: {}"
_RECORDED = lazy(r"// fleetmod (\S+), sha256 of what follows: ([0-9a-f]{64})")


@dataclass(frozen=True)
class Standing:
    """An installed port beside the one of now. `version` is that of the fleetmod that installed it,
    "" where no record tells; `changes` make it the one of now; `edited` are the files that somebody
    has changed since; `dropped` those that it has no more."""

    version: str
    changes: tuple[FileChange, ...]
    edited: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def packaged(port: str) -> Path:
    """The folder of a runtime package as it is installed: its source in one file, and what tsc
    makes of that."""
    return Path(__file__).parent / port / "package"


def package_files(project: Project, port: str, unchecked: bool) -> dict[str, str]:
    """The text of each file of a port's package, by its path in there: with the target's scope, its
    own defaults and the record. `unchecked` sources are for a program of other options."""
    folder = packaged(port)
    files: dict[str, str] = {}
    for path in _shipped(folder):
        text = path.read_text(encoding="utf-8")
        text = text.replace(_PLACEHOLDER, project.config.runtime.scope + "/")
        if path.name == "identity.json":
            text = identity_json(project.config)
        elif port == "node-identity" and path.stem == "index":
            text = with_identity(text, project.config, _root_package(project))
        if unchecked and path.suffix == ".ts" and not path.name.endswith(".d.ts"):
            text = _UNCHECKED + text
        files[path.relative_to(folder).as_posix()] = text
    hashes = {name: _hash(text) for name, text in files.items()}
    record = json.dumps({"version": __version__, "sha256": hashes}, indent=2)
    files[_MANIFEST] = _with_member(files[_MANIFEST], record)
    return files


def one_file(project: Project, port: str, as_commonjs: bool) -> str:
    """A port as one file of a published package, with its record."""
    text = (packaged(port) / "src" / "index.ts").read_text(encoding="utf-8")
    if port == "node-identity":
        text = with_identity(text, project.config, _root_package(project))
    text = commonjs(text) if as_commonjs else text
    return f"{HEADER.format(port)}\n{_RECORD.format(__version__, _hash(text))}\n{text}"


def commonjs(code: str) -> str:
    """A port's one file as the source of a CommonJS module, which has no `import.meta`."""
    return code.replace(_ESM_FOLDER, "__dirname").replace(_BY_URL, "")


def new_file(path: str, text: str) -> FileChange:
    return FileChange(path, "", (Edit(0, 0, text, RULE),))


def standing_package(project: Project, port: str, unchecked: bool) -> Standing:
    """The package that the repository has for a port, beside the one of now."""
    folder = project.port_folder(port)
    wanted = package_files(project, port, unchecked)
    version, hashes = _record(_text(project.root / folder / _MANIFEST))
    there = {name: _text(project.root / folder / name) for name in {*wanted, *hashes}}
    bare = {name: _bare(name, text) for name, text in there.items() if text is not None}
    edited = [n for n in sorted(hashes) if n not in bare or _hash(bare[n]) != hashes[n]]
    edited += [name for name in sorted(bare.keys() - hashes) if hashes]
    if all(bare.get(name) == _bare(name, text) for name, text in wanted.items()):
        version, edited = version or __version__, []
    changes = _changes(project.root, {f"{folder}/{name}": text for name, text in wanted.items()})
    dropped = sorted(bare.keys() - wanted)
    return Standing(version, changes, _below(folder, edited), _below(folder, dropped))


def standing_file(project: Project, path: str, port: str, as_commonjs: bool) -> Standing:
    """A port that stands in one file, beside the one of now."""
    wanted = one_file(project, port, as_commonjs)
    text = _text(project.root / path) or ""
    header, _, rest = text.partition("\n")
    line, _, code = rest.partition("\n")
    recorded = _RECORDED.fullmatch(line)
    version = recorded[1] if recorded else ""
    same = (code if recorded else rest) == wanted.split("\n", 2)[2]
    edited = recorded and (_hash(code) != recorded[2] or header != HEADER.format(port))
    changes = _changes(project.root, {path: wanted})
    return Standing(version or (__version__ if same else ""), changes, (path,) if edited else ())


def _root_package(project: Project) -> str:
    info = package_at(project.root, "")
    return info.name if info is not None else ""


def _shipped(folder: Path) -> Iterable[Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p for p in found if not _SKIPPED & {*p.relative_to(folder).parts})


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _with_member(manifest: str, record: str) -> str:
    """A package.json with the record as its last member."""
    indented = record.replace("\n", "\n  ")
    return f'{manifest.removesuffix(_END)},\n  "{_MEMBER}": {indented}{_END}'


def _bare(name: str, text: str) -> str:
    """A file's text without the record, as it was hashed."""
    if name != _MANIFEST:
        return text
    return re.sub(rf',\n  "{_MEMBER}": \{{.*\n  \}}(?=\n\}}\n\Z)', "", text, flags=re.S)


def _record(manifest: str | None) -> tuple[str, Mapping[str, str]]:
    """The version and the hashes that a package.json records; ("", {}) where it has none."""
    try:
        item = read_object(manifest or "", "").last(_MEMBER)
    except FleetmodError:
        return "", {}
    said = item.value if item is not None else None
    hashes = said.get("sha256") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(hashes, dict):
        return "", {}
    if not hashes or not all(map(is_inside, hashes)):
        return "", {}
    return str(said.get("version")), {str(name): str(value) for name, value in hashes.items()}


def _text(path: Path) -> str | None:
    """A file's text with the line ends that were written; None where it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    except (OSError, ValueError):
        return None


def _changes(root: Path, wanted: Mapping[str, str]) -> tuple[FileChange, ...]:
    """What gives each file its text; nothing for one that differs in its line ends alone."""
    changes = []
    for path, text in wanted.items():
        try:
            data = (root / path).read_bytes()
        except OSError:
            changes.append(new_file(path, text))
            continue
        if _text(root / path) != text:
            edit = Edit(0, len(data), text, RULE)
            changes.append(FileChange(path, hashlib.sha256(data).hexdigest(), (edit,)))
    return tuple(changes)


def _below(folder: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names)
