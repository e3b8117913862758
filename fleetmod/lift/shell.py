"""A shell command with holes, parsed by tree-sitter-bash into words (bash(1), SHELL GRAMMAR)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.texts import Hole, Pieces
from fleetmod.lift.operation import HomeDir, OwnUid, Unliftable, Word, WordPiece
from fleetmod.regex import lazy
from fleetmod.syntax.source import parse, parts

_HOLE = lazy(r"fLeEtHoLe(\d+)x")
_QUOTES = lazy(r"JSON\.stringify|(?:\w+\.)?(?:shell|sh|bash)?_?(?:[qQ]uote|[eE]scape)\w*")
_MISPARSED = reasons.SHELL_SYNTAX("the shell command does not parse; split it into plain commands")


@dataclass(frozen=True)
class Simple:
    """A program and its arguments; whether its error output, and its output, are dropped."""

    words: tuple[Word, ...]
    quiet: bool = False
    silent: bool = False


@dataclass(frozen=True)
class Pipeline:
    """Commands joined by `|`; the exit status is the last one's."""

    stages: tuple[Simple, ...]


@dataclass(frozen=True)
class Chain:
    """Two commands joined by `||`, `&&` or `;`."""

    operator: str
    left: Shell
    right: Shell


Shell = Simple | Pipeline | Chain


def parse_shell(pieces: Pieces) -> Shell:
    """The structure of a shell command; raises Unliftable where it has control flow or the like."""
    holes: list[Hole] = []
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
        else:
            text += f"fLeEtHoLe{len(holes)}x"
            holes.append(Hole(_unquoted(piece.node)))
    data = text.encode()
    root = parse("bash", data).root_node
    if root.has_error:
        raise Unliftable(_MISPARSED)
    statements = parts(root)
    if not statements:
        raise Unliftable(reasons.SHELL_SYNTAX("the shell command is empty; delete the call"))
    if any(child.type == "&" for child in root.children):
        raise Unliftable(
            reasons.IN_BACKGROUND("runs in the background; call the port without waiting for it")
        )
    reader = _Reader(data, holes)
    shell = reader.shell(statements[0])
    for statement in statements[1:]:
        shell = Chain(";", shell, reader.shell(statement))
    return shell


def _unquoted(node: Node) -> Node:
    """The value behind a call that quotes it for the shell: `JSON.stringify(path)`, `quote(x)`."""
    if node.type != "call_expression":
        return node
    function, arguments = (
        node.child_by_field_name("function"),
        node.child_by_field_name("arguments"),
    )
    name = (function.text or b"").decode() if function is not None else ""
    given = parts(arguments)
    return given[0] if _QUOTES.fullmatch(name) and len(given) == 1 else node


