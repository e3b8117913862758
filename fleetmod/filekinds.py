"""Which language a file is in, by its name and its first line."""

from __future__ import annotations

from fleetmod.regex import lazy

# the tree-sitter language of each suffix
TYPESCRIPT = {".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "tsx"}
JAVASCRIPT = dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "tsx")  # whose grammar holds all of it
CODE = TYPESCRIPT | JAVASCRIPT  # what one engine reads
_TYPESCRIPT = tuple(TYPESCRIPT)
_JAVASCRIPT = tuple(JAVASCRIPT)
_CODE = tuple(CODE)
# folders whose files go as they are to where they run: a phone, a browser, another machine
_SHIPPED = frozenset("assets public static resources raw wwwroot".split())
_SHELLS = (".sh", ".bash", ".zsh", ".ksh", ".command")
STARTUP = (
    frozenset(  # what shells read when they start (bash(1) and zsh(1), FILES), and direnv with bash
        ".profile .bash_profile .bash_login .bashrc .zprofile .zshenv .zshrc .zlogin .envrc".split()
    )
)
_SHEBANG = lazy(rb"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?|/\S*/)(?P<name>\w+)")
_PYTHONS = (".py", ".pyi")


def suffix(path: str) -> str:
    """The last suffix of a path, with its dot; empty when there is none."""
    name = path.rsplit("/", 1)[-1]
    return name[name.rfind(".") :] if "." in name[1:] else ""


def is_typescript(path: str) -> bool:
    return path.endswith(_TYPESCRIPT)


def is_javascript(path: str) -> bool:
    return path.endswith(_JAVASCRIPT)


def is_code(path: str) -> bool:
    """Whether a file is TypeScript or JavaScript, which one engine reads."""
    return path.endswith(_CODE)


def shipped_from(path: str) -> str:
    """The folder from which a file of JavaScript is shipped as it is, beside which no package
    stands; empty for none."""
    folders = path.split("/")[:-1] if is_javascript(path) else []
    return next((folder for folder in folders if folder.lower() in _SHIPPED), "")


def may_be_script(path: str) -> bool:
    """Whether a file can be a shell or a Python script by its name; its first line may decide."""
    name = path.rpartition("/")[2].lower()
    return "." not in name or name in STARTUP or name.endswith((*_SHELLS, *_PYTHONS))


def language_of(path: str, data: bytes) -> str:
    """`shell`, `python`, `plist` or `other`, by suffix or by the first line."""
    name = path.rpartition("/")[2].lower()
    if name.endswith(_SHELLS) or name in STARTUP:
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
