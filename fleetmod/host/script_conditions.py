"""What the conditions of a shell script tell of the platform: `[`, `[[`, `command -v`, `uname`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tree_sitter import Node

from fleetmod.flow import platforms
from fleetmod.flow.platforms import MANAGERS, UNKNOWN, Fact, helper, on, platform_of, there
from fleetmod.host.script import Script
from fleetmod.host.tools import Tool
from fleetmod.syntax.source import walk

_ASKED = re.compile(r"\buname\b(?!\s+-[mprnv]+\b)|\$\{?OSTYPE\b")
_VARIABLE = re.compile(r"\$\{?(\w+)[^}]*\}?")
# names under which scripts keep the answer of `uname`, or `ID` of os-release(5)
_NAMED = re.compile(
    r"(?:\w+_)?(?:os|os_?type|os_?name|platform|uname\w*|system|kernel|machine|distro|distribution)"
    r"|id|id_like",
    re.I,
)
_FINDS = ("command", "which", "type", "hash", "whence")
_FILES = {  # hier(7) of Linux and of macOS; os-release(5); sd_booted(3)
    "linux": re.compile(r"/etc/\w+[-_](?:release|version)|/run/systemd(?:/.*)?|/proc(?:/.*)?"),
    "darwin": re.compile(r"(?:/Applications|/System/Library|/opt/homebrew)(?:/.*)?"),
}
_ASKING = ("simple_expansion", "expansion", "command", "string")
_DEPTH = 4


def asks_for_a_tool(name: str) -> bool:
    """Whether a command is one that tells whether a program is there: `which`, `command_exists`."""
    return name in _FINDS or platforms.asks_for_a_tool(name)


class Conditions:
    """Judges conditions of one script, for one tool of `tools`."""

    def __init__(self, script: Script, tool: Tool, tools: Mapping[str, Tool]) -> None:
        self.script, self.tool, self.tools, self.text = script, tool, tools, script.text

    def fact(self, node: Node, depth: int = _DEPTH) -> Fact:
        """What it tells that a condition holds."""
        inside = [c for c in node.named_children if c.type not in ("comment", "test_operator")]
        if not depth or not inside:
            return UNKNOWN
        if node.type in ("test_command", "parenthesized_expression", "redirected_statement"):
            return self.fact(inside[0], depth)
        if node.type == "compound_statement" and self.text(node).startswith("(("):
            # zsh: `(( $+commands[x] ))`
            asked = re.search(rf"\$\+commands\[{re.escape(self.tool.name)}\]", self.text(node))
            return there(self.tool.platform) if asked else UNKNOWN
        if node.type in ("compound_statement", "subshell"):
            return self.fact(inside[-1], depth)
        if node.type == "negated_command":
            return ~self.fact(inside[-1], depth)
        if node.type in ("list", "binary_expression"):
            return self._binary(node, depth)
        if node.type == "unary_expression":
            return self._unary(node, inside[-1], depth)
        if node.type == "pipeline":
            return self._piped(self.text(node))
        return self._command(node, depth) if node.type == "command" else UNKNOWN

    def _binary(self, node: Node, depth: int) -> Fact:
        left, right = node.named_children[0], node.named_children[-1]
        operator = _operator(node)
        if operator in ("&&", "||"):
            a, b = self.fact(left, depth), self.fact(right, depth)
            return a & b if operator == "&&" else a | b
        asked, equal = self.text(left), operator != "!="
        if left.type == "unary_expression" and asked.startswith("!"):  # `! x == y` in the tree
            asked, equal = asked[1:].strip(), not equal
        if operator not in ("=", "==", "!=", "=~"):
            return UNKNOWN
        more = _operator(right) if right.type == "binary_expression" else ""
        value = right.named_children[0] if more else right
        found = self.compared(asked, self.text(value))
        found = found if equal else ~found
        if more not in ("-a", "-o"):  # the tree takes `x = y -a z` for `x = (y -a z)`
            return found
        rest = self.fact(right.named_children[-1], depth)
        return found & rest if more == "-a" else found | rest

    def _unary(self, node: Node, value: Node, depth: int) -> Fact:
        operator, text = self.text(node.children[0]), self.text(value).strip("\"'")
        if operator == "!":
            return ~self.fact(value, depth)
        asked = self._substituted(value)
        if asked is not None and operator != "-d":
            found = self.fact(asked, depth)
            return ~found if operator == "-z" else found
        return self._there(text)

    def _there(self, path: str) -> Fact:
        """What it tells that a file is there: the tool itself, or one that tells its system."""
        if path.startswith("/") and path.rpartition("/")[2] == self.tool.name:
            return there(self.tool.platform)
        return next((there(p) for p, e in _FILES.items() if e.fullmatch(path)), UNKNOWN)

    def _substituted(self, value: Node) -> Node | None:
        """The command of `"$(command -v x)"`, or of a variable that keeps what it said."""
        inside = value.named_children
        node = inside[0] if value.type == "string" and len(inside) == 1 else value
        if variable := _VARIABLE.fullmatch(self.text(node)):
            kept = self.script.constant(variable[1])
            return self._substituted(kept) if kept is not None else None
        if node.type != "command_substitution" or not node.named_children:
            return None
        said = node.named_children[0]
        silent = said.type == "list" and self.text(said.named_children[-1]) in ("true", ":")
        return said.named_children[0] if silent else said

    def _command(self, node: Node, depth: int) -> Fact:
        words = self.script.words(node)
        text = self.script.name(node)
        variable = _VARIABLE.fullmatch(text.strip('"'))
        name, rest = (words[0] or "", words[1:]) if words else ("", [])
        function = self.script.functions.get(name)
        known = helper(variable[1] if variable else text, bare=bool(variable))
        if known != UNKNOWN and (function is None or self._asks_within(function)):
            return known
        if name == "test" and len(rest) == 3 and rest[1] in ("=", "==", "!="):
            first, _, second = (self.text(n) for n in node.children_by_field_name("argument"))
            found = self.compared(first, second)
            return ~found if rest[1] == "!=" else found
        if name == "test" and len(rest) == 2 and re.fullmatch(r"-[defLrsx]", rest[0] or ""):
            return self._there(rest[1] or "")
        if name == "grep" and any(_FILES["linux"].fullmatch(word or "") for word in rest):
            return there("linux")
        body = function.child_by_field_name("body") if function is not None else None
        asks = asks_for_a_tool(name) and name not in self.script.wrappers
        if asks and (asked := next((word for word in rest if word in self.tools), None)):
            return there(self.tools[asked].platform)
        if body is not None and not rest:
            return self.fact(body, depth - 1)
        runs = any(program.name == self.tool.name for program in self.script.programs(node))
        return there(self.tool.platform) if runs else UNKNOWN

    def _piped(self, text: str) -> Fact:
        """`uname -a | grep -qi darwin`"""
        found = re.search(r"\|\s*grep\s+(?:-\w+\s+)*(\S+)", text)
        return self._platform(found[1]) if found and _ASKED.search(text) else UNKNOWN

    def compared(self, asked: str, value: str) -> Fact:
        """What it tells that what is asked equals a value."""
        if not self._asks(asked) and self._asks(value):
            asked, value = value, asked
        plain = value.strip("\"'")
        if variable := _VARIABLE.fullmatch(asked.strip('"')):
            known = helper(variable[1], bare=True)
            if plain in ("true", "1", "yes") and known != UNKNOWN:
                return known
            if plain in ("false", "0", "no", ""):
                return ~known
            if plain == self.tool.name:  # `case "$MANAGER" in brew)`
                return on(self.tool.platform)
            if plain in MANAGERS:
                return on(MANAGERS[plain])
        return self._platform(plain) if self._asks(asked) else UNKNOWN

    def _asks(self, text: str, depth: int = _DEPTH) -> bool:
        if _ASKED.search(text):
            return True
        variable = _VARIABLE.fullmatch(text.strip('"'))
        if variable is None:
            return False
        values = self.script.values.get(variable[1], [])
        if any(value.type == "for_statement" for value in values):
            return False  # each platform of a list in turn
        if _NAMED.fullmatch(variable[1]):
            return True
        return bool(depth) and any(self._asks(self.text(v), depth - 1) for v in values)

    def _asks_within(self, function: Node) -> bool:
        """Whether a function asks for the platform somewhere."""
        return any(self._asks(self.text(n)) for n in walk(function) if n.type in _ASKING)

    def _platform(self, value: str) -> Fact:
        names = [platform_of(part) for part in re.split(r"\|", value.strip("\"'^*()"))]
        return on(*names) if all(names) else UNKNOWN


def _operator(node: Node) -> str:
    inside = node.children[1:-1]
    return (inside[0].text or b"").decode() if inside else ""
