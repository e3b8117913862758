"""What is known of one way to run a program, free of how a file names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetmod.syntax.scope import Binding

# How the command is given.
SHELL, ARGV, ARRAY, WORDS, TEMPLATE, DENO = "shell", "argv", "array", "words", "template", "deno"
# What the call gives back.
TEXT, STRUCT, CHILD, NOTHING, UNKNOWN = "text", "struct", "child", "nothing", "unknown"
OK = "ok"  # true or false, and never an error


@dataclass(frozen=True)
class Runner:
    """One way to run a program.

    `form` says how the command is given, `result` what comes back. `sync` runs to the end before
    it returns; otherwise the result is a promise (or, for `child`, a running process).
    `throws` says that a failing command throws or rejects.
    """

    name: str
    form: str
    result: str
    sync: bool
    throws: bool
    tool: str | None = None  # a wrapper that always runs this program
    command_at: int = 0  # which argument holds the command (or the program)
    args_at: int = 1  # which argument holds the arguments
    spread: bool = False  # the arguments come as a rest parameter
    wrapper: Binding | None = None
    wraps: bool = False  # a function of the repository's around another runner
    decoded: bool = False  # STRUCT whose outputs are texts already
    bytes: bool = False  # TEXT that comes as bytes where no encoding is asked for
    # STRUCT that a wrapper makes: what it calls each field of the port's outcome
    fields: tuple[tuple[str, str], ...] = ()
    # which argument, and its flag ("" where it is one itself), keeps it from throwing
    lenient: tuple[int, str] | None = None
    trimmed: bool = False  # TEXT without the white space around it
    chomped: bool = False  # the output comes without its final newline
    shows: bool = False  # the output goes to the terminal, too, unless it is read or hushed
    calls_back: bool = False  # takes a function, which gets what came of it
    absent_throws: bool = False  # a program that is not there throws at once, whatever else does
    options: str = ""  # that a wrapper gives its command, as they are spelled
    caveat: str = ""  # what a wrapper does besides, so that no port call can stand for it

    @property
    def strip(self) -> str:
        """What is done to the output before the caller sees it, as a call of a string's method."""
        return ".trim()" if self.trimmed else ".trimEnd()" if self.chomped else ""
