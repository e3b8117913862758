"""Generated files: a marked block that fleetmod writes, around it whatever people write."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from fleetmod.artefacts import BLOCK, BLOCK_END
from fleetmod.errors import FleetmodError
from fleetmod.model import Edit, FileChange

_FIRST = re.compile(r"^(?:#|<!--) >>> fleetmod\b.*$", re.M)
_LAST = re.compile(r"^(?:#|<!--) <<< fleetmod\b.*$", re.M)


@dataclass(frozen=True)
class Generated:
    """A file's block: its path relative to the root, and the text between the marks."""

    path: str
    body: str


def is_generated(text: str) -> bool:
    """Whether a file holds a block of fleetmod's."""
    return _FIRST.search(text) is not None


def wrapped(generated: Generated) -> str:
    """The block with its marks, as it stands in the file."""
    if generated.path.endswith(".md"):
        first, last = f"<!-- {BLOCK} -->", f"<!-- {BLOCK_END} -->"
    else:
        first, last = f"# {BLOCK}", f"# {BLOCK_END}"
    return f"{first}\n{generated.body.strip()}\n{last}"


def block_of(path: str, text: str) -> tuple[int, int] | None:
    """Where the block stands in `text`, marks included, in characters; None where there is none.

    Raises FleetmodError for a block that does not end, and for a second one.
    """
    firsts, lasts = list(_FIRST.finditer(text)), list(_LAST.finditer(text))
    if not firsts and not lasts:
        return None
    if len(firsts) != 1 or len(lasts) != 1 or lasts[0].start() < firsts[0].end():
        raise FleetmodError(
            "the marks of the generated block are damaged",
            where=path,
            todo="Restore both marks, or delete the file and generate it again",
        )
    return firsts[0].start(), lasts[0].end()


def change(root: Path, generated: Generated) -> FileChange | None:
    """What must be written so that the file holds the block; None when it does already.

    Raises FleetmodError for a file that is there and holds no block: it is somebody's own.
    """
    try:
        data = (root / generated.path).read_bytes()
    except FileNotFoundError:
        edit = Edit(0, 0, wrapped(generated) + "\n", "fleet")
        return FileChange(generated.path, "", (edit,))
    text = data.decode("utf-8")
    found = block_of(generated.path, text)
    if found is None:
        raise FleetmodError(
            "is there already and fleetmod did not write it",
            where=generated.path,
            todo="Move it away, then run again and merge what you need below the block",
        )
    start, end = found
    new = wrapped(generated)
    if text[start:end] == new:
        return None
    first, last = len(text[:start].encode()), len(text[:end].encode())
    return FileChange(
        generated.path, hashlib.sha256(data).hexdigest(), (Edit(first, last, new, "fleet"),)
    )
