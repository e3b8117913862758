"""What a Python module calls `os` and `Path`, from where on, and where an import would stand."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst

_NAMED = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
    *(ast.ExceptHandler, ast.MatchAs, ast.MatchStar),
)
Span = Callable[["cst.CSTNode"], tuple[int, int]]
_FUTURE = "__future__"


class Names:
    """`os` is the byte from which on the module `os` is known at the top level, None for nowhere;
    `shadows_os` tells that `os` is another thing somewhere; `path` is the name of pathlib's class,
    "" where it is not imported or another thing has it, and `path_at` the byte that it is known
    from."""

    def __init__(self, module: cst.Module, tree: ast.Module, data: bytes, span: Span) -> None:
        import libcst as cst

        self.module, self.data, self.span = module, data, span
        self.os: int | None = None
        self.path, self.path_at = "", 0
        for statement in module.body:
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    self._imported(small)
        bound = _bound(tree)
        self.shadows_os = "os" in bound
        if self.path.partition(".")[0] in bound:
            self.path = ""

    def has_os(self, at: int) -> bool:
        """Whether the module `os` is imported in front of a byte."""
        return self.os is not None and self.os <= at

    def path_for(self, at: int) -> str:
        """The name of pathlib's class at a byte; "" where it is not known by then."""
        return self.path if self.path_at <= at else ""

    def local_imports(self, function: cst.FunctionDef) -> list[cst.SimpleStatementLine]:
        """The statements `import os` of a function's own body, those of inner functions aside."""
        import libcst as cst

        found: list[cst.SimpleStatementLine] = []

        class Visitor(cst.CSTVisitor):
            def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: N802
                return node is function

            def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:  # noqa: N802
                imports = (small for small in node.body if isinstance(small, cst.Import))
                names = (alias.evaluated_name for small in imports for alias in small.names)
                if any(name.partition(".")[0] == "os" for name in names):
                    found.append(node)

        function.visit(Visitor())
        return found

    def _imported(self, small: cst.BaseSmallStatement) -> None:
        import libcst as cst

        end = self.span(small)[1]
        if isinstance(small, cst.Import):
            for alias in small.names:
                if alias.asname is None and alias.evaluated_name in ("os", "os.path"):
                    self.os = end if self.os is None else self.os
                elif alias.asname is None and alias.evaluated_name == "pathlib" and not self.path:
                    self.path, self.path_at = "pathlib.Path", end
        elif isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar):
            origin = self.module.code_for_node(small.module) if small.module else ""
            for alias in small.names:
                known = self.path and self.path != "pathlib.Path"
                if origin == "pathlib" and alias.evaluated_name == "Path" and not known:
                    self.path, self.path_at = alias.evaluated_alias or "Path", end

    def new_import(self) -> tuple[int, str] | None:
        """The byte where `import os` goes, and the text to put there: among the imports that the
        module begins with, sorted as isort does, or in front of the first statement that is neither
        the docstring nor a `__future__` import; None for a module without one."""
        end = self.module.default_newline
        first = next((i for i, s in enumerate(self.module.body) if not self._is_head(s, i)), None)
        if first is None:
            return None
        rest = self.module.body[first:]
        if not self._is_import(rest[0]):
            return self._above(rest[0]), f"import os{end}{end}"
        section = [rest[0]]
        for statement in rest[1:]:
            if not self._is_import(statement) or self._parted(statement):
                break
            section.append(statement)
        if not all(self._is_standard(s) for s in section[:1]):
            return self._above(rest[0]), f"import os{end}{end}"
        place = next((s for s in section if not self._sorts_before_os(s)), None)
        if place is not None:
            at = self._above(place) if place is rest[0] else self.span(place)[0]
            return at, f"import os{end}"
        return self.span(section[-1])[1], f"{end}import os"

    def _is_head(self, statement: cst.CSTNode, index: int) -> bool:
        """Whether a statement is the docstring or imports of `__future__`."""
        import libcst as cst

        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, cst.Expr):
            text = isinstance(small.value, cst.SimpleString | cst.ConcatenatedString)
            return text and index == 0 and len(self._smalls(statement)) == 1
        return isinstance(small, cst.ImportFrom) and self._origin(small) == _FUTURE

    def _smalls(self, statement: cst.CSTNode) -> list[cst.BaseSmallStatement]:
        import libcst as cst

        return list(statement.body) if isinstance(statement, cst.SimpleStatementLine) else []

    def _origin(self, small: cst.ImportFrom) -> str:
        return self.module.code_for_node(small.module) if small.module else ""

    def _is_import(self, statement: cst.CSTNode) -> bool:
        import libcst as cst

        smalls = self._smalls(statement)
        return bool(smalls) and all(isinstance(s, cst.Import | cst.ImportFrom) for s in smalls)

    def _is_standard(self, statement: cst.CSTNode) -> bool:
        """Whether a statement imports of the standard library alone."""
        import libcst as cst

        names = []
        for small in self._smalls(statement):
            if isinstance(small, cst.Import):
                names += [alias.evaluated_name for alias in small.names]
            elif isinstance(small, cst.ImportFrom):
                names.append("" if small.relative else self._origin(small))
        return all(name.partition(".")[0] in sys.stdlib_module_names for name in names)

    def _sorts_before_os(self, statement: cst.CSTNode) -> bool:
        import libcst as cst

        small = self._smalls(statement)[0]
        return isinstance(small, cst.Import) and small.names[0].evaluated_name < "os"

    def _parted(self, statement: cst.CSTNode) -> bool:
        lines = getattr(statement, "leading_lines", ())
        return any(line.comment is None for line in lines)

    def _above(self, statement: cst.CSTNode) -> int:
        """The first byte of a statement with the comments right above it, unless the file begins
        with them."""
        at = start = self.span(statement)[0]
        while at:
            line = self.data.rfind(b"\n", 0, at - 1) + 1
            if not self.data.startswith(b"#", line):
                return at
            at = line
        return start


def _bound(tree: ast.Module) -> set[str | None]:
    """The names that a module binds anywhere but by an import of `os` or pathlib at the top."""
    out: set[str | None] = set()
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            out.add(node.id)
        elif isinstance(node, ast.arg):
            out.add(node.arg)
        elif isinstance(node, _NAMED):
            out |= {node.name} - {None}
        elif isinstance(node, ast.MatchMapping) and node.rest:
            out.add(node.rest)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                own = alias.asname is None and (name == "os" or id(node) in top)
                out |= set() if own else {name}
        elif isinstance(node, ast.ImportFrom):
            own = id(node) in top and node.module == "pathlib" and not node.level
            out |= {
                alias.asname or alias.name
                for alias in node.names
                if not (own and alias.name == "Path")
            }
    return out
