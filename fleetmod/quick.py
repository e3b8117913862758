"""The answer of `fleetmod check FILES` for files without a trigger, before anything is imported.

A hook runs on every commit, and most commits hold no debt: then reading the files is all there is
to do. Whatever is not that plain case is left to the command itself.
"""

from __future__ import annotations

import os
import sys

from fleetmod.hints import loads_files, mixed_in

TYPE_CHECKING = False  # typing takes as long to import as the files to read
if TYPE_CHECKING:
    from collections.abc import Iterator

_CODE = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_CONFIG = "fleetmod.toml"
_DIRECTIVE = b"fleetmod-ignore"
# UTF-16, and what git-lfs has in place of a content, tell nothing
_QUOTES = (b'"', b"'", b"`")
_NO_TEXT = (b"\xff\xfe", b"\xfe\xff", b"version https://git-lfs.")
# as in workspace/git.py: nothing that a partial clone's configuration names is run
_READS = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "GIT_OPTIONAL_LOCKS": "0"}
_READS |= {"GIT_LITERAL_PATHSPECS": "1", "GIT_NO_REPLACE_OBJECTS": "1"}
_A_PIPE = 60_000  # bytes that can be written before git reads: Linux holds 64 KiB


def is_clean(args: list[str]) -> bool:
    """Whether `check` with these arguments surely finds nothing; False means: ask it."""
    staged = args[:1] == ["--staged"]
    files = args[1:] if staged else args
    if not files or any(a.startswith(("-", "/")) or ".." in a.split("/") for a in files):
        return False
    if os.geteuid() == 0 and os.stat(".").st_uid:  # noqa: PTH116
        return False  # root works there as the owner
    contents = _from_index(files) if staged else _from_disk(files)
    try:
        "".join(files).encode()  # a name that is not UTF-8 is told by the command
        users: list[bytes] | None = None
        always, named, pathed = _triggers()
        for line in next(contents).split(b"\n"):
            if _names_rules(line) or _names_places(line):
                return False  # they have triggers of their own
            if line.startswith(b"users = [") and users is None:
                users = _users(line)
            always += _places_below_home(line)
        for data in contents:
            lower = data.lower()
            data.decode()  # another encoding shows no trigger
            if data.startswith(_NO_TEXT) or b"\0" in data:
                return False
            if _DIRECTIVE in lower or mixed_in(data, lower):
                return False
            if any(text in data for text in always):
                return False
            if any(text in data for text in pathed) and loads_files(data):
                return False
            named_in = users is None or any(user in data for user in users)
            if named_in and any(text in data for text in named):
                return False
        return True
    except (OSError, ValueError):
        return False  # what is not there, or is no plain file, is told by the command


def _from_disk(files: list[str]) -> Iterator[bytes]:
    """The configuration, and each of the files that is code and that git compares with the disk."""
    asked = _begin(["ls-files", "-vz", "--", *files]) if _in_repository() else None
    try:
        if os.stat(_CONFIG).st_mode & 0o170000 != 0o100000:  # noqa: PTH116
            raise OSError(_CONFIG)  # a pipe has no end
        with open(_CONFIG, "rb") as config:  # noqa: PTH123 (pathlib costs as much again)
            yield config.read()
    except FileNotFoundError:
        yield b""
    for path in files:
        if os.lstat(path).st_mode & 0o170000 != 0o100000:  # S_IFMT and S_IFREG
            raise OSError(path)
        if path.endswith(_CODE):
            with open(path, "rb") as file:  # noqa: PTH123
                yield file.read()
    for entry in _answer(*asked).split(b"\0") if asked is not None else ():
        if entry[:1] == b"S" or entry[:1].islower():  # as in workspace/search.py
            raise ValueError(entry)


def _in_repository() -> bool:
    """Whether a folder of git's stands here or above. Raises ValueError where the configuration
    stands further up, which the command looks for."""
    here = start = os.getcwd()  # noqa: PTH109
    configured = os.path.lexists(_CONFIG)
    while True:
        if not configured and here != start and os.path.lexists(os.path.join(here, _CONFIG)):  # noqa: PTH118
            raise ValueError(here)
        if os.path.lexists(os.path.join(here, ".git")):  # noqa: PTH118
            return True
        above = os.path.dirname(here)  # noqa: PTH120
        if above == here:
            return False
        here = above


def _from_index(files: list[str]) -> Iterator[bytes]:
    """The same of the next commit, all by one question to git."""
    _in_repository()
    paths = [_CONFIG, *files]
    question = b"".join(b":./%b\n" % os.fsencode(path) for path in paths)
    if question.count(b"\n") > len(paths) or len(question) > _A_PIPE:
        raise ValueError(paths)
    answer, at = _answer(*_begin(["cat-file", "--batch"], question)), 0
    for path in paths:
        end = answer.index(b"\n", at)
        about = answer[at:end].split(b" ")
        if about[-2:-1] == [b"blob"]:
            at = end + 1 + int(about[-1]) + 1
            if path.endswith(_CODE) or path == paths[0]:
                yield answer[end + 1 : at - 1]
        elif path == paths[0]:
            at = end + 1
            yield b""
        else:
            raise OSError(path)


