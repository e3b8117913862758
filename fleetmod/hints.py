"""What a file's content tells of the hints that count in it. It imports nothing: a hook waits."""

from __future__ import annotations

MIXED = ("users",)  # what a search that tells no case has to look for
_SPELLED = (b"users", b"Users", b"USERS")
_AROUND = b"/\\\"'`{}%$-"  # of the whole name of a folder
# a module of paths or files, or the object that has them
_FILES = (b'path"', b"path'", b'fs"', b"fs'", b"promises", b"Bun.", b"Deno.")


def loads_files(data: bytes) -> bool:
    """Whether a file loads a module of paths or files, for all that its text tells."""
    return any(name in data for name in _FILES)


def mixed_in(data: bytes, lower: bytes) -> list[bytes]:
    """Where the folder of homes stands in letters of mixed case (`/uSers/`), with the character on
    each side of it; `lower` is the content in small letters."""
    if lower.count(b"users") == sum(data.count(each) for each in _SPELLED):
        return []
    found = set()
    at = lower.find(b"users", 1)
    while 0 < at < len(data) - 5:
        name = data[at : at + 5]
        if name not in _SPELLED and data[at - 1] in _AROUND and data[at + 5] in _AROUND:
            found.add(data[at - 1 : at + 6])
        at = lower.find(b"users", at + 5)
    return sorted(found)
