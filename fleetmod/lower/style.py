"""How a file is written: quotes, semicolons, module system, and pieces of text in its manner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from fleetmod.flow.texts import Hole, Piece, Pieces
from fleetmod.syntax.source import Source

_ESCAPE = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}


@dataclass
class Style:
    """The habits of one file. `required` says that Node loads it as a CommonJS module, where the
    file itself does not tell."""

    source: Source
    required: bool = False

    @cached_property
    def quote(self) -> str:
        imports = self.source.of("import_statement")
        sources = [n.child_by_field_name("source") for n in imports]
        nodes = [n for n in sources if n is not None] or self.source.of("string")[:50]
        single = sum(self.source.text(n).startswith("'") for n in nodes)
        return "'" if nodes and single * 2 > len(nodes) else '"'

    @cached_property
    def semicolon(self) -> str:
        kinds = ("import_statement", "lexical_declaration", "expression_statement")
        nodes = self.source.of(*kinds)[:60]
        ended = sum(self.source.text(n).endswith(";") for n in nodes)
        return ";" if not nodes or ended * 2 >= len(nodes) else ""

    @cached_property
    def newline(self) -> str:
        return "\r\n" if b"\r\n" in self.source.data else "\n"

    @cached_property
    def commonjs(self) -> bool:
        """Whether the file loads modules by `require` and has no import or export of its own."""
        if self.source.of("import_statement", "export_statement"):
            return False
        return self.required or bool(
            re.search(rb"\brequire\(|\bmodule\.exports\b|\bexports\.", self.source.data)
        )

    def string(self, text: str) -> str:
        """A string literal."""
        body = "".join(_ESCAPE.get(c, c) for c in text)
        return self.quote + body.replace(self.quote, "\\" + self.quote) + self.quote

    def expression(self, pieces: Pieces) -> str:
        """Pieces as one expression: a string, the bare hole, or a template literal."""
        if all(isinstance(p, str) for p in pieces):
            return self.string("".join(p for p in pieces if isinstance(p, str)))
        if len(pieces) == 1 and isinstance(pieces[0], Hole):
            if pieces[0].name:
                return pieces[0].name
            text = self.source.text(pieces[0].node)
            # what may be undefined was a text inside a template, and is none by itself
            sure = pieces[0].node.type != "subscript_expression" and ".env" not in text
            return text if sure else "`${" + text + "}`"
        return "`" + "".join(self._in_template(p) for p in pieces) + "`"

    def _in_template(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return template_text(piece)
        return "${" + (piece.name or self.source.text(piece.node)) + "}"


def template_text(text: str) -> str:
    """Literal text as it stands inside a template literal."""
    body = "".join(_ESCAPE.get(c, c) for c in text)
    return body.replace("`", "\\`").replace("${", "\\${")


def line_indent(source: Source, offset: int) -> str:
    """The white space that the line of an offset starts with."""
    start = source.data.rfind(b"\n", 0, offset) + 1
    match = re.match(rb"[ \t]*", source.data[start:])
    return match.group().decode() if match else ""
