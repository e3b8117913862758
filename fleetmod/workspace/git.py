"""Runs git for questions that only read, and says None whenever git cannot answer.

Git runs programs that a repository's own configuration names, and asks no one. Whoever looks at a
repository has not decided to run what it brings along, least of all as root. So every git that
fleetmod starts goes through `command` and `clean_environment`, which turn each of these off.
"""

from __future__ import annotations

import os
import pwd
import re
import stat
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Timer
from typing import TypedDict

_SECONDS = 60
_SOON = 3  # seconds after which it is looked for what git may be waiting for
_FOLDERS = 100_000  # that are looked into for that
_CHUNK = 1 << 20
_PATIENCE = 300  # seconds for which a repository is not asked again that gave no answer
_silent: dict[Path, tuple[float, str]] = {}  # when that was, and why
_READ_ANYWHERE = (".gitignore", ".gitattributes")  # in each folder, also before it says anything
# what git reads before it says anything, and waits for the end of
_READ_FIRST = (
    ".gitignore",
    ".gitattributes",
    ".gitmodules",
    ".git/HEAD",
    ".git/config",
    ".git/index",
    ".git/packed-refs",
    ".git/info/exclude",
    ".git/info/attributes",
)
_ENDLESS = "{} is a pipe, a device or the like, and git would wait for its end"
# what git-config(1) lets a repository run, each set to nothing; an empty fsmonitor is "off" to
# every version, while "false" is the name of a program to those before 2.36
_RUN_NOTHING = (
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.editor=false",
    "sequence.editor=false",
    "core.askPass=",
    "core.sshCommand=false",
    "core.gitProxy=none",
    "core.alternateRefsCommand=",
    "credential.helper=",
    "diff.external=",
    "gpg.program=false",
    "gpg.ssh.program=false",
    "gpg.x509.program=false",
    "log.showSignature=false",
    "uploadpack.packObjectsHook=",
    "protocol.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "status.submoduleSummary=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
# otherwise git calls a file of the same size and time unchanged, though it was written since
_LOOK_WELL = ("core.checkStat=default", "core.trustctime=true")
# a partial clone fetches what it lacks by itself, with a command that its configuration names; git
# before 2.44 does not know the first of these, and is kept from it by the second
_NO_FETCH = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "GIT_TERMINAL_PROMPT": "0"}
# a hook's environment points git at the hook's own repository and index
_FOREIGN = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
    "GIT_CEILING_DIRECTORIES",
)


class _User(TypedDict, total=False):
    user: int
    group: int
    extra_groups: tuple[int, ...]


def run_git(
    root: Path, args: Sequence[str | bytes], ok: tuple[int, ...] = (0,)
) -> list[str] | None:
    """The NUL-separated answer of `git <args>` in `root`; paths are literal, not patterns.

    None when git is missing, fails, takes too long, or ends with a code that is not in `ok`.
    """
    return ask_git(root, args, ok)()


def list_as_owner(root: Path, args: Sequence[str | bytes]) -> list[str] | None:
    """The same; where root asks it of somebody else's repository, git runs as that one, who may
    have put links in the way of all that it reads, and whose settings say what is ignored."""
    about = root.stat()
    owner = (about.st_uid, about.st_gid) if os.geteuid() == 0 and about.st_uid else None
    more = {} if owner is None else {"HOME": _home(about.st_uid), "XDG_CONFIG_HOME": ""}
    found = _finish(root, _start(root, args, more, owner=owner), (0,))
    return None if found is None else [part for part in os.fsdecode(found).split("\0") if part]


