"""Who owns which file, as the repository's CODEOWNERS says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fleetmod.workspace.disk import read_plain

# where GitHub and GitLab look, in their order
_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_MOST = 3_000_000  # bytes; GitHub reads no larger one

Owners = Callable[[str], tuple[str, ...]]


def owners_of(root: Path) -> Owners:
    """The owners of a path below `root`, as they are spelled; none where no file names any."""
    for place in _PLACES:
        with suppress(OSError, UnicodeDecodeError):
            text = read_plain(root / place, _MOST).decode()
            from codeowners import CodeOwners  # only where there is such a file

            known = CodeOwners(text)
            return lambda path: tuple(name for _, name in known.of(path))
    return lambda path: ()
