"""Which language a file is in, by its name and its first line."""

from __future__ import annotations

import re

_SHELLS = (".sh", ".bash", ".zsh", ".ksh", ".command")
_STARTUP = frozenset(  # what shells read when they start: bash(1) and zsh(1), FILES
    ".profile .bash_profile .bash_login .bashrc .zprofile .zshenv .zshrc .zlogin".split()
)
_SHEBANG = re.compile(rb"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?|/\S*/)(?P<name>\w+)")


_PYTHONS = (".py", ".pyi")


def may_be_script(path: str) -> bool:
    """Whether a file can be a shell or a Python script by its name; its first line may decide."""
    name = path.rpartition("/")[2].lower()
    return "." not in name or name in _STARTUP or name.endswith((*_SHELLS, *_PYTHONS))


def language_of(path: str, data: bytes) -> str:
    """`shell`, `python`, `plist` or `other`, by suffix or by the first line."""
    name = path.rpartition("/")[2].lower()
    if name.endswith(_SHELLS) or name in _STARTUP:
        return "shell"
    if name.endswith(_PYTHONS):
        return "python"
    if name.endswith((".plist", ".plist.template")):
        return "plist"
    shebang = _SHEBANG.match(data) if "." not in name else None
    program = shebang["name"].decode() if shebang is not None else ""
    if program in ("sh", "bash", "zsh", "dash", "ksh"):
        return "shell"
    return "python" if program.startswith("python") else "other"
