"""What fleetmod writes itself, wherever it is saved: it quotes debt and is none. Pure.

A file is known by what it holds, whatever its name. Each form is checked as a whole, and none is a
program in any language, so that no marker hides a line that something runs or reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.filekinds import CODE, language_of, suffix
from fleetmod.regex import lazy
from fleetmod.workspace.config import parse_config
from fleetmod.workspace.schema import FILE

BASELINE = "# fleetmod baseline "
UNIT = "Made by `fleetmod units` from "
BLOCK = ">>> fleetmod: generated; write outside of this block"
BLOCK_END = "<<< fleetmod"
ENGINE = "fleetmod"  # of a report for GitLab, as Code Climate's own field tells it
# the ends of the names that `specs` and `network` give; their gates compare each block
GENERATED = tuple(
    "redis-ha-values.yaml typesense-ha-values.yaml inngest-ha-notes.md network-policies.yaml "
    "cilium-policies.yaml cilium-values.yaml cilium-migration-values.yaml "
    "cilium-load-balancer.yaml flannel-to-cilium-runbook.md".split()
)
_CODE = frozenset(CODE)
_LANGUAGES = ("shell", "python", "plist")
# the members of each JSON document; one with another member is somebody else's
_COMMON = frozenset(("format", "version", "tool"))
_MEMBERS = {
    "fleetmod-audit": "scanned text other_languages findings unexplained unparsed unreadable",
    "fleetmod-certificate": "commit dirty configuration rules scanned not_parsed not_read "
    "not_looked_at exempt suppressions phases",
    "fleetmod-plan": "changes findings notes unproven",
    "fleetmod-trend": "points",
    "fleetmod-worklist": "items",
    "fleetmod-rehearsal": "passed unproven nodes",
}
_SARIF = frozenset(("$schema", "version", "runs"))
_ISSUE = frozenset(
    ("description", "check_name", "engine_name", "fingerprint", "severity", "location")
)
_SUITE = lazy(r"fleetmod (?:audit|check|gate)")
_ENTRY = lazy(r"[^\t]+\t[\w-]+\t[^\t]*\t\d+\t[0-9a-f]{16}\t[^\t]*")
_PAGE = (
    lazy(r'<meta name="generator" content="fleetmod [\d.]+\w*">'),
    lazy(r'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '),
)
_HEAD = 4096  # bytes that hold the head of a page
_MARKDOWN = lazy(
    r"(?:<!-- fleetmod -->\n)?# Host-bound debt"
    r"(?:: \d+ findings? in \d+ files?\n\n"
    r"(?:\| (?:text|phase) \||Since `[^`\n]*` \([0-9a-f]{10}\):\n)"
    r"| over time\n\n\| date \| commit \|)"
)
_WORKLIST = lazy(r"# Worklist: \d+ findings? for a person\n\n(?:## |Nothing is left)")
_TABLE = lazy(
    r"\s*(?:(?:Plain text, as grep counts it|Gates) *\n┏━"
    r"|Debt at commits of the past *\ndate +commit )"
)
_COMMANDS = lazy(r"::(?:error|warning) [^\n]*\btitle=fleetmod%3A [^\n]*|fleetmod: [^\n]*")
_SECTION = lazy(r"\[(?:Unit|Service|Timer|Path|Socket|Install)\]")
_SETTING = lazy(r"[A-Z]\w*=(?!.*/Users/).*")
_BLOCKS = lazy(
    rf"^(?P<mark>#|<!--) {BLOCK}(?: -->)?$.*?^(?P=mark) {BLOCK_END}(?: -->)?$".encode(), re.M | re.S
)


def by_people(path: str, data: bytes) -> bytes:
    """A file's bytes with what fleetmod wrote blanked, at the same offsets; none of a file that is
    all its own."""
    if suffix(path) in _CODE or language_of(path, data) in _LANGUAGES:
        return data
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data
    if any(known(text) for known in _FORMS) or (_may_be_shown(path) and _is_shown(text)):
        return b""
    name = path.rpartition("/")[2]
    if name == FILE and _is_configuration(text):
        return b""
    return _BLOCKS.sub(_blank, data) if name.endswith(GENERATED) else data


def _blank(match: re.Match[bytes]) -> bytes:
    return re.sub(rb"[^\r\n]", b" ", match[0])


def _is_baseline(text: str) -> bool:
    lines = text.splitlines()
    kept = (line for line in lines[1:] if line and not line.startswith("#"))
    return text.startswith(BASELINE) and all(_ENTRY.fullmatch(line) for line in kept)


def _is_json(text: str) -> bool:
    """One of fleetmod's own documents, SARIF, GitLab's report, or trends one behind the other."""
    if text[:1] not in "{[" or ENGINE not in text:
        return False
    try:
        found = list(_documents(text))
    except (ValueError, RecursionError):
        return False
    return bool(found) and all(map(_is_document, found))


def _documents(text: str) -> Iterator[Any]:
    import json  # here, as below: few runs meet such a file

    at, decoder = 0, json.JSONDecoder()
    while at < len(text):
        found, at = decoder.raw_decode(text, at)
        yield found
        at += len(text[at:]) - len(text[at:].lstrip())


def _is_document(found: Any) -> bool:
    if isinstance(found, list):
        return bool(found) and all(
            isinstance(each, dict) and each.get("engine_name") == ENGINE and each.keys() == _ISSUE
            for each in found
        )
    if not isinstance(found, dict):
        return False
    if found.get("title") == FILE:
        from fleetmod.workspace.json_schema import json_schema

        return found == json_schema()
    if runs := found.get("runs"):
        return found.keys() == _SARIF and isinstance(runs, list) and all(map(_is_run, runs))
    members = _MEMBERS.get(str(found.get("format")))
    tool = str(found.get("tool"))
    return (
        members is not None
        and tool.startswith("fleetmod ")
        and found.keys() >= _COMMON
        and found.keys() <= _COMMON | set(members.split())
    )


def _is_run(run: Any) -> bool:
    try:
        return bool(run["tool"]["driver"]["name"] == ENGINE and "results" in run)
    except (KeyError, TypeError):
        return False


def _is_junit(text: str) -> bool:
    if not text.startswith("<?xml") or "<testsuites>" not in text[:200] or "<!" in text:
        return False
    from xml.etree import ElementTree as ET

    try:
        root = ET.fromstring(text.partition("?>")[2].strip())
    except (ET.ParseError, ValueError):
        return False
    suites = list(root)
    return bool(suites) and all(
        suite.tag == "testsuite" and _SUITE.fullmatch(suite.get("name", "")) for suite in suites
    )


def _is_page(text: str) -> bool:
    head = text[:_HEAD]
    return text.startswith("<!doctype html>") and all(mark.search(head) for mark in _PAGE)


def _may_be_shown(path: str) -> bool:
    return suffix(path) in ("", ".md", ".txt", ".log", ".out")


def _is_shown(text: str) -> bool:
    """What a terminal, a pull request or GitHub's log shows."""
    if any(form.match(text) for form in (_MARKDOWN, _WORKLIST, _TABLE)):
        return True
    lines = text.splitlines()
    return bool(lines) and all(_COMMANDS.fullmatch(line) for line in lines)


def _is_unit(text: str) -> bool:
    """A unit that spells no home of a Mac, which fleetmod writes into none."""
    if not text.startswith(f"# {UNIT}"):
        return False
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return bool(lines) and all(_SECTION.fullmatch(ln) or _SETTING.fullmatch(ln) for ln in lines)


def _is_configuration(text: str) -> bool:
    try:
        parse_config(text)
    except FleetmodError:
        return False
    return True


_FORMS: tuple[Callable[[str], bool], ...] = (
    *(_is_baseline, _is_json, _is_junit, _is_page, _is_unit),
)
