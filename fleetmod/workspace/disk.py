"""Questions to the disk that have an answer even where it does not let one look."""

from __future__ import annotations

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a file is there, for all that can be seen."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # no permission, a name that is too long, a NUL
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there, for all that can be seen."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def readable_name(path: str) -> str:
    """The path with a mark for each byte of it that is not UTF-8, so that it can be printed."""
    return os.fsencode(path).decode("utf-8", "replace")
