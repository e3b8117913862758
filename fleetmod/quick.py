"""The answer of `fleetmod check FILES` for files without a trigger, before anything is imported.

A hook runs on every commit, and most commits hold no debt: then reading the files is all there is
to do. Whatever is not that plain case is left to the command itself.
"""

from __future__ import annotations

import os
import sys

_CODE = (".ts", ".tsx", ".mts", ".cts")
_DIRECTIVE = b"fleetmod-ignore"


def is_clean(args: list[str]) -> bool:
    """Whether `check` with these arguments surely finds nothing; False means: ask it."""
    if not args or any(a.startswith(("-", "/")) or ".." in a.split("/") for a in args):
        return False
    users: list[bytes] | None = None
    try:
        with open("fleetmod.toml", "rb") as config:  # noqa: PTH123 (pathlib costs as much again)
            for line in config:
                if _names_rules(line):
                    return False  # rules of one's own have triggers of their own
                if line.startswith(b"users = [") and users is None:
                    users = _users(line)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    always, named = _triggers()
    for path in args:
        if path.endswith(_CODE):
            try:
                with open(path, "rb") as file:  # noqa: PTH123
                    data = file.read()
            except FileNotFoundError:
                continue  # deleted by the commit
            except OSError:
                return False
            if any(text in data for text in always):
                return False
            named_in = users is None or any(user in data for user in users)
            if named_in and any(text in data for text in named):
                return False
        elif os.path.isdir(path):  # noqa: PTH112
            return False
    return True


def _names_rules(line: bytes) -> bool:
    """Whether a line of the configuration may name folders of rules."""
    return b"rules" in line and line.partition(b"#")[0].replace(b" ", b"").strip() != b"rules=[]"


def _users(line: bytes) -> list[bytes] | None:
    """The plain names of home.users; None where the line does not tell them."""
    listed, closed, _ = line.partition(b"[")[2].partition(b"]")
    users = listed.split(b'"')[1::2]
    told = closed and b"'" not in listed and all(map(bytes.isalnum, users))
    return users if told else None


def _triggers() -> tuple[list[bytes], list[bytes]]:
    """The texts that the bundled rules look for, from the lines of each file that give them: those
    that count anywhere, and those that do beside a name of home.users."""
    here = os.path.dirname(__file__)  # noqa: PTH120
    folder = os.path.join(here, "_data", "rules")  # noqa: PTH118
    if not os.path.isdir(folder):  # noqa: PTH112
        folder = os.path.join(os.path.dirname(here), "rules")  # noqa: PTH118, PTH120
    found: tuple[set[bytes], set[bytes]] = {_DIRECTIVE}, set()
    for entry in os.scandir(folder):
        if entry.name.endswith(".toml"):
            with open(entry.path, "rb") as file:  # noqa: PTH123
                head = file.read().partition(b"\n[[example]]")[0]
            for key, texts in (("triggers", 0), ("hints", 0), ("named", 1)):
                line = head.partition(f"\n{key} = [".encode())[2].partition(b"]")[0]
                spelled = line.replace(rb"\\", b"\\").split(b'"')[1::2]
                found[texts].update(text.replace(rb"\u0022", b'"') for text in spelled)
    return sorted(found[0]), sorted(found[1])


def main() -> None:
    """The entry point of the `fleetmod` command."""
    if sys.argv[1:2] == ["check"] and is_clean(sys.argv[2:]):
        sys.exit(0)
    from fleetmod.cli import main as run

    try:
        run()
    except SystemExit as end:
        _leave(end)
        raise


def _leave(end: SystemExit) -> None:
    """End the process without freeing each object: that takes as long as reading many files."""
    code = end.code
    if not isinstance(code, int):
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        pass  # nobody reads it any more, or it is closed for that
    except OSError as error:
        os.write(2, f"fleetmod: the output cannot be written: {error.strerror}\n".encode())
        code = 3
    os._exit(code)
