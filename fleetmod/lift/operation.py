"""What a piece of code asks of the process manager, free of how it was spelled."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fleetmod.flow.texts import Hole, Piece, Pieces
from fleetmod.refusal import Refused

LIST, INSPECT = "list", "inspect"
QUERIES = frozenset({LIST, INSPECT})  # the verbs whose result is read


class Unliftable(Refused):
    """The code does something that a port cannot express; the message tells what and what to do."""


class Foreign(Exception):
    """The command is none of this host's service manager (ssh, a simulator); not debt."""


class Serviceless(Foreign):
    """The command asks the tool for something that is no service."""


@dataclass(frozen=True)
class OwnUid:
    """The caller's own numeric user id inside a word: `$(id -u)`, `$UID`, `process.getuid()`."""


@dataclass(frozen=True)
class HomeDir:
    """The caller's home folder inside a word: `~`, `$HOME`."""


WordPiece = Piece | OwnUid | HomeDir
Word = tuple[WordPiece, ...]


@dataclass(frozen=True)
class Command:
    """What one command of the tool is about, whether a port can do that or not: its verb ("" where
    it is not known), and the words that name services; none where it may be about any."""

    verb: str = ""
    targets: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Service:
    """What code tells of a service that a command names.

    `name` is its label or, for a `file`, what its plist is called; "" where it is not known. It is
    what `hole` holds, where that is one expression.
    """

    name: str = ""
    file: bool = False
    hole: Hole | None = None


@dataclass(frozen=True)
class Operation:
    """One verb on one service.

    `label` is a bare label or a full target (`system/x`); for `list` it is the pattern.
    `source` is the plist's path where it is not the standard one. `tolerated` says that the shell
    around it ignores failure (`|| true`), `required` that nothing found is a failure.
    """

    verb: str
    label: Pieces
    source: Pieces | None = None
    enable_only: bool = False
    tolerated: bool = False
    required: bool = False
    entry: bool = False  # `launchctl list LABEL`: prints a dictionary, not a table
    legacy: str = ""  # a subcommand that exits 0 where it fails
    silent: bool = False  # what it prints is dropped by the shell
    notes: tuple[str, ...] = ()
    # the condition under which it is this verb, and what it is elsewhere
    when: Hole | None = None
    otherwise: str = ""
    # `label` gives the path of a plist, and the service is the one that this defines
    in_plist: bool = False

    def tolerate(self) -> Operation:
        return replace(self, tolerated=True)

    def asked(self) -> Operation:
        """The question whether its service is loaded, which fails where it is not."""
        return Operation(INSPECT, self.label, required=True, in_plist=self.in_plist)
