"""What part each node plays that names one Mac's container runtime: its tools, machine or files."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from tree_sitter import Node

from fleetmod.lift.audience import looks_run
from fleetmod.lift.colima import Colima
from fleetmod.lift.container_text import (
    FOLDER,
    PROGRAM,
    TOOLS,
    holds_address,
    is_command,
    is_spelled,
)
from fleetmod.lift.site import Site
from fleetmod.lift.sites import Sites
from fleetmod.regex import lazy
from fleetmod.spans import Spans
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import contains
from fleetmod.testfiles import is_test

EXECUTED, FOREIGN, COVERED = "executed", "foreign", "covered"
DISPLAYED, RUNNABLE, ADDRESS, PATH = "displayed", "runnable", "address", "path"
CANDIDATE, MENTION, TESTED, VALUE = "candidate", "mention", "tested", "value"
_IMPORTS = ("import_statement", "export_statement", "import_require_clause")
_SOCKET = lazy(r"docker\.sock|podman|/run/")


class ContainerRoles:
    """The container roles of one file's nodes; `addresses` are those of the machine."""

    def __init__(self, scopes: Scopes, addresses: Collection[str]) -> None:
        self.scopes, self.source, self.addresses = scopes, scopes.source, addresses

    @cached_property
    def lifter(self) -> Sites:
        return Sites(self.scopes, Colima)

    @cached_property
    def sites(self) -> dict[int, Site]:
        """The calls that run a tool, by the id of their node."""
        return {site.call.id: site for site in self.lifter.find()}

    @cached_property
    def _claimed(self) -> Spans[Node]:
        claimed = (node for site in self.sites.values() for node in site.claimed)
        return Spans((node.start_byte, node.end_byte, node) for node in claimed)

    def role(self, node: Node) -> str:
        """The role of a node (a constant above); empty for what names nothing of it."""
        if node.type in ("call_expression", "new_expression"):
            site = self.sites.get(node.id)
            return "" if site is None else FOREIGN if site.foreign else EXECUTED
        text = self.source.own_text(node)
        address = holds_address(text, self.addresses)
        if node.type in ("comment", "regex", "hash_bang_line"):
            return MENTION if address or is_spelled(text) else ""
        program = PROGRAM.search(text)
        spelled = FOLDER.search(text) or is_command(text) or program or self._argument(node)
        if not (address or spelled):
            return ""
        if self._claimed.around(node.start_byte, node.end_byte) is not None:
            return COVERED
        if node.parent is not None and node.parent.type in _IMPORTS:
            return MENTION
        if is_test(self.source.path):
            return TESTED
        if address:
            return ADDRESS
        if FOLDER.search(text):
            return CANDIDATE if self._candidate(node) else PATH
        if not is_command(text):
            whole = program is not None and text[program.end() :].strip("\"'`") == ""
            return VALUE if whole else MENTION
        plain = text.strip("\"'`")
        audience = self.lifter.strangers.audience
        if audience.runs(node):
            return RUNNABLE
        people = node.type == "jsx_text" or audience.people(node)
        return (
            RUNNABLE if looks_run(plain, (*TOOLS, "docker", "brew")) and not people else DISPLAYED
        )

    def _argument(self, node: Node) -> bool:
        """Whether a literal is a tool's name with its arguments behind it, as in a test's data."""
        if self.source.text(node).strip("\"'`").rsplit("/", 1)[-1] not in TOOLS:
            return False
        around = node.parent
        after = self.source.text(around)[node.start_byte - around.start_byte :] if around else ""
        return is_spelled(after)

    def _candidate(self, node: Node) -> bool:
        """Whether a socket is one of several places that are tried, so that Colima is no must."""
        around = node.parent
        while around is not None and around.type in (
            "call_expression",
            "arguments",
            "object",
            "pair",
        ):
            around = around.parent
        if around is None or around.type != "array":
            return False
        others = [c for c in around.named_children if not contains(c, node)]
        texts = [self.source.text(c) for c in others]
        return any(_SOCKET.search(t) and not FOLDER.search(t) for t in texts)
