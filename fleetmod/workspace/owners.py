"""Who owns which file, as the repository's CODEOWNERS says.

Sources: GitHub's documentation "About code owners", GitLab's "Code Owners syntax".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from fleetmod.workspace.disk import read_plain
from fleetmod.workspace.globs import matcher

# where GitHub and GitLab look, in their order
_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_MOST = 3_000_000  # bytes; GitHub reads no larger one
_SECTION = ("[", "^[")

Owners = Callable[[str], tuple[str, ...]]


def owners_of(root: Path) -> Owners:
    """The owners of a path below `root`, as they are spelled; none where no file names any."""
    for place in _PLACES:
        with suppress(OSError, UnicodeDecodeError):
            return read_owners(read_plain(root / place, _MOST).decode())
    return lambda path: ()


def read_owners(text: str) -> Owners:
    """The owners of a path by a CODEOWNERS file: the last line that fits decides."""
    lines = [(matcher([pattern]), names) for pattern, names in _lines(text)][::-1]

    def owners(path: str) -> tuple[str, ...]:
        return next((names for fits, names in lines if fits(path)), ())

    return owners


def _lines(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each pattern with its owners, in order; in a section of GitLab's those of the section where
    it names none itself."""
    default: tuple[str, ...] = ()
    for line in text.splitlines():
        words = line.partition(" #")[0].replace("\\ ", "?").split()
        if not words or words[0].startswith(("#", "!")):
            continue
        if line.startswith(_SECTION):
            default = tuple(word for word in line.rpartition("]")[2].split() if "@" in word)
            continue
        pattern, *names = words
        yield pattern, tuple(names) or default
