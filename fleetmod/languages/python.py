"""Python: a home path becomes a lookup in the file's style; calls of launchctl are reported.

`os.path.expanduser` and `Path.home()` read HOME, and the user's entry where it is unset (the
library reference, os.path and pathlib). libcst keeps every byte that no edit touches.
"""

from __future__ import annotations

import ast
import contextlib
import re
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from fleetmod import reasons
from fleetmod.bounds import TOO_DEEP
from fleetmod.edits import render
from fleetmod.host.module import read
from fleetmod.host.nature import NOTHING, platform_of_file
from fleetmod.host.python import calls_of
from fleetmod.languages.findings import (
    BESIDE,
    HOME_FAMILY,
    PROCESS_FAMILY,
    ROOT_HOME,
    TOOL,
    Context,
    Refused,
    Result,
    another,
    escaped,
    shown,
)
from fleetmod.languages.launchctl import GUARDED, LAUNCHCTL
from fleetmod.languages.python_names import Names
from fleetmod.languages.python_owner import PythonOwners
from fleetmod.languages.python_tree import holds_code, nests_deeply, tree_of
from fleetmod.model import REWRITE, refuse
from fleetmod.places import FOREIGN, HOME, HomePath
from fleetmod.refusal import Reason
from fleetmod.syntax.source import Text
from fleetmod.testfiles import is_test

if TYPE_CHECKING:
    import libcst as cst

_CALL = reasons.UNCHECKED_TOOL(
    "launchctl exists on macOS only; let the unit of the platform do it (`fleetmod units`), or ask "
    "`sys.platform` first and call systemctl on Linux"
)
_BROKEN = "Python cannot read the file once it is rewritten; take the home from a name of its own"
# the lines that PEP 723 has in comments, as its own text finds them
_BLOCK = re.compile(rb"^# /// [a-zA-Z0-9-]+$\s(?:^#(?:| .*)$\s)+^# ///$", re.M)


def _shown(raw: str) -> str:
    """A literal without escapes, which are no part of a name before a path: `\\n/Users/x`."""
    return shown(re.sub(r"\\.", "  ", raw))


def scan(path: str, data: bytes, context: Context) -> Result:
    """The findings and edits of one file; nothing is known of one that does not parse."""
    import libcst as cst
    from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, ParentNodeProvider

    result = Result(path, data, "python")
    if nests_deeply(data):
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
    escaped(data.decode("utf-8"), context, result)
    literals = (cst.SimpleString, cst.FormattedStringText, cst.Comment)
    for node in sorted((n for n in places if isinstance(n, literals)), key=file.is_prose):
        file.text(node)
    if file.needs_os and (new := file.names.new_import()) is not None:
        result.edit(new[0], new[0], new[1])
    if result.edits and tree_of(render(data, sorted(result.edits))) is None:
        result.edits.clear()
        result.findings = [
            refuse(f, reasons.DOES_NOT_PARSE(_BROKEN)) if f.action == REWRITE else f
            for f in result.findings
        ]
    return result


