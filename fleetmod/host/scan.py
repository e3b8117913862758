"""One TypeScript file from bytes to findings of host-bound tools, and platform checks. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.bounds import DEPTH, TOO_DEEP
from fleetmod.flow.branches import guards_of
from fleetmod.flow.guards import Guards
from fleetmod.flow.platforms import EVERY, only
from fleetmod.flow.texts import Values
from fleetmod.host.commands import Commands
from fleetmod.host.fallback import goes_on, guard
from fleetmod.host.nature import NOTHING, Surroundings, platform_of_file, platform_of_package
from fleetmod.host.tools import RULE as TOOL_RULE
from fleetmod.host.tools import Tool
from fleetmod.lift.runners import Runners
from fleetmod.lower.draft import Refused
from fleetmod.model import REWRITE, Edit, FileResult, Finding, exempt, refuse
from fleetmod.suppress import Suppressions
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import (
    Source,
    ancestors,
    deeper_than,
    enclosing_function,
    is_text,
    open_source,
    same,
    unwrap,
)
from fleetmod.syntax.tokens import token_digest
from fleetmod.testfiles import is_test

Loaded = Callable[[Tool], tuple[frozenset[str], frozenset[str]]]
RULE, FAMILY = TOOL_RULE.id, TOOL_RULE.family
_SHORT = 120


def scan(
    path: str,
    data: bytes,
    tools: Mapping[str, Tool],
    known: frozenset[str] = frozenset(),
    around: Surroundings = NOTHING,
    loaded: Loaded | None = None,
) -> FileResult:
    """What one file runs of `tools` with no platform check around it, and the checks to insert.

    `known` are the rules that a directive may name. `loaded` tells where the module is loaded, and
    where it is used, and is asked where nothing in the file guards a call. A file that is no text,
    or nests too deeply, counts as not parsed.
    """
    digest = hashlib.sha256(data).hexdigest()
    lines = (1, data.count(b"\n") + 1)
    if not is_text(data):
        return FileResult(path, digest, errors=(lines,), unparsed=(lines,))
    source = open_source(path, data)
    try:
        if not deeper_than(source.root, DEPTH):
            return _File(source, tools, known, around, loaded).result(digest)
    except RecursionError:
        pass
    return FileResult(path, digest, errors=(lines,), unparsed=(lines,), problem=TOO_DEEP)


class _File:
    def __init__(
        self,
        source: Source,
        tools: Mapping[str, Tool],
        known: frozenset[str],
        around: Surroundings,
        loaded: Loaded | None,
    ) -> None:
        self.source, self.tools, self.around, self.loaded = source, tools, around, loaded
        self.scopes = Scopes(source)
        self.values = Values(self.scopes)
        self.runners = Runners(self.scopes, self.values)
        self.suppressions = Suppressions(source, known | {RULE})
        self.guards: dict[str, Guards[Node]] = {}  # by tool
        self.edits: dict[int, Edit] = {}
        self.checks: list[tuple[int, str]] = []  # where one is put in, and for which platform

    def result(self, digest: str) -> FileResult:
        commands = Commands(self.runners, self.values)
        findings = []
        for call in self.source.of("call_expression", "new_expression"):
            found = (self._finding(call, tool) for tool in self._unguarded(call, commands))
            findings += [finding for finding in found if finding is not None]
        broken = self.source.errors()
        findings += self.suppressions.findings((RULE,))
        ranges = tuple(
            (self.source.line_of(n.start_byte), self.source.line_of(max(n.end_byte - 1, 0)))
            for n in broken
        )
        names = [name.encode() for name in self.tools if not self.tools[name].ordinary]
        held = tuple(
            lines
            for lines, node in zip(ranges, broken, strict=True)
            if any(name in (node.text or b"") for name in names)
        )
        edits = tuple(sorted(self.edits.values()))
        return FileResult(self.source.path, digest, tuple(findings), edits, (), ranges, held)

    def _unguarded(self, call: Node, commands: Commands) -> list[Tool]:
        """The tools that a call runs with nothing around it for a platform without them."""
        run = [(self.tools[p.name], p) for p in commands.of(call) if p.name in self.tools]
        tolerated = any(program.tolerated for _, program in run)
        if tolerated and len({tool.platform for tool, _ in run}) > 1:
            return []  # `pbcopy || xclip`: one for each platform
        counted = (t for t, p in run if not p.tolerated and (p.proven or not t.ordinary))
        return [tool for tool in dict.fromkeys(counted) if not self._is_guarded(call, tool)]

    def _is_guarded(self, call: Node, tool: Tool) -> bool:
        found = self._guards(tool).platforms_at(call)
        if only(found, tool.platform) or self.loaded is None:
            return only(found, tool.platform)
        loaded, used = self.loaded(tool)
        return only(found & loaded & (EVERY if self._at_import(call) else used), tool.platform)

    def _guards(self, tool: Tool) -> Guards[Node]:
        if tool.name not in self.guards:
            self.guards[tool.name] = guards_of(self.values, tool)
        return self.guards[tool.name]

    def _finding(self, call: Node, tool: Tool) -> Finding | None:
        """What is to be told of a call; None where the code goes on without the tool."""
        source = self.source
        line, col = source.position(call.start_byte)
        function = enclosing_function(call)
        when = " when the module is imported" if self._at_import(call) else ""
        text = " ".join(source.text(call).split())
        finding = Finding(
            rule=RULE,
            family=FAMILY,
            cls="call",
            path=source.path,
            start=call.start_byte,
            end=call.end_byte,
            line=line,
            col=col,
            text=text if len(text) <= _SHORT else text[: _SHORT - 1] + "…",
            understood=f"runs {tool.name}, of {tool.where} only{when}",
            action=REWRITE,
            test=is_test(source.path),
            symbol=self._name(function) if function is not None else "",
            notes=(
                f"{tool.name} exists on {tool.where} only; to have it elsewhere: {tool.instead}",
            ),
            lines=(line,),
            digest=token_digest(source, call),
        )
        if accepted := self.suppressions.apply(finding):
            return _no_debt(finding, "", accepted)
        if nature := self._nature(tool):
            return _no_debt(finding, nature)
        try:
            if not self._behind(call, tool):
                self._guard(call, tool)
        except Refused as why:
            if goes_on(call, self.runners.of_call(call)):
                return None
            reason = (
                f"{tool.name} exists on {tool.where} only; check process.platform before it; "
                f"elsewhere: {tool.instead} ({why})"
            )
            return replace(refuse(finding, reasons.UNCHECKED_TOOL(reason)), notes=())
        return finding

    def _nature(self, tool: Tool) -> str:
        """Why the whole file is for the tool's platform: its own name, or its package's `os`. The
        names of folders count for scripts alone."""
        path = self.source.path
        named = platform_of_file(path.rpartition("/")[2], tool, NOTHING)
        return named or platform_of_package(path, tool, self.around)

    def _guard(self, call: Node, tool: Tool) -> None:
        runner = self.runners.of_call(call)
        if runner is None:
            raise Refused(reasons.UNCHECKED_TOOL("the function that runs it is defined elsewhere"))
        if self.source.errors():
            raise Refused(reasons.UNCHECKED_TOOL("the file does not parse as a whole"))
        edit = guard(call, runner, tool, self.scopes, RULE)
        if self.edits.setdefault(edit.start, edit) != edit:
            raise Refused(reasons.UNCHECKED_TOOL("another check stands at the same place"))
        self.checks.append((edit.start, tool.platform))

    def _behind(self, call: Node, tool: Tool) -> bool:
        """Whether a check that is put in already leaves the block before the call is reached."""
        for a in ancestors(call):
            if a.type == "statement_block":
                inside = (s.start_byte for s in a.named_children if s.start_byte < call.start_byte)
                if any((start, tool.platform) in self.checks for start in inside):
                    return True
            if same(a, enclosing_function(call)):
                break
        return False

    def _at_import(self, node: Node, depth: int = 6) -> bool:
        """Whether a place runs while its module is loaded, through local functions."""
        function = enclosing_function(node)
        if function is None:
            return True
        for binding in self.scopes.bindings() if depth else ():
            made = unwrap(binding.value) if binding.value is not None else binding.declaration
            if same(made, function):
                return any(
                    use.parent is not None
                    and same(use.parent.child_by_field_name("function"), use)
                    and not same(enclosing_function(use), function)
                    and self._at_import(use, depth - 1)
                    for use in self.scopes.references(binding)
                )
        return False

    def _name(self, function: Node) -> str:
        holder = function if function.child_by_field_name("name") else function.parent
        name = holder.child_by_field_name("name") if holder is not None else None
        return self.source.text(name) if name is not None else ""


def _no_debt(finding: Finding, reason: str, accepted: str = "") -> Finding:
    return replace(exempt(finding, reason, accepted), notes=())
