"""What launchctl was asked, as operations: read apart from the way fleetmod reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from fleetmod.model import Finding
from tests.differential.rooms import OWN

_TARGET = re.compile(r"(gui|user)/\d+/.+|system/.+")


def asked(argv: list[str], session: str) -> list[str]:
    """The operations of one call, each as `verb target`; `?` before a verb that is none of ours."""
    verb, *rest = argv
    flags = [a for a in rest if a.startswith("-")]
    operands = [a for a in rest if not a.startswith("-")]
    by_label = [f"{session}/{name}" for name in operands]
    by_plist = [f"{session}/{PurePosixPath(path).stem}" for path in operands]
    if verb == "kickstart":
        force = any("k" in flag for flag in flags)
        return [f"{'restart' if force else 'start'} {operands[0]}"]
    if verb == "list":
        return [f"inspect {by_label[0]}"] if operands else ["list"]
    if verb == "print":
        return [f"inspect {operands[0]}"]
    if verb in ("enable", "disable"):
        return [f"{verb} {operands[0]}"]
    if verb in ("bootstrap", "bootout"):
        target = operands[0]
        if len(operands) > 1:
            target = f"{operands[0].rstrip('/')}/{PurePosixPath(operands[1]).stem}"
        return [f"{'load' if verb == 'bootstrap' else 'stop'} {target}"]
    if verb in ("start", "stop", "remove"):
        return [f"{'start' if verb == 'start' else 'stop'} {by_label[0]}"]
    if verb == "load":
        return [f"{'enable' if any('w' in flag for flag in flags) else 'load'} {by_plist[0]}"]
    if verb == "unload":
        return [
            *([f"disable {by_plist[0]}"] if any("w" in flag for flag in flags) else []),
            f"stop {by_plist[0]}",
        ]
    return [f"?{verb}"]


def expected(findings: Iterable[Finding]) -> list[str]:
    """The operations that fleetmod understood, as patterns of what `asked` gives."""
    out = []
    for finding in findings:
        for part in finding.understood.split("; "):
            verb, _, label = part.partition(" ")
            if verb == "list":
                out.append("list")
                continue
            pattern = ".+".join(re.escape(p) for p in re.split(r"\$\{.*?\}+", label))
            whole = _TARGET.fullmatch(label) or label.startswith(("gui/", "user/"))
            # a label whose beginning is only known at run time may be a whole target
            prefix = "" if whole else "(?:.+/)?" if label.startswith("${") else f"{re.escape(OWN)}/"
            out.append(f"{re.escape(verb)} {prefix}{pattern}")
    return out


def mismatches(own: list[Finding], others: list[Finding], seen: set[str]) -> list[str]:
    """What was asked and is understood nowhere, or was understood in `own` and never asked.

    `others` are those of code that the function may call.
    """
    known = expected([*own, *others])
    out = [
        f"launchctl was asked to {op}; understood was {[f.understood for f in own]}"
        for op in sorted(seen)
        if not any(re.fullmatch(p, op) for p in known) and not _spelled_twice(op, own)
    ]
    return out + [
        f"{p} was understood; launchctl was asked only {sorted(seen)}"
        for p in expected(own)
        if not any(re.fullmatch(p, op) for op in seen)
    ]


def _spelled_twice(op: str, findings: list[Finding]) -> bool:
    """`kickstart -k x || kickstart x` is one restart, by the fallback's rule."""
    verb, _, target = op.partition(" ")
    other = {"start": "restart", "load": "enable", "enable": "load"}.get(verb)
    return other is not None and any(
        "||" in f.text and f"{other} {target.rpartition('/')[2]}" in f.understood for f in findings
    )
