"""One Python module from bytes to findings of host-bound tools. Pure; nothing is rewritten, so
that the standard library's `ast` is enough."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import warnings
from collections.abc import Iterator, Mapping

from fleetmod.host.findings import reported
from fleetmod.host.module import MODULES, Module, read
from fleetmod.host.module_branches import ModuleGuards
from fleetmod.host.nature import NOTHING, Surroundings, platform_of_file
from fleetmod.host.tools import RULE, Tool, for_language
from fleetmod.model import FileResult, Finding
from fleetmod.suppress import Suppressions, comments_of
from fleetmod.syntax.source import Text

_BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError)
_CHECKS = {"darwin": '`sys.platform == "darwin"`', "linux": '`sys.platform == "linux"`'}


def scan(
    path: str,
    data: bytes,
    tools: Mapping[str, Tool],
    known: frozenset[str] = frozenset(),
    around: Surroundings = NOTHING,
) -> FileResult:
    """What one module runs of `tools` with no platform check around it.

    `known` are the rules that a directive may name. A file that is no Python of this interpreter's
    grammar counts as not parsed, where it imports what runs programs and names a tool.
    """
    digest = hashlib.sha256(data).hexdigest()
    if not any(name.encode() in data for name in MODULES):
        return FileResult(path, digest)
    source = Text(path, data)
    suppressions = Suppressions(source, known | {RULE.id}, comments_of("python", source))
    try:
        data.decode()
        words = for_language(tools, "python")
        findings = tuple(_findings(source, _parse(data), words, suppressions, around))
    except _BROKEN:
        lines = (1, data.count(b"\n") + 1)
        held = any(name.encode() in data for name in tools if not tools[name].ordinary)
        return FileResult(path, digest, errors=(lines,), unparsed=(lines,) if held else ())
    return FileResult(path, digest, (*findings, *suppressions.findings((RULE.id,))))


def calls_of(data: bytes, tool: Tool) -> list[tuple[int, int, bool]]:
    """The byte ranges of the calls that run one tool, and whether a check is around each."""
    source, out = Text("", data), []
    with contextlib.suppress(*_BROKEN):
        module = _parse(data)
        for call in module.calls:
            if any(program.name == tool.name for program, _ in module.programs(call)):
                out.append((*_span(source, call), _is_guarded(module, call, call, tool)))
    return out


def _parse(data: bytes) -> Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # escapes that people forgot
        return read(ast.parse(data))


def _span(source: Text, call: ast.Call) -> tuple[int, int]:
    start = source.start_of(call.lineno) + call.col_offset
    return start, source.start_of(call.end_lineno or call.lineno) + (call.end_col_offset or 0)


def _is_guarded(module: Module, call: ast.Call, value: ast.expr, tool: Tool) -> bool:
    guards = module.guards.get(tool.name)
    if not isinstance(guards, ModuleGuards):
        guards = module.guards[tool.name] = ModuleGuards(module, tool)
    by_shell = module.elements(value) is None
    return guards.guarded(call) or guards.guarded(value) or guards.caught(call, by_shell)


def _findings(
    source: Text,
    module: Module,
    tools: Mapping[str, Tool],
    suppressions: Suppressions,
    around: Surroundings,
) -> Iterator[Finding]:
    for call in sorted(module.calls, key=lambda node: (node.lineno, node.col_offset)):
        run = [(p, v) for p, v in module.programs(call) if p.name in tools]
        tolerated = any(program.tolerated for program, _ in run)
        if tolerated and len({tools[p.name].platform for p, _ in run}) > 1:
            continue  # `pbcopy || xclip`: one for each platform
        for name, value in dict.fromkeys((p.name, v) for p, v in run if not p.tolerated):
            tool = tools[name]
            if _is_guarded(module, call, value, tool):
                continue
            check = f'`shutil.which("{name}")` or {_CHECKS.get(tool.platform, "`sys.platform`")}'
            start, end = _span(source, call)
            nature = platform_of_file(source.path, tool, around)
            function = module.function(call)
            symbol = function.name if function is not None else ""
            yield reported(source, start, end, tool, check, suppressions, symbol, nature)
