"""Tools of macOS that a job's program is, or that its shell runs (rule host-tool)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from fleetmod.fleet.units.model import Draft
from fleetmod.host.shell import scan
from fleetmod.host.tools import Tool, load_tools

_SHELLS = frozenset(("sh", "bash", "zsh", "dash", "ksh"))
_SCRIPT = re.compile(r"-[a-z]*c[a-z]*")  # `-c`, `-lc`: the next word is the script
_RUNS_NEXT = frozenset(("env", "nice", "nohup", "caffeinate", "time"))


def tell(draft: Draft, job: Mapping[str, object]) -> None:
    """Say of each tool that it is not there, with what to write instead."""
    words = job.get("ProgramArguments", [])
    words = [word for word in words if isinstance(word, str)] if isinstance(words, list) else []
    program = job.get("Program")
    if isinstance(program, str):
        words = [program, *words[1:]]
    for name in dict.fromkeys(_named(words)):
        tool = _tools()[name]
        draft.differ("ProgramArguments", f"{name} is a tool of macOS; instead: {_instead(tool)}")


@cache
def _tools() -> dict[str, Tool]:
    return {name: tool for name, tool in load_tools().items() if tool.platform == "darwin"}


def _instead(tool: Tool) -> str:
    return tool.shell or tool.instead


def _named(words: list[str]) -> Iterator[str]:
    while words:
        name = words[0].rpartition("/")[2]
        if name in _tools():
            yield name
        if name in _SHELLS:
            yield from _in_script(words[1:])
        if name not in _RUNS_NEXT:
            return
        words = words[1:]
        while words and (words[0].startswith("-") or "=" in words[0]):
            words = words[1:]


def _in_script(words: list[str]) -> Iterator[str]:
    for at, word in enumerate(words[:-1]):
        if _SCRIPT.fullmatch(word):
            found = scan("job.sh", words[at + 1].encode(errors="replace"), _tools())
            for finding in found.findings:
                yield from (name for name in _tools() if f"runs {name}, of" in finding.understood)
            return
        if not word.startswith("-"):
            return
