"""What the languages share: where the homes are, a file's result, and how a finding is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from fleetmod import families, reasons
from fleetmod.families.homes import HOMES
from fleetmod.families.launchctl import LAUNCHCTL
from fleetmod.model import EXEMPT, REFUSE, REWRITE, Edit, Finding, digest_of
from fleetmod.places import HOME, HomePath, Places
from fleetmod.project import PORTABLE_RULES
from fleetmod.refusal import Reason
from fleetmod.refusal import Refused as Refused
from fleetmod.syntax.source import Text
from fleetmod.testfiles import is_test

HOME_FAMILY, PROCESS_FAMILY = HOMES.id, LAUNCHCTL.id
TOOL = "launchctl"
ROOT_HOME = "root has another HOME; take the home of $SUDO_USER, or hand the path over"
BESIDE = "a comment beside a path that stays as it is"
_ANOTHER = (
    "the root of fleetmod.toml, or another path of the file, lies in a home of the other kind "
    "(/Users, /home); take it from a variable that each machine sets"
)
_SLASHES = (
    "the slashes are escaped, so that a pattern holds the home; part the pattern by another sign, "
    "such as `s|a|b|`, and put the home in from HOME"
)
_OPTION = re.compile(r"(?<![\w-])-[A-Za-z](?=/(?:Users|home)/)")
_SHORT = 120
_LONG = 10_000  # bytes of a line; no person writes such a one


@dataclass(frozen=True)
class Context:
    """`env` maps a NodeIdentity member to the variable that overrides it; `known` are the rules
    that a directive may name; `as_root` says that root runs the file, "" for no such word."""

    places: Places
    env: Mapping[str, str]
    known: frozenset[str] = PORTABLE_RULES
    as_root: str = ""

    def default(self, base: str, home: str) -> str:
        """A base's usual place, below `home`: `~/Code/acme`."""
        below = "" if base == HOME else self.places.below_home(base)
        return f"{home}/{below}" if below else home


@dataclass
class Result:
    """A file's findings and edits while it is looked at. `problem` says why it is not proven."""

    path: str
    data: bytes
    kind: str  # the first part of the rules' ids: shell, python, plist, other
    findings: list[Finding] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    problem: str = ""

    @cached_property
    def keeps_code(self) -> bool:
        """Whether a home of the code stays, so that what speaks of it stays, too; asked once, when
        all of the code is judged."""
        return any(families.of(f).homes and f.action != REWRITE for f in self.findings)

    @cached_property
    def _source(self) -> Text:
        return Text(self.path, self.data)

    def add(
        self,
        family: str,
        start: int,
        end: int,
        understood: str,
        reason: Reason | None = None,
        exempt: str = "",
        notes: tuple[str, ...] = (),
    ) -> None:
        """A finding at a byte range: no debt where `exempt` says why, else refused for `reason`,
        else rewritten."""
        line, col = self._source.position(start)
        first = self._source.start_of(line)
        last = self.data.find(b"\n", start)
        last = last if last >= 0 else len(self.data)
        if last - first > _LONG:  # a line of a program's, of which the near part is enough
            first, last = max(first, start - _SHORT), min(last, end + _SHORT)
        text = " ".join(self.data[first:last].decode("utf-8", "replace").split())
        self.findings.append(
            Finding(
                rule=f"{self.kind}-{'home' if families.named(family).homes else TOOL}",
                family=family,
                cls="path" if families.named(family).homes else "call",
                path=self.path,
                start=start,
                end=end,
                line=line,
                col=col,
                text=text if len(text) <= _SHORT else text[: _SHORT - 1] + "…",
                understood=understood,
                action=EXEMPT if exempt else REFUSE if reason else REWRITE,
                reason=exempt or str(reason or ""),
                reason_code=reason.code if reason and not exempt else "",
                test=is_test(self.path),
                notes=notes,
                lines=(line,),
                digest=digest_of(text),
            )
        )

    def edit(self, start: int, end: int, text: str) -> None:
        self.edits.append(Edit(start, end, text, f"{self.kind}-home"))


@dataclass(frozen=True)
class Spot:
    """A home path at a byte range of a file; `home_end` is where the user's name ends. `another`
    says why it may be another machine's."""

    start: int
    end: int
    home_end: int
    path: HomePath
    another: Reason | None = None


def shown(text: str) -> str:
    """A text of the same length, without the option right before a path: `-I` of `-I/Users/x`."""
    return _OPTION.sub("  ", text)


def another(home: str) -> Reason | None:
    """Why a home of the other kind stays."""
    if not home:
        return None
    return reasons.ANOTHER_HOST(f"{home} may be another machine's: {_ANOTHER}")


def spots(text: str, context: Context, result: Result, by_line: bool = True) -> list[Spot]:
    """The home paths of this host in a file's text; those of another one are told as no debt.

    Without `by_line`, the caller tells whether a command or a label names another host.
    """
    found = []
    text = shown(text)
    escaped(text, context, result)
    at = size = 0  # a place of the text, and the bytes in front of it
    for path in context.places.find(text, by_line=by_line):
        size += len(text[at : path.start].encode())
        at, start = path.start, size
        end = start + len(text[path.start : path.end].encode())
        if path.base:
            home_end = text.index(f"/{path.user}", path.start + 1) + 1 + len(path.user)
            home_end = start + len(text[at:home_end].encode())
            other = another(context.places.of_another(text, path.start))
            found.append(Spot(start, end, home_end, path, other))
        elif path.why:
            result.add(HOME_FAMILY, start, end, "a home path", exempt=path.why)
    return found


def escaped(text: str, context: Context, result: Result) -> None:
    """Tells of the homes whose slashes are escaped, as in `s/\\/Users\\/x//` of sed."""
    for user in context.places.users if "\\/" in text else ():
        for match in re.finditer(rf"\\/(?:Users|home)\\/{re.escape(user)}(?![\w-])", text):
            start = len(text[: match.start()].encode())
            end = start + len(match[0].encode())
            result.add(HOME_FAMILY, start, end, "a home path", reasons.ESCAPES(_SLASHES))
