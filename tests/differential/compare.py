"""When two runs of a function come to the same: effects by state, results by their meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.differential.rooms import OWN, Ran

_ROW = re.compile(r"^(-|\d+)\t(-?\d+)\t(\S+)$")
_FACT = re.compile(r'^\s*"?([\w ]+?)"? = (.+?);?$')
# what the port's texts tell of a service; the tool's own tell more
_FACTS = {"path", "state", "program", "working directory", "pid", "runs", "last exit code"}
_FACTS |= {"Label", "LastExitStatus", "PID", "Program"}  # of a dictionary


def differences(before: Ran, after: Ran) -> Iterator[str]:
    """What is not the same after two runs from the same state, in words."""
    left, right = effect(before), effect(after)
    for target in sorted(left.keys() | right.keys()):
        if left.get(target) != right.get(target):
            yield f"{target} is {right.get(target)}, not {left.get(target)}"
    if before.outcome[0] != after.outcome[0]:
        yield f"it {_ended(after)}, where it {_ended(before)}"
    elif not same(before.outcome[1], after.outcome[1], before):
        yield f"it gives {after.outcome[1]!r}, not {before.outcome[1]!r}"
    if not same(before.said, after.said, before):
        yield f"it says {after.said!r}, not {before.said!r}"
    if [kind for kind, _ in before.stray] != [kind for kind, _ in after.stray]:
        yield f"it leaves {after.stray!r} unhandled, not {before.stray!r}"


def _ended(ran: Ran) -> str:
    kind, value = ran.outcome
    return f"{kind} ({value!r})"


def effect(ran: Ran) -> dict[str, str]:
    """Each loaded service and each override, in words."""
    out = {}
    jobs = ran.initial.get("services", {})
    for target, job in ran.state.get("services", {}).items():
        pid = jobs.get(target, {}).get("pid")
        goes_on = "running on" if job["pid"] == pid else "started"
        facts = [goes_on if job["pid"] else "not running"]
        facts += ["kept alive"] if job["keep_alive"] else []
        out[target] = ", ".join([*facts, f"by {job['path']}"])
    for domain, labels in ran.state.get("overrides", {}).items():
        for label, off in labels.items():
            out[f"override of {domain}/{label}"] = "disabled" if off else "enabled"
    return out


def same(before: Any, after: Any, ran: Ran) -> bool:
    """Whether two values mean the same; `ran` is the run that gave the first one."""
    if isinstance(before, str) and isinstance(after, str):
        return before == after or _text(before) == _text(after) or _message(before, after, ran)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(
            same(b, a, ran) for b, a in zip(before, after, strict=True)
        )
    if isinstance(before, dict) and isinstance(after, dict):
        if "error" in (before.get("type"), after.get("type")):
            # an error is an error: its words are the port's own
            return before.get("type") == after.get("type")
        return before.keys() == after.keys() and all(
            same(before[key], after[key], ran) for key in before
        )
    if type(before) is int and type(after) is int and before in ran.codes - {0}:
        return after != 0  # an exit code tells that it failed; which failure, each tool its own way
    return type(before) is type(after) and before == after


def _message(before: str, after: str, ran: Ran) -> bool:
    """Whether both are what a failure was explained by: the tool's words, and the port's."""
    quoted = any(line in before for line in ran.messages) or before.startswith("Command failed")
    return quoted and bool(after.strip())


def _text(text: str) -> Any:
    """A table or a description of the tool as data; other texts by the words that hints have."""
    lines = [line for line in text.strip().splitlines() if line]
    rows = [_ROW.match(line) for line in lines]
    if any(rows):
        header = bool(lines) and lines[0].startswith("PID")
        ends = text.endswith("\n")
        return header, ends, [m.groups() for m in rows if m]
    if " = {" in text or text.startswith("{\n"):
        return _facts(lines)
    hint = text.replace("$(id -u)", OWN.partition("/")[2])
    return re.sub(r"\b(the )?service manager\b", "launchctl", hint)


def _facts(lines: list[str]) -> dict[str, str]:
    """The facts at the top level of a description, as far as the port tells them."""
    out: dict[str, str] = {}
    for line in lines:
        match = _FACT.match(line)
        shallow = line.startswith("\t") and not line.startswith("\t\t")
        if match and shallow and match[1] in _FACTS and match[2] != "(never exited)":
            out[match[1]] = match[2]
    return out
