"""The plain data that the layers hand to each other. No behaviour, no disk, no syntax tree.

Offsets are bytes into the file's UTF-8 content; lines and columns count from 1, columns in
characters. Paths are POSIX and relative to the repository root.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, replace
from typing import Any

from fleetmod.refusal import Reason

REWRITE = "rewrite"  # fleetmod can rewrite it and keep its meaning
REFUSE = "refuse"  # debt that stays, with the reason
EXEMPT = "exempt"  # mentions a trigger but is no debt, with the reason

IGNORE = "fleetmod-ignore"  # the word of a comment that accepts a finding


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the bytes start..end of a file by `text`."""

    start: int
    end: int
    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class Need:
    """A named import that an edit relies on: `import { name } from "<package>"`.

    `package` is a port's key (`process-manager`, `node-identity`), not its scoped name.
    """

    package: str
    name: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in one file that a rule matched, and what fleetmod makes of it."""

    rule: str
    family: str  # process, home, container
    cls: str  # call, display, comment, detector, name, path, …
    path: str
    start: int
    end: int
    line: int
    col: int
    text: str  # the source of the match, one line, shortened
    understood: str  # what it means, e.g. `restart com.example.worker`
    action: str  # REWRITE, REFUSE or EXEMPT
    reason: str = ""  # why it is refused or exempt
    reason_code: str = ""  # of a refusal, in the catalogue of reasons
    test: bool = False  # stands in a test or in test data
    symbol: str = ""  # the enclosing function, class or variable
    notes: tuple[str, ...] = ()  # what a maintainer must look at after the rewrite
    lines: tuple[int, ...] = ()  # the lines on which this finding's trigger stands
    suppressed: str = ""  # the reason of the directive that accepts it; it is no debt then
    known: bool = False  # stands in the baseline: debt, and not new
    digest: str = ""  # of the text without what a formatter chooses: 16 hex digits of SHA-256

    @property
    def why(self) -> str:
        """The reason with its code, as reports show it: `reads the output [output-read]`."""
        return f"{self.reason} [{self.reason_code}]" if self.reason_code else self.reason


def digest_of(text: str) -> str:
    """What tells a finding's text from others, however it is wrapped and indented."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def refuse(finding: Finding, reason: Reason) -> Finding:
    """A finding that stays as debt, and why."""
    return replace(finding, action=REFUSE, reason=str(reason), reason_code=reason.code)


def exempt(finding: Finding, reason: str, accepted: str = "") -> Finding:
    """A finding that is no debt, and why; `accepted` is the reason of a directive."""
    why = f"suppressed: {accepted}" if accepted else reason
    return replace(finding, action=EXEMPT, reason=why, reason_code="", suppressed=accepted)


def is_debt(finding: Finding) -> bool:
    """Whether something is left to mend, known before or not."""
    return finding.action != EXEMPT and not finding.suppressed


def finding_document(finding: Finding) -> dict[str, Any]:
    """A finding as plain data for JSON, its class under the name that rules give it."""
    raw = {field.name: getattr(finding, field.name) for field in fields(finding)}
    raw["class"] = raw.pop("cls")
    return raw


@dataclass(frozen=True, slots=True)
class Acts:
    """What functions of one file that run one another do: where the calls that act on services
    begin, each with the service's label (empty where it may be any); which functions of other
    modules they call, by module and name; and the names under which other modules call them."""

    calls: tuple[tuple[int, str], ...]
    runs: tuple[tuple[str, str], ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileResult:
    """What detection and lowering say of one file: findings, and the edits that mend them."""

    path: str
    sha256: str
    findings: tuple[Finding, ...] = ()
    edits: tuple[Edit, ...] = ()
    needs: tuple[Need, ...] = ()
    errors: tuple[tuple[int, int], ...] = ()  # line ranges that do not parse
    unparsed: tuple[tuple[int, int], ...] = ()  # those of them that hold a trigger
    problem: str = ""  # why the file is not looked at; empty for lines that do not parse
    # the services that its calls name: where the call begins, and a label without its domain
    labels: tuple[tuple[int, str], ...] = ()
    acts: tuple[Acts, ...] = ()
    # the functions of other modules that get a command of the tool, by module and name
    asks: tuple[tuple[str, str], ...] = ()

    @property
    def doubt(self) -> str:
        """Why nothing is proven of the lines in `unparsed`."""
        why = f"{self.problem}, and it" if self.problem else "does not parse and"
        return f"{why} holds a trigger"

    @property
    def unproven(self) -> tuple[str, ...]:
        """What is not known of the file, each in one line."""
        return tuple(f"{self.path}:{first}-{last} {self.doubt}" for first, last in self.unparsed)


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file's planned new content, as edits against the content with hash `sha256`.

    A file that does not exist yet has an empty hash and one edit at 0..0.
    """

    path: str
    sha256: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one migration writes, and the findings it was made from."""

    changes: tuple[FileChange, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = field(default=())
    unproven: tuple[str, ...] = field(default=())  # files that could not be parsed or read
