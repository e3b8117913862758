"""The outcome of a rehearsal, remembered for exactly the files that it was of.

It lies in git's own folder, where no commit takes it along: what was seen on one machine is no
content of the repository.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fleetmod import __version__
from fleetmod.errors import FleetmodError
from fleetmod.fleet.rehearse.model import STEPS, Outcome, Rehearsal
from fleetmod.workspace.beneath import Folder, Linked
from fleetmod.workspace.lock import locked, opened, seal, sealed, state_folder

_RECORD, _SEAL = "rehearsal.json", "rehearsal.seal"
_MOST = 1 << 26  # bytes
_SHOWN = 5  # files that nothing ran
_AGAIN = "Run: fleetmod rehearse"


@dataclass(frozen=True)
class Record:
    """What is remembered; `tree` is the hash of the files, `day` when it was (ISO 8601)."""

    tree: str
    day: str
    failures: tuple[str, ...]
    unproven: tuple[str, ...]
    evidence: tuple[str, ...]


def tree_hash(root: Path, paths: Sequence[str]) -> str:
    """A SHA-256 of the files' names, contents and whether they can be run; links as links."""
    total = hashlib.sha256()
    with _opened(root) as top:
        for path in sorted(paths):
            try:
                with top.holder(path) as (folder, name):
                    kind, data = _content(folder, name)
            except (FileNotFoundError, NotADirectoryError, Linked):
                continue  # deleted and not yet committed
            except OSError as error:
                where = str(root / path)
                raise FleetmodError(f"cannot be read: {error.strerror}", where=where) from error
            if kind:
                head = f"{kind} {hashlib.sha256(data).hexdigest()} "
                total.update(head.encode() + path.encode("utf-8", "surrogateescape") + b"\0")
    return total.hexdigest()


def _content(folder: Folder, name: str) -> tuple[str, bytes]:
    """What a file is, and what it holds; "" for a submodule."""
    found = folder.stat(name)
    if found is None:
        raise FileNotFoundError
    if stat.S_ISLNK(found.st_mode):
        return "l", os.fsencode(os.readlink(name, dir_fd=folder.handle))
    if stat.S_ISDIR(found.st_mode):
        return "", b""
    return "x" if found.st_mode & 0o111 else "f", folder.read(name)


def remember(root: Path, tree: str, found: Rehearsal) -> None:
    """Write the record; raises FleetmodError where the disk refuses.

    It was root that rehearsed, in a repository of somebody else's: that is who gets the record,
    and nothing of what lies there is followed or overwritten.
    """
    document = {
        "fleetmod": __version__,
        "tree": tree,
        "day": datetime.now(UTC).isoformat(timespec="seconds"),
        "failures": list(failures(found)),
        "unproven": list(found.unproven),
        "evidence": list(evidence(found)),
    }
    with locked(state_folder(root)) as state:
        folder, owner = state.folder, state.above
        try:
            document["seal"] = seal(folder, _SEAL, owner)
            folder.put(_RECORD, (json.dumps(document, indent=1) + "\n").encode(), owner)
            if os.fstat(folder.handle).st_uid == os.geteuid():
                os.chown(".", *owner, dir_fd=folder.handle, follow_symlinks=False)
        except OSError as error:
            where = str(folder.path / _RECORD)
            raise FleetmodError(f"cannot be written: {error.strerror}", where=where) from error


def recall(root: Path) -> Record | None:
    """The record, None where nothing was rehearsed; raises FleetmodError for a broken one."""
    state = state_folder(root)
    try:
        with opened(state) as folder:
            if folder is None or folder.stat(_RECORD) is None:
                return None
            found = json.loads(folder.read(_RECORD, _MOST))
            lists = {key: _texts(found[key]) for key in ("failures", "unproven", "evidence")}
            record = Record(str(found["tree"]), str(found["day"]), **lists)
            if sealed(folder, _SEAL, found["seal"]):
                return record
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FleetmodError(
            "is no record of a rehearsal", where=str(state / _RECORD), todo=_AGAIN
        ) from error
    raise FleetmodError(
        "was not written here, so it proves nothing", where=str(state / _RECORD), todo=_AGAIN
    )


def _texts(found: object) -> tuple[str, ...]:
    if not isinstance(found, list):
        raise TypeError
    return tuple(map(str, found))


def failures(found: Rehearsal) -> Iterator[str]:
    """Why nodes failed, one line each; what several nodes share is told once."""
    lines: dict[str, list[str]] = {}
    for outcome in found.outcomes:
        for line in _failures(outcome):
            lines.setdefault(line, []).append(outcome.node.name)
    yield from (f"{', '.join(nodes)}: {line}" for line, nodes in lines.items())


def _failures(outcome: Outcome) -> Iterator[str]:
    node = outcome.node
    yield from outcome.problems
    for run in outcome.runs:
        for touch in run.touches:
            what = touch.what.replace(str(node.home), "~")
            yield f"`{run.what}` reached for {touch.kind}: {what} ({touch.how})"
        if run.code:
            said = run.output.replace(str(node.home), "~").splitlines() or ["it said nothing"]
            why = next((each for each in said if "error" in each.lower()), said[0])
            yield f"`{run.what}` ended with {run.code}: {why.strip()}"


def evidence(found: Rehearsal) -> Iterator[str]:
    """What was seen to go well, one line each."""
    if found.ran:
        left = [path for path in found.migrated if path not in found.ran]
        more = f"; not {', '.join(left[:_SHOWN])}" if left else ""
        more += f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        count = len(found.migrated)
        yield f"the commands ran {len(found.ran)} of {count} files that use the ports{more}"
    for outcome in found.outcomes:
        node = outcome.node
        good = [run.what for run in outcome.runs if run.passed]
        if good:
            yield f"{node.name} needed nothing of the old machine for: {', '.join(good)}"
        if outcome.steps == STEPS:
            yield f"{node.name} put a service through {', '.join(STEPS)}"
            yield f"{node.name} saw the probe events of {', '.join(outcome.seen)}"


def _opened(root: Path) -> Folder:
    try:
        return Folder.open(root.resolve())
    except OSError as error:
        raise FleetmodError(f"cannot be opened: {error.strerror}", where=str(root)) from error
