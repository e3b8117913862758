"""A parsed TypeScript file: its bytes, its tree, and positions in both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial

from tree_sitter import Language, Node, Parser, Query, QueryCursor, Tree

from fleetmod.edits import render
from fleetmod.filekinds import CODE
from fleetmod.model import Edit

_QUOTED = rb"(?:\"[^\"\n]*\"|'[^'\n]*')"
_IMPORTED = rb"(?P<new>import\s*\(\s*" + _QUOTED + rb"\s*,?\s*\))"
_NAME = rb"(?!(?:as|extends|in|instanceof|is|of|satisfies)\b)[A-Za-z_$]"  # and no operator
# Valid TypeScript that this parser does not know. It is shown the letter or the word in place of
# the group `new`: a name for an imported type; nothing for what says nothing of what runs.
_NEWER = tuple(
    (re.compile(pattern), shown)
    for pattern, shown in (
        (rb"<\s*(?:typeof\s+)?" + _IMPORTED, b"_"),
        (
            _IMPORTED + rb"(?=\s*\.\s*(?!(?:then|catch|finally)\b)[\w$]+(?:\s*\.\s*[\w$]+)*\s*<)",
            b"_",
        ),
        (rb"\b(?P<new>accessor)(?=[ \t]+(?:#|" + _NAME + rb"))", b" "),
        (rb"[<,]\s*(?:const\s+)?(?P<new>(?:in\s+out|in|out)\s)(?=\s*" + _NAME + rb")", b" "),
        (rb"\bexport\s+(?P<new>type)(?=\s*\*)", b" "),
        (rb"\bfrom\s*" + _QUOTED + rb"\s*(?P<new>with\s*\{[^{}]*\})", b" "),
        (rb"\bimport\s+(?P<new>defer)(?=\s*\*)", b" "),
        (rb"\bexport\s+default\s+(?P<new>abstract)(?=\s+class\b)", b" "),
        (rb"(?P<new>\bawait\s+using)(?=\s+[\w$]+\s*(?:=|of\b))", b"const"),
        (rb"\bfor\s*(?:await\s*)?\(\s*(?P<new>using)(?=\s+[\w$]+\s+of\b)", b"const"),
    )
)
_BLANK = re.compile(r"\s+|,(?=\s*[)\]}])")
_WRAPPERS = ("parenthesized_expression", "as_expression", "satisfies_expression")
# what holds any number of statements
BLOCKS = ("program", "statement_block", "switch_case", "switch_default")
# what holds one expression, or declares what it gives
STATEMENTS = ("expression_statement", "lexical_declaration", "variable_declaration")
FUNCTIONS = frozenset(
    {
        "arrow_function",
        "function_declaration",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)

# What most files are asked for: one walk over the tree finds all of them as fast as any.
_COMMON = (
    *("identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"),
    *("type_identifier", "string", "template_string", "comment", "import_statement"),
    *("export_statement", "lexical_declaration", "expression_statement", "call_expression"),
    *("new_expression", "class_declaration", "literal_type"),
)


@cache
def language(name: str) -> Language:
    """The tree-sitter language `typescript`, `tsx` or `bash`."""
    if name == "bash":
        import tree_sitter_bash

        return Language(tree_sitter_bash.language())
    import tree_sitter_typescript

    if name == "tsx":
        return Language(tree_sitter_typescript.language_tsx())
    return Language(tree_sitter_typescript.language_typescript())


@cache
def _parser(name: str) -> Parser:
    return Parser(language(name))


@cache
def query(name: str, text: str) -> Query:
    """A compiled query; raises tree_sitter.QueryError where it is malformed."""
    return Query(language(name), text)


def parse(name: str, data: bytes) -> Tree:
    """The syntax tree of `data` in the named language; it holds ERROR nodes where it must."""
    return _parser(name).parse(data)


@dataclass(slots=True)
class Text:
    """One file's bytes. `path` is relative to the repository root; all offsets are bytes."""

    path: str
    data: bytes
    _line_starts: list[int] = field(default_factory=list, init=False)
    _last: tuple[int, int] = field(default=(-1, 1), init=False)  # a place, and its column

    @property
    def head(self) -> int:
        """Where the text begins: behind a byte order mark, if there is one."""
        return 3 if self.data.startswith(b"\xef\xbb\xbf") else 0

    def line_of(self, offset: int) -> int:
        """The line of a byte offset, counted from 1."""
        from bisect import bisect_right

        if not self._line_starts:
            self._line_starts.append(0)
            at = self.data.find(b"\n")
            while at >= 0:
                self._line_starts.append(at + 1)
                at = self.data.find(b"\n", at + 1)
        return bisect_right(self._line_starts, offset)

    def start_of(self, line: int) -> int:
        """The offset at which a line begins; of the last one where there are fewer."""
        last = self.line_of(len(self.data))
        return self._line_starts[min(line, last) - 1]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column (in characters) of a byte offset, both counted from 1."""
        line = self.line_of(offset)
        start, column = self._line_starts[line - 1], 1
        if start <= self._last[0] <= offset:  # a long line is not counted anew for each place
            start, column = self._last
        self._last = (offset, column + len(self.slice(start, offset)))
        return line, self._last[1]

    def slice(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8", "replace")


@dataclass(slots=True)
class Source(Text):
    """A file and its tree."""

    language: str
    tree: Tree
    _nodes: dict[str, list[Node]] = field(default_factory=dict)
    _broken: tuple[Node, ...] | None = None

    @property
    def root(self) -> Node:
        return self.tree.root_node

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def squeezed(self, node: Node) -> str:
        """A node's text without blanks, comments and trailing commas, to be compared by."""
        text = self.text(node)
        if "/*" in text or "//" in text:
            text, at = "", node.start_byte
            for comment in (n for n in walk(node) if n.type == "comment"):
                text += self.slice(at, comment.start_byte)
                at = comment.end_byte
            text += self.slice(at, node.end_byte)
        return _BLANK.sub("", text)

    def own_text(self, node: Node) -> str:
        """The text of a literal without what stands in its substitutions."""
        if node.type != "template_string":
            return self.text(node)
        fragments = (c for c in node.named_children if c.type == "string_fragment")
        return "\n".join(map(self.text, fragments))

    def of(self, *types: str) -> list[Node]:
        """The nodes of some types, in source order, outer ones first."""
        if not self._nodes:
            self._collect(_COMMON)
        if new := [name for name in types if name not in self._nodes]:
            self._collect(new)
        nodes = [node for name in types for node in self._nodes[name]]
        return sorted(nodes, key=lambda node: (node.start_byte, -node.end_byte))

    def _collect(self, types: Iterable[str]) -> None:
        found = self.captures(" ".join(f"({name}) @{name}" for name in types))
        self._nodes |= {name: found.get(name, []) for name in types}

    def captures(self, text: str, node: Node | None = None) -> dict[str, list[Node]]:
        """The nodes that a query captures, by capture name."""
        cursor = QueryCursor(query(self.language, text))
        return cursor.captures(node or self.root)

    def errors(self) -> list[Node]:
        """The outermost ERROR nodes, and nodes that the parser invented as missing."""
        if self._broken is None:
            self._broken = tuple(_errors(self.root)) if self.root.has_error else ()
        return list(self._broken)


