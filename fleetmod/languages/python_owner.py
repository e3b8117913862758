"""Whose a text of a Python module is: this host's, another host's or a container's.

A text is followed to the calls that take it: through names, attributes, parameters, results, lists
of words, and texts that a shell runs.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property

from fleetmod import reasons
from fleetmod.host.module import FUNCTIONS, Module
from fleetmod.languages.elsewhere import (
    HERE,
    INSIDE,
    LABEL,
    MIXED,
    THERE,
    WITHIN,
    is_host,
    label_of,
    of_word,
    sides,
)
from fleetmod.languages.findings import Refused
from fleetmod.languages.shell_owner import FAR_NAME, LISTS, RUNS_TEXT, Owners
from fleetmod.places import FOREIGN
from fleetmod.syntax.source import Text, parse

_HOLE = "$_hole_"
_KEEPS = ("str", "join", "quote", "Path", "PurePosixPath", "PosixPath", "expanduser", "abspath")
_METHODS = ("format", "strip", "rstrip", "lstrip", "replace", "encode", "join", "split")
_GOES_FAR = {"exec_command": THERE, "exec_run": WITHIN, "sendline": HERE}
_FAR_CALL = re.compile(r"ssh|remote|scp|sftp|rsync", re.I)
_FAR_MODULES = ("paramiko", "pysftp", "fabric", "fabric2", "asyncssh", "spur", "scp")
_HOSTS = ("host", "hostname", "ssh_host", "remote_host", "server", "ssh")
_INSTRUCTIONS = re.compile(r"^\s*FROM\s+\S+.*^\s*(?:RUN|WORKDIR|COPY|USER|CMD|ENV)\s", re.M | re.S)
_ASKS = re.compile(r"(?:os\.)?gete?uid\(\)|.*\bgetuser\(\)|.*\benviron\b.*'(?:USER|LOGNAME)'")
_IS_ROOT = re.compile(r"(?<![\w.])0(?![\w.])|'root'")
_DEPTH = 8
_NESTED = 500  # literals that begin inside of one
_HERE = frozenset({HERE})
_Func = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class _Text:
    """A node that holds a path: the text in front of it as far as it is known, whether a label
    stands there, and the names that were followed."""

    node: ast.AST
    before: str = ""
    labelled: bool = False
    seen: frozenset[str] = frozenset()


@dataclass
class PythonOwners:
    """Tells for one module."""

    data: bytes
    module: Module

    def why(self, start: int, before: str, spelled: str) -> str:
        """Why the path `spelled` of the literal around a byte is not this host's; "" where it is.

        `before` is the text of the literal in front of the path. Raises Refused where it may be
        either.
        """
        node = self._literal_at(start)
        if node is None:
            return ""
        text, behind = self._whole(node, before)
        label = label_of(text)
        if label is not None and is_host(label.replace("_hole_", "\0")):
            return FOREIGN
        if _INSTRUCTIONS.search(behind):
            return INSIDE
        found = self._sides(_Text(node, text, label is not None))
        if found and HERE not in found:
            return INSIDE if found == {WITHIN} else FOREIGN
        if found - {HERE}:
            raise Refused(MIXED)
        if label is not None and not self._is_list(node):
            raise Refused(LABEL)
        if FAR_NAME.search(name := self._unused(node)):
            raise Refused(
                reasons.ANOTHER_HOST(
                    f"{name} is named for another machine, and nothing in this file uses it; say "
                    "whose the folder is where the name is used"
                )
            )
        if self._goes_far:
            raise Refused(
                reasons.ANOTHER_HOST(
                    f"the module imports {self._goes_far}, which works on another host; see whose "
                    "path it is"
                )
            )
        if self._is_compared(node):
            raise Refused(
                reasons.ANOTHER_HOST(
                    "the path is compared with a value that may come from another machine; see "
                    "whose home is meant"
                )
            )
        return self._in_shell(text, spelled, behind)

    @cached_property
    def _goes_far(self) -> str:
        """The module's library for another host; "" for none."""
        for node in ast.walk(self.module.tree):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            for name in (each.partition(".")[0] for each in names):
                if name in _FAR_MODULES:
                    return name
        return ""

    def _is_compared(self, node: ast.AST) -> bool:
        """Whether a literal is compared as it stands: `p.startswith("/Users/x")`, `p == …`."""
        outer = self.module.parents.get(node)
        if isinstance(outer, ast.Call):
            return getattr(outer.func, "attr", "") in ("startswith", "removeprefix")
        return isinstance(outer, ast.Compare)

    def _in_shell(self, before: str, spelled: str, behind: str) -> str:
        """Why a path in the text of a command is not this host's."""
        if not RUNS_TEXT.search(before) or not re.search(r"\s", before):
            return ""
        text = behind if behind.startswith(before + spelled) else before + spelled
        data, at = text.encode(), len(before.encode())
        tree = parse("bash", data)
        end = at + len(spelled.encode())
        leaf = tree.root_node.named_descendant_for_byte_range(at, end)
        return "" if leaf is None else Owners("", data, tree).why(leaf, at, end)

    @cached_property
    def asks_for_root(self) -> bool:
        """Whether the module asks whether root runs it."""
        for node in ast.walk(self.module.tree):
            if isinstance(node, ast.Compare):
                text = ast.unparse(node)
                if _ASKS.search(text) and _IS_ROOT.search(text):
                    return True
            elif isinstance(node, ast.UnaryOp) and _ASKS.match(ast.unparse(node.operand)):
                return True
        return False

    # --- literals

    @cached_property
    def _literals(self) -> list[tuple[int, int, ast.AST]]:
        """The spans of the literals of text in source order, those inside of others behind them."""
        source = Text("", self.data)

        def place(line: int, column: int) -> int:
            return source.start_of(line) + column + (source.head if line == 1 else 0)

        found: list[tuple[int, int, ast.AST]] = []
        for node in ast.walk(self.module.tree):
            text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            inner = isinstance(self.module.parents.get(node), ast.JoinedStr)
            if (text and not inner) or isinstance(node, ast.JoinedStr):
                assert isinstance(node, ast.expr)
                start = place(node.lineno, node.col_offset)
                last = place(node.end_lineno or node.lineno, node.end_col_offset or 0)
                found.append((start, last, node))
        return sorted(found, key=lambda each: (each[0], -each[1]))

    def _literal_at(self, start: int) -> ast.AST | None:
        last = bisect_right(self._starts, start)
        # those inside of others begin later
        for a, b, node in reversed(self._literals[max(last - _NESTED, 0) : last]):
            if a <= start < b:
                return node
        return None

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _, _ in self._literals]

    def _whole(self, node: ast.AST, before: str) -> tuple[str, str]:
        """The text in front of a path with the parts that stand before its literal's, and the whole
        text; fields are holes."""
        text = self._text(node)
        at = text.find(before) if before else -1
        if before and isinstance(node, ast.Constant | ast.JoinedStr):
            at = text.find(before)
            before = text[: at + len(before)] if at >= 0 else before
        elif isinstance(node, ast.JoinedStr):
            before = ""
        inner: ast.AST = node
        while isinstance(outer := self.module.parents.get(inner), ast.BinOp):
            if isinstance(outer.op, ast.Add) and outer.right is inner:
                before = self._text(outer.left) + before
            inner, text = outer, self._text(outer)
        return before, text

    def _text(self, node: ast.AST) -> str:
        if isinstance(node, ast.Constant):
            return str(node.value)
        if isinstance(node, ast.JoinedStr):
            return "".join(
                str(p.value) if isinstance(p, ast.Constant) else self._field(p) for p in node.values
            )
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._text(node.left) + self._text(node.right)
        return self._field(node)

    def _field(self, node: ast.AST) -> str:
        """A value in a text: what it is, where one constant tells it, else a hole."""
        inner = node.value if isinstance(node, ast.FormattedValue) else node
        if isinstance(inner, ast.Name):
            values = self.module.assigned(inner)
            if len(values) == 1 and isinstance(values[0], ast.Constant):
                return str(values[0].value)
        return _HOLE

    def _is_list(self, node: ast.AST) -> bool:
        """Whether the colon in front of a path parts a list of folders."""
        for outer in self.module.ancestors(node):
            if isinstance(outer, ast.Assign | ast.AnnAssign | ast.AugAssign):
                targets = outer.targets if isinstance(outer, ast.Assign) else [outer.target]
                return any(_is_list_name(target) for target in targets)
            if isinstance(outer, ast.Dict):
                return any(
                    v is node and k and _is_list_name(k)
                    for k, v in zip(outer.keys, outer.values, strict=True)
                )
            if isinstance(outer, ast.keyword):
                return bool(outer.arg and LISTS.fullmatch(outer.arg))
            if isinstance(outer, ast.stmt):
                break
        fields = [n for n in ast.walk(node) if isinstance(n, ast.FormattedValue)]
        return bool(fields) and _is_list_name(fields[0].value)

    def _unused(self, node: ast.AST) -> str:
        """The name that a literal is given, where nothing reads it."""
        outer = self.module.parents.get(node)
        if isinstance(outer, ast.Assign) and isinstance(outer.targets[0], ast.Name):
            name = outer.targets[0].id
            return "" if self._loads.get(name) or self._attributes.get(name) else name
        return ""

    # --- where a text goes

    def _sides(self, text: _Text) -> frozenset[str]:
        """Whose what takes a text is, of all that takes it."""
        inner = text.node
        if len(text.seen) > _DEPTH:
            return frozenset()
        for outer in self.module.ancestors(text.node):
            moved = replace(text, node=outer)
            if isinstance(outer, ast.List | ast.Tuple | ast.Set):
                return self._of_list(inner, moved)
            if isinstance(outer, ast.Call):
                return self._of_call(outer, inner, text)
            if isinstance(outer, ast.Assign | ast.AnnAssign | ast.NamedExpr):
                return self._assigned(outer, inner, text)
            if isinstance(outer, ast.arguments):
                return self._default(outer, inner, text)
            if isinstance(outer, ast.Return):
                return self._returned(outer, text)
            if isinstance(outer, ast.Dict):
                return self._of_dict(outer, inner, text)
            if isinstance(outer, ast.For | ast.comprehension) and outer.iter is inner:
                return self._bound(outer.target, text, outer)
            if isinstance(outer, ast.Compare | ast.stmt | ast.Subscript | ast.Lambda):
                return _HERE
            before = self._before_part(outer, inner)
            if before is not None:
                label = text.labelled or label_of(before) is not None
                text = replace(text, before=before, labelled=label)
                if found := self._by_text(before, self._field(inner), self._text(outer)):
                    return found
            inner = outer
        return _HERE

    def _before_part(self, outer: ast.AST, inner: ast.AST) -> str | None:
        """The text in front of a part of an f-string or of a sum; None for anything else."""
        if isinstance(outer, ast.BinOp):
            added = isinstance(outer.op, ast.Add) and outer.right is inner
            return self._text(outer.left) if added else None
        if not isinstance(outer, ast.JoinedStr):
            return None
        before = ""
        for part in outer.values:
            if part is inner:
                break
            before += str(part.value) if isinstance(part, ast.Constant) else self._field(part)
        return before

    def _by_text(self, before: str, spelled: str, whole: str) -> frozenset[str]:
        """Whose a part of the text of a command is: `f"ssh mini ls {FOLDER}"`."""
        try:
            why = self._in_shell(before, spelled, whole)
        except Refused:
            return frozenset({HERE, THERE})
        return frozenset({WITHIN if why == INSIDE else THERE}) if why else frozenset()

    def _of_list(self, inner: ast.AST, text: _Text) -> frozenset[str]:
        """Whose a word of a list is: of a command, or of what reads the list."""
        top: ast.AST = text.node
        while isinstance(outer := self.module.parents.get(top), ast.BinOp | ast.Starred | ast.List):
            top = outer
        words = self._words(top)
        for index, (_, node) in enumerate(words):
            if node is inner or node is getattr(inner, "value", None):
                side = of_word(sides([w for w, _ in words])[index], text.before, text.labelled)
                if side != HERE:
                    return frozenset({side})
        return self._sides(replace(text, node=top))

    def _words(self, node: ast.AST, depth: int = 4) -> list[tuple[str | None, ast.AST]]:
        """The words of a list, each with the node that it comes from."""
        if isinstance(node, ast.List | ast.Tuple):
            return [word for each in node.elts for word in self._element(each, depth)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return [*self._words(node.left, depth), *self._words(node.right, depth)]
        if isinstance(node, ast.Name) and depth:
            values = self.module.assigned(node)
            if len(values) == 1:
                return self._words(values[0], depth - 1)
        return [(None, node)]

    def _element(self, node: ast.expr, depth: int) -> list[tuple[str | None, ast.AST]]:
        if isinstance(node, ast.Starred):
            return self._words(node.value, depth)
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            return [(self._text(node), node)]
        if isinstance(node, ast.Name):
            values = [v for v in self.module.alternatives(node) if isinstance(v, ast.Constant)]
            return [(str(values[0].value) if len(values) == 1 else None, node)]
        return [(None, node)]

    def _of_call(self, call: ast.Call, inner: ast.AST, text: _Text) -> frozenset[str]:
        """Whose an argument of a call is."""
        name = self.module.name(call.func)
        last = name.rpartition(".")[2] or getattr(call.func, "attr", "")
        at = next((i for i, each in enumerate(call.args) if each is inner), None)
        how = self.module.runs(call)
        if inner is call.func or (last in _KEEPS or (at is None and last in _METHODS)):
            return self._sides(replace(text, node=call))
        if how is not None and how.form == "words" and at is not None and at >= how.at:
            words = [w for each in call.args[how.at :] for w in self._element(each, 4)]
            for index, (_, node) in enumerate(words):
                if node is inner:
                    side = sides([w for w, _ in words])[index]
                    return frozenset({of_word(side, text.before, text.labelled)})
        if last in _GOES_FAR:
            return frozenset({_GOES_FAR[last]})
        owner = ast.unparse(call.func).lower()
        if "sftp" in owner and last in ("put", "get"):
            return frozenset({THERE if at == (1 if last == "put" else 0) else HERE})
        functions = self.module.functions.get(last, [])
        if functions and last not in text.seen:
            return self._parameters(functions, last, at, inner, text)
        self._ask_for_a_host(call.keywords, inner)
        if _FAR_CALL.search(last) and not functions:
            raise Refused(
                reasons.ANOTHER_HOST(f"{last}() may go to another host; see whose home it is")
            )
        return _HERE

    def _ask_for_a_host(self, keywords: list[ast.keyword], inner: ast.AST) -> None:
        for each in keywords:
            named = each.arg in _HOSTS and each.value is not inner
            if named and not _is_this_host(each.value):
                raise Refused(
                    reasons.ANOTHER_HOST(f"stands beside {each.arg}=, so perhaps of that host")
                )

    def _parameters(
        self,
        functions: list[_Func],
        name: str,
        at: int | None,
        inner: ast.AST,
        text: _Text,
    ) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        for function in functions:
            inside = replace(text, seen=text.seen | {name}, before="")
            names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
            if names[:1] in (["self"], ["cls"]):
                names = names[1:]
            spelled = inner.arg if isinstance(inner, ast.keyword) else None
            if spelled is None and at is not None and at < len(names):
                spelled = names[at]
            elif spelled is None and function.args.vararg is not None:
                spelled = function.args.vararg.arg
            if spelled is not None:
                found |= self._used(spelled, inside, function)
        return found or _HERE

    def _assigned(
        self, statement: ast.Assign | ast.AnnAssign | ast.NamedExpr, inner: ast.AST, text: _Text
    ) -> frozenset[str]:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return frozenset().union(*(self._bound(t, text, statement) for t in targets))

    def _bound(self, target: ast.AST, text: _Text, at: ast.AST) -> frozenset[str]:
        """Whose what reads a name, or an attribute, is."""
        text = replace(text, before="")
        if isinstance(target, ast.Attribute):
            return self._attribute(target.attr, text)
        if not isinstance(target, ast.Name):
            return _HERE
        outer = next(
            (a for a in self.module.ancestors(at) if isinstance(a, (*FUNCTIONS, ast.ClassDef))),
            None,
        )
        if isinstance(outer, ast.ClassDef):
            return self._attribute(target.id, text) | self._used(target.id, text, outer)
        found = self._used(target.id, text, outer)
        return found | self._attribute(target.id, text) if outer is None else found

    def _used(self, name: str, text: _Text, within: ast.AST | None) -> frozenset[str]:
        if name in text.seen:
            return frozenset()
        found: frozenset[str] = frozenset()
        for use in self._loads.get(name, ()):
            if within is None or within in self.module.ancestors(use):
                found |= self._sides(replace(text, node=use, seen=text.seen | {name}))
        return found

    def _attribute(self, name: str, text: _Text) -> frozenset[str]:
        if f".{name}" in text.seen:
            return frozenset()
        seen = text.seen | {f".{name}"}
        uses = self._attributes.get(name, ())
        return frozenset().union(*(self._sides(replace(text, node=u, seen=seen)) for u in uses))

    def _default(self, given: ast.arguments, inner: ast.AST, text: _Text) -> frozenset[str]:
        """Whose the parameter is that has a default."""
        function = self.module.parents.get(given)
        names = [*given.posonlyargs, *given.args]
        pairs = [
            *zip(names[len(names) - len(given.defaults) :], given.defaults, strict=True),
            *zip(given.kwonlyargs, given.kw_defaults, strict=True),
        ]
        name = next((arg.arg for arg, default in pairs if default is inner), None)
        return _HERE if name is None else self._used(name, replace(text, before=""), function)

    def _returned(self, statement: ast.Return, text: _Text) -> frozenset[str]:
        """Whose what takes a function's result is."""
        function = self.module.function(statement)
        if function is None or f"{function.name}()" in text.seen:
            return _HERE
        seen = text.seen | {f"{function.name}()"}
        found: frozenset[str] = frozenset()
        for call in self.module.calls:
            named = self.module.name(call.func).rpartition(".")[2]
            if named == function.name:
                found |= self._sides(replace(text, node=call, before="", seen=seen))
        return found or _HERE

    def _of_dict(self, outer: ast.Dict, inner: ast.AST, text: _Text) -> frozenset[str]:
        for key, value in zip(outer.keys, outer.values, strict=True):
            spelled = key.value if isinstance(key, ast.Constant) else None
            if value is inner and spelled == "bind":
                return frozenset({WITHIN})
            if value is not inner and spelled in _HOSTS and not _is_this_host(value):
                raise Refused(
                    reasons.ANOTHER_HOST(
                        f"stands beside the key {spelled}, so perhaps of that host"
                    )
                )
        return _HERE

    @cached_property
    def _loads(self) -> dict[str, list[ast.AST]]:
        """The places that read a name."""
        found: dict[str, list[ast.AST]] = defaultdict(list)
        for node in ast.walk(self.module.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found[node.id].append(node)
        return found

    @cached_property
    def _attributes(self) -> dict[str, list[ast.AST]]:
        """The places that read an attribute."""
        found: dict[str, list[ast.AST]] = defaultdict(list)
        for node in ast.walk(self.module.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found[node.attr].append(node)
        return found


def _is_list_name(node: ast.AST) -> bool:
    """Whether an expression is named for a list of folders: `env["PATH"]`, `CLASSPATH`."""
    words = re.findall(r"\w+", ast.unparse(node))
    return any(LISTS.fullmatch(word) for word in words if word != "path")


def _is_this_host(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in ("localhost", "127.0.0.1", "::1", None)
