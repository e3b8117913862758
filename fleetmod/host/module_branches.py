"""The branches of a Python module for `flow.guards`, and what its conditions tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from fleetmod.flow.guards import Guards, Step, holding
from fleetmod.flow.platforms import (
    UNKNOWN,
    Fact,
    asks_for_a_tool,
    helper,
    on,
    platform_of,
    there,
)
from fleetmod.host.module import FUNCTIONS, Module
from fleetmod.host.tools import Tool

# sys.platform, platform.system(), os.uname().sysname and names that keep one of them
_PLATFORM = re.compile(
    r"sys\.platform|platform\.(?:system|platform)\(\)|os\.uname\(\)(?:\.sysname|\[0\])"
    r"|(?:.*\.)?(?:\w*_)?(?:platform|os_?name|system|sysname|PLATFORM|SYSTEM)"
    r"|(?:\w+\.)?(?:get|current)_(?:platform|os)\(\)"
)
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_EXITS = ("sys.exit", "exit", "quit", "os._exit")
# what a program that is not there raises: FileNotFoundError, and what it is a case of
_MISSING = ("FileNotFoundError",)
_WIDER = ("OSError", "IOError", "EnvironmentError", "Exception", "BaseException")
_BLOCKS = ("body", "orelse", "finalbody")
_DEPTH = 4


class ModuleGuards:
    """Judges places of one module, for one tool: a test for the tool itself is a guard, too."""

    def __init__(self, module: Module, tool: Tool) -> None:
        self.module = module
        guards: Guards[ast.AST] = Guards(_Branches(module, tool), tool.platform)
        self.guarded = guards.guarded

    def caught(self, call: ast.Call, by_shell: bool) -> bool:
        """Whether the code has a way on where the program is not there. A command that a shell
        runs raises nothing by itself."""
        inner: ast.AST = call
        for outer in self.module.ancestors(call):
            if isinstance(outer, (*FUNCTIONS, ast.Lambda)):
                return False
            if isinstance(outer, ast.Try) and any(inner is s for s in outer.body) and not by_shell:
                for handler in outer.handlers:
                    names = self._caught_names(handler)
                    if any(name in _MISSING for name in names):
                        return True
                    if any(name in _WIDER for name in names):
                        return not self._gives_up(handler.body)
            if isinstance(outer, ast.With | ast.AsyncWith) and not by_shell:
                for item in outer.items:
                    given = item.context_expr
                    if isinstance(given, ast.Call) and self.module.name(given.func).endswith(
                        "suppress"
                    ):
                        names = [self.module.name(a) for a in given.args]
                        if any(name in (*_MISSING, *_WIDER) for name in names):
                            return True
            inner = outer
        return False

    def _caught_names(self, handler: ast.ExceptHandler) -> list[str]:
        if handler.type is None:
            return ["BaseException"]
        types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        return [self.module.name(each) for each in types]

    def _gives_up(self, body: list[ast.stmt]) -> bool:
        last = body[-1]
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            return self.module.name(last.value.func).endswith(_EXITS)
        return isinstance(last, ast.Raise)


class _Branches:
    """A `Language` for `guards`."""

    def __init__(self, module: Module, tool: Tool) -> None:
        self.module, self.tool = module, tool
        self._places: dict[tuple[ast.AST, str], dict[ast.AST, int]] = {}

    def outwards(self, node: ast.AST) -> Iterator[ast.AST]:
        return self.module.ancestors(node)

    def around(self, outer: ast.AST, inner: ast.AST) -> Iterator[Step[ast.AST]]:
        if isinstance(outer, ast.If | ast.While):
            if any(inner is s for s in outer.body):
                yield holding(self.fact(outer.test))
            elif any(inner is s for s in outer.orelse) and isinstance(outer, ast.If):
                yield holding(~self.fact(outer.test))
        elif isinstance(outer, ast.IfExp) and inner is not outer.test:
            fact = self.fact(outer.test)
            yield holding(fact if inner is outer.body else ~fact)
        elif isinstance(outer, ast.BoolOp):
            for value in outer.values:
                if value is inner:
                    break
                fact = self.fact(value)
                yield holding(fact if isinstance(outer.op, ast.And) else ~fact)
        elif isinstance(outer, ast.Match):
            for case in outer.cases:
                if case is inner and isinstance(case.pattern, ast.MatchValue):
                    yield holding(self._compared(outer.subject, case.pattern.value))

    def block(
        self, outer: ast.AST, inner: ast.AST
    ) -> tuple[tuple[ast.AST, str], Sequence[ast.AST], int] | None:
        for name in _BLOCKS:
            inside = getattr(outer, name, None)
            if not isinstance(inside, list):
                continue
            if (outer, name) not in self._places:
                self._places[outer, name] = {each: at for at, each in enumerate(inside)}
            if inner in self._places[outer, name]:
                return (outer, name), inside, self._places[outer, name][inner]
        return None

    def leaves(self, statement: ast.AST) -> Iterator[Step[ast.AST]]:
        if isinstance(statement, ast.If):
            if self._ends(statement.body):
                yield holding(~self.fact(statement.test))
            if self._ends(statement.orelse):
                yield holding(self.fact(statement.test))
        elif isinstance(statement, ast.Assert):
            yield holding(self.fact(statement.test))

    def _ends(self, body: list[ast.stmt]) -> bool:
        last = body[-1] if body else None
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            return self.module.name(last.value.func) in _EXITS
        return isinstance(last, _ENDS)

    def uses(self, outer: ast.AST, inner: ast.AST) -> list[ast.AST] | None:
        """Where a function with a private name is called, or handed on from."""
        name = getattr(outer, "name", "") if isinstance(outer, FUNCTIONS) else ""
        if not name.startswith("_") or name.startswith("__"):
            return None
        return [
            node
            for node in ast.walk(self.module.tree)
            if getattr(node, "id" if isinstance(node, ast.Name) else "attr", "") == name
            if outer not in self.module.ancestors(node)
        ]

    # -- conditions ------------------------------------------------------------------------------

    def fact(self, node: ast.expr, depth: int = _DEPTH) -> Fact:
        """What it tells that a condition holds."""
        if not depth:
            return UNKNOWN
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.fact(node.operand, depth)
        if isinstance(node, ast.BoolOp):
            found, *others = [self.fact(value, depth) for value in node.values]
            for other in others:
                found = found & other if isinstance(node.op, ast.And) else found | other
            return found
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._comparison(node, depth)
        if isinstance(node, ast.NamedExpr):
            return self.fact(node.value, depth)
        if isinstance(node, ast.Call):
            return self._call(node, depth)
        if isinstance(node, ast.Name) and (values := self.module.assigned(node)):
            found = self.fact(values[0], depth - 1) if len(values) == 1 else UNKNOWN
            return self._named(node, found, values)
        return helper(self.module.name(node).rpartition(".")[2])

    def _call(self, call: ast.Call, depth: int) -> Fact:
        if self._is_test(call):
            return there(self.tool.platform)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "startswith":
            return self._compared(call.func.value, *call.args[:1])
        own = self.module.functions.get(self.module.name(call.func), [])
        returned = own[0].body[-1] if len(own) == 1 else None
        if isinstance(returned, ast.Return) and returned.value is not None:
            return self._named(call.func, self.fact(returned.value, depth - 1), own)
        return helper(self.module.name(call.func).rpartition(".")[2])

    def _named(self, name: ast.expr, found: Fact, held: Sequence[ast.AST]) -> Fact:
        """What a name tells by what it holds; by itself only where that asks for a platform."""
        asks = (
            self._asks_platform(n) for h in held for n in ast.walk(h) if isinstance(n, ast.expr)
        )
        if found != UNKNOWN or not any(asks):
            return found
        return helper(self.module.name(name).rpartition(".")[2])

    def _comparison(self, node: ast.Compare, depth: int) -> Fact:
        operator, left, right = node.ops[0], node.left, node.comparators[0]
        if isinstance(operator, ast.Is | ast.IsNot | ast.Eq | ast.NotEq):
            if isinstance(right, ast.Constant) and right.value in (None, False):
                found = ~self.fact(left, depth)
            else:
                found = self._compared(left, right)
            return found if isinstance(operator, ast.Is | ast.Eq) else ~found
        if isinstance(operator, ast.In | ast.NotIn):
            if isinstance(right, ast.Tuple | ast.List | ast.Set):
                facts = [self._compared(left, each) for each in right.elts]
                listed = [next(iter(f.holds), "") for f in facts if len(f.holds) == 1]
                found = on(*listed) if len(listed) == len(facts) else UNKNOWN
            else:
                found = self._compared(right, left)  # "darwin" in sys.platform
            return found if isinstance(operator, ast.In) else ~found
        return UNKNOWN

    def _compared(self, asked: ast.expr, value: ast.expr | None = None) -> Fact:
        for a, b in ((asked, value), (value, asked)):
            text = b.value if isinstance(b, ast.Constant) else None
            if a is None or not isinstance(text, str):
                continue
            if ast.unparse(a) == "os.name":
                named = {"nt": on("win32"), "posix": ~on("win32")}
                return named.get(text, UNKNOWN)
            name = platform_of(text)
            if name and self._asks_platform(a):
                return on(name)
        return UNKNOWN

    def _asks_platform(self, node: ast.expr, depth: int = _DEPTH) -> bool:
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Attribute) and function.attr in ("lower", "casefold"):
            return self._asks_platform(function.value, depth)
        name = self.module.name(node.func) + "()" if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Name) and node.id in self.module.loops:
            return False  # each platform of a list in turn
        if _PLATFORM.fullmatch(name or self.module.name(node) or ast.unparse(node)):
            return True
        values = self.module.assigned(node) if isinstance(node, ast.Name) else []
        return depth > 0 and any(self._asks_platform(v, depth - 1) for v in values)

    def _is_test(self, call: ast.Call) -> bool:
        """`shutil.which("pbcopy")`, `os.path.exists("/usr/bin/open")`"""
        given = call.args[0] if call.args else None
        if given is None and isinstance(call.func, ast.Attribute):
            inner = call.func.value  # Path("/usr/bin/open").exists()
            given = inner.args[0] if isinstance(inner, ast.Call) and inner.args else None
        text = self.module.literal(given) if given is not None else None
        named = text is not None and text.rpartition("/")[2] == self.tool.name
        function = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        return named and asks_for_a_tool(function or self.module.name(call.func))
