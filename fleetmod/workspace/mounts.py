"""Folders of containers that folders of this host are mounted on: `/x:/home/y/x:ro`."""

from __future__ import annotations

from fleetmod.regex import lazy

# a NUL is a value that is not known
_MOUNTS = lazy(r"(?:^|[\s\"'`,=])[^\s\"'`:]*[/~}\0][^\s\"'`:]*:$")
# what ends in `bin` is one of a search path
_MOUNTED = lazy(
    r"/home/[^\s\"'`:]*(?<!/bin)(?<!/sbin)"
    r"(?::(?:r[ow]|[zZUO]|\w*ed)(?:,\w+)*)?(?![^\s\"'`,])"
)


def is_mounted(line: str, text: str, start: int) -> bool:
    """Whether the path that begins there, behind the `line`, is where a container has a folder of
    this host."""
    mounts = line.endswith(":") and _MOUNTS.search(line)
    return bool(mounts) and _MOUNTED.match(text, start) is not None
