"""The one error type that reaches a user, and the exit codes of every command."""

from __future__ import annotations

from collections.abc import Iterable

CLEAN = 0  # nothing found, everything passed
DEBT = 1  # debt is left, or a gate failed
USAGE = 2  # wrong arguments, configuration or state of the repository
UNPROVEN = 3  # something could not be parsed or read, so nothing is proven


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question that names the one of some words that is nearest to a wrong one; "" if none is."""
    from difflib import get_close_matches  # for what is wrong

    near = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else ""


class FleetmodError(Exception):
    """A problem to show in one line: what is wrong, where, and what to do about it.

    `where` is a path or `path:line`; `todo` is an imperative sentence. `exit_code` is one of the
    constants above.
    """

    def __init__(
        self, what: str, *, where: str = "", todo: str = "", exit_code: int = USAGE
    ) -> None:
        self.what, self.where, self.todo, self.exit_code = what, where, todo, exit_code
        super().__init__(str(self))

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line}. {self.todo}" if self.todo else line
