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
from fleetmod.workspace.lock import state_folder


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
    for path in sorted(paths):
        file = root / path
        try:
            mode = file.lstat().st_mode
            link = stat.S_ISLNK(mode)
            data = str(file.readlink()).encode() if link else file.read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            continue  # deleted and not yet committed, or a submodule
        except OSError as error:
            raise FleetmodError(f"cannot be read: {error.strerror}", where=str(file)) from error
        kind = "l" if link else "x" if mode & 0o111 else "f"
        head = f"{kind} {hashlib.sha256(data).hexdigest()} "
        total.update(head.encode() + path.encode("utf-8", "surrogateescape") + b"\0")
    return total.hexdigest()


def remember(root: Path, tree: str, found: Rehearsal) -> None:
    """Write the record; raises FleetmodError where the disk refuses."""
    file = _file(root)
    document = {
        "fleetmod": __version__,
        "tree": tree,
        "day": datetime.now(UTC).isoformat(timespec="seconds"),
        "failures": list(failures(found)),
        "unproven": list(found.unproven),
        "evidence": list(evidence(found)),
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        owner = file.parent.parent.stat()  # it was root that rehearsed
        for path in (file.parent, file):
            os.chown(path, owner.st_uid, owner.st_gid)
    except OSError as error:
        raise FleetmodError(f"cannot be written: {error.strerror}", where=str(file)) from error


def recall(root: Path) -> Record | None:
    """The record, None where nothing was rehearsed; raises FleetmodError for a broken one."""
    file = _file(root)
    try:
        found = json.loads(file.read_bytes())
        lists = {key: tuple(found[key]) for key in ("failures", "unproven", "evidence")}
        return Record(found["tree"], found["day"], **lists)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FleetmodError(
            "is no record of a rehearsal", where=str(file), todo="Run: fleetmod rehearse"
        ) from error


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
    for outcome in found.outcomes:
        node = outcome.node
        good = [run.what for run in outcome.runs if run.passed]
        if good:
            yield f"{node.name} needed nothing of the old machine for: {', '.join(good)}"
        if outcome.steps == STEPS:
            yield f"{node.name} put a service through {', '.join(STEPS)}"
            yield f"{node.name} saw the probe events of {', '.join(outcome.seen)}"


def _file(root: Path) -> Path:
    return state_folder(root) / "rehearsal.json"
