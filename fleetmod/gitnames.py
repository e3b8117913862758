"""Names that a disk takes for one of git's or fleetmod's own folders, however they are spelled.

What folds case or ignores characters: git's `is_hfs_dotgit` and `next_hfs_char` (utf8.c),
`is_ntfs_dotgit` (path.c).
"""

from __future__ import annotations

_OWN = (".git", ".fleetmod")


def is_own_folder(name: str) -> bool:
    """Whether some disk takes one part of a path for git's folder, or for fleetmod's.

    A disk of macOS folds case and leaves out signs that are not shown; one of Windows drops dots
    and spaces at the end, knows a short name, streams behind a colon, and `\\` between folders.
    """
    if name.isascii() and "git" not in (low := name.lower()) and "fleetm" not in low:
        return False
    return any(map(_is_own, name.split("\\")))


def _is_own(name: str) -> bool:
    import unicodedata

    shown = "".join(sign for sign in name if unicodedata.category(sign) != "Cf")
    plain = shown.partition(":")[0].rstrip(" .").casefold()
    short, tilde, number = plain.partition("~")
    return plain in _OWN or (tilde == "~" and short in ("git", "fleetm") and number.isdecimal())
