"""Rewrites texts that name the container runtime of one Mac: hints for people, and addresses."""

from __future__ import annotations

import re
from collections.abc import Collection

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.texts import Hole, Pieces, Values
from fleetmod.lift.container_text import COMMAND, CONTEXT, holds_address
from fleetmod.lift.prose import behind, flatten
from fleetmod.lower.context import ASYNC, context_of, unawaited
from fleetmod.lower.draft import CONTAINER, Draft, Refused
from fleetmod.lower.prose import must_stay_literal
from fleetmod.lower.style import template_text
from fleetmod.regex import lazy
from fleetmod.syntax.source import enclosing_function, parts

_ON_MAC = lazy(r"\b(?:macOS|mac ?os|darwin|OS ?X|on (?:a |your )?mac)\b", re.I)
_HINTS = ("status", "start")
_SPELLING = reasons.COMMAND_SHOWN(
    "shows a command that the port cannot spell; word it for every container runtime"
)
_NAMED = lazy(r"(?P<start>^)?\bColima(?= (?:is|isn't|was|did|does|must|may|cannot|failed)\b)")
_SEVERAL = reasons.MACHINE_ADDRESS(
    "one of several places that are tried: resolve them by `resolveEndpoint`, given `localhost` "
    "and `serviceDns`, which asks for the machine's address itself"
)
_CONSTANT = reasons.MACHINE_ADDRESS(
    "the machine's address as a value of its own; ask `await containerRuntime.vmIp()` where it is "
    "used, or let `resolveEndpoint` choose the endpoint"
)
_ELSEWHERE = reasons.MACHINE_ADDRESS(
    "the machine's address where the code cannot wait for it, or goes on when nothing answers; ask "
    "`await containerRuntime.vmIp()`, which may be null, or let `resolveEndpoint` choose"
)


class ContainerTexts:
    """Lowers the literals of one file; `addresses` are those of the runtime's machine."""

    def __init__(self, draft: Draft, values: Values, addresses: Collection[str]) -> None:
        self.draft, self.values, self.addresses = draft, values, addresses
        self.scopes, self.source = draft.scopes, draft.scopes.source

    def display(self, node: Node, rule: str) -> str:
        """A text for people asks the port for its hint; returns what was understood."""
        pieces = self.values.pieces(node)
        text = flatten(pieces)
        found = list(COMMAND.finditer(text))
        if node.type == "jsx_text" or CONTEXT.search(text) or not found:
            raise Refused(_SPELLING)
        chain = "".join(behind(node, self.values))
        for match in found:
            whole = match[0].split() == ["colima", match["verb"]] and match["verb"] in _HINTS
            if not whole or re.match(r"[ \t]+[-\0]", text[match.end() :] + chain):
                raise Refused(_SPELLING)
        if _ON_MAC.search(text):
            raise Refused(
                reasons.NAMES_PLATFORM("names macOS beside the command; word it for every platform")
            )
        if must_stay_literal(node):
            raise Refused(
                reasons.LITERAL_ONLY(
                    "the text must stay a literal here; word it without the command"
                )
            )
        runtime = self.draft.name(CONTAINER, "containerRuntime")
        out = ""
        for piece in pieces:
            if isinstance(piece, Hole):
                out += "${" + self.source.text(piece.node) + "}"
                continue
            at = 0
            for match in COMMAND.finditer(piece):
                hint = f"{runtime}.hint({self.draft.style.string(match['verb'])})"
                out += self._neutral(piece[at : match.start()], first=not out) + "${" + hint + "}"
                at = match.end()
            out += self._neutral(piece[at:], first=not out)
        bare = re.fullmatch(r"\$\{([^{}]*)\}", out)
        self.draft.replace(node, bare[1] if bare else f"`{out}`", rule)
        return "hint: " + "; ".join(match["verb"] for match in found)

    def _neutral(self, text: str, first: bool) -> str:
        def name(match: re.Match[str]) -> str:
            begins = (first and match.start() == 0) or text[: match.start()].rstrip()[-1:] in ".!?"
            return "The container runtime" if begins else "the container runtime"

        told = _NAMED.sub(name, text)
        if re.search(r"\b(?:[Cc]olima|limactl)\b", told):
            raise Refused(
                reasons.NAMES_PLATFORM(
                    "names Colima beside the command; word it for every container runtime"
                )
            )
        return template_text(told)

    def address(self, node: Node, rule: str) -> str:
        """The machine's address in what is fetched; elsewhere a person must say what fails how."""
        call = self._fetched(node)
        if call is None:
            array = node.parent is not None and node.parent.type == "array"
            alone = holds_address(
                "".join(self.source.own_text(node)[1:-1].split("\n")), self.addresses
            )
            whole = self.source.text(node)[1:-1] in self.addresses
            top = enclosing_function(node) is None
            raise Refused(
                _SEVERAL if array else _CONSTANT if alone and (whole or top) else _ELSEWHERE
            )
        if context_of(node, self.scopes).kind != ASYNC or unawaited(node, self.scopes):
            raise Refused(_ELSEWHERE)
        runtime = self.draft.name(CONTAINER, "containerRuntime")
        asked = "${" + f"{self.draft.name(CONTAINER, 'requireVmIp')}(await {runtime}.vmIp())" + "}"
        self.draft.replace(node, "`" + self._written(self.values.pieces(node), asked) + "`", rule)
        return "the address of the runtime's machine"

    def _written(self, pieces: Pieces, asked: str) -> str:
        out = ""
        for piece in pieces:
            if isinstance(piece, Hole):
                out += "${" + self.source.text(piece.node) + "}"
                continue
            text = template_text(piece)
            for address in self.addresses:
                text = re.sub(rf"(?<![\d.]){re.escape(address)}(?!\.?\d)", lambda _: asked, text)
            out += text
        return out

    def _fetched(self, node: Node) -> Node | None:
        """The `await fetch(node, …)` whose address this is, when it is awaited and no more."""
        arguments = node.parent
        call = arguments.parent if arguments is not None and arguments.type == "arguments" else None
        function = call.child_by_field_name("function") if call is not None else None
        if call is None or arguments is None or function is None:
            return None
        first = parts(arguments)[0].id == node.id
        is_fetch = self.source.text(function) == "fetch" and self.scopes.resolve(function) is None
        awaited = call.parent is not None and call.parent.type == "await_expression"
        return call if first and is_fetch and awaited else None
