"""Git's own search, asked once: which tracked files of the disk hold one of some texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        """The tracked files that may hold one of `triggers`; None where git cannot tell.

        What was asked for wider triggers before answers this, too: "launch" covers "launchctl".
        """
        for asked, hits in self._asked.items():
            if _wider(asked, triggers):
                return hits
        key = tuple(sorted(triggers))
        if key not in self._asked:
            self._asked[key] = self._ask(key)
        return self._asked[key]

    def lacking(self, triggers: Sequence[bytes]) -> Callable[[str], bool]:
        """A test whether a file surely holds none of `triggers`, by what was asked so far."""
        for asked, hits in self._asked.items():
            if hits is not None and _wider(asked, triggers):
                lacking = self.known - hits
                return lacking.__contains__
        return lambda _: False

    def _ask(self, triggers: Sequence[bytes]) -> frozenset[str] | None:
        if any(not trigger or b"\n" in trigger or b"\0" in trigger for trigger in triggers):
            return None  # git grep takes a pattern a line
        # the paths are intersected afterwards: thousands of them do not fit a command line
        patterns = [part for trigger in triggers for part in (b"-e", trigger)]
        # only what is tracked: with --untracked, git leaves out tracked files an ignore rule fits
        options = ["-c", "grep.fullName=false", "grep", "-lzFa", "--no-recurse-submodules"]
        hits = run_git(self.root, [*options, *patterns], ok=(0, 1))
        return None if hits is None or not self.known else frozenset(hits)


def _wider(asked: Sequence[bytes], triggers: Sequence[bytes]) -> bool:
    """Whether a file without any of `asked` has none of `triggers` either."""
    return all(any(part in trigger for part in asked) for trigger in triggers)
