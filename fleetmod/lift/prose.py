"""Commands quoted in text for people: `Restart it: launchctl kickstart -k gui/501/com.x`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.flow.texts import Piece, Pieces, Values, merge
from fleetmod.lift.grammar import Grammar
from fleetmod.lift.launchctl import VERBS
from fleetmod.lift.operation import Foreign, Operation, Unliftable
from fleetmod.lift.shell import parse_shell
from fleetmod.regex import lazy
from fleetmod.syntax.source import Source, ancestors, walk

_HOLE = "\0"
_WORD = r"(?:\"[^\"\n]*\"|'[^'\n]*'|(?:\$\([^)]*\)|[^\s`'\"\u2014,;|&()\]\0]|\0)+)"
_COMMAND = lazy(
    rf"(?:/bin/)?launchctl(?P<args>(?:[ \t]+{_WORD})+)"
    rf"(?P<grep>[ \t]*\|[ \t]*grep[ \t]+['\"]?{_WORD}['\"]?)?"
)
_UNKNOWN = lazy(
    rf"launchctl[ \t]+(?:{'|'.join(sorted(VERBS))})[ \t]+"
    rf"[\"']?(?:-\w|\$|\0|~|/|gui\b|user/|system\b|[\w-]+\.[\w-]+\.)"
)
_TARGET = lazy(r"(?=.*[A-Za-z\0])(?:.*[./\0]|.*\$\()")
# `launchctl list output`: the command is a part of speech here
_SPEECH = lazy(r"[ \t]+(?!(?:and|or|to|for|if|in|then|first|again|shows?)\b)[a-z]")


# TypeScript's handbook, "Triple-Slash Directives"; tc39.es/ecma426, "Linking inline code"
_DIRECTIVE = lazy(r"///\s*<|//[#@]\s*source(?:Mapping)?URL=")
_WRAPPED = lazy(r"\s*\r?\n[ \t]*(?:\*(?!/)|//)?[ \t]*")
_ENV = r"(?:getenv|setenv|unsetenv|env(?:ironment)?(?:[ -](?:vars?|variables?|overrides?))?)"
_GAP = r"(?:[^\w.]+\w+){0,5}?[^\w.]+"  # within a few words, in one sentence
_ENVIRONMENT = lazy(
    rf"launchctl +(?:asuser|limit|config)\b|launchctl\b{_GAP}{_ENV}\b|\b{_ENV}\b{_GAP}launchctl\b"
)
_CHANGES = lazy(r"\blaunchctl +(?:setenv|unsetenv|config|reboot|limit +\S+ +\S)")
SERVICE = lazy(rf"launchctl +(?:{'|'.join(sorted(VERBS))})\b")

_TITLES = lazy(r"(?:it|test|describe|context|suite|bench)(?:\.\w+)*")


def is_directive(text: str) -> bool:
    """Whether a comment is an instruction to the compiler or another tool, and no prose."""
    return _DIRECTIVE.match(text) is not None


def unwrapped(text: str) -> str:
    """A comment's text on one line, without the marks that its lines begin with."""
    return _WRAPPED.sub(" ", text)


def of_environment(text: str) -> bool:
    """Whether a text speaks of the session's environment or limits, and of no service."""
    flat = unwrapped(text)
    return bool(_ENVIRONMENT.search(flat)) and not SERVICE.search(flat)


def changes_host(text: str) -> bool:
    """Whether a command of launchctl in a text changes the session or the host."""
    return _CHANGES.search(text) is not None


def beside(node: Node, source: Source) -> str:
    """The other literals of the `+` chain that a literal is a part of."""
    whole = node
    for a in ancestors(node):
        if a.type not in ("binary_expression", "parenthesized_expression", "ternary_expression"):
            break
        whole = a
    literals = (n for n in walk(whole) if n.type in ("string", "template_string"))
    return "\n".join(source.own_text(n) for n in literals if n.id != node.id)


def behind(node: Node, values: Values) -> tuple[str, str]:
    """What follows a literal in its `+` chain, and what the console prints behind that; a NUL for
    what is only known at run time."""
    chain, child = "", node
    for a in ancestors(node):
        if a.type == "arguments":
            follows = child.next_named_sibling
            console = a.parent is not None and values.source.text(a.parent).startswith("console.")
            if not console or follows is None or follows.type in ("object", "array", "comment"):
                break
            return chain, " " + flatten(values.pieces(follows))
        if a.type == "binary_expression":
            left, right = a.child_by_field_name("left"), a.child_by_field_name("right")
            if left is None or right is None or "+" not in {c.type for c in a.children}:
                break
            chain += flatten(values.pieces(right)) if left.id == child.id else ""
        elif a.type != "parenthesized_expression":
            break
        child = a
    return chain, ""


def is_title(node: Node, source: Source) -> bool:
    """Whether a literal is the name of a test case, which must not depend on the platform."""
    call = node.parent.parent if node.parent is not None else None
    target = call.child_by_field_name("function") if call is not None else None
    return target is not None and bool(_TITLES.fullmatch(source.text(target)))


@dataclass(frozen=True)
class Quoted:
    """A command in a text: where it stands in the flattened text, and what it does."""

    start: int
    end: int
    operation: Operation


def flatten(pieces: Pieces) -> str:
    """The text with a NUL for every hole."""
    return "".join(p if isinstance(p, str) else _HOLE for p in pieces)


def cut(pieces: Pieces, start: int, end: int) -> Pieces:
    """The part of the pieces between two offsets of the flattened text."""
    out: list[Piece] = []
    at = 0
    for piece in pieces:
        size = len(piece) if isinstance(piece, str) else 1
        low, high = max(start - at, 0), min(end - at, size)
        if low < high:
            out.append(piece[low:high] if isinstance(piece, str) else piece)
        at += size
    return merge(out)


def quoted_commands(pieces: Pieces, grammar: Grammar) -> Iterator[Quoted]:
    """The commands of a text that are understood in full, left to right."""
    text = flatten(pieces)
    for match in _COMMAND.finditer(text):
        words = match.group("args").split()
        if words[0] not in VERBS:
            continue
        for count in range(len(words), 0, -1):
            # Prose may follow the command: drop words from the end until it is understood.
            end = (
                match.end("args")
                if count == len(words)
                else _end_of(text, match.start("args"), count)
            )
            if count == len(words) and match.group("grep"):
                end = match.end("grep")
            if text[end - 1] in ".:":
                end -= 1
            if count == 1 and _SPEECH.match(text, end):
                break
            operation = _understand(cut(pieces, match.start(), end), words[:count], grammar)
            if operation is not None:
                yield Quoted(match.start(), end, operation)
                break


def holds_command(text: str) -> bool:
    """Whether a text holds something like a command, understood or not."""
    return bool(_UNKNOWN.search(text))


def _end_of(text: str, start: int, count: int) -> int:
    match = re.compile(rf"(?:[ \t]+{_WORD}){{{count}}}").match(text, start)
    return match.end() if match else start


def _understand(pieces: Pieces, words: list[str], grammar: Grammar) -> Operation | None:
    if words[0] != "list" and not any(_TARGET.match(w) for w in words[1:]):
        return None  # `launchctl disable failed` is prose
    if words[0] == "list" and len(words) > 1 and not _TARGET.search(words[1]):
        return None
    try:
        operations = grammar.shell(parse_shell(pieces))
    except (Unliftable, Foreign):
        return None
    return operations[0] if len(operations) == 1 else None
