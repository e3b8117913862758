"""What a text is used for: as a path of the file system, or as a route or an address."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod.flow.made import MadeTexts
from fleetmod.regex import lazy
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import ancestors, parts, same, unwrap

FILES, ROUTE = "files", "route"
# by the first word of the name: `statSync` looks at a path, `status` and `format` do not
LOOKS = lazy(
    r"(?:.*\.)?(?:(?:read|write|append|open|l?stat|mkdir|rm|unlink|rename|copy|cp|exists|access|watch"
    r"|create(?:Read|Write)Stream|exec|spawn|(?:path|file|dir)Exists)(?:[A-Z]\w*)?|\$)"
)
_FILES = lazy(
    r"(?:.*\.)?(?:chdir|execa\w*|glob\w*|readdir\w*|realpath\w*|chmod\w*|chown\w*|symlink\w*"
    r"|link(?:Sync)?|opendir\w*|utimes\w*|truncate\w*|mkdtemp\w*|fork|pathToFileURL"
    r"|(?:ensure|output|empty)(?:Dir|File)\w*|dirname|basename|relative)|Bun\.file|Deno\.Command"
)
_ROUTES = frozenset(
    "get post put patch delete del head options all use route routes fetch request navigate push "
    "replace redirect permanentredirect goto visit url href controller inject rewrite mutate "
    "revalidatepath useswr usequery prefetch link $get $post nextresponse newrequest api ajax "
    "getjson sendbeacon websocket eventsource intercept registerroute".split()
)
_SERVED = lazy(
    r"(?:^|\.)(?:\w*[aA]xios|\w*[fF]etch(?:er)?|\w*[hH]ttps?|\w*[rR]outer?|\w*[cC]lient|app|api|\w*Api"
    r"|server|page|\w*[rR]equest|supertest|octokit|github|ky|got|nock|msw|rest|\w*[fF]astify|agent"
    r"|nextrouter|history|location)\b"
)
_NAMED = lazy(
    r"\w*(?:url|uri|route|routes|href|endpoint|endpoints|pathname|slug|referer|referrer|redirect)s?",
    re.IGNORECASE,
)
_FOLDERS = frozenset(("cwd", "HOME", "homeDir", "homedir", "home", "USERPROFILE"))
_BESIDE = frozenset("method handler element component children loader action handle".split())
_THROUGH = ("parenthesized_expression", "as_expression", "satisfies_expression", "array",
            "non_null_expression", "template_substitution", "template_string", "jsx_expression",
            "await_expression", "spread_element")  # fmt: skip
_READS = 50  # of a name: that many are looked at
_DEPTH = 3  # names that are handed on to names


class PathUse:
    """Tells for the texts of one file."""

    def __init__(self, scopes: Scopes, made: MadeTexts) -> None:
        self.scopes, self.source, self.made = scopes, scopes.source, made

    def of(self, node: Node) -> str:
        """FILES where a text is joined as a path, or a call of the file system or of a program gets
        it; ROUTE where it is asked for, served or compared as an address; else empty."""
        if use := self._of(node, _DEPTH):
            return use
        return FILES if node.type == "call_expression" and self.made.is_path(node) else ""

    def _of(self, node: Node, depth: int) -> str:
        inner = node
        for a in ancestors(node):
            if a.type == "arguments":
                return self._given(a)
            if a.type == "call_expression":  # a template with a tag, or a method of the text
                return self._tagged(a, inner)
            if a.type == "pair":
                return self._keyed(a)
            if a.type == "jsx_attribute":
                return self._named(next(iter(a.named_children), None), jsx=True)
            if a.type == "variable_declarator":
                return self._held(a, depth)
            if a.type == "assignment_expression":
                return self._named(a.child_by_field_name("left"))
            if a.type == "switch_case":
                switch = a.parent.parent if a.parent is not None else None
                return self._named(switch.child_by_field_name("value") if switch else None)
            if a.type == "binary_expression":
                other = a.child_by_field_name("left")
                if same(other, inner):
                    other = a.child_by_field_name("right")
                if compared := self._compared(a, other):
                    return compared
            elif a.type == "ternary_expression":
                if same(a.child_by_field_name("condition"), inner):
                    return ""
            elif a.type not in _THROUGH:
                return ""
            inner = a
        return ""

    def _given(self, arguments: Node) -> str:
        call = arguments.parent
        if call is None:
            return ""
        function = call.child_by_field_name("function") or call.child_by_field_name("constructor")
        if function is None:
            return ""
        if call.type == "call_expression" and self.made.is_path(call):
            return FILES
        name = self.source.squeezed(function)
        last = name.rpartition(".")[2].partition("<")[0]
        if last.lower() in _ROUTES or _SERVED.search(name):
            return ROUTE
        original = self.scopes.original(function)
        if LOOKS.fullmatch(name) or _FILES.fullmatch(name) or _FILES.fullmatch(original):
            return FILES
        if _asks(last) and function.type == "member_expression":
            return self._named(function.child_by_field_name("object"))
        return ""

    def _tagged(self, call: Node, inner: Node) -> str:
        tag = call.child_by_field_name("function")
        if tag is None or same(tag, inner):
            return ""
        return FILES if LOOKS.fullmatch(self.source.squeezed(tag)) else ""

    def _keyed(self, pair: Node) -> str:
        key = pair.child_by_field_name("key")
        spelled = self.source.text(key).strip("\"'`") if key is not None else ""
        if spelled in _FOLDERS:
            return FILES
        siblings = parts(pair.parent)
        keys = (each.child_by_field_name("key") or each for each in siblings)
        routed = spelled == "path" and any(self.source.text(k) in _BESIDE for k in keys)
        return ROUTE if routed or _NAMED.fullmatch(spelled) else ""

    def _named(self, node: Node | None, jsx: bool = False) -> str:
        """What a place says of the text in it by its name."""
        if node is None:
            return ""
        name = self.source.squeezed(unwrap(node)).rpartition(".")[2].strip("()[]\"'`")
        if name in _FOLDERS:
            return FILES
        if _NAMED.fullmatch(name) or (jsx and name in ("to", "src", "action", "path")):
            return ROUTE
        return ""

    def _held(self, declarator: Node, depth: int) -> str:
        name = declarator.child_by_field_name("name")
        if name is None or name.type != "identifier":
            return ""
        if named := self._named(name):
            return named
        binding = self.scopes.resolve(name) if depth else None
        references = self.scopes.references(binding) if binding is not None else []
        uses = {self._of(reference, depth - 1) for reference in references[:_READS]}
        return FILES if FILES in uses else ROUTE if ROUTE in uses else ""

    def _compared(self, comparison: Node, other: Node | None) -> str:
        operator = comparison.child_by_field_name("operator")
        if operator is None or operator.type not in ("===", "!==", "==", "!="):
            return ""
        named = self._named(other)
        is_path = other is not None and self.source.squeezed(other).endswith(".path")
        return ROUTE if named == ROUTE or is_path else ""


def _asks(method: str) -> bool:
    return method in ("startsWith", "includes", "endsWith", "indexOf", "match")
