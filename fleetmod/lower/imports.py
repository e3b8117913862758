"""Adds the imports that a file's edits need, once, in the file's own manner."""

from __future__ import annotations

import re
from collections import defaultdict

from tree_sitter import Node

from fleetmod.lower.draft import Draft, names_of, required
from fleetmod.model import Edit
from fleetmod.regex import lazy
from fleetmod.syntax.source import Source, code_end

RULE = "import"
_PRAGMA = lazy(rb"@ts-|eslint-|biome-|prettier-|oxlint-|istanbul|c8 |v8 |webpack")
_FILE_PRAGMA = lazy(
    rb"@ts-(?:no)?check|^///|@(?:jest|vitest|bun)-|eslint-(?:disable|env)(?!-)|@jsx|@license"
    rb"|[Cc]opyright|SPDX|@fileoverview|@file\b|@flow"
)
_DRAWN = lazy(r"([-=*#~_\u2500\u2501\u2550])\1\1")  # a line across the file


def import_edits(draft: Draft, deleted: list[Edit]) -> list[Edit]:
    """The edits that import every need of the draft that the file does not import yet.

    `deleted` are statements that go: an import of the same package among them is no anchor.
    """
    source = draft.scopes.source
    wanted: dict[str, list[str]] = defaultdict(list)
    present = {(n.package, n.name) for n in draft.needs} - _missing(draft)
    for need, local in sorted(draft.needs.items(), key=lambda item: item[0].name.lower()):
        if (need.package, need.name) not in present:
            alias = f"{need.name}: {local}" if draft.style.commonjs else f"{need.name} as {local}"
            wanted[draft.packages[need.package]].append(need.name if local == need.name else alias)
    edits = []
    new_lines: list[tuple[str, str]] = []
    for package, names in sorted(wanted.items()):
        existing = _value_import(source, package, deleted)
        if existing is not None:
            last = existing.named_children[-1]
            edits.append(Edit(last.end_byte, last.end_byte, ", " + ", ".join(names), RULE))
        else:
            new_lines.append((package, _line(draft, package, names)))
    if new_lines:
        edits.extend(_insertions(draft, new_lines, deleted))
    return edits


def _missing(draft: Draft) -> set[tuple[str, str]]:
    """Needs whose package the file does not import under that name yet."""
    out = set()
    for need, local in draft.needs.items():
        binding = next((b for b in draft.scopes.bindings([local]) if b.kind == "import"), None)
        if binding is None:
            local_names = required(draft.scopes.source, draft.packages[need.package])
            known = (pair for found in local_names for pair in names_of(found, draft.scopes.source))
            if (local, need.name) not in known:
                out.add((need.package, need.name))
    return out


def _line(draft: Draft, package: str, names: list[str]) -> str:
    style = draft.style
    listed = "{ " + ", ".join(names) + " }"
    if style.commonjs:
        return f"const {listed} = require({style.string(package)}){style.semicolon}"
    return f"import {listed} from {style.string(package)}{style.semicolon}"


def _value_import(source: Source, package: str, deleted: list[Edit]) -> Node | None:
    """The `{ … }` of an import of values from this package."""
    for statement in _statements(source):
        node = statement.child_by_field_name("source")
        if node is None or source.text(node)[1:-1] != package or _gone(statement, deleted):
            continue
        if any(child.type == "type" for child in statement.children):
            continue
        for named in source.captures("(named_imports) @n", statement).get("n", []):
            if named.named_children:
                return named
    taken = (pattern for pattern in required(source, package) if pattern.named_children)
    return next((each for each in taken if not _gone(each, deleted)), None)


def _statements(source: Source) -> list[Node]:
    return [n for n in source.root.named_children if n.type == "import_statement"]


def _gone(node: Node, deleted: list[Edit]) -> bool:
    return any(e.start <= node.start_byte and node.end_byte <= e.end for e in deleted)


def _rank(specifier: str) -> tuple[int, str]:
    """Groups as most organizers order them: the runtime's, packages, then relative paths."""
    if specifier.startswith(("node:", "bun:")):
        return 0, specifier
    return (2 if specifier.startswith((".", "#", "~/", "@/")) else 1), specifier