def _home(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_dir
    except KeyError:
        return "/nonexistent"


def search_git(
    root: Path, args: Sequence[str | bytes], pattern: re.Pattern[bytes]
) -> list[bytes] | None:
    """What a pattern finds in the NUL-separated entries of an answer that is never held whole."""
    process = _start(root, args, {})
    if process is None or process.stdout is None:
        return None
    found, rest = [], b""
    timer = Timer(_SECONDS, process.kill)
    timer.start()
    while chunk := process.stdout.read(_CHUNK):
        whole, _, rest = (rest + chunk).rpartition(b"\0")
        found += pattern.findall(whole)
    timer.cancel()
    return found if process.wait() == 0 else None


def ask_git(
    root: Path, args: Sequence[str | bytes], ok: tuple[int, ...] = (0,), silent: bool = False
) -> Callable[[], list[str] | None]:
    """The same as `run_git`, begun at once; what is given back waits for the answer.

    With `silent` it is None, too, where git complained of anything.
    """
    waiting = _start(root, args, {}, subprocess.PIPE if silent else subprocess.DEVNULL)

    def answer() -> list[str] | None:
        found = _finish(root, waiting, ok)
        return None if found is None else [part for part in os.fsdecode(found).split("\0") if part]

    return answer


def ask_git_why(
    root: Path, args: Sequence[str | bytes]
) -> Callable[[], tuple[list[str] | None, list[str]]]:
    """The same as `ask_git`, and the lines of what git complains of, also where it cannot run."""
    waiting = _start(root, args, {}, subprocess.PIPE)

    def answer() -> tuple[list[str] | None, list[str]]:
        if waiting is None:
            missing = "git cannot be started: it is not installed, or not on PATH"
            return None, [_why_not(root) or missing]
        answered = _wait(root, waiting)
        if answered is None:
            return None, [_why_not(root)]
        found, said = answered
        listed = [part for part in os.fsdecode(found).split("\0") if part]
        lines = said.decode("utf-8", "replace").splitlines()
        return (listed if waiting.returncode == 0 else None), lines

    return answer


def search_lines(
    root: Path, pattern: str, globs: Sequence[str], tracked: bool = True
) -> list[tuple[str, str]] | None:
    """Path and text of each line that an extended regular expression finds, in tracked and new text
    files that one of `globs` fits (if not `tracked`, in all of the folder's); None where git cannot
    tell."""
    kinds = ["--untracked", "--no-recurse-submodules"] if tracked else ["--no-index"]
    options = ["-c", "grep.fullName=false", "grep", "-zEIH", *kinds]
    args = [*options, "-e", pattern, "--", *globs]
    answer = _answer(root, args, (0, 1), {"GIT_LITERAL_PATHSPECS": "0"})
    if answer is None:
        return None
    found = (line.split("\0", 1) for line in os.fsdecode(answer).split("\n") if "\0" in line)
    return [(path, text) for path, text in found]


def ask_index(root: Path, args: Sequence[str | bytes]) -> bytes | None:
    """The answer of `git <args>` to a question about the index; None where git cannot tell.

    In a hook that is the index of the commit that is being made, which git names in the environment
    where it is not the usual one.
    """
    index = os.environ.get("GIT_INDEX_FILE")
    env = {"GIT_INDEX_FILE": os.path.abspath(index)} if index else {}  # noqa: PTH100 (of the caller)
    return _answer(root, args, (0,), env)


def ignored(root: Path, paths: Sequence[str]) -> list[str] | None:
    """Those of some paths that git does not track and is told to ignore, whether they are there or
    not; None where git cannot tell, as for a path in a submodule."""
    # not literal, which this command does not know: it takes each as it stands, but for a ":"
    given = b"".join(b"./" + os.fsencode(path) + b"\0" for path in paths)
    found = _finish(
        root,
        _start(root, ["check-ignore", "-z", "--stdin"], {"GIT_LITERAL_PATHSPECS": "0"}, piped=True),
        (0, 1),
        given,
    )
    if found is None:
        return None
    return [os.fsdecode(path.removeprefix(b"./")) for path in found.split(b"\0") if path]


def commit_of(root: Path, ref: str) -> str | None:
    """The name of the commit that `ref` stands for; None where git knows none."""
    found = run_git(
        root, ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"]
    )
    return found[0].strip() if found else None


def blob_at(root: Path, commit: str, path: str) -> bytes | None:
    """What a file, relative to `root`, held at a commit; None where it was not there."""
    name = os.fsencode(f"{commit}:./{path}")
    return _answer(root, ["cat-file", "blob", name], (0,), {})


def _answer(
    root: Path, args: Sequence[str | bytes], ok: tuple[int, ...], more: dict[str, str]
) -> bytes | None:
    return _finish(root, _start(root, args, more), ok)


def _start(
    root: Path,
    args: Sequence[str | bytes],
    more: dict[str, str],
    errors: int = subprocess.DEVNULL,
    piped: bool = False,
    owner: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes] | None:
    if _why_not(root):
        return None
    try:
        return subprocess.Popen(
            command(args),
            cwd=root,
            env=clean_environment() | more,
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            **_as(owner),
        )
    except (OSError, ValueError):
        return None


def _as(owner: tuple[int, int] | None) -> _User:
    return {} if owner is None else {"user": owner[0], "group": owner[1], "extra_groups": ()}


def _why_not(root: Path) -> str:
    """Why git is not asked about `root`; "" where it is."""
    for name in _READ_FIRST:
        try:
            mode = os.stat(f"{root}/{name}").st_mode  # noqa: PTH116 (pathlib takes twice as long)
        except OSError:
            continue
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            return _ENDLESS.format(name)
    when, why = _silent.get(root, (-_PATIENCE, ""))
    return why if time.monotonic() - when < _PATIENCE else ""


def _patience(root: Path) -> float:
    """The seconds to wait for an answer: few where another question is without one."""
    return 1 if root in _silent and _why_not(root) else _SECONDS


def _wait(
    root: Path, process: subprocess.Popen[bytes], given: bytes | None = None
) -> tuple[bytes, bytes] | None:
    """What git printed, and what it complained of; None for one that waits for ever."""
    patience = _patience(root)
    try:
        return process.communicate(given, timeout=min(_SOON, patience))
    except subprocess.TimeoutExpired:
        why = _waited_for(root)
    try:
        if not why:
            return process.communicate(given, timeout=max(patience - _SOON, 0))
    except subprocess.TimeoutExpired:
        why = f"git gave no answer within {_SECONDS} seconds"
    _silent[root] = (time.monotonic(), why)
    process.kill()
    process.communicate()
    return None


def _waited_for(root: Path) -> str:
    """Why git may wait for ever: a pipe or the like in the place of a file that it reads."""
    waiting = [""]
    for _ in range(_FOLDERS):
        if not waiting:
            break
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in (".git", "node_modules"):
                            waiting.append(f"{folder}{entry.name}/")
                    elif entry.name in _READ_ANYWHERE and not entry.is_file():
                        return _ENDLESS.format(folder + entry.name)
        except OSError:
            continue
    return ""


def _finish(
    root: Path,
    process: subprocess.Popen[bytes] | None,
    ok: tuple[int, ...],
    given: bytes | None = None,
) -> bytes | None:
    if process is None:
        return None
    answered = _wait(root, process, given)
    if answered is None:
        return None
    answer, complaint = answered
    return None if complaint or process.returncode not in ok else answer


def command(args: Sequence[str | bytes]) -> list[str | bytes]:
    """The words that start git for `args` and run nothing that a repository's configuration names.

    Filters are missing here, since git has no word for all of them: see `changes`.
    """
    settings = (*_RUN_NOTHING, *_LOOK_WELL)
    return ["git", *(word for each in settings for word in ("-c", each)), *args]


def clean_environment() -> dict[str, str]:
    """The environment for a git that only reads, and reads the repository of its folder."""
    env = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    quiet = {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}
    # a commit is what its name says, whatever refs/replace says
    return env | quiet | _NO_FETCH | {"GIT_NO_REPLACE_OBJECTS": "1"}
