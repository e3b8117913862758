"""Which questions to the text of an inspected service the port's own text answers alike."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.texts import Pieces, Values
from fleetmod.lower.draft import Refused
from fleetmod.regex import lazy
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import parts, unwrap

# the facts that the runtime's formatService and formatServiceEntry print
_KEYS = frozenset(
    {
        *("path", "state", "program", "working directory", "pid", "runs", "last exit code"),
        *("label", "lastexitstatus"),
    }
)
_WORDS = lazy(
    r"\b(?:path|state|program|working directory|pid|runs|last exit code|label|LastExitStatus"
    r"|(?:not )?running|waiting|exited|loaded|disabled|enabled|not found|no such|could not find)\b",
    re.I,
)
# a regular expression's own signs for blanks and word boundaries
_BLANKS = lazy(r"(?:\\[sbBnt]|\[(?:\\[st]| )+\])[*+?]?|\s+")
_ASSIGNS = lazy(r"([A-Za-z][\w ]*?)[\"']? ?=(?!>)")


def answered(question: str) -> bool:
    """Whether a searched text, or a regular expression, asks for what the port tells as well."""
    plain = re.sub(" +", " ", _BLANKS.sub(" ", question))
    keys = [key.lower() for key in _ASSIGNS.findall(plain)]
    if keys:
        return all(key in _KEYS for key in keys)
    return "/" not in plain and _WORDS.search(plain) is not None  # a path is none of its words


def separates(question: str) -> bool:
    """Whether it asks for no word at all: blanks, line ends, an equals sign."""
    return not re.search(r"[A-Za-z/]", re.sub(r"\\.", "", question))


class Escaped(Refused):
    """The text gets out of sight, where anything may be asked of it."""


class Questions:
    """What one file's code asks of the text about the service `label`, whose name is told, too."""

    lets_go: tuple[type[Refused], ...] = ()  # what of a use of the text is no fault

    def __init__(self, label: Pieces, scopes: Scopes) -> None:
        self.scopes, self.source, self.values = scopes, scopes.source, Values(scopes)
        self.label = self._spelled(self.values.expand(label))
        self.asked = 0  # questions that the port answers
        self.trusted = False  # in a helper whose callers' keys are asked one by one

    def ask(self, node: Node) -> None:
        """Count a question; raises Refused where the port does not answer it."""
        pieces = self.pieces(node)
        text = self._spelled(pieces)
        of_label = len(text) > 2 and text in self.label.rpartition("/")[2]
        known = "".join(p for p in pieces if isinstance(p, str))
        if not (of_label or answered(known) or (self.trusted and len(pieces) > 1)):
            raise Refused(
                reasons.OUTPUT_READ(
                    f"reads `{self.source.text(node)}` of what the tool prints, which the port "
                    "does not tell; read a field of `inspect(label)` instead"
                )
            )
        self.asked += 1

    def literal(self, node: Node) -> str | None:
        """The text or the regular expression that is searched for, when it is known in full."""
        pieces = self.pieces(node)
        return self._spelled(pieces) if all(isinstance(p, str) for p in pieces) else None

    def pieces(self, node: Node) -> Pieces:
        node = unwrap(self.values.constant(node) or node)
        if node.type == "regex":
            pattern = node.child_by_field_name("pattern")
            return (self.source.text(pattern),) if pattern is not None else ()
        maker = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        arguments = node.child_by_field_name("arguments")
        if maker is not None and self.source.text(maker) == "RegExp" and arguments is not None:
            return self.pieces(parts(arguments)[0]) if parts(arguments) else ()
        return self.values.expand(self.values.pieces(node))

    def _spelled(self, pieces: Pieces) -> str:
        return "".join(
            p if isinstance(p, str) else "${" + self.source.text(p.node) + "}" for p in pieces
        )