def _insertions(draft: Draft, lines: list[tuple[str, str]], deleted: list[Edit]) -> list[Edit]:
    source, newline = draft.scopes.source, draft.style.newline
    statements = _leading(source)
    edits = []
    for package, line in lines:
        anchor = None
        for statement in statements:
            node = statement.child_by_field_name("source")
            if node is None or _rank(source.text(node)[1:-1]) > _rank(package):
                continue
            anchor = statement
        if anchor is not None:
            at, alone = _after(source, anchor)
            text = line + newline if alone else newline + line
            edits.append(Edit(at, at, text, RULE))
        elif statements:
            at = _with_pragmas(statements[0])
            if any(e.start <= at < e.end for e in deleted):
                at = next(e.start for e in deleted if e.start <= at < e.end)
            edits.append(Edit(at, at, line + newline, RULE))
        else:
            at, blank = _top(source, draft.style.commonjs)
            before = newline if at > source.head and source.data[at - 1] != 10 else ""
            after = newline if blank and line == lines[-1][1] else ""
            edits.append(Edit(at, at, before + line + newline + after, RULE))
    return _outside(_joined(edits), deleted)


def _joined(edits: list[Edit]) -> list[Edit]:
    """Insertions at one offset as one, in the order they were made."""
    texts: dict[int, str] = {}
    for edit in edits:
        texts[edit.start] = texts.get(edit.start, "") + edit.text
    return [Edit(at, at, text, RULE) for at, text in texts.items()]


def _leading(source: Source) -> list[Node]:
    """The first run of imports, at the head of the file or below some code; later ones stand
    among code and are no anchor."""
    out: list[Node] = []
    for node in source.root.named_children:
        if node.type == "import_statement":
            out.append(node)
        elif out and node.type != "comment":
            break
    return out


def _is_directive(node: Node) -> bool:
    return node.type == "expression_statement" and node.named_children[0].type == "string"


def _after(source: Source, node: Node) -> tuple[int, bool]:
    """Where a line can follow a statement, and whether that is a line of its own."""
    end = _line_end(source, node.end_byte)
    rest = source.slice(code_end(node), end).strip(" \t\r\n;")
    # a comment or a template may go on behind the statement, and swallow what is put below it
    alone = not rest or (rest.startswith("//") or (rest.startswith("/*") and rest.endswith("*/")))
    return (end, True) if alone else (code_end(node), False)


def _with_pragmas(node: Node) -> int:
    """The start of a statement, with the comments above it that speak to a tool about it."""
    start = node.start_byte
    above = node.prev_named_sibling
    while above is not None and above.type == "comment" and _PRAGMA.search(above.text or b""):
        if _FILE_PRAGMA.search(above.text or b""):
            break  # `@ts-nocheck` counts above all code alone
        start, above = above.start_byte, above.prev_named_sibling
    return start


def _top(source: Source, commonjs: bool) -> tuple[int, bool]:
    """Below all that must come first: shebang, directives, comments about the file, and the
    requires of a CommonJS file; and whether a blank line is wanted after it."""
    at = source.head
    blank = True
    code = told = False  # a comment behind code, and a drawn one behind another, heads a section
    for node in source.root.named_children:
        is_require = (
            commonjs
            and node.type in ("lexical_declaration", "variable_declaration")
            and "require(" in source.text(node)
        )
        if node.type == "hash_bang_line" or _is_directive(node) or is_require:
            at, _ = _after(source, node)
            blank = not is_require
            code |= is_require
        elif node.type == "comment" and _about_file(source, node):
            if _FILE_PRAGMA.search(node.text or b"") is None:
                if code or (told and _DRAWN.search(source.text(node))):
                    continue
                told = True
            at, _ = _after(source, node)
            blank = True
        elif node.type != "comment":
            break
    if blank and re.match(rb"[ \t]*\r?\n", source.data[at:]):
        at, blank = _line_end(source, at), True
    return at, blank


def _about_file(source: Source, node: Node) -> bool:
    """Whether a comment at the top is about the whole file and not about the code below it."""
    after = source.data[node.end_byte : _line_end(source, node.end_byte)]
    below = source.data[_line_end(source, node.end_byte) :]
    apart = not after.strip() and bool(re.match(rb"[ \t]*\r?\n", below))
    named = source.path.rpartition("/")[2].encode() in (node.text or b"")
    return apart or named or bool(_FILE_PRAGMA.search(node.text or b""))


def _line_end(source: Source, offset: int) -> int:
    end = source.data.find(b"\n", offset)
    return len(source.data) if end < 0 else end + 1


def _outside(edits: list[Edit], deleted: list[Edit]) -> list[Edit]:
    """Insertions at the edge of a deletion stay there; none may fall inside of one."""
    out = []
    for edit in edits:
        hit = next((d for d in deleted if d.start < edit.start < d.end), None)
        at = hit.end if hit is not None else edit.start
        out.append(Edit(at, at, edit.text, edit.rule))
    return out
