"""What a test looks for in a text: its regular expressions, and the literals of its assertions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from fleetmod.regex import lazy
from fleetmod.settings import Asked
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.source import Source, ancestors

_LEAST = 2
_OWN = frozenset({"launchctl", "launchd", "kickstart", "bootout", "bootstrap", "plist", "gui"})
# a class, a repetition; an escaped character or any other sign (ECMA-262, 22.2.1)
_CLASS = lazy(r"\[(?:\\.|[^\]\\])*\]|\{\d+,?\d*\}|\(\?(?:[:=!]|<[=!]|<\w+>)")
_SIGN = lazy(r"\\(.)|[.*+?|()^$]", re.S)
# functions and methods of node:assert, vitest, jest, bun:test, chai, ava, and of strings
_ASSERTS = lazy(
    r"(?:assert|expect|is|ok|t|should)\b.*|(?:not_?)?(?:deep_?)?(?:strict_?)?(?:equal|match|contain)\w*"
    r"|to[A-Z]\w*|includes?|startsWith|endsWith|indexOf|search|test|is|like|eql?|string|RegExp"
    r"|string(?:Containing|Matching)|(?:object|array)Containing|(?:not)?(?:[dD]eep)?(?:[sS]trict)?Equal",
    0,
)
_OF_CALLS = lazy(r"to(?:Have)?(?:Been)?(?:Last|Nth)?CalledWith|calledWith\w*")


def expected(source: Source) -> Iterator[tuple[Node, str, str | None]]:
    """Each literal with its text, and the flags of a regular expression (None for a text)."""
    for node in source.of("regex"):
        pattern, flags = node.child_by_field_name("pattern"), node.child_by_field_name("flags")
        if pattern is not None:
            yield node, source.text(pattern), source.text(flags) if flags is not None else ""
    for node in source.of("string", "template_string"):
        if not any(child.type == "template_substitution" for child in node.named_children):
            text = cook(node, source).text
            if len(text) >= _LEAST and _is_asserted(node, source):
                yield node, text, None


def parts(asked: Asked) -> list[str]:
    """The texts that a test asks for: of a regular expression, what it spells between its signs,
    which tells enough and is never run on a text."""
    if asked.flags is None:
        return [asked.text]
    plain = _CLASS.sub("\0", asked.text)
    plain = _SIGN.sub(lambda m: m[1] if m[1] and not m[1].isalnum() else "\0", plain)
    return [part for part in plain.split("\0") if len(part) >= _LEAST]


def is_plain(part: str) -> bool:
    """Whether a part is a word like any other, and none that only launchctl has."""
    return part.isalpha() and part.lower() not in _OWN


def holds(text: str, part: str) -> bool:
    """Whether a text has what a test asks for, in lower case, too."""
    return part in text or part in text.lower()


def says(text: str, part: str) -> bool:
    """Whether a text says what a test asks for, in whole words: `launch` is none of `launchctl`."""
    first = r"(?<![^\W_])" if part[0].isalnum() else ""
    last = r"(?![^\W_])" if part[-1].isalnum() else ""
    word = re.compile(first + re.escape(part) + last)
    return word.search(text) is not None or word.search(text.lower()) is not None


def _is_asserted(node: Node, source: Source) -> bool:
    for a in ancestors(node):
        if a.type in ("binary_expression", "switch_case"):
            return True
        if a.type in ("call_expression", "new_expression"):
            target = a.child_by_field_name("function") or a.child_by_field_name("constructor")
            name = source.text(target).rpartition(".")[2] if target is not None else ""
            return bool(_ASSERTS.fullmatch(name)) and not _OF_CALLS.fullmatch(name)
        if a.type not in ("arguments", "array", "object", "pair", "parenthesized_expression"):
            return False
    return False
