"""What a Python module calls `os` and `Path`, and where an import would stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst


class Names:
    """`os` tells that the module `os` is imported under its name at the top level; `path` is the
    name of pathlib's class, "" where it is not imported; `shadows_os` that `os` is another thing.
    """

    def __init__(self, module: cst.Module) -> None:
        import libcst as cst

        self.module = module
        self.os = self.shadows_os = False
        self.path = ""
        for statement in module.body:
            if isinstance(statement, cst.SimpleStatementLine):
                for small in statement.body:
                    self._imported(small)
        self._look_for_shadows()

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

        if isinstance(small, cst.Import):
            for alias in small.names:
                if alias.asname is None and alias.evaluated_name in ("os", "os.path"):
                    self.os = True
                elif alias.asname is None and alias.evaluated_name == "pathlib":
                    self.path = "pathlib.Path"
        elif isinstance(small, cst.ImportFrom) and not isinstance(small.names, cst.ImportStar):
            origin = self.module.code_for_node(small.module) if small.module else ""
            for alias in small.names:
                if alias.asname is None and alias.evaluated_name == "os":
                    self.shadows_os = True
                if origin == "pathlib" and alias.evaluated_name == "Path":
                    self.path = alias.evaluated_alias or "Path"

    def _look_for_shadows(self) -> None:
        import libcst as cst

        names = self

        class Visitor(cst.CSTVisitor):
            def _bound(self, node: cst.CSTNode) -> None:
                if isinstance(node, cst.Name) and node.value == "os":
                    names.shadows_os = True

            def visit_AssignTarget(self, node: cst.AssignTarget) -> None:  # noqa: N802
                self._bound(node.target)

            def visit_Param(self, node: cst.Param) -> None:  # noqa: N802
                self._bound(node.name)

            def visit_For(self, node: cst.For) -> None:  # noqa: N802
                self._bound(node.target)

            def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802
                self._bound(node.name)

            def visit_ImportAlias(self, node: cst.ImportAlias) -> None:  # noqa: N802
                if node.evaluated_alias == "os":
                    names.shadows_os = True

        self.module.visit(Visitor())

    def place_for_import(self, places: Mapping[cst.CSTNode, object]) -> int | None:
        """The byte where `import os` goes: before the first statement that is neither the
        docstring nor a `__future__` import; None for a module without one."""
        import libcst as cst

        for index, statement in enumerate(self.module.body):
            small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
            docstring = isinstance(small, cst.Expr) and index == 0
            future = (
                isinstance(small, cst.ImportFrom)
                and small.module is not None
                and self.module.code_for_node(small.module) == "__future__"
            )
            if not docstring and not future:
                start: int = places[statement].start  # type: ignore[attr-defined]
                return start
        return None
