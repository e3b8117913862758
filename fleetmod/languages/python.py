"""Python: a home path becomes a lookup in the file's style; calls of launchctl are reported.

`os.path.expanduser` and `Path.home()` read HOME, and the user's entry where it is unset (the
library reference, os.path and pathlib). libcst keeps every byte that no edit touches.
"""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from fleetmod.bounds import DEPTH, TOO_DEEP
from fleetmod.host.nature import NOTHING, platform_of_file
from fleetmod.host.python import calls_of
from fleetmod.languages.findings import (
    HOME_FAMILY,
    PROCESS_FAMILY,
    TEST_DATA,
    TOOL,
    Context,
    Refused,
    Result,
)
from fleetmod.languages.launchctl import GUARDED, LAUNCHCTL
from fleetmod.languages.python_names import Names
from fleetmod.places import FOREIGN, HOME
from fleetmod.testfiles import is_test

if TYPE_CHECKING:
    import libcst as cst

_CALL = (
    "launchctl exists on macOS only; let the unit of the platform do it (`fleetmod units`), or ask "
    "`sys.platform` first and call systemctl on Linux"
)
_BRACKETS = re.compile(rb"[][(){}]")
_REMOTE = ("ssh", "mosh", "rsh")
_CONTAINERS = ("docker", "podman", "nerdctl", "kubectl")


def scan(path: str, data: bytes, context: Context) -> Result:
    """The findings and edits of one file; nothing is known of one that does not parse."""
    import libcst as cst
    from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, ParentNodeProvider

    result = Result(path, data, "python")
    if _nests_deeply(data):
        result.problem = TOO_DEEP
        return result
    try:
        wrapper = MetadataWrapper(cst.parse_module(data), unsafe_skip_copy=True)
        places = wrapper.resolve(ByteSpanPositionProvider)
        parents = wrapper.resolve(ParentNodeProvider)
    except (cst.ParserSyntaxError, RecursionError, UnicodeDecodeError) as error:
        result.problem = f"does not parse as Python: {type(error).__name__}"
        return result
    file = _File(result, context, wrapper.module, places, parents)
    for node in places:
        if isinstance(node, cst.SimpleString | cst.FormattedStringText | cst.Comment):
            file.text(node)
    if file.needs_os and (at := file.names.place_for_import(places)) is not None:
        result.edit(at, at, f"import os{file.module.default_newline}")
    return result


def _nests_deeply(data: bytes) -> bool:
    """Whether a file nests deeper than the parser and the walks over its tree can go.

    The parser ends the process there, so that Python's own is asked first; brackets are counted for
    what that one cannot read.
    """
    depth = deepest = 0
    for bracket in _BRACKETS.findall(data):
        depth = max(depth + (1 if bracket in b"([{" else -1), 0)
        deepest = max(deepest, depth)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            waiting: list[tuple[ast.AST, int]] = [(ast.parse(data), 1)]
        while waiting:
            node, level = waiting.pop()
            deepest = max(deepest, level)
            waiting += ((child, level + 1) for child in ast.iter_child_nodes(node))
    except (SyntaxError, ValueError):
        pass  # the other one tells of it
    except (RecursionError, MemoryError):
        return True
    return deepest > DEPTH


