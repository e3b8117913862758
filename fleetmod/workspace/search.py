"""What git knows of the files on the disk, asked once: their names, and which hold some texts."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path

from fleetmod.workspace.disk import is_folder, readable_name
from fleetmod.workspace.git import ask_git, ask_git_why, search_git

# links and submodules, as `ls-files -sz` lists them
_NO_FILE = re.compile(rb"(?:\A|\0)(1[26]0000 [^\t]*\t[^\0]*)")
_SUBMODULE = b"160000"


@dataclass(frozen=True, slots=True)
class Listing:
    """What git says of the files below a folder.

    `files`: whether `git grep` reads each from the disk; None where git cannot tell. `flagged`: the
    tag (`ls-files -v`) of each tracked file that git was told not to compare with the disk.
    `links` and `submodules` are tracked, too. `said`: what git complained of, a line each.
    `special` are tracked and on the disk a pipe, a device or the like; nothing may open them.
    """

    files: dict[str, bool] | None
    flagged: Mapping[str, str]
    links: tuple[str, ...]
    submodules: tuple[str, ...]
    said: tuple[str, ...]
    special: tuple[str, ...] = ()


def _is_special(path: str) -> bool:
    """Whether a pipe, a device or a socket stands there, which may keep a reader for ever."""
    try:
        mode = os.lstat(path).st_mode  # pathlib takes twice as long
    except OSError:
        return False  # what is gone or may not be looked at is told elsewhere
    return not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode))


def _other_tree(root: Path, told: list[str] | None) -> str:
    """Why git's answers are of another folder than `root`, by the top of its tree that it told."""
    top = Path(told[0].removesuffix("\n")) if told else root
    if not is_folder(top) or top.resolve() in (root.resolve(), *root.resolve().parents):
        return ""
    return f"core.worktree names {readable_name(str(top))}, and git answers of that folder"


_WORD = 5  # shorter texts stand in too many files


class Search:
    """The files below `root` that git tracks or would track, and what `git grep` finds in them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._asked: dict[tuple[bytes, ...], Callable[[], frozenset[str] | None]] = {}

    @cached_property
    def listing(self) -> Listing:
        """Every file that git tracks or would track, and what git does not tell of them."""
        kinds = ["--cached", "--others", "--deleted", "--exclude-standard"]
        answer = ask_git_why(self.root, ["ls-files", "-vz", *kinds])
        asked = ask_git_why(self.root, ["rev-parse", "--show-toplevel"])
        special = search_git(self.root, ["ls-files", "-sz"], _NO_FILE)
        listed, said = answer()
        if (elsewhere := _other_tree(self.root, asked()[0])) and listed is not None:
            return Listing(None, {}, (), (), (elsewhere,))
        if listed is None or special is None:
            return Listing(None, {}, (), (), tuple(said))
        apart: dict[bool, list[str]] = {True: [], False: []}
        for about in special:
            path = os.fsdecode(about.partition(b"\t")[2])
            apart[about.startswith(_SUBMODULE)].append(path)
        files = dict.fromkeys([*apart[True], *apart[False]], False)
        flagged = {}
        while listed:  # from its end: what is gone is told once more, and nothing is held twice
            entry = listed.pop()
            if entry[0] in "Rr":
                files[entry[2:]] = False
            elif entry[0] == "S" or entry[0].islower():
                flagged[entry[2:]] = entry[0]
            # other tags are untracked, "assume unchanged" and the like: git grep reads the index
            files.setdefault(entry[2:], entry[0] == "H")
        special_files = tuple(p for p in files if files[p] and _is_special(f"{self.root}/{p}"))
        for path in special_files:
            del files[path]
        return Listing(
            files, flagged, tuple(apart[False]), tuple(apart[True]), tuple(said), special_files
        )

    @cached_property
    def _files(self) -> dict[str, bool] | None:
        return self.listing.files

    @property
    def listed(self) -> Collection[str] | None:
        """The files that git tracks or would track, each once; None where git cannot tell."""
        return None if self._files is None else self._files.keys()

    def reads(self, path: str) -> bool:
        """Whether `git grep` reads this file, and reads it from the disk."""
        return self._files is not None and self._files.get(path, False)

    def begin(self, triggers: Sequence[bytes]) -> None:
        """Have git search while something else is done; `hits` then waits for the answer."""
        key = tuple(sorted(triggers))
        if key not in self._asked:
            self._asked[key] = cache(self._ask(key))

    def hits(self, triggers: Sequence[bytes]) -> frozenset[str] | None:
        """The tracked files that may hold one of `triggers`; None where git cannot tell.

        What was asked for wider triggers before answers this, too: "launch" covers "launchctl".
        """
        for asked, answer in self._asked.items():
            if _wider(asked, triggers):
                return answer()
        self.begin(triggers)
        return self.hits(triggers)

    def lacking(self, triggers: Sequence[bytes]) -> Callable[[str], bool]:
        """A test whether a file surely holds none of `triggers`, by what was asked so far."""
        for asked, answer in self._asked.items():
            hits = answer() if _wider(asked, triggers) else None
            if hits is not None:
                return partial(self._lacks, hits)
        return lambda _: False

    def _lacks(self, hits: frozenset[str], path: str) -> bool:
        return path not in hits and self.reads(path)

    def _ask(self, triggers: Sequence[bytes]) -> Callable[[], frozenset[str] | None]:
        if any(not trigger or b"\n" in trigger or b"\0" in trigger for trigger in triggers):
            return lambda: None  # git grep takes a pattern a line
        # the paths are intersected afterwards: thousands of them do not fit a command line
        patterns = [part for trigger in _fewest(triggers) for part in (b"-e", trigger)]
        # only what is tracked: with --untracked, git leaves out tracked files an ignore rule fits
        # in any case: what was meant as a directive is one to mend, however it is written
        options = ["-c", "grep.fullName=false", "grep", "-lzFai", "--no-recurse-submodules"]
        # silent: what cannot be read is told, and then nothing is known
        answer = ask_git(self.root, [*options, *patterns], ok=(0, 1), silent=True)

        def hits() -> frozenset[str] | None:
            found = answer()
            return None if found is None or not self._files else frozenset(found)

        return hits


def _fewest(triggers: Sequence[bytes]) -> list[bytes]:
    """Fewer texts, one of which every file with one of `triggers` holds: git looks for each anew.

    Quotes and slashes around a word are left out where a word is left of it. Git tells no case.
    """
    cores = {_core(t) if len(_core(t)) >= _WORD else t for t in map(bytes.lower, triggers)}
    return sorted(core for core in cores if not any(c != core and c in core for c in cores))


def _core(trigger: bytes) -> bytes:
    return trigger.strip(b"\"'`").rstrip(b"/\\")


def _wider(asked: Sequence[bytes], triggers: Sequence[bytes]) -> bool:
    """Whether a file without any of `asked` has none of `triggers` either."""
    return all(any(part in trigger for part in asked) for trigger in triggers)