def _begin(args: list[str], question: bytes = b"") -> tuple[int, int]:
    """A git that answers a question, to be read from a descriptor, and its process; subprocess
    takes as long to import as git to run."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | _READS
    if index := os.environ.get("GIT_INDEX_FILE"):
        env["GIT_INDEX_FILE"] = os.path.abspath(index)  # noqa: PTH100
    asked, ask = os.pipe()
    read, told = os.pipe()
    try:
        ends = [(os.POSIX_SPAWN_DUP2, asked, 0), (os.POSIX_SPAWN_DUP2, told, 1)]
        nowhere = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
        git = os.posix_spawnp(
            "git",
            ["git", "-c", "core.fsmonitor=", *args],
            env,
            file_actions=[*ends, nowhere],
        )
        os.write(ask, question)
    finally:
        for end in (asked, ask, told):
            os.close(end)
    return read, git


def _answer(read: int, git: int) -> bytes:
    """What a git said. Raises ValueError for one that failed."""
    with open(read, "rb") as reader:
        answer = reader.read()
    if os.waitpid(git, 0)[1] != 0:
        raise ValueError(git)
    return answer


def _names_rules(line: bytes) -> bool:
    """Whether a line of the configuration may name folders of rules."""
    return b"rules" in line and line.partition(b"#")[0].replace(b" ", b"").strip() != b"rules=[]"


def _names_places(line: bytes) -> bool:
    """Whether a line of the configuration may name what the gate's grep looks for and no rule: a
    root or vault outside of the homes, an address of a machine in another network."""
    text = line.partition(b"#")[0]
    key, _, value = (part.strip() for part in text.partition(b"="))
    if key in (b"root", b"vault"):
        return b"\\" in value or not value.startswith((b'""', b'"/Users/', b'"/home/'))
    if key == b"vm_addresses":
        addresses = value.split(b'"')[1::2]
        return not (value.endswith(b"]") and all(a.startswith(b"192.168.") for a in addresses))
    if key in (b"root_env", b"vault_env"):
        return False
    # in another form than `init` writes: a dotted key, a table in a line
    return any(name in text for name in (b"root =", b"root=", b"vault", b"vm_addresses"))


def _places_below_home(line: bytes) -> list[bytes]:
    """What the rules look for in place of `{place}`, where a line of the configuration tells the
    root or the vault: see lift/below_home.py."""
    key, _, value = (part.strip() for part in line.partition(b"="))
    below = value.split(b'"')[1:2] if key in (b"root", b"vault") else []
    first, _, others = b"/".join(b"".join(below).split(b"/")[3:]).strip(b"/").partition(b"/")
    if others:
        return [b"/".join((first, others.split(b"/")[0])), *(q + first + q for q in _QUOTES)]
    return [q + first for q in (b"/", *_QUOTES)] if first else []


def _users(line: bytes) -> list[bytes] | None:
    """The plain names of home.users; None where the line does not tell them."""
    listed, closed, _ = line.partition(b"[")[2].partition(b"]")
    users = listed.split(b'"')[1::2]
    told = closed and b"'" not in listed and all(map(bytes.isalnum, users))
    return users if told else None


def _triggers() -> tuple[list[bytes], list[bytes], list[bytes]]:
    """The texts that the bundled rules look for, from the lines of each file that give them: those
    that count anywhere, those that do beside a name of home.users, and those in a file that loads a
    module of paths."""
    here = os.path.dirname(__file__)  # noqa: PTH120
    folder = os.path.join(here, "_data", "rules")  # noqa: PTH118
    if not os.path.isdir(folder):  # noqa: PTH112
        folder = os.path.join(os.path.dirname(here), "rules")  # noqa: PTH118, PTH120
    found: tuple[set[bytes], set[bytes], set[bytes]] = {_DIRECTIVE}, set(), set()
    for entry in os.scandir(folder):
        if entry.name.endswith(".toml"):
            with open(entry.path, "rb") as file:  # noqa: PTH123
                head = file.read().partition(b"\n[[example]]")[0]
            for key, texts in (("triggers", 0), ("hints", 0), ("named", 1), ("pathed", 2)):
                line = head.partition(f"\n{key} = [".encode())[2].partition(b"]")[0]
                spelled = line.replace(rb"\\", b"\\").split(b'"')[1::2]
                found[texts].update(text.replace(rb"\u0022", b'"') for text in spelled)
    return sorted(found[0] - {b"{place}"}), sorted(found[1]), sorted(found[2])


def main() -> None:
    """The entry point of the `fleetmod` command."""
    if sys.argv[1:2] == ["check"] and is_clean(sys.argv[2:]):
        print("No new debt.")  # noqa: T201 (as report/summary.py says it)
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
