"""One shell script from bytes to findings of host-bound tools. Pure; nothing is rewritten.

Whether a script may do without a tool is for a person to say: every finding tells what to write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping

from tree_sitter import Node

from fleetmod.bounds import DEPTH, TOO_DEEP
from fleetmod.host.findings import reported
from fleetmod.host.nature import NOTHING, Surroundings, platform_of_file
from fleetmod.host.script import Script, read, tolerated
from fleetmod.host.script_branches import guards_of
from fleetmod.host.tools import RULE, Tool, for_language
from fleetmod.model import FileResult, Finding
from fleetmod.suppress import Suppressions
from fleetmod.syntax.source import Source, ancestors, deeper_than, is_text, parse

_CHECKS = {"darwin": '[ "$(uname)" = Darwin ]', "linux": '[ "$(uname)" = Linux ]'}


def scan(
    path: str,
    data: bytes,
    tools: Mapping[str, Tool],
    known: frozenset[str] = frozenset(),
    around: Surroundings = NOTHING,
) -> FileResult:
    """What one script runs of `tools` with no platform check around it.

    `known` are the rules that a directive may name. A file that is no text, or nests too
    deeply, counts as not parsed.
    """
    digest, lines = hashlib.sha256(data).hexdigest(), (1, data.count(b"\n") + 1)
    if not is_text(data):
        return FileResult(path, digest, errors=(lines,), unparsed=(lines,))
    tools = for_language(tools, "shell")
    source = Source(path, data, "bash", parse("bash", data))
    if deeper_than(source.root, DEPTH):
        return FileResult(path, digest, errors=(lines,), unparsed=(lines,), problem=TOO_DEEP)
    suppressions = Suppressions(source, known | {RULE.id})
    try:
        findings = tuple(_findings(source, tools, suppressions, around))
    except RecursionError:
        return FileResult(path, digest, errors=(lines,), unparsed=(lines,))
    broken = source.errors()
    ranges = tuple(
        (source.line_of(n.start_byte), source.line_of(max(n.end_byte - 1, 0))) for n in broken
    )
    names = [name.encode() for name in tools if not tools[name].ordinary]
    held = tuple(
        lines
        for lines, node in zip(ranges, broken, strict=True)
        if any(name in (node.text or b"") for name in names)
    )
    every = (*findings, *suppressions.findings((RULE.id,)))
    return FileResult(path, digest, every, (), (), ranges, held)


def _findings(
    source: Source, tools: Mapping[str, Tool], suppressions: Suppressions, around: Surroundings
) -> Iterator[Finding]:
    script = read(source)
    found = _calls(script, tools, around)
    names = {name for _, name in found}
    others = {name: _others(found, tools[name], tools) for name in names}
    judges = {name: guards_of(script, tools[name], tools) for _, name in found}
    for command, name in found:
        tool, guards = tools[name], judges[name]
        if tolerated(command, script, others[name]) or guards.guarded(command):
            continue
        check = f"`command -v {name}` or `{_CHECKS.get(tool.platform, 'uname')}`"
        nature = platform_of_file(source.path, tool, around)
        span, symbol = (command.start_byte, command.end_byte), _symbol(command, script)
        yield reported(source, *span, tool, check, suppressions, symbol, nature)


def calls_of(source: Source, tool: Tool) -> tuple[list[Node], Callable[[Node], bool]]:
    """The commands of a script that run one tool, and what tells whether a platform check is
    around a place."""
    script, tools = read(source), {tool.name: tool}
    guards = guards_of(script, tool, tools)

    def guarded(node: Node) -> bool:
        try:
            return guards.guarded(node)
        except RecursionError:
            return False

    return [command for command, _ in _calls(script, tools, NOTHING)], guarded


def _calls(
    script: Script, tools: Mapping[str, Tool], around: Surroundings
) -> list[tuple[Node, str]]:
    """The commands that run a tool, each with the tool's name."""
    out: dict[tuple[Node, str], None] = {}
    for command in script.commands:
        for program in script.programs(command):
            name = program.name
            foreign = script.sources and name in around.functions
            if name not in tools or program.tolerated or script.defines(name) or foreign:
                continue
            out[command, name] = None
    return list(out)


def _others(found: list[tuple[Node, str]], tool: Tool, tools: Mapping[str, Tool]) -> frozenset[int]:
    return frozenset(node.id for node, name in found if tools[name].platform != tool.platform)


def _symbol(command: Node, script: Script) -> str:
    function = next((a for a in ancestors(command) if a.type == "function_definition"), None)
    return script.text(function.child_by_field_name("name")) if function is not None else ""
