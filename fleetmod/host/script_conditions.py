"""The platforms on which a condition of a shell script holds: `[`, `[[`, `command -v`, `uname`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tree_sitter import Node

from fleetmod.flow.platforms import EVERY, helper, platform_of
from fleetmod.host.script import Script
from fleetmod.host.tools import Tool

_ASKED = re.compile(r"\buname\b(?!\s+-[mprnv]+\b)|\$\{?OSTYPE\b")
_VARIABLE = re.compile(r"\$\{?(\w+)[^}]*\}?")
# names under which scripts keep the answer of `uname`, or `ID` of os-release(5)
_NAMED = re.compile(
    r"(?:\w+_)?(?:os|os_?type|os_?name|platform|uname\w*|system|kernel|machine|distro|distribution)"
    r"|id|id_like",
    re.I,
)
_FINDS = ("command", "which", "type", "hash", "whence")
_ASKS = re.compile(
    r"\w*(?:which|exists?|has|have|available|installed|supports)(?![a-z])\w*"
    r"|(?:is|has|check)_?(?:command|cmd)\w*"
)
_FILES = {  # hier(7) of Linux and of macOS; os-release(5); sd_booted(3)
    "linux": re.compile(r"/etc/\w+[-_](?:release|version)|/run/systemd(?:/.*)?|/proc(?:/.*)?"),
    "darwin": re.compile(r"(?:/Applications|/System/Library|/opt/homebrew)(?:/.*)?"),
}
_DEPTH = 4


def asks_for_a_tool(name: str) -> bool:
    """Whether a command is one that tells whether a program is there: `which`, `command_exists`."""
    return name in _FINDS or _ASKS.fullmatch(name) is not None


class Conditions:
    """Judges conditions of one script, for one tool of `tools`."""

    def __init__(self, script: Script, tool: Tool, tools: Mapping[str, Tool]) -> None:
        self.script, self.tool, self.tools, self.text = script, tool, tools, script.text

    def possible(self, node: Node, truth: bool, depth: int = _DEPTH) -> frozenset[str]:
        """The platforms on which a condition can hold (or fail)."""
        inside = [c for c in node.named_children if c.type not in ("comment", "test_operator")]
        if not depth or not inside:
            return EVERY
        if node.type in ("test_command", "parenthesized_expression", "redirected_statement"):
            return self.possible(inside[0], truth, depth)
        if node.type == "compound_statement" and self.text(node).startswith("(("):
            # zsh: `(( $+commands[x] ))`
            asked = re.search(rf"\$\+commands\[{re.escape(self.tool.name)}\]", self.text(node))
            return frozenset({self.tool.platform}) if asked and truth else EVERY
        if node.type in ("compound_statement", "subshell"):
            return self.possible(inside[-1], truth, depth)
        if node.type == "negated_command":
            return self.possible(inside[-1], not truth, depth)
        if node.type in ("list", "binary_expression"):
            return self._binary(node, truth, depth)
        if node.type == "unary_expression":
            return self._unary(node, inside[-1], truth, depth)
        if node.type == "pipeline":
            return self._piped(self.text(node), truth)
        return self._command(node, truth, depth) if node.type == "command" else EVERY

    def _binary(self, node: Node, truth: bool, depth: int) -> frozenset[str]:
        left, right = node.named_children[0], node.named_children[-1]
        operator = _operator(node)
        if operator in ("&&", "||"):
            a, b = self.possible(left, truth, depth), self.possible(right, truth, depth)
            return a & b if (operator == "&&") is truth else a | b
        asked, equal = self.text(left), operator != "!="
        if left.type == "unary_expression" and asked.startswith("!"):  # `! x == y` in the tree
            asked, equal = asked[1:].strip(), not equal
        if operator not in ("=", "==", "!=", "=~"):
            return EVERY
        more = _operator(right) if right.type == "binary_expression" else ""
        value = right.named_children[0] if more else right
        found = _unless(self.compared(asked, self.text(value)), equal is truth)
        if more not in ("-a", "-o"):  # the tree takes `x = y -a z` for `x = (y -a z)`
            return found
        rest = self.possible(right.named_children[-1], truth, depth)
        return found & rest if (more == "-a") is truth else found | rest

    def _unary(self, node: Node, value: Node, truth: bool, depth: int) -> frozenset[str]:
        operator, text = self.text(node.children[0]), self.text(value).strip("\"'")
        if operator == "!":
            return self.possible(value, not truth, depth)
        asked = self._substituted(value)
        if asked is not None and operator != "-d":
            return self.possible(asked, (operator != "-z") is truth, depth)
        return self._there(text) if truth else EVERY

    def _there(self, path: str) -> frozenset[str]:
        """The platforms that have a file: the tool itself, or one that tells its system."""
        if path.startswith("/") and path.rpartition("/")[2] == self.tool.name:
            return frozenset({self.tool.platform})
        return next((frozenset({p}) for p, e in _FILES.items() if e.fullmatch(path)), EVERY)

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

    def _command(self, node: Node, truth: bool, depth: int) -> frozenset[str]:
        words = self.script.words(node)
        text = self.script.name(node)
        variable = _VARIABLE.fullmatch(text.strip('"'))
        if (known := helper(variable[1] if variable else text, bare=bool(variable))) is not None:
            return _unless(known, truth)
        name, rest = (words[0] or "", words[1:]) if words else ("", [])
        if name == "test" and len(rest) == 3 and rest[1] in ("=", "==", "!="):
            first, _, second = (self.text(n) for n in node.children_by_field_name("argument"))
            return _unless(self.compared(first, second), (rest[1] != "!=") is truth)
        if name == "test" and len(rest) == 2 and re.fullmatch(r"-[defLrsx]", rest[0] or ""):
            return self._there(rest[1] or "") if truth else EVERY
        if name == "grep" and any(_FILES["linux"].fullmatch(word or "") for word in rest):
            return frozenset({"linux"}) if truth else EVERY
        function = self.script.functions.get(name)
        body = function.child_by_field_name("body") if function is not None else None
        asks = asks_for_a_tool(name) and name not in self.script.wrappers
        found = next((word for word in rest if word in self.tools), None)
        if asks and truth and found is not None:
            return frozenset({self.tools[found].platform})
        if body is not None and not rest:
            return self.possible(body, truth, depth - 1)
        runs = any(program.name == self.tool.name for program in self.script.programs(node))
        return frozenset({self.tool.platform}) if runs and truth else EVERY

    def _piped(self, text: str, truth: bool) -> frozenset[str]:
        """`uname -a | grep -qi darwin`"""
        found = re.search(r"\|\s*grep\s+(?:-\w+\s+)*(\S+)", text)
        if found is None or not _ASKED.search(text):
            return EVERY
        return _unless(self._platform(found[1]), truth)

    def compared(self, asked: str, value: str) -> frozenset[str]:
        """The platforms on which what is asked equals a value; EVERY where it asks for another."""
        if not self._asks(asked) and self._asks(value):
            asked, value = value, asked
        plain = value.strip("\"'")
        if variable := _VARIABLE.fullmatch(asked.strip('"')):
            if (known := helper(variable[1], bare=True)) is not None and plain in (
                "true",
                "1",
                "yes",
            ):
                return known
            if known is not None and plain in ("false", "0", "no", ""):
                return EVERY - known
            if plain == self.tool.name:  # `case "$MANAGER" in brew)`
                return frozenset({self.tool.platform})
            if plain in ("systemd", "launchd"):
                return frozenset({"linux" if plain == "systemd" else "darwin"})
        return self._platform(plain) if self._asks(asked) else EVERY

    def _asks(self, text: str, depth: int = _DEPTH) -> bool:
        if _ASKED.search(text):
            return True
        variable = _VARIABLE.fullmatch(text.strip('"'))
        if variable is None:
            return False
        if _NAMED.fullmatch(variable[1]):
            return True
        values = self.script.values.get(variable[1], [])
        return bool(depth) and any(self._asks(self.text(v), depth - 1) for v in values)

    def _platform(self, value: str) -> frozenset[str]:
        names = [platform_of(part) for part in re.split(r"\|", value.strip("\"'^*()"))]
        return frozenset(names) if all(names) else EVERY


def _unless(found: frozenset[str], truth: bool) -> frozenset[str]:
    return found if truth or found == EVERY else EVERY - found


def _operator(node: Node) -> str:
    inside = node.children[1:-1]
    return (inside[0].text or b"").decode() if inside else ""