class _Reader:
    def __init__(self, data: bytes, holes: list[Hole]) -> None:
        self.data, self.holes = data, holes

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode()

    def shell(self, node: Node, quiet: bool = False) -> Shell:
        if node.type == "command":
            return self.command(node, quiet)
        if node.type == "redirected_statement":
            return self.redirected(node)
        if node.type == "list":
            left, right = node.named_children
            operator = next(c.type for c in node.children if c.type in ("||", "&&"))
            return Chain(operator, self.shell(left), self.shell(right))
        if node.type == "pipeline":
            stages: list[Simple] = []
            for child in node.named_children:
                stage = self.shell(child)
                if not isinstance(stage, Simple):
                    raise Unliftable(
                        reasons.SHELL_SYNTAX("a pipeline of compound commands; split it")
                    )
                stages.append(stage)
            return Pipeline(tuple(stages))
        raise Unliftable(
            reasons.SHELL_SYNTAX(
                f"shell syntax ({node.type.replace('_', ' ')}) that no port call expresses; write "
                "plain commands, and the rest in code"
            )
        )

    def redirected(self, node: Node) -> Shell:
        body = node.child_by_field_name("body")
        if body is None:
            raise Unliftable(
                reasons.SHELL_SYNTAX(
                    "a redirection without a command; write or read the file in code"
                )
            )
        quiet = silent = False
        for redirect in node.children_by_field_name("redirect"):
            spelled = re.sub(r"\s+", "", self.text(redirect))
            if spelled in ("2>/dev/null", "&>/dev/null", "2>&1", ">/dev/null", "1>/dev/null"):
                quiet = quiet or spelled.startswith(("2>/", "&>"))
                silent = silent or spelled in ("&>/dev/null", ">/dev/null", "1>/dev/null")
            else:
                raise Unliftable(
                    reasons.SHELL_SYNTAX(
                        f"the redirection `{self.text(redirect)}` has no counterpart; use the "
                        "file in code"
                    )
                )
        shell = self.shell(body)
        return Simple(shell.words, quiet, silent) if isinstance(shell, Simple) else shell

    def command(self, node: Node, quiet: bool) -> Simple:
        words: list[Word] = []
        for child in node.named_children:
            if child.type == "command_name":
                words.append(self.word(child.named_children[0]))
            elif child.type == "variable_assignment":
                raise Unliftable(
                    reasons.SHELL_SYNTAX(
                        "an environment assignment before the command; do without it, or keep it "
                        "in an adapter"
                    )
                )
            elif child.type in ("file_redirect", "herestring_redirect"):
                raise Unliftable(
                    reasons.SHELL_SYNTAX(
                        f"the redirection `{self.text(child)}` has no counterpart; use the file "
                        "in code"
                    )
                )
            else:
                words.append(self.word(child))
        return Simple(tuple(words), quiet)

    def word(self, node: Node) -> Word:
        out: list[WordPiece] = []
        if node.type in ("concatenation", "string"):
            cursor = node.start_byte + (node.type == "string")
            for child in node.named_children:
                # Blanks and the like between expansions are not named nodes inside a string.
                gap = self.data[cursor : child.start_byte].decode()
                if gap:
                    out.extend(self.literal(gap))
                out.extend(self.word(child))
                cursor = child.end_byte
            end = node.end_byte - (node.type == "string")
            if cursor < end:
                out.extend(self.literal(self.data[cursor:end].decode()))
        elif node.type == "raw_string":
            out.extend(self.literal(self.text(node)[1:-1]))
        elif node.type in ("word", "string_content", "number"):
            text = self.text(node)
            if node.type == "word" and re.match(r"~[^/]", text):
                raise Unliftable(
                    reasons.SHELL_EXPANSION(
                        f"the home `{text}` is only known to the shell; make the value in code"
                    )
                )
            if node.type == "word" and node.parent is not None and text.startswith("~/"):
                out.append(HomeDir())
                text = text[1:]
            out.extend(self.literal(re.sub(r"\\(.)", r"\1", text)))
        elif node.type in ("simple_expansion", "expansion", "command_substitution"):
            out.append(self.expansion(re.sub(r"[\s{}()\"`]", "", self.text(node))))
        else:
            raise Unliftable(
                reasons.SHELL_SYNTAX(
                    f"shell syntax ({node.type.replace('_', ' ')}) inside a word; make the value "
                    "in code"
                )
            )
        return tuple(out)

    def literal(self, text: str) -> Word:
        out: list[WordPiece] = []
        at = 0
        for match in _HOLE.finditer(text):
            if text[at : match.start()]:
                out.append(text[at : match.start()])
            out.append(self.holes[int(match.group(1))])
            at = match.end()
        if text[at:]:
            out.append(text[at:])
        return tuple(out)

    def expansion(self, squeezed: str) -> WordPiece:
        if squeezed in ("$UID", "$EUID", "$id-u", "id-u"):
            return OwnUid()
        if squeezed == "$HOME":
            return HomeDir()
        raise Unliftable(
            reasons.SHELL_EXPANSION(
                f"the shell expansion `{squeezed}` is only known to the shell; make the value in "
                "code"
            )
        )