def is_text(data: bytes) -> bool:
    """Whether a file's bytes are UTF-8, which all of the analysis takes for granted."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(maxsize=64)
def open_source(path: str, data: bytes) -> Source:
    """Parse `data` as the language that the suffix of `path` names (TypeScript by default).

    The last ones are kept: several steps look at the same file.
    """
    suffix = path[path.rfind(".") :] if "." in path else ""
    name = CODE.get(suffix, "typescript")
    source = Source(path, data, name, parse(name, data))
    if source.root.has_error:
        source.tree, source._broken = _with_newer_syntax(source), None
    if name == "tsx" and b"&" in data:
        source.tree, source._broken = _with_ampersands(source), None
    return source


def parses_with(source: Source, edits: Sequence[Edit]) -> bool:
    """Whether a file still parses once `edits` are made; only what they touch is parsed anew."""
    data, tree = render(source.data, edits), source.tree.copy()
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        made = edit.text.encode()
        row, column = _point(source.data, edit.start)
        last = made.rfind(b"\n")
        tree.edit(
            edit.start,
            edit.end,
            edit.start + len(made),
            (row, column),
            _point(source.data, edit.end),
            (row + made.count(b"\n"), column + len(made) if last < 0 else len(made) - last - 1),
        )
    if not _parser(source.language).parse(data, tree).root_node.has_error:
        return True
    return not open_source(source.path, data).errors()  # newer syntax is parsed in another way


def _point(data: bytes, at: int) -> tuple[int, int]:
    """The row and the column, in bytes, of an offset, both counted from 0."""
    return data.count(b"\n", 0, at), at - data.rfind(b"\n", 0, at) - 1


def _with_newer_syntax(source: Source) -> Tree:
    """The tree of a file with syntax that this parser does not know: `accessor`, `export type *`,
    `load<typeof import("./x")>()`, …

    Only the parser is shown another text of the same length in its place; the source's bytes stay.
    What does not lead to fewer errors is not shown.
    """
    tree, data, errors = source.tree, source.data, len(source.errors())
    for pattern, shown in _NEWER:
        other = pattern.sub(partial(_shown, shown), data)
        if errors and other != data:
            made = parse(source.language, other)
            if (left := len(list(_errors(made.root_node)))) < errors:
                tree, data, errors = made, other, left
    return tree


def _shown(shown: bytes, match: re.Match[bytes]) -> bytes:
    """What is matched with its group `new` as a letter, or as a word and blanks; lines stay."""
    new, start = match["new"], match.start("new") - match.start()
    letter = shown if len(shown) == 1 else b" "
    other = re.sub(rb"[^\r\n]", letter, new)
    other = shown + other[len(shown) :] if len(shown) > 1 else other
    return match[0][:start] + other + match[0][start + len(new) :]


def _with_ampersands(source: Source) -> Tree:
    """The tree of a file whose JSX has a bare `&`, which browsers and tsc take, this parser not.

    Only the parser is shown another letter in its place; the source's bytes stay.
    """
    tree, shown = source.tree, source.data
    for _ in range(4):
        stuck = [n for n in _errors(tree.root_node) if (n.text or b"").startswith(b"&")]
        if not stuck:
            break
        for node in stuck:
            shown = shown[: node.start_byte] + b"_" + shown[node.start_byte + 1 :]
        tree = parse(source.language, shown)
    return tree if len(list(_errors(tree.root_node))) < len(source.errors()) else source.tree


def _errors(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current.is_error or current.is_missing:
            yield current
        elif current.has_error:
            waiting.extend(reversed(current.children))


def walk(node: Node, prune: frozenset[str] = frozenset()) -> Iterator[Node]:
    """A node and all below it in source order; nothing below nodes of the types in `prune`.

    Without recursion: generated code nests deeper than Python's stack.
    """
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        if current.id == node.id or current.type not in prune:
            waiting.extend(reversed(current.named_children))


def parts(node: Node | None) -> list[Node]:
    """The named children of a node that are no comments: arguments, elements, statements, …"""
    return [c for c in node.named_children if c.type != "comment"] if node is not None else []


def first_part(node: Node) -> Node | None:
    """The first of a node's parts; a list of them is long."""
    children = (node.named_child(index) for index in range(node.named_child_count))
    return next((c for c in children if c is not None and c.type != "comment"), None)