class _File:
    def __init__(
        self, result: Result, context: Context, module: cst.Module, places: object, parents: object
    ) -> None:
        self.result, self.context, self.module = result, context, module
        self.places: dict[cst.CSTNode, object] = places  # type: ignore[assignment]
        self.parents: dict[cst.CSTNode, cst.CSTNode] = parents  # type: ignore[assignment]
        self.head = Text("", result.data).head  # what libcst does not count
        self.tree = tree_of(result.data)
        self.names = Names(module, self.tree or ast.Module([], []), result.data, self.span)
        self.needs_os = False
        self.at: cst.CSTNode = module  # the literal that is looked at, and where it begins
        self.start = 0
        self.calls = calls_of(result.data, LAUNCHCTL) if TOOL.encode() in result.data else []

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        found = self.places[node]
        start: int = found.start + self.head  # type: ignore[attr-defined]
        return start, start + found.length  # type: ignore[attr-defined]

    def is_prose(self, node: cst.CSTNode) -> bool:
        """Whether a node is a comment or a docstring."""
        import libcst as cst

        return isinstance(node, cst.Comment) or isinstance(self.parents.get(node), cst.Expr)

    def text(self, node: cst.SimpleString | cst.FormattedStringText | cst.Comment) -> None:
        """A literal or a comment, with the home paths and the tool's name in it."""
        start, end = self.span(node)
        raw = self.result.data[start:end].decode("utf-8")
        if TOOL in raw:
            self._tool(node, start, end)
        prose = self.is_prose(node)
        text = _shown(raw)
        found = [p for p in self.context.places.find(text, by_line=prose) if p.base or p.why]
        if not found:
            return
        edits, needed = len(self.result.edits), self.needs_os
        reason: Reason | None = None
        foreign = set[int]()
        try:
            for p in found:
                why = p.why if not p.base else "" if prose else self._whose(start, text, p)
                why = why or (FOREIGN if prose and self._kind(text, p) else "")
                why = why or (BESIDE if prose and self.result.keeps_code else "")
                code = holds_code(raw) and not self._is_read(node, start, raw)
                why = why or ("code in a comment" if code else "")
                if why:
                    foreign.add(p.start)
                    self._add(start, raw, p, exempt=why)
            mine = [p for p in found if p.start not in foreign]
            if mine:
                self._rewrite(node, start, end, raw, mine)
        except Refused as refused:
            del self.result.edits[edits:]
            self.needs_os, reason = needed, refused.reason
        for p in found:
            if p.start not in foreign:
                self._add(start, raw, p, reason)

    def _add(
        self,
        start: int,
        raw: str,
        p: HomePath,
        reason: Reason | None = None,
        exempt: str = "",
    ) -> None:
        at = start + len(raw[: p.start].encode())
        until = start + len(raw[: p.end].encode())
        self.result.add(HOME_FAMILY, at, until, "a home path", reason, exempt)

    @cached_property
    def _owners(self) -> PythonOwners:
        if self.tree is None:
            raise Refused(
                reasons.DOES_NOT_PARSE(
                    "the Python that fleetmod runs under cannot read this file, so that no "
                    "rewrite can be checked; run fleetmod with the project's Python"
                )
            )
        return PythonOwners(self.result.data, read(self.tree))

    def _whose(self, start: int, text: str, p: HomePath) -> str:
        """Why a path of a literal is not this host's; "" where it is."""
        before = re.sub(r"^\w*(?:\"\"\"|'''|[\"'])", "", text[: p.start])
        return self._owners.why(start, before, text[p.start : p.end])

    @cached_property
    def _tells_homes_apart(self) -> Reason | None:
        """Why the homes of the file stay, where this host's side spells one of the other kind."""
        import libcst as cst

        for node in self.places:
            if not isinstance(node, cst.SimpleString | cst.FormattedStringText):
                continue
            if isinstance(self.parents.get(node), cst.Expr):
                continue
            start, end = self.span(node)
            text = _shown(self.result.data[start:end].decode("utf-8"))
            for p in self.context.places.find(text, by_line=False):
                other = another(self._kind(text, p)) if p.base else None
                with contextlib.suppress(Refused):
                    if other and not self._whose(start, text, p):
                        return other
        return None

    @cached_property
    def _has_doctest(self) -> bool:
        """Whether a doctest of the module spells a home, so that it moves with the code only."""
        import libcst as cst

        for node in self.places:
            if isinstance(node, cst.SimpleString) and isinstance(self.parents.get(node), cst.Expr):
                raw = node.value
                if ">>>" in raw and any(p.base for p in self.context.places.find(_shown(raw))):
                    return True
        return False

    def _kind(self, text: str, p: HomePath) -> str:
        """The home of a path, where it is of the other kind than the repository's or the file's."""
        whole = self.result.data.decode("utf-8", "replace")
        return self.context.places.of_another(text, p.start, whole)

    def _rewrite(
        self, node: cst.CSTNode, start: int, end: int, raw: str, mine: list[HomePath]
    ) -> None:
        import libcst as cst

        parent = self.parents.get(node)
        if isinstance(node, cst.Comment) or isinstance(parent, cst.Expr):
            if self._is_read(node, start, raw):
                raise Refused(
                    reasons.READ_AS_IT_STANDS(
                        "a line that is read as it stands; write it without the home"
                    )
                )
            if ">>>" in raw:
                raise Refused(reasons.TEST_DATA)
            return self._tilde(start, raw, mine)
        if is_test(self.result.path):
            raise Refused(reasons.TEST_DATA)
        if self._owners.asks_for_root:
            raise Refused(
                reasons.ROOT_HOME(f"the module asks whether root runs it, and {ROOT_HOME}")
            )
        if self.context.as_root:
            raise Refused(reasons.ROOT_HOME(f"{self.context.as_root}, and {ROOT_HOME}"))
        if self._tells_homes_apart:
            raise Refused(self._tells_homes_apart)
        if self._has_doctest:
            raise Refused(reasons.TEST_DATA)
        self.at, self.start = node, start
        if isinstance(node, cst.SimpleString) and "b" in node.prefix.lower():
            raise Refused(
                reasons.LITERAL_ONLY("a literal of bytes; make it of a text with os.fsencode")
            )
        if self._is_fixed(node):
            raise Refused(reasons.LITERAL_ONLY("a type or a pattern, which must be a literal"))
        if isinstance(node, cst.FormattedStringText):
            if not isinstance(parent, cst.FormattedString) or self._is_nested(parent):
                raise Refused(
                    reasons.LITERAL_ONLY(
                        "an f-string inside of another; give it a name in front of that"
                    )
                )
            first = self.result.data[self.span(parent)[0] :][:6].decode("utf-8", "replace")
            quote = re.sub(r"^\w*", "", first)[:1]
            return self._embed(start, raw, quote, mine, braces=False)
        assert isinstance(node, cst.SimpleString)
        self._literal(node, parent, start, end, raw, mine)

    def _is_read(self, node: cst.CSTNode, start: int, raw: str) -> bool:
        """Whether a program reads a comment as it stands: a shebang, or one of the lines of
        `# /// script` (PEP 723); docopt reads a docstring."""
        import libcst as cst

        if not isinstance(node, cst.Comment):
            return "docopt" in self.result.data.decode("utf-8", "replace")
        blocks = _BLOCK.finditer(self.result.data)
        return raw.startswith("#!") or any(m.start() <= start < m.end() for m in blocks)

    def _is_nested(self, node: cst.CSTNode) -> bool:
        """Whether a node stands in a field of an f-string, which shares its quotes with nothing
        before Python 3.12."""
        import libcst as cst

        at: cst.CSTNode | None = node
        while (at := self.parents.get(at)) is not None if at is not None else False:
            if isinstance(at, cst.FormattedStringExpression):
                return True
        return False

    def _literal(
        self,
        node: cst.SimpleString,
        parent: cst.CSTNode | None,
        start: int,
        end: int,
        raw: str,
        mine: list[HomePath],
    ) -> None:
        import libcst as cst

        if "\\" in raw and "r" not in node.prefix.lower():
            raise Refused(
                reasons.ESCAPES("the literal has escapes beside the path; spell the path apart")
            )
        head, size = len(node.prefix), len(node.prefix) + len(node.quote)
        rest = raw[mine[0].end : -len(node.quote)]
        whole = (
            len(mine) == 1
            and mine[0].start == size
            and re.fullmatch(r"(?:/[^\s:;,\"'\\*?{}]*)?", rest) is not None
            and not isinstance(parent, cst.ConcatenatedString)
        )
        if not whole:
            if self._is_nested(node):
                return self._added(node, parent, start, end, raw, mine)
            bare = node.prefix.lower().replace("u", "")
            self.result.edit(start, start + head, f"{bare}f")
            moved = [replace(p, start=p.start - head, end=p.end - head) for p in mine]
            return self._embed(start + head, raw[head:], node.quote[:1], moved, braces=True)
        base = mine[0].base
        path = self.names.path_for(start)
        call = self.parents.get(parent) if isinstance(parent, cst.Arg) else None
        if isinstance(call, cst.Call) and len(call.args) == 1:
            called = self.module.code_for_node(call.func)
            if called in ("os.path.expanduser", "expanduser") and base == HOME:
                return self.result.edit(start, end, self._quoted(f"~{rest}", node))
            if called == path:
                at, until = self.span(call)
                return self.result.edit(at, until, self._path(base, rest, node, call))
        if isinstance(call, cst.Call) and self._asks_for(base, call):
            home = self._quoted(f"{self.context.default(base, '~')}{rest}", node)
            return self.result.edit(start, end, f"{self._os()}.path.expanduser({home})")
        normal = "".join(f"/{part}" for part in rest.split("/") if part not in ("", "."))
        if path and not self.names.has_os(start) and normal == rest:  # a Path drops the rest
            text = f"str({self._path(base, rest, node, None)})"
        else:
            text = self._joined(base, rest, node)
        self.result.edit(start, end, text)

    def _asks_for(self, base: str, call: cst.Call) -> bool:
        """Whether a call asks for the base's own variable, with the literal for its default."""
        import libcst as cst

        name = call.args[0].value
        called = self.module.code_for_node(call.func)
        spelled = name.raw_value if isinstance(name, cst.SimpleString) else ""
        asks = called.endswith((".get", "getenv")) and len(call.args) == 2
        return asks and base != HOME and spelled == self.context.env.get(base)

    def _added(
        self,
        node: cst.SimpleString,
        parent: cst.CSTNode | None,
        start: int,
        end: int,
        raw: str,
        mine: list[HomePath],
    ) -> None:
        """The literal as a sum of texts and paths, in its own quotes."""
        import libcst as cst

        if isinstance(parent, cst.ConcatenatedString) or node.prefix.lower() not in ("", "u"):
            raise Refused(
                reasons.LITERAL_ONLY(
                    "a literal in a field of an f-string; give it a name in front of that"
                )
            )
        size, out = len(node.quote), []
        at = len(node.prefix) + size
        for p in (*mine, None):
            text = raw[at : p.start if p is not None else len(raw) - size]
            if text:
                out.append(f"{node.quote}{text}{node.quote}")
            if p is not None:
                usual = self._quoted(self.context.default(p.base, "~"), node)
                path = f"{self._os()}.path.expanduser({usual})"
                out.append(path if p.base == HOME else f"({self._or_env(p.base, path, node)})")
                at = p.end
        text = " + ".join(out)
        self.result.edit(start, end, text if isinstance(parent, cst.Arg) else f"({text})")

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

        path = self.names.path_for(self.start)
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

    def _embed(self, start: int, raw: str, quote: str, mine: list[HomePath], braces: bool) -> None:
        """The paths of a literal as fields of an f-string; `braces` are doubled where it is new."""
        inner, out, at = "'" if quote == '"' else '"', "", 0
        for path in mine:
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

    def _tilde(self, start: int, raw: str, mine: list[HomePath]) -> None:
        """`~`, or `$HOME` where a shell would not know `~`."""
        for path in mine:
            until = raw.index(path.user, path.start) + len(path.user)
            before = start + len(raw[: path.start].encode())
            front = raw[: path.start].lstrip("rRuUfFbB")
            quoted = front.endswith(("=", ":")) or (
                front.endswith('"') and front.strip("\"'") != ""
            )
            home = "$HOME" if quoted else "~"
            self.result.edit(before, start + len(raw[:until].encode()), home)

    def _os(self) -> str:
        if self.names.shadows_os:
            raise Refused(reasons.OWN_NAME("the file has another `os` than the module"))
        if not self._imported_inside():
            self.needs_os = self.needs_os or not self.names.has_os(self.start)
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
                    reasons.OWN_NAME(
                        "the function imports `os` for itself, and later; import it at the top"
                    )
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

        if isinstance(node, cst.Comment) or isinstance(self.parents.get(node), cst.Expr):
            said = "a comment" if isinstance(node, cst.Comment) else "a docstring"
            self.result.add(PROCESS_FAMILY, start, end, "names launchctl", exempt=said)
            return
        called = next((c for c in self.calls if c[0] <= start and end <= c[1]), None)
        nature = platform_of_file(self.result.path, LAUNCHCTL, NOTHING)
        guarded = called is not None and called[2]
        said = "runs launchctl" if called is not None else "names launchctl"
        no_debt = nature or (GUARDED if guarded else "")
        self.result.add(PROCESS_FAMILY, start, end, said, _CALL, no_debt)
