"""Texts for people: commands become the port's hint, the tool's name becomes a neutral word."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.bound import LAUNCHCTL
from fleetmod.flow.branches import guards_of
from fleetmod.flow.guards import Guards
from fleetmod.flow.texts import Hole, Piece, Pieces, Values, merge
from fleetmod.lift.grammar import Grammar
from fleetmod.lift.operation import Operation
from fleetmod.lift.prose import (
    SERVICE,
    Quoted,
    behind,
    beside,
    cut,
    flatten,
    holds_command,
    is_title,
    quoted_commands,
)
from fleetmod.lower.claims import (
    check_claims,
    check_commands,
    check_facts,
    check_language,
    check_list,
    check_typed,
)
from fleetmod.lower.draft import PROCESS, Draft, Refused
from fleetmod.lower.style import template_text
from fleetmod.lower.words import (
    HEADING,
    VERBS,
    beginning,
    in_front,
    modified,
    nearest,
    neutral,
    neutral_heading,
    starts,
    stuck,
)
from fleetmod.refusal import Reason
from fleetmod.regex import lazy
from fleetmod.syntax.source import Source, same, walk

_IN_JSX = reasons.COMMAND_SHOWN(
    "shows a command; write `{processManager.hint(verb, label)}` in its place"
)
_OWN_ARGUMENTS = reasons.COMMAND_SHOWN(
    "shows launchctl's own arguments; word it by what was asked for"
)
_CODE = lazy(
    r"(?P<article>\b(?:[Tt]he|[Aa]n?|[Tt]his|[Ee]ach|[Ee]very|[Nn]o|[Aa]ny) )?"
    r"`(?:/bin/)?launchctl (?P<verb>[a-z][a-z-]*)(?P<force> -k)?(?: [^`\n]*)?`"
)
_ARGUMENTS = lazy(
    r"launchctl`?[ \t]+[\"'`]?\0|launchctl[ \t]+[a-z-]+[ \t]+-\w|\(launchctl[ \t]+[a-z-]+\)"
)
_GOES_ON = lazy(r"[.\w/@:-]*\0|[ \t]+[\"'`]?\0")  # behind a command, more of it
_STOP = lazy(r"launchctl[ \t]+stop\b")
# `launchAgent=`: the name of a value that the text gives
_FIELD = lazy(r"(?<![\w.@/-])\w+=(?=[\0\w\"'`$])")
_MAC = lazy(
    r"\b(?:mac ?os|darwin|OS ?X|on (?:a |your )?mac|launchd|plist|launch ?(?:agent|daemon)s?)\b",
    re.I,
)


def neutral_comment(
    text: str, grammar: Grammar, above: str = "", below: str = "", kickstart: str = "start"
) -> str:
    """A comment in which the tool is the service manager, and a command what it does; `kickstart`
    is what that subcommand asks for in the file.

    `above` and `below` are the texts that it is one with: each line with `//` is a comment; see
    `comment_flaw` for what may be wrong with the whole of them.
    """
    above = nearest(above)
    if stuck(text):
        raise Refused(reasons.PART_OF_NAME)

    def told(match: re.Match[str]) -> str:
        """A command in backticks as what it asks of the service manager."""
        verb = "restart" if match["force"] else VERBS.get(match["verb"], match["verb"])
        if verb == VERBS["kickstart"] and match["verb"] == "kickstart":
            verb = kickstart or verb
        before = in_front(above, text, match.start())
        article = match["article"] or ""
        if article in ("a ", "A ") or (not article and modified(before)):
            return f"{article}service manager `{verb}`"
        article = article or ("The " if starts(before) else "the ")
        return f"{article}service manager's `{verb}`"

    text = _CODE.sub(told, text)
    quoted = list(quoted_commands((text,), grammar))
    if _ARGUMENTS.search(text) and not quoted:
        raise Refused(_OWN_ARGUMENTS)
    out, at = "", 0
    for command in quoted:
        op = command.operation
        label = "".join(p for p in op.label if isinstance(p, str))
        said, then = in_front(above, text, command.start), beginning(text, command.start, below)
        words = text[at : command.start]
        out += neutral(words, in_front(above, text, at), True, then, kickstart)
        if label:
            out += f"{op.verb} {label} (service manager)"
        elif modified(said):
            out += f"service manager {op.verb}"
        else:
            out += f"{'The' if starts(said) else 'the'} service manager's {op.verb}"
        at = command.end
    return out + neutral(text[at:], in_front(above, text, at), True, below, kickstart)


@lru_cache(maxsize=16)
def comment_flaw(text: str) -> Reason | None:
    """Why no other words for the tool would be true in a comment; None where some are."""
    try:
        check_list(text)
        check_typed(text)
        check_claims(text)
        check_commands(text)
        check_language(text)
    except Refused as refused:
        return refused.reason
    return None


class Display:
    """Rewrites string literals that people read."""

    def __init__(
        self, draft: Draft, grammar: Grammar, values: Values, kickstart: Callable[[], str]
    ) -> None:
        """`kickstart` gives what that subcommand asks for in the file."""
        self.draft, self.grammar, self.values = draft, grammar, values
        self._kickstart = kickstart
        self.source: Source = draft.scopes.source

    @cached_property
    def _guards(self) -> Guards[Node]:
        return guards_of(self.values, LAUNCHCTL)

    def lower(self, node: Node, rule: str) -> str:
        """Replace one string or template; returns what was understood. Raises Refused."""
        whole, start = self._continued(node)
        pieces = self.values.pieces(whole)
        quoted = self.quotes(node)
        if not quoted:
            return self._words(node, flatten(pieces)[start:], rule)
        if whole is not node and not _is_text(whole, pieces):
            raise Refused(reasons.COMMAND_SHOWN)
        node = whole
        if self._platform(node, pieces, quoted):
            raise Refused(
                reasons.NAMES_PLATFORM(
                    "names macOS, or a part of it, beside the command, and elsewhere the hint is "
                    "another one; split the text by platform"
                )
            )
        if self._guards.is_given(node):
            raise Refused(
                reasons.NAMES_PLATFORM(
                    "stands in a branch for one platform, and is asked for on others too; use the "
                    "port's hint instead of the branches"
                )
            )
        text = flatten(pieces)
        self._check_words(node, text)
        if _GOES_ON.match(text[quoted[-1].end :] + "".join(behind(node, self.values))):
            raise Refused(reasons.COMMAND_SHOWN)
        if any(_STOP.search(text, c.start, c.end) for c in quoted):
            raise Refused(
                reasons.COMMAND_SHOWN(
                    "`launchctl stop` keeps the service loaded, and the port's stop does not; "
                    "word it for every platform"
                )
            )
        if any(c.operation.source is not None or c.operation.in_plist for c in quoted):
            raise Refused(
                reasons.COMMAND_SHOWN(
                    "shows a command with a file of its own; word it for every platform"
                )
            )
        if must_stay_literal(node):
            raise Refused(
                reasons.LITERAL_ONLY(
                    "the text must stay a literal here; word it without the command"
                )
            )
        out: list[tuple[str, Pieces | Operation]] = []
        at = 0
        for command in quoted:
            out.append(("text", _announced(self._cut(pieces, at, command.start))))
            out.append(("hint", command.operation))
            at = command.end
        out.append(("text", self._cut(pieces, at, len(text))))
        self.draft.replace(node, self._write(node, out), rule)
        return "hint: " + describe([c.operation for c in quoted], self.values)

    def _continued(self, node: Node) -> tuple[Node, int]:
        """The `+` chain in which a command that a literal begins goes on, and where in its text
        the literal stands; the literal alone where no command does."""
        top, before = self.values.appended(node)
        start = len(flatten(before))
        end = start + len(flatten(self.values.pieces(node)))
        text = flatten(self.values.pieces(top))
        goes_on = holds_command(text[start:]) and not holds_command(text[start:end])
        shown = quoted_commands(self.values.pieces(top), self.grammar)
        if goes_on or any(c.start < end < c.end for c in shown):
            return top, start
        return node, 0

    def quotes(self, node: Node) -> list[Quoted]:
        """The commands that a string or template shows, where a hint can stand."""
        if node.type == "jsx_text" or is_title(node, self.source):
            return []
        whole, _ = self._continued(node)
        return list(quoted_commands(self.values.pieces(whole), self.grammar))

    def _words(self, node: Node, flat: str, rule: str) -> str:
        """Only words change, so the literal keeps its form and its escapes.

        `flat` is its text, and what is appended to it.
        """
        text = self.source.own_text(node)
        in_jsx = node.type == "jsx_text"
        flat = text if in_jsx else flat
        if in_jsx and SERVICE.search(flat):
            raise Refused(_IN_JSX)
        chain, printed = behind(node, self.values)
        if holds_command(flat + chain + printed) and not is_title(node, self.source):
            raise Refused(reasons.COMMAND_SHOWN)
        if stuck(text) or stuck(flat):
            raise Refused(reasons.PART_OF_NAME)
        check_list(text)
        self._check_words(node, flat + chain + printed)
        check_commands(text)
        if is_title(node, self.source):
            check_facts(text)
        if _ARGUMENTS.search(flat + chain):
            raise Refused(_OWN_ARGUMENTS)
        if in_jsx:
            self.draft.replace(node, self._neutral(self.source.text(node)), rule)
        for child in node.named_children:
            if child.type == "string_fragment" and "launchctl" in self.source.text(child):
                self.draft.replace(child, self._neutral(self.source.text(child)), rule)
        return "names the tool"

    def _check_words(self, node: Node, said: str) -> None:
        """Raises Refused where the sentence that a literal is a part of is not English: the words
        put into it would be."""
        check_language(f"{said}\n{beside(node, self.source)}")

    def _cut(self, pieces: Pieces, start: int, end: int) -> Pieces:
        part = cut(pieces, start, end)
        if holds_command(flatten(part)):
            raise Refused(reasons.COMMAND_SHOWN)
        if stuck(flatten(part)):
            raise Refused(reasons.PART_OF_NAME)
        return merge([self._neutral(p) if isinstance(p, str) else p for p in part])

    def _neutral(self, text: str) -> str:
        return neutral(text, kickstart=self._kickstart() if "kickstart" in text else "start")

    def _platform(self, node: Node, pieces: Pieces, quoted: list[Quoted]) -> bool:
        """Whether the words around the commands are about one platform."""
        text = flatten(pieces)
        ends = [0, *(command.end for command in quoted)]
        starts = [*(command.start for command in quoted), len(text)]
        around = [text[a:b] for a, b in zip(ends, starts, strict=True)]
        around[:-1] = [HEADING.sub("", words) for words in around[:-1]]
        check_list("\n".join(around))
        said = "\n".join([*around, beside(node, self.source)])
        return bool(_MAC.search(_FIELD.sub("", said)))

    def _write(self, node: Node, parts: list[tuple[str, Pieces | Operation]]) -> str:
        manager = self.draft.name(PROCESS, "processManager")
        out: list[str | None] = []
        for kind, part in parts:
            if kind == "hint":
                assert isinstance(part, Operation)
                label = self.draft.style.expression(part.label)
                verb = self.draft.style.string(part.verb)
                call = f"{manager}.hint({verb}, {label})"
                out.append("${" + call + "}")
            else:
                assert not isinstance(part, Operation)
                out.append("".join(self._piece(p) for p in part))
        written = [o for o in out if o]
        if len(written) == 1 and written[0] is not None and written[0].startswith("${"):
            bare = written[0][2:-1]
            return f"{{{bare}}}" if _in_jsx(node) else bare
        template = "`" + "".join(o for o in written if o is not None) + "`"
        return f"{{{template}}}" if _in_jsx(node) else template

    def _piece(self, piece: Piece) -> str:
        if isinstance(piece, Hole):
            return "${" + self.source.text(piece.node) + "}"
        return template_text(piece)


def _is_text(chain: Node, pieces: Pieces) -> bool:
    """Whether a `+` chain joins texts from its start, not numbers first, and no comment is lost
    with it."""
    sums = len(pieces) > 1 and all(isinstance(piece, Hole) for piece in pieces[:2])
    return not sums and all(n.type != "comment" for n in walk(chain))


def _announced(pieces: Pieces) -> Pieces:
    """The words in front of a command, in which a `launchd:` at the end is its heading."""
    if pieces and isinstance(pieces[-1], str):
        return (*pieces[:-1], neutral_heading(pieces[-1]))
    return pieces


def describe(operations: Sequence[Operation], values: Values) -> str:
    """Operations for people, labels resolved where they are known: `restart com.example.worker`."""
    out: list[str] = []
    for op in operations:
        label = "".join(
            p if isinstance(p, str) else "${" + values.source.text(p.node) + "}"
            for p in values.expand(op.label)
        )
        out.extend(f"{verb} {label}".strip() for verb in (op.verb, op.otherwise) if verb)
    return "; ".join(out)


def _in_jsx(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "jsx_attribute"


def must_stay_literal(node: Node) -> bool:
    """Whether no expression can stand in the place of a literal."""
    parent = node.parent
    return (
        parent is None
        or parent.type
        in (
            "literal_type",
            "import_statement",
            "export_statement",
            "enum_assignment",
            "expression_statement",
        )
        # what a field, a method or a part that is taken apart is called
        or any(same(parent.child_by_field_name(field), node) for field in ("name", "key"))
    )
