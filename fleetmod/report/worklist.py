"""What is left to a person or an agent: a brief for each refused finding, by service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from shlex import quote
from typing import Any

from fleetmod import __version__, families
from fleetmod.model import IGNORE, REFUSE, Finding, is_debt
from fleetmod.printed import one_line
from fleetmod.reasons import todo
from fleetmod.report.fingerprint import fingerprints
from fleetmod.syntax.source import open_source, walk

FORMAT, VERSION = "fleetmod-worklist", 1
NO_SERVICE = ""
_AROUND = 5  # lines of code above a finding and below it
_SOURCES = Path(__file__).parent.parent / "runtime"
_SAME = "What the code returns, throws, prints and waits for stays as it is."
_AWAITED = "A port call is awaited; where nothing can wait, call `{value}Sync`."
_TOGETHER = "The calls of one service in one function move together: see also line {lines}."
_FAILS = "A failure that is caught, passed over or shown today is so afterwards."
_OTHER_NODE = "No path, name or number of this one machine is left in the code."
_VALUE = "On the machine it was written on, the value is the one that it was."
_TEST = "It stands in a test: its input and its expectation change together."


@dataclass(frozen=True)
class Item:
    """One finding to mend by hand. `service` is the label that it is about, "" where none is seen;
    `code` are lines of the file from `first` on; `allowed` what the port offers in its place;
    `accept` the command that is clean once it is done."""

    id: str
    service: str
    path: str
    line: int
    symbol: str
    rule: str
    found: str
    problem: str
    reason_code: str
    todo: str
    first: int
    code: tuple[str, ...]
    allowed: tuple[str, ...]
    holds: tuple[str, ...]
    accept: str
    stay: str  # the directive that accepts it as it is
    known: bool


def worklist(findings: Sequence[Finding], contents: Mapping[str, bytes]) -> tuple[Item, ...]:
    """A brief for each finding that is refused, those of one service together; `findings` are all
    of an audit's, `contents` their files'."""
    refused = [
        (finding, name)
        for finding, name in zip(findings, fingerprints(findings), strict=True)
        if finding.action == REFUSE and is_debt(finding)
    ]
    beside: dict[tuple[str, str, str], list[int]] = {}
    for finding, _ in refused:
        beside.setdefault((finding.path, finding.symbol, service_of(finding)), []).append(
            finding.line
        )
    items = []
    for finding, name in refused:
        service = service_of(finding)
        lines = contents.get(finding.path, b"").decode("utf-8", "replace").split("\n")
        first = max(finding.line - _AROUND, 1)
        last = max((finding.line, *finding.lines)) + _AROUND
        others = beside[finding.path, finding.symbol, service] if service else []
        items.append(
            Item(
                id=name,
                service=service,
                path=finding.path,
                line=finding.line,
                symbol=finding.symbol,
                rule=finding.rule,
                found=finding.understood or finding.text,
                problem=finding.reason,
                reason_code=finding.reason_code,
                todo=todo(finding.reason_code),
                first=first,
                code=tuple(line.rstrip("\r") for line in lines[first - 1 : last]),
                allowed=allowed(families.of(finding).port),
                holds=tuple(_holds(finding, [line for line in others if line != finding.line])),
                # `check` is silent on what the baseline holds
                accept=f"fleetmod {'worklist --path' if finding.known else 'check'} "
                f"{quote(finding.path)}",
                stay=f"// {IGNORE} {finding.rule}: why",
                known=finding.known,
            )
        )
    return tuple(sorted(items, key=lambda i: (not i.service, i.service, i.path, i.line)))


def service_of(finding: Finding) -> str:
    """The label that a call is about, without its domain; "" where it is not seen."""
    family = families.of(finding)
    verb, _, label = finding.understood.partition(" ")
    if not family.services or " " in label or "$" in label or verb == "list":
        return NO_SERVICE
    return label.rpartition("/")[2] if f"{verb}(" in " ".join(allowed(family.port)) else NO_SERVICE


@cache
def allowed(port: str) -> tuple[str, ...]:
    """What a port's package offers, as calls with their types."""
    if not port:
        return ()
    path = _SOURCES / port / "src" / "types.ts"
    source = open_source(path.name, path.read_bytes())
    value = "".join(part.capitalize() for part in port.split("-"))
    value = value[0].lower() + value[1:]
    out = []
    for node in walk(source.root):
        name = node.child_by_field_name("name")
        if node.type != "interface_declaration" or name is None:
            continue
        if source.text(name).lower() in (f"{value}port".lower(), value.lower()):
            body = node.child_by_field_name("body")
            members = body.named_children if body is not None else []
            out += [f"{value}.{source.text(m)}" for m in members if m.type != "comment"]
    return tuple(out)


