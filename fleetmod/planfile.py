"""A migration plan as a JSON file that a person can read and a later run can apply."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Sequence
from dataclasses import MISSING, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from fleetmod import __version__
from fleetmod.errors import FleetmodError
from fleetmod.gitnames import is_own_folder
from fleetmod.model import (
    EXEMPT,
    REFUSE,
    REWRITE,
    Edit,
    FileChange,
    Finding,
    Plan,
    finding_document,
)

FORMAT = "fleetmod-plan"
VERSION = 1
_LONGEST_NAME, _LONGEST_PATH = 255, 4096  # bytes: NAME_MAX and PATH_MAX of Linux
_MOST = 2**53  # of an offset: what JSON's readers agree on
_SHA256 = re.compile(r"(?:[0-9a-f]{64})?")
_KINDS = {str: "a string", int: "a whole number", bool: "true or false", list: "a list"}
_TOP: dict[str, type] = {
    "format": str,
    "version": int,
    "tool": str,
    "changes": list,
    "findings": list,
    "notes": list,
    "unproven": list,
}
_CHANGE: dict[str, type] = {"path": str, "sha256": str, "edits": list}
_EDIT = {"start": int, "end": int, "after": str, "rule": str}
_SHOWN = {"line": int, "before": str}  # of an edit, for people
_TYPES = {"str": str, "int": int, "bool": bool}


def dump(plan: Plan, contents: dict[str, bytes]) -> str:
    """The plan as JSON; `contents` are the files it edits, so that each edit shows what goes."""
    changes = []
    for change in plan.changes:
        data = contents.get(change.path, b"")
        changes.append(
            {
                "path": change.path,
                "sha256": change.sha256,
                "edits": [
                    {
                        "start": edit.start,
                        "end": edit.end,
                        "line": data.count(b"\n", 0, edit.start) + 1,
                        "rule": edit.rule,
                        "before": data[edit.start : edit.end].decode("utf-8", "replace"),
                        "after": edit.text,
                    }
                    for edit in change.edits
                ],
            }
        )
    document = {
        "format": FORMAT,
        "version": VERSION,
        "tool": f"fleetmod {__version__}",
        "changes": changes,
        "findings": [finding_document(finding) for finding in plan.findings],
        "notes": list(plan.notes),
        "unproven": list(plan.unproven),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def load(path: Path) -> Plan:
    """Read a saved plan; raises FleetmodError for a file that is none, whatever is wrong with it.

    What it gives can be applied: each path is one file's place inside of the repository, named
    once, and its edits do not overlap. Whether the files are as planned is asked when it is.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        return _plan(json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant))
    except OSError as error:
        raise FleetmodError(
            f"cannot be read: {error.strerror}", where=str(path), todo="Save a plan with --plan"
        ) from error
    except RecursionError as error:
        raise _no_plan(path, "it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise _no_plan(path, "it is not UTF-8 text") from error
    except ValueError as error:
        raise _no_plan(path, str(error)) from error


def _no_plan(path: Path, why: str) -> FleetmodError:
    return FleetmodError(
        f"is no plan that this fleetmod can read ({why})",
        where=str(path),
        todo="Save a new one with `fleetmod migrate --plan FILE`",
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with each key once: of two, a reader may see one, and fleetmod the other."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(k for k in keys if keys.count(k) > 1)!r} stands twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _plan(document: object) -> Plan:
    top = _fields("it", document, _TOP)
    if top["format"] != FORMAT or top["version"] != VERSION:
        raise ValueError(f"format {top['format']!r} version {top['version']!r}")
    changes = tuple(_change(f"changes[{n}]", each) for n, each in enumerate(top["changes"]))
    seen: set[str] = set()
    for change in changes:
        if change.path in seen:
            raise ValueError(f"the path {change.path!r} has two changes")
        seen.add(change.path)
    findings = tuple(_finding(f"findings[{n}]", each) for n, each in enumerate(top["findings"]))
    notes, unproven = _strings("notes", top["notes"]), _strings("unproven", top["unproven"])
    return Plan(changes, findings, notes, unproven)


def _change(where: str, raw: object) -> FileChange:
    found = _fields(where, raw, _CHANGE)
    path, sha256 = found["path"], found["sha256"]
    _check_path(path)
    if _SHA256.fullmatch(sha256) is None:
        raise ValueError(f"{where}.sha256 is no SHA-256 and not empty")
    edits = tuple(_edit(f"{where}.edits[{n}]", each) for n, each in enumerate(found["edits"]))
    if not sha256 and any(edit.end for edit in edits):
        raise ValueError(f"{where} edits the content of a file that is new")
    in_order = sorted(edits, key=lambda edit: (edit.start, edit.end))
    if any(after.start < before.end for before, after in pairwise(in_order)):
        raise ValueError(f"two edits of {where} overlap")
    return FileChange(path, sha256, edits)


def _edit(where: str, raw: object) -> Edit:
    found = _fields(where, raw, _EDIT, _SHOWN)
    start, end = found["start"], found["end"]
    if not 0 <= start <= end <= _MOST:
        raise ValueError(f"{where} is no range of a file")
    return Edit(start, end, _encodable(f"{where}.after", found["after"]), found["rule"])


def _check_path(path: str) -> None:
    """Raises ValueError unless a path names one file below a folder, in one way only."""
    parts = path.split("/")
    if path.startswith("/") or ".." in parts:
        raise ValueError(f"the path {path!r} leaves the repository")
    _encodable(f"the path {path!r}", path)
    sizes = [len(part.encode()) for part in parts]
    if "\0" in path or posixpath.normpath(path) != path or path == ".":
        raise ValueError(f"{path!r} is no path of a file")
    if max(sizes) > _LONGEST_NAME or sum(sizes) + len(sizes) > _LONGEST_PATH:
        raise ValueError(f"the path {path[:40]!r}… is too long")
    if any(map(is_own_folder, parts)):
        raise ValueError(f"the path {path!r} lies in git's or in fleetmod's own folder")


def _finding(where: str, raw: object) -> Finding:
    wanted: dict[str, type] = {}
    optional: dict[str, type] = {}
    for field in fields(Finding):
        kind = _TYPES.get(str(field.type), list)
        key = "class" if field.name == "cls" else field.name
        (wanted if field.default is MISSING else optional)[key] = kind
    found = _fields(where, raw, wanted, optional)
    if found["action"] not in (REWRITE, REFUSE, EXEMPT):
        raise ValueError(f"{where}.action is {found['action']!r}")
    if "notes" in found:
        found["notes"] = _strings(f"{where}.notes", found["notes"])
    if "lines" in found:
        lines = found["lines"]
        found["lines"] = tuple(
            _kind(f"{where}.lines[{n}]", each, int) for n, each in enumerate(lines)
        )
    found["cls"] = found.pop("class")
    return Finding(**found)


def _fields(
    where: str, raw: object, wanted: dict[str, type], optional: dict[str, type] | None = None
) -> dict[str, Any]:
    """An object's fields, each of its type; raises ValueError for any other, and for none."""
    if not isinstance(raw, dict):
        raise ValueError(f"{where} is not an object")
    known = {**wanted, **(optional or {})}
    for key in raw:
        if key not in known:
            raise ValueError(f"{where} has the unknown field {key!r}")
    for key in wanted:
        if key not in raw:
            raise ValueError(f"{where} has no field {key!r}")
    return {key: _kind(f"{where}.{key}", value, known[key]) for key, value in raw.items()}


def _kind(where: str, value: object, kind: type) -> Any:
    """The value, if it is of exactly this type: true is no number."""
    if type(value) is not kind:
        raise ValueError(f"{where} is not {_KINDS[kind]}")
    return value


def _strings(where: str, raw: Sequence[object]) -> tuple[str, ...]:
    return tuple(_kind(f"{where}[{n}]", each, str) for n, each in enumerate(raw))


def _encodable(where: str, text: str) -> str:
    """The text, if a file can hold it: JSON can spell half of a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{where} holds half of a surrogate pair") from None
    return text
