"""Git's own search, asked once: which tracked files of the disk hold one of some texts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from fleetmod.workspace.git import run_git


class Search:
    """The tracked files below `root`, and what `git grep` finds in them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._asked: dict[tuple[bytes, ...], frozenset[str] | None] = {}

    @cached_property
    def known(self) -> frozenset[str]:
        """The files that git looks at on the disk; empty where git cannot tell."""
        listed = run_git(self.root, ["ls-files", "-vz", "--cached"])
        # other tags are "assume unchanged" and the like: git grep then reads the index
        return frozenset(entry[2:] for entry in listed or () if entry[0] == "H")

    def hits(self, triggers: Sequence[bytes]) -> frozenset[str] | None:
        """The tracked files that hold one of `triggers`; None where git cannot tell."""
        key = tuple(sorted(triggers))
        if key not in self._asked:
            self._asked[key] = self._ask(key)
        return self._asked[key]

    def lacks(self, path: str, triggers: Sequence[bytes]) -> bool:
        """Whether a file surely holds none of `triggers`, by what was asked so far.

        A file without "/Users/" has no "/Users/x" either, so one question serves many.
        """
        for asked, hits in self._asked.items():
            wider = all(any(part in trigger for part in asked) for trigger in triggers)
            if wider and hits is not None:
                return path not in hits and path in self.known
        return False

    def _ask(self, triggers: Sequence[bytes]) -> frozenset[str] | None:
        if any(not trigger or b"\n" in trigger or b"\0" in trigger for trigger in triggers):
            return None  # git grep takes a pattern a line
        # the paths are intersected afterwards: thousands of them do not fit a command line
        patterns = [part for trigger in triggers for part in (b"-e", trigger)]
        # only what is tracked: with --untracked, git leaves out tracked files an ignore rule fits
        options = ["-c", "grep.fullName=false", "grep", "-lzFa", "--no-recurse-submodules"]
        hits = run_git(self.root, [*options, *patterns], ok=(0, 1))
        return None if hits is None or not self.known else frozenset(hits)