def _holds(finding: Finding, beside: Sequence[int]) -> Iterator[str]:
    yield _SAME
    family = families.of(finding)
    if family.services and finding.cls == "call":
        yield _AWAITED.format(value="processManager")
        yield _FAILS
    if beside:
        yield _TOGETHER.format(lines=", ".join(map(str, beside)))
    if family.homes:
        yield _VALUE
    yield _OTHER_NODE
    if finding.test:
        yield _TEST


def document(items: Iterable[Item]) -> dict[str, Any]:
    """The work as plain data; see reports/worklist.schema.json."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "tool": f"fleetmod {__version__}",
        "items": [asdict(item) for item in items],
    }


def markdown(items: Sequence[Item]) -> str:
    """The work as a document, one heading a service and one a finding."""
    count = f"{len(items)} {'finding' if len(items) == 1 else 'findings'}"
    lines = [f"# Worklist: {count} for a person", ""]
    if not items:
        lines += ["Nothing is left to mend by hand.", ""]
    for service, group in groupby(items, key=lambda item: item.service):
        lines += [f"## {_code(service) if service else 'No service, or not a known one'}", ""]
        for item in group:
            lines += _brief(item)
    for calls in dict.fromkeys(item.allowed for item in items if item.allowed):
        lines += [f"## The calls of {_code(calls[0].partition('.')[0])}", ""]
        lines += [*(f"- {_code(call)}" for call in calls), ""]
    return "\n".join(lines)


def _brief(item: Item) -> Iterator[str]:
    inside = f", in {_code(item.symbol)}" if item.symbol else ""
    yield from (f"### {_code(f'{item.path}:{item.line}')}{inside}", "")
    yield from (f"{item.rule}: {_code(item.found)}", "")
    code = f" ({_code(item.reason_code)})" if item.reason_code else ""
    yield from (f"**Why it stays**{code}: {_plain(item.problem)}", "")
    if item.todo:
        yield from (f"**What to do:** {item.todo}.", "")
    fence = "`" * max(3, 1 + max((_run(line) for line in item.code), default=0))
    yield f"{fence}ts"
    width = len(str(item.first + len(item.code)))
    for number, line in enumerate(item.code, item.first):
        yield f"{number:>{width}} {'>' if number == item.line else ' '} {one_line(line)}".rstrip()
    yield from (fence, "")
    if item.allowed:
        yield from (f"**Use** the calls of {_code(_value(item))}, which stand at the end.", "")
    yield from ("**What must hold:**", "", *(f"- {each}" for each in item.holds), "")
    yield from (f"**Done when** {_code(item.accept)} tells nothing of this place.", "")
    yield from (f"To let it stay, write above it: {_code(item.stay)}", "")


def _value(item: Item) -> str:
    return item.allowed[0].partition(".")[0]


def _run(line: str) -> int:
    """The longest run of backticks in a line."""
    return max((len(list(run)) for each, run in groupby(line) if each == "`"), default=0)


def _code(text: str) -> str:
    text = one_line(" ".join(text.split()))
    fence = "`" * (_run(text) + 1)
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"


def _plain(text: str) -> str:
    text = one_line(" ".join(text.split()))
    for special in "\\*_[]<>#|":
        text = text.replace(special, "\\" + special)
    return text
