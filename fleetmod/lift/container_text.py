"""How the tools of one Mac's container runtime are spelled in a line, as a grep can see it.

Colima's subcommands are those of abiosoft/colima v0.10, cmd/; Lima's those of lima-vm/lima v1.0,
cmd/limactl/.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from fleetmod.regex import lazy

TOOLS = ("colima", "limactl")
VERBS = frozenset(
    "clone completion delete kubernetes list ls model nerdctl prune restart ssh ssh-config start "
    "status stop template update version".split()
)
LIMA_VERBS = frozenset(
    "clone copy cp create delete disk edit info list ls network prune protect restart shell "
    "show-ssh snapshot start stop sudoers tunnel unprotect validate".split()
)
_ANY = "|".join(sorted(VERBS | LIMA_VERBS, key=len, reverse=True))
# `colima status unhealthy` and `colima start…` are speech; a command ends, or goes on otherwise
_END = r"(?!\.\.\.|…)(?=[ \t]*(?:$|[^\w\s(]|\n|(?:and|or|to|for|if|in|then|first|again|with)\b))"
COMMAND = lazy(
    rf"(?<![\w.-])colima[ \t]+(?:(?:-p|--profile)[ =]\S+[ \t]+)?"
    rf"(?P<verb>{'|'.join(sorted(VERBS, key=len, reverse=True))})(?![\w-]){_END}"
    rf"|(?<![\w.-])limactl[ \t]+(?:{'|'.join(sorted(LIMA_VERBS, key=len, reverse=True))})(?![\w-])",
    re.M,
)
FOLDER = lazy(r"\.colima/")
PROGRAM = lazy(r"/bin/(?:colima|limactl)(?![\w./-])")
CONTEXT = lazy(r"\bcontext[ \t]+use[ \t]+colima\b|--context[ =]colima\b")
SERVICE = lazy(r"\bbrew[ \t]+services[ \t]+[a-z]+[ \t]+colima\b")
_ARGV = lazy(
    rf"[\"'`](?:[^\"'`\s]*/)?(?:colima|limactl)[\"'`]\s*,\s*\[?\s*[\"'`](?:-|(?:{_ANY})[\"'`])"
    r"|[\"']context[\"'],\s*[\"']use[\"'],\s*[\"']colima|[\"']--context[\"'],\s*[\"']colima"
)


def is_command(text: str) -> bool:
    """Whether a text holds a command of the tools, as a person or a shell writes it."""
    return any(pattern.search(text) for pattern in (COMMAND, CONTEXT, SERVICE))


def is_spelled(line: str) -> bool:
    """Whether a line of code holds a command or a program of the tools, or a path in Colima's
    folder."""
    found = (pattern.search(line) for pattern in (FOLDER, PROGRAM, _ARGV))
    return is_command(line) or any(found)


def names_runtime(line: str, needle: str) -> bool:
    """Whether a line that holds a tool's name or an address spells a command, or that address."""
    return is_spelled(line) if needle in TOOLS else holds_address(line, (needle,))


def holds_address(text: str, addresses: Collection[str]) -> bool:
    """Whether one of the addresses stands in a text, and not as a part of another one."""
    return any(
        re.search(rf"(?<![\d.]){re.escape(each)}(?!\.?\d)", text) is not None for each in addresses
    )