class _File:
    def __init__(
        self, result: Result, context: Context, module: cst.Module, places: object, parents: object
    ) -> None:
        self.result, self.context, self.module = result, context, module
        self.places: dict[cst.CSTNode, object] = places  # type: ignore[assignment]
        self.parents: dict[cst.CSTNode, cst.CSTNode] = parents  # type: ignore[assignment]
        self.names = Names(module)
        self.needs_os = False
        self.at: cst.CSTNode = module  # the literal that is looked at
        self.calls = calls_of(result.data, LAUNCHCTL) if TOOL.encode() in result.data else []

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        found = self.places[node]
        start: int = found.start  # type: ignore[attr-defined]
        return start, start + found.length  # type: ignore[attr-defined]

    def text(self, node: cst.SimpleString | cst.FormattedStringText | cst.Comment) -> None:
        """A literal or a comment, with the home paths and the tool's name in it."""
        start, end = self.span(node)
        raw = self.result.data[start:end].decode("utf-8")
        if TOOL in raw:
            self._tool(node, start, end)
        # an escape is no part of a name before a path: "\\n/Users/x"
        shown = re.sub(r"\\.", "  ", raw)
        found = [p for p in self.context.places.find(shown) if p.base or p.why]
        if not found:
            return
        foreign = not any(p.base for p in found) or self._is_remote(node)
        edits, needed, reason = len(self.result.edits), self.needs_os, FOREIGN if foreign else ""
        try:
            if not foreign:
                self._rewrite(node, start, end, raw)
        except Refused as why:
            del self.result.edits[edits:]
            self.needs_os, reason = needed, str(why)
        for p in found:
            at = start + len(raw[: p.start].encode())
            until = start + len(raw[: p.end].encode())
            said = reason if p.base else p.why or FOREIGN
            exempt = foreign or not p.base
            self.result.add(HOME_FAMILY, at, until, "a home path", said, exempt=exempt)

    def _is_remote(self, node: cst.CSTNode) -> bool:
        """Whether a literal is a word of `["ssh", "host", …]` or `["docker", "exec", …]`."""
        import libcst as cst

        element = self.parents.get(node)
        words = self.parents.get(element) if isinstance(element, cst.Element) else None
        if not isinstance(words, cst.List | cst.Tuple):
            return False
        first = words.elements[:2]
        spelled = [self.module.code_for_node(each.value)[1:-1] for each in first]
        tool, rest = spelled[0], spelled[1:]
        return tool in _REMOTE or (tool in _CONTAINERS and rest[:1] == ["exec"])

    def _rewrite(self, node: cst.CSTNode, start: int, end: int, raw: str) -> None:
        import libcst as cst

        parent = self.parents.get(node)
        if isinstance(node, cst.Comment) or isinstance(parent, cst.Expr):
            if raw.startswith("#!"):
                raise Refused("a line that is read as it stands; use /usr/bin/env")
            return self._tilde(start, raw)
        if is_test(self.result.path):
            raise Refused(TEST_DATA)
        self.at = node
        if isinstance(node, cst.SimpleString) and "b" in node.prefix.lower():
            raise Refused("a literal of bytes; make it of a text with os.fsencode")
        if self._is_fixed(node):
            raise Refused("a type or a pattern, which must be a literal")
        if isinstance(node, cst.FormattedStringText):
            assert parent is not None
            first = self.result.data[self.span(parent)[0] :][:6].decode("utf-8", "replace")
            quote = re.sub(r"^\w*", "", first)[:1]
            return self._embed(start, raw, quote, braces=False)
        assert isinstance(node, cst.SimpleString)
        self._literal(node, parent, start, end, raw)

    def _literal(
        self,
        node: cst.SimpleString,
        parent: cst.CSTNode | None,
        start: int,
        end: int,
        raw: str,
    ) -> None:
        import libcst as cst

        value = node.evaluated_value
        assert isinstance(value, str)
        paths = [p for p in self.context.places.find(value) if p.base]
        rest = value[paths[0].end :] if paths else ""
        whole = (
            len(paths) == 1
            and paths[0].start == 0
            and re.fullmatch(r"(?:/[^\s:;,\"'\\*?{}]*)?", rest) is not None
            and not isinstance(parent, cst.ConcatenatedString)
        )
        if not whole:
            if raw.count("\\") and "r" not in node.prefix.lower():
                raise Refused("the literal has escapes beside the path; spell the path apart")
            bare = node.prefix.lower().replace("u", "")
            head = len(node.prefix)
            self.result.edit(start, start + head, f"{bare}f")
            return self._embed(start + head, raw[head:], node.quote[:1], braces=True)
        base = paths[0].base
        call = self.parents.get(parent) if isinstance(parent, cst.Arg) else None
        if isinstance(call, cst.Call) and len(call.args) == 1:
            called = self.module.code_for_node(call.func)
            if called in ("os.path.expanduser", "expanduser") and base == HOME:
                return self.result.edit(start, end, self._quoted(f"~{rest}", node))
            if called == self.names.path:
                at, until = self.span(call)
                return self.result.edit(at, until, self._path(base, rest, node, call))
        normal = "".join(f"/{part}" for part in rest.split("/") if part not in ("", "."))
        if self.names.path and not self.names.os and normal == rest:  # a Path drops the rest
            text = f"str({self._path(base, rest, node, None)})"
        else:
            text = self._joined(base, rest, node)
        self.result.edit(start, end, text)

    def _joined(self, base: str, rest: str, node: cst.SimpleString) -> str:
        """The path as a text, by os.path."""
        home = self._os()
        usual = self.context.default(base, "~")
        if base == HOME:
            return f"{home}.path.expanduser({self._quoted(f'{usual}{rest}', node)})"
        root = self._or_env(base, f"{home}.path.expanduser({self._quoted(usual, node)})", node)
        below = self._quoted(rest.lstrip("/"), node)
        return f"{home}.path.join({root}, {below})" if rest else f"({root})"

    def _path(self, base: str, rest: str, node: cst.SimpleString, call: cst.Call | None) -> str:
        """The path by pathlib; in parentheses where something binds it closer."""
        import libcst as cst

        path = self.names.path
        text = f"{path}.home()"
        below = self.context.default(base, "").strip("/")
        if base != HOME:
            usual = f"{text} / {self._quoted(below, node)}" if below else text
            text = f"{path}({self._or_env(base, usual, node)})"
        if not rest.strip("/"):
            return text
        text = f"{text} / {self._quoted(rest.strip('/'), node)}"
        outer = self.parents.get(call) if call is not None else None
        loose = (cst.Assign, cst.AnnAssign, cst.Arg, cst.Element, cst.Return, cst.DictElement)
        return text if call is None or isinstance(outer, loose) else f"({text})"

    def _or_env(self, base: str, usual: str, node: cst.SimpleString) -> str:
        name = self._quoted(self.context.env[base], node)
        return f"{self._os()}.environ.get({name}) or {usual}"

    def _embed(self, start: int, raw: str, quote: str, braces: bool) -> None:
        """The paths of a literal as fields of an f-string; `braces` are doubled where it is new."""
        inner, out, at = "'" if quote == '"' else '"', "", 0
        for path in self.context.places.find(raw):
            if not path.base:
                continue
            os = self._os()
            field = f"{os}.path.expanduser({inner}{self.context.default(path.base, '~')}{inner})"
            if path.base != HOME:
                name = self.context.env[path.base]
                field = f"{os}.environ.get({inner}{name}{inner}) or {field}"
            text = raw[at : path.start]
            out += (re.sub(r"([{}])", r"\1\1", text) if braces else text) + "{" + field + "}"
            at = path.end
        tail = raw[at:]
        out += re.sub(r"([{}])", r"\1\1", tail) if braces else tail
        self.result.edit(start, start + len(raw.encode()), out)

    def _tilde(self, start: int, raw: str) -> None:
        for path in self.context.places.find(raw):
            if path.base:
                until = raw.index(path.user, path.start) + len(path.user)
                before = start + len(raw[: path.start].encode())
                self.result.edit(before, start + len(raw[:until].encode()), "~")

    def _os(self) -> str:
        if self.names.shadows_os:
            raise Refused("the file has another `os` than the module")
        if not self._imported_inside():
            self.needs_os = self.needs_os or not self.names.os
        return "os"

    def _imported_inside(self) -> bool:
        """Whether the function around the literal has imported `os` for itself by then, which
        makes the name its own from its first line on."""
        import libcst as cst

        at: cst.CSTNode | None = self.at
        while (at := self.parents.get(at)) is not None if at is not None else False:
            own = self.names.local_imports(at) if isinstance(at, cst.FunctionDef) else []
            if own:
                first = isinstance(at, cst.FunctionDef) and self.parents.get(own[0]) is at.body
                if first and self.span(own[0])[1] <= self.span(self.at)[0]:
                    return True
                raise Refused(
                    "the function imports `os` for itself, and later; import it at the top"
                )
        return False

    def _quoted(self, text: str, node: cst.SimpleString) -> str:
        quote = "'" if node.quote.startswith("'") else '"'
        return f"{quote}{text}{quote}"

    def _is_fixed(self, node: cst.CSTNode) -> bool:
        import libcst as cst

        at: cst.CSTNode | None = node
        while (at := self.parents.get(at)) is not None if at is not None else False:
            if isinstance(at, cst.Annotation | cst.MatchPattern | cst.Decorator):
                return not isinstance(at, cst.Decorator)
            if isinstance(at, cst.Subscript) and self.module.code_for_node(at.value).endswith(
                "Literal"
            ):
                return True
        return False

    def _tool(self, node: cst.CSTNode, start: int, end: int) -> None:
        """launchctl, as the program of a call, or named by a text."""
        import libcst as cst

        if isinstance(node, cst.Comment):
            self.result.add(PROCESS_FAMILY, start, end, "names launchctl", "a comment", True)
            return
        called = next((c for c in self.calls if c[0] <= start and end <= c[1]), None)
        nature = platform_of_file(self.result.path, LAUNCHCTL, NOTHING)
        guarded = called is not None and called[2]
        said = "runs launchctl" if called is not None else "names launchctl"
        reason = nature or (GUARDED if guarded else _CALL)
        self.result.add(PROCESS_FAMILY, start, end, said, reason, bool(nature) or guarded)
