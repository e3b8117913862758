"""Whether a tool made a file of JavaScript out of another one, so that no person changes it there.

A mark of a compiler's counts where the compiler puts it: in a comment, or as a statement of the
module. In a text it is what a build script writes. Bytes tell most of it; a file is only parsed
where they leave it open.
"""

from __future__ import annotations

from fleetmod.filekinds import is_javascript
from fleetmod.regex import lazy

_LONG = 5000  # bytes; no person writes such a line
_LARGE = 500_000  # bytes; a file of so much that has a mark is taken at its word
# what compilers and bundlers put into what they make: tsc, esbuild, webpack, Rollup, Bun
_MARKS = lazy(
    rb"(?m)^(?://[#@] sourceMappingURL=|(?:var|const) __(?:defProp|create|webpack_\w+)\b|/\*{6}/"
    rb"|Object\.defineProperty\(exports, [\"']__esModule|// @bun\b)|@generated\b",
)
_TEXTS = ("string", "template_string", "regex", "jsx_text")


def is_built(path: str, data: bytes) -> bool:
    """Whether a tool made a file of JavaScript out of another one."""
    if not is_javascript(path):
        return False
    marks = [match.start() for match in _MARKS.finditer(data)]
    long = _longest(data)
    if not marks and long is None:
        return False
    if len(data) > _LARGE:
        return True
    return any(_is_mark(path, data, at) for at in marks) or (
        long is not None and _is_dense(path, data, *long)
    )


def _longest(data: bytes) -> tuple[int, int] | None:
    """Where the longest line stands; None where a person could have written it."""
    at, found = 0, (0, 0)
    for line in data.split(b"\n"):
        if len(line) > found[1] - found[0]:
            found = (at, at + len(line))
        at += len(line) + 1
    return found if found[1] - found[0] >= _LONG else None


def _is_mark(path: str, data: bytes, at: int) -> bool:
    """Whether a mark stands outside of a text."""
    from fleetmod.syntax.source import ancestors, open_source

    node = open_source(path, data).root.descendant_for_byte_range(at, at + 1)
    return node is None or not any(each.type in _TEXTS for each in (node, *ancestors(node)))


def _is_dense(path: str, data: bytes, start: int, end: int) -> bool:
    """Whether a long line is long without its longest literal, which may be data."""
    line = data[start:end]
    pieces = (len(piece) for quote in (b'"', b"'", b"`") for piece in line.split(quote))
    if len(line) - max(pieces) >= _LONG:
        return True  # no text is that long
    from fleetmod.syntax.source import open_source, walk

    held = (
        min(node.end_byte, end) - max(node.start_byte, start)
        for node in walk(open_source(path, data).root)
        if node.type in _TEXTS
    )
    return end - start - max(held, default=0) >= _LONG
