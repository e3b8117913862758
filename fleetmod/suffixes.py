"""What a file's name says of its language."""

from __future__ import annotations

# the tree-sitter language of each suffix
TYPESCRIPT = {".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "tsx"}
_ENDS = tuple(TYPESCRIPT)


def is_typescript(path: str) -> bool:
    return path.endswith(_ENDS)


def suffix(path: str) -> str:
    """The last suffix of a path, with its dot; empty when there is none."""
    name = path.rsplit("/", 1)[-1]
    return name[name.rfind(".") :] if "." in name[1:] else ""
