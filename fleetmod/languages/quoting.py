"""In which kind of quotes a place of a shell script stands."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.languages.findings import Refused
from fleetmod.syntax.source import ancestors, parts

WORD, SINGLE, DOUBLE, COMMENT, HOMED = "word", "single", "double", "comment", "homed"
_FRESH = ("command_substitution", "process_substitution")  # quotes begin anew inside


def context_of(leaf: Node, data: bytes, at: int) -> str:
    """The context of the byte `at` in `leaf`, the smallest node around it.

    HOMED is the whole value of an assignment to HOME, DOUBLE also an unquoted here-document and
    whatever else needs no quotes of its own. Raises Refused where nothing can be expanded.
    """
    if leaf.type == "comment":
        text = data[leaf.start_byte : leaf.end_byte].decode("utf-8", "replace")
        if text.startswith("#!") or re.match(r"#\s*shellcheck\b", text):
            raise Refused(
                reasons.READ_AS_IT_STANDS(
                    "a line that is read as it stands; write it without the home"
                )
            )
        return COMMENT
    if leaf.type == "ansi_c_string" or leaf.type == "translated_string":
        raise Refused(
            reasons.QUOTING(
                f"a string of the form {chr(data[leaf.start_byte])}'…'; use plain quotes"
            )
        )
    if _sets_home(leaf, data, at):
        return HOMED
    outer = _outer(leaf)
    if outer == "heredoc":
        return DOUBLE
    if leaf.type == "raw_string":
        if outer == DOUBLE:
            raise Refused(
                reasons.QUOTING(
                    "single quotes inside double quotes, which the shell takes as they are"
                )
            )
        return SINGLE
    if outer == DOUBLE or leaf.type in ("string", "string_content"):
        return DOUBLE
    if leaf.type not in ("word", "regex", "extglob_pattern", "concatenation"):
        raise Refused(
            reasons.QUOTING(f"shell syntax ({leaf.type.replace('_', ' ')}) that is left alone")
        )
    return WORD


def _outer(leaf: Node) -> str:
    """Whether a here-document or double quotes stand around a node."""
    for node in (leaf, *ancestors(leaf)):
        if node.type in _FRESH:
            return ""
        if node.type == "string":
            return DOUBLE
        if node.type in ("heredoc_body", "heredoc_content"):
            start = _start_of(node)
            if start is None or re.search(rb"[\\\"']", start.text or b""):
                raise Refused(
                    reasons.QUOTING(
                        "a here-document whose end is quoted, so that the shell expands nothing "
                        "in it"
                    )
                )
            return "heredoc"
    return ""


def _start_of(body: Node) -> Node | None:
    redirect = next((a for a in ancestors(body) if a.type == "heredoc_redirect"), None)
    children = parts(redirect)
    return next((c for c in children if c.type == "heredoc_start"), None)


def _sets_home(leaf: Node, data: bytes, at: int) -> bool:
    value: Node = leaf
    for node in ancestors(leaf):
        if node.type == "variable_assignment":
            text = data[value.start_byte : value.end_byte].strip(b"\"'")
            whole = re.fullmatch(rb"/(?:Users|home)/[^/\s:]+/?", text) is not None
            return whole and data[node.start_byte : value.start_byte] == b"HOME="
        if node.type not in ("string", "concatenation"):
            return False
        value = node
    return False
