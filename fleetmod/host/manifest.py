"""The scripts of a package.json, which npm, pnpm, Yarn and Bun run in a shell: findings of
host-bound tools. Pure; nothing is rewritten."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from fleetmod.errors import FleetmodError
from fleetmod.host import shell
from fleetmod.host.nature import NOTHING, Surroundings
from fleetmod.host.tools import Tool
from fleetmod.model import FileResult
from fleetmod.syntax.source import Text, is_text
from fleetmod.workspace.json_edit import read_block, read_object

NAME = "package.json"


def scan(
    path: str,
    data: bytes,
    tools: Mapping[str, Tool],
    known: frozenset[str] = frozenset(),
    around: Surroundings = NOTHING,
) -> FileResult:
    """What the scripts run of `tools` with no check around it. A script's name may tell its
    platform (`build:mac`), as a file's does. A file that is no JSON has no scripts."""
    result = FileResult(path, hashlib.sha256(data).hexdigest())
    if not is_text(data):
        return result
    text, source = data.decode(), Text(path, data)
    try:
        member = read_object(text, path).last("scripts")
    except FleetmodError:
        return result
    if member is None or not isinstance(member.value, dict):
        return result
    findings = []
    for item in read_block(text, member.value_start).items:
        if not isinstance(item.value, str):
            continue
        inside = shell.scan(f"{path}/{item.key}", item.value.encode(), tools, known, around)
        start = len(text[: item.value_start].encode())
        line, col = source.position(start)
        findings += [
            replace(
                finding,
                path=path,
                start=start,
                end=start + len(text[item.value_start : item.end].encode()),
                line=line,
                col=col,
                symbol=f"scripts.{item.key}",
                lines=(line,),
            )
            for finding in inside.findings
        ]
    return replace(result, findings=tuple(findings))