def comment_rows(source: Source) -> Iterator[list[Node]]:
    """The comments with `//` that stand each on the line below the last, with nothing between."""
    row: list[Node] = []
    for node in source.of("comment"):
        if not source.text(node).startswith("//"):
            continue
        if row:
            below = row[-1].end_point.row + 1 == node.start_point.row
            if not (below and same(row[-1].next_named_sibling, node)):
                yield row
                row = []
        row.append(node)
    if row:
        yield row


def code_end(node: Node) -> int:
    """Where a node's code ends: where no semicolon closes a statement, the parser takes a comment
    behind it for a part of it."""
    behind = len(node.children)
    while behind and node.children[behind - 1].type == "comment":
        behind -= 1
    return node.children[behind - 1].end_byte if behind else node.end_byte


def deeper_than(root: Node, depth: int) -> bool:
    """Whether a tree has more levels than `depth`; what is too small for that is not entered."""
    waiting = [(root, 1)]
    while waiting:
        node, level = waiting.pop()
        if level > depth:
            return True
        for child in node.named_children:
            if child.descendant_count + level > depth:
                waiting.append((child, level + 1))
    return False


@lru_cache(maxsize=1 << 14)
def _parent(node: Node) -> Node | None:
    """A node's parent, which the parser's library looks for from the root each time."""
    return node.parent


def ancestors(node: Node) -> Iterator[Node]:
    """The parents of a node, innermost first."""
    parent = _parent(node)
    while parent is not None:
        yield parent
        parent = _parent(parent)


def enclosing_function(node: Node) -> Node | None:
    """The function, method or arrow that runs `node`; None at the top level of a module."""
    return next((a for a in ancestors(node) if a.type in FUNCTIONS), None)


def contains(outer: Node, inner: Node) -> bool:
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


def same(a: Node | None, b: Node | None) -> bool:
    """Whether two handles are one node (the binding makes new handles all the time)."""
    return a is not None and b is not None and a.id == b.id


def unwrap(node: Node) -> Node:
    """The expression inside parentheses, casts and non-null assertions."""
    while node.type in _WRAPPERS or node.type == "non_null_expression":
        node = parts(node)[0]
    return node
