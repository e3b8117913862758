"""A tree as it comes out of an archive, and what the tests of hostile state ask of it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from fleetmod.model import Edit, FileChange

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs other users")
USER, OTHER = 1234, 4321
PRECIOUS = b"precious\n"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def unpack(root: Path) -> Path:
    """A tree without git in a new folder, beside a home with something in it."""
    (root / "src").mkdir(parents=True)
    (root / "src/a.ts").write_bytes(b"a\n")
    (root.parent / "home").mkdir()
    (root.parent / "home/precious").write_bytes(PRECIOUS)
    return root


def tree(root: Path) -> dict[str, tuple[int, bytes]]:
    """Everything below a folder, git's own included: mode, and content or where a link leads."""
    out = {}
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        link = path.is_symlink()
        content = os.fsencode(path.readlink()) if link else b""
        out[str(path.relative_to(root))] = (
            mode,
            path.read_bytes() if path.is_file() and not link else content,
        )
    return out


def change(root: Path, path: str = "src/a.ts") -> list[FileChange]:
    file = root / path
    old = digest(file.read_bytes()) if file.exists() else ""
    return [FileChange(path, old, (Edit(0, 0, "new\n", "t"),))]
