"""A Python module: which calls run a program as a child process, and which (the library
reference, subprocess, os and asyncio)."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from fleetmod.host.commands import Program, programs, shell_programs

_HOLE = "_hole_"
_ARGV, _TEXT, _WORDS = "argv", "text", "words"


@dataclass(frozen=True)
class Runs:
    """How a function runs its argument number `at`: a list of words (or a text, with `shell=True`),
    a text for a shell, or as words from `at` on."""

    form: str
    at: int = 0


_KNOWN = {
    **{
        f"subprocess.{name}": Runs(_ARGV)
        for name in ("run", "call", "check_call", "check_output", "Popen")
    },
    **{f"subprocess.{name}": Runs(_TEXT) for name in ("getoutput", "getstatusoutput")},
    **{f"os.{name}": Runs(_TEXT) for name in ("system", "popen")},
    **{f"os.{name}": Runs(_WORDS) for name in ("execl", "execle", "execlp", "execlpe")},
    **{f"os.{name}": Runs(_ARGV, 1) for name in ("execv", "execve", "execvp", "execvpe")},
    **{f"os.spawn{name}": Runs(_WORDS, 1) for name in ("l", "le", "lp", "lpe")},
    **{f"os.spawn{name}": Runs(_ARGV, 2) for name in ("v", "ve", "vp", "vpe")},
    "asyncio.create_subprocess_exec": Runs(_WORDS),
    "asyncio.create_subprocess_shell": Runs(_TEXT),
    "pty.spawn": Runs(_ARGV),
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MODULES = frozenset(name.partition(".")[0] for name in _KNOWN)


@dataclass
class Module:
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)  # a name, and what it stands for
    values: dict[str, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))
    loops: set[str] = field(default_factory=set)  # names that are each element of a list in turn
    calls: list[ast.Call] = field(default_factory=list)
    functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = field(
        default_factory=lambda: defaultdict(list)
    )
    runners: dict[str, Runs] = field(default_factory=dict)  # the module's own, by name
    guards: dict[str, object] = field(default_factory=dict)  # by tool; see module_branches

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def name(self, node: ast.AST) -> str:
        """The full name of what an expression refers to: `subprocess.run` for `sp.run`."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            return f"{self.name(node.value)}.{node.attr}"
        return ""

    def runs(self, call: ast.Call) -> Runs | None:
        name = self.name(call.func)
        return _KNOWN.get(name) or self.runners.get(name.removeprefix("self."))

    def programs(self, call: ast.Call) -> Iterator[tuple[Program, ast.expr]]:
        """The programs that a call runs, each with the expression that names them."""
        how = self.runs(call)
        if how is None:
            return
        given = call.args[how.at :]
        named = [k.value for k in call.keywords if k.arg in ("args", "cmd", "command")]
        if not given and named:
            given = named
        if not given or isinstance(given[0], ast.Starred):
            return
        if how.form == _WORDS:
            yield from ((p, given[0]) for p in programs(self.words(given)))
            return
        for value in self.alternatives(given[0]):
            listed = self.elements(value)
            if how.form == _ARGV and listed is not None:
                yield from ((p, value) for p in programs(self.words(listed)))
            elif (text := self.literal(value)) is not None:
                yield from ((p, value) for p in shell_programs(text))

    def function(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        return next((a for a in self.ancestors(node) if isinstance(a, FUNCTIONS)), None)

    def assigned(self, name: ast.Name) -> list[ast.expr]:
        """What a name is assigned in its function, or else at the top of the module."""
        own = self.function(name)
        every = self.values.get(name.id, [])
        here = [value for value in every if self.function(value) is own]
        return here or [value for value in every if self.function(value) is None]

    def alternatives(self, node: ast.expr, depth: int = 3) -> list[ast.expr]:
        """What a name can hold, by its assignments; the branches of a conditional expression."""
        if isinstance(node, ast.IfExp):
            return [*self.alternatives(node.body, depth), *self.alternatives(node.orelse, depth)]
        if isinstance(node, ast.Name) and depth:
            return [v for a in self.assigned(node) for v in self.alternatives(a, depth - 1)]
        return [node]

    def elements(self, node: ast.expr) -> list[ast.expr] | None:
        """The words of a list, a tuple, a sum of them, or `"a b".split()`."""
        if isinstance(node, ast.List | ast.Tuple):
            return node.elts
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            first = next(iter(self.alternatives(node.left)), node.left)
            return self.elements(first)
        if isinstance(node, ast.Call):
            split = isinstance(node.func, ast.Attribute) and node.func.attr == "split"
            text = None
            if self.name(node.func) == "shlex.split" and node.args:
                text = self.literal(node.args[0])
            elif split and isinstance(node.func, ast.Attribute) and not node.args:
                text = self.literal(node.func.value)
            return None if text is None else [ast.Constant(word) for word in text.split()]
        return None

    def words(self, nodes: list[ast.expr]) -> list[str | None]:
        out: list[str | None] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                listed = [self.elements(v) for v in self.alternatives(node.value)]
                out += self.words(listed[0]) if len(listed) == 1 and listed[0] else [None]
            else:
                found = [self.literal(v) for v in self.alternatives(node)]
                out.append(found[0] if len(found) == 1 else None)
        return out

    def literal(self, node: ast.expr) -> str | None:
        """The text of a literal, with holes where it is only known at run time."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else _HOLE for p in node.values)
            return "".join(map(str, parts))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.literal(node.left), self.literal(node.right)
            return None if left is None else left + (_HOLE if right is None else right)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            left = self.literal(node.left)
            return left.replace("%s", _HOLE) if left is not None else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            text = self.literal(node.func.value) if node.func.attr == "format" else None
            return text.replace("{}", _HOLE) if text is not None else None
        return None


def read(tree: ast.Module) -> Module:
    """What one parsed module imports, assigns and calls."""
    module = Module(tree)
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            module.parents[child] = node
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    module.imported[alias.asname] = alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                module.imported[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    module.values[target.id].append(node.value)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            module.values[node.target.id].append(node.value)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            names = (n.id for n in ast.walk(node.target) if isinstance(n, ast.Name))
            module.loops.update(names)
        elif isinstance(node, FUNCTIONS):
            module.functions[node.name].append(node)
        elif isinstance(node, ast.Call):
            module.calls.append(node)
    _find_runners(module)
    return module


def _find_runners(module: Module) -> None:
    """`def run(cmd): subprocess.run(cmd)`, `def sh(*cmd): subprocess.run(cmd)`"""
    found: dict[str, Runs] = {}
    for call in module.calls:
        how = module.runs(call)
        function = module.function(call)
        if how is None or function is None or len(call.args) <= how.at:
            continue
        given = call.args[how.at]
        starred = isinstance(given, ast.Starred)
        name = given.value if isinstance(given, ast.Starred) else given
        rest = function.args.vararg
        names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        names = names[1:] if names[:1] == ["self"] else names
        if not isinstance(name, ast.Name):
            continue
        if rest is not None and rest.arg == name.id and (starred or how.form == _ARGV):
            found[function.name] = Runs(_WORDS, len(names))
        elif name.id in names:
            found[function.name] = Runs(how.form, names.index(name.id))
    module.runners.update(found)
