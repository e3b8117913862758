"""On which platforms a call of a Python module can run, by the conditions around it."""

from __future__ import annotations

import ast
import re

from fleetmod.flow.platforms import EVERY, Passed, helper, only, platform_of
from fleetmod.host.module import FUNCTIONS, Module
from fleetmod.host.tools import Tool

# sys.platform, platform.system(), os.uname().sysname and names that keep one of them
_PLATFORM = re.compile(
    r"sys\.platform|platform\.(?:system|platform)\(\)|os\.uname\(\)(?:\.sysname|\[0\])"
    r"|(?:.*\.)?(?:\w*_)?(?:platform|os_?name|system|sysname|PLATFORM|SYSTEM)"
    r"|(?:\w+\.)?(?:get|current)_(?:platform|os)\(\)"
)
_ASKS = re.compile(r"(?:.*\.)?\w*(?:which|exists|has|have|available|installed|find_executable)\w*")
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_EXITS = ("sys.exit", "exit", "quit", "os._exit")
# what a program that is not there raises: FileNotFoundError, and what it is a case of
_MISSING = ("FileNotFoundError",)
_WIDER = ("OSError", "IOError", "EnvironmentError", "Exception", "BaseException")
_DEPTH = 4


class ModuleGuards:
    """Judges places of one module, for one tool: a test for the tool itself is a guard, too."""

    def __init__(self, module: Module, tool: Tool) -> None:
        self.module, self.tool = module, tool
        self._passed: dict[tuple[ast.AST, str], tuple[dict[ast.AST, int], Passed[ast.stmt]]] = {}

    def guarded(self, node: ast.AST) -> bool:
        """Whether `node` runs on no platform of a fleet but the tool's."""
        return only(self.at(node), self.tool.platform)

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

    def at(self, node: ast.AST, depth: int = _DEPTH) -> frozenset[str]:
        found, inner = EVERY, node
        for outer in self.module.ancestors(node):
            if isinstance(outer, ast.If | ast.While):
                if any(inner is s for s in outer.body):
                    found &= self.possible(outer.test, True)
                elif any(inner is s for s in outer.orelse) and isinstance(outer, ast.If):
                    found &= self.possible(outer.test, False)
            elif isinstance(outer, ast.IfExp) and inner is not outer.test:
                found &= self.possible(outer.test, inner is outer.body)
            elif isinstance(outer, ast.BoolOp):
                for value in outer.values:
                    if value is inner:
                        break
                    found &= self.possible(value, isinstance(outer.op, ast.And))
            elif isinstance(outer, ast.Match):
                found &= self._case(outer, inner)
            found &= self._before(outer, inner)
            if isinstance(outer, FUNCTIONS) and depth:
                found &= self._called(outer, depth - 1)
            inner = outer
        return found

    def _case(self, match: ast.Match, inner: ast.AST) -> frozenset[str]:
        for case in match.cases:
            if case is inner and isinstance(case.pattern, ast.MatchValue):
                return self._compared(match.subject, case.pattern.value)
        return EVERY

    def _before(self, outer: ast.AST, inner: ast.AST) -> frozenset[str]:
        """What the early ends before a statement leave."""
        found = EVERY
        for name in ("body", "orelse", "finalbody"):
            block = getattr(outer, name, None)
            if not isinstance(block, list):
                continue
            if (outer, name) not in self._passed:
                places = {statement: index for index, statement in enumerate(block)}
                self._passed[outer, name] = (places, Passed(block, self._survives))
            places, passed = self._passed[outer, name]
            if inner in places:
                found &= passed.before(places[inner])
        return found

    def _survives(self, statement: ast.stmt) -> frozenset[str]:
        found = EVERY
        if isinstance(statement, ast.If):
            if self._ends(statement.body):
                found &= self.possible(statement.test, False)
            elif self._ends(statement.orelse):
                found &= self.possible(statement.test, True)
        elif isinstance(statement, ast.Assert):
            found &= self.possible(statement.test, True)
        return found

    def _ends(self, body: list[ast.stmt]) -> bool:
        if not body:
            return False
        last = body[-1]
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            return self.module.name(last.value.func).endswith(_EXITS)
        return isinstance(last, _ENDS)

    def _gives_up(self, body: list[ast.stmt]) -> bool:
        last = body[-1]
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            return self.module.name(last.value.func).endswith(_EXITS)
        return isinstance(last, ast.Raise)

    def _called(self, function: ast.AST, depth: int) -> frozenset[str]:
        """Where a function with a private name runs: where it is called, or handed on from."""
        name = getattr(function, "name", "")
        if not name.startswith("_") or name.startswith("__"):
            return EVERY
        uses = [
            node
            for node in ast.walk(self.module.tree)
            if (isinstance(node, ast.Name) and node.id == name)
            or (isinstance(node, ast.Attribute) and node.attr == name)
        ]
        found: frozenset[str] = frozenset()
        for use in uses:
            found |= self.at(use, depth)
        return found if uses else EVERY

    def possible(self, node: ast.expr, truth: bool, depth: int = _DEPTH) -> frozenset[str]:
        """The platforms on which a condition can be true (or false)."""
        if not depth:
            return EVERY
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.possible(node.operand, not truth, depth)
        if isinstance(node, ast.BoolOp):
            parts = [self.possible(value, truth, depth) for value in node.values]
            if isinstance(node.op, ast.And) is truth:
                return frozenset.intersection(*parts)
            return frozenset().union(*parts)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._comparison(node, truth, depth)
        if isinstance(node, ast.NamedExpr):
            return self.possible(node.value, truth, depth)
        if isinstance(node, ast.Call):
            if self._is_test(node):
                return frozenset({self.tool.platform}) if truth else EVERY
            if isinstance(node.func, ast.Attribute) and node.func.attr == "startswith":
                return _unless(self._compared(node.func.value, *node.args[:1]), truth)
            own = self.module.functions.get(self.module.name(node.func), [])
            returned = own[0].body[-1] if len(own) == 1 else None
            if isinstance(returned, ast.Return) and returned.value is not None:
                known = self.possible(returned.value, truth, depth - 1)
                if known != EVERY:
                    return known
        if isinstance(node, ast.Name) and len(values := self.module.assigned(node)) == 1:
            known = self.possible(values[0], truth, depth - 1)
            if known != EVERY:
                return known
        called = node.func if isinstance(node, ast.Call) else node
        known = helper(self.module.name(called).rpartition(".")[2]) or EVERY
        return _unless(known, truth)

    def _comparison(self, node: ast.Compare, truth: bool, depth: int) -> frozenset[str]:
        operator, left, right = node.ops[0], node.left, node.comparators[0]
        if isinstance(operator, ast.Is | ast.IsNot | ast.Eq | ast.NotEq):
            equal = isinstance(operator, ast.Is | ast.Eq) is truth
            if isinstance(right, ast.Constant) and right.value in (None, False):
                return self.possible(left, not equal, depth)
            return _unless(self._compared(left, right), equal)
        if isinstance(operator, ast.In | ast.NotIn):
            among = isinstance(operator, ast.In) is truth
            listed = right.elts if isinstance(right, ast.Tuple | ast.List | ast.Set) else None
            if listed is not None:
                found = [self._compared(left, each) for each in listed]
                known = frozenset().union(*found)
                return _unless(EVERY if EVERY in found else known, among)
            return _unless(self._compared(right, left), among)  # "darwin" in sys.platform
        return EVERY

    def _compared(self, asked: ast.expr, value: ast.expr | None = None) -> frozenset[str]:
        for a, b in ((asked, value), (value, asked)):
            text = b.value if isinstance(b, ast.Constant) else None
            if a is None or not isinstance(text, str):
                continue
            if ast.unparse(a) == "os.name":
                named = {"nt": frozenset({"win32"}), "posix": EVERY - {"win32"}}
                return named.get(text, EVERY)
            name = platform_of(text)
            if name and self._asks_platform(a):
                return frozenset({name})
        return EVERY

    def _asks_platform(self, node: ast.expr, depth: int = _DEPTH) -> bool:
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Attribute) and function.attr in ("lower", "casefold"):
            return self._asks_platform(function.value, depth)
        name = self.module.name(node.func) + "()" if isinstance(node, ast.Call) else ""
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
        return named and bool(_ASKS.fullmatch(function or self.module.name(call.func)))


def _unless(found: frozenset[str], truth: bool) -> frozenset[str]:
    return found if truth or found == EVERY else EVERY - found
