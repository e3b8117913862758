"""Which programs a call runs as child processes, so far as its text tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.flow.texts import Pieces, Values
from fleetmod.lift.runners import Runners
from fleetmod.runner import ARGV, ARRAY, DENO, SHELL, TEMPLATE, WORDS, Runner
from fleetmod.syntax.source import ancestors, parse, unwrap, walk

# programs that run the one behind them, with those of their options that take a word
_PREFIXES = {
    "sudo": ("-u", "-g", "-h", "-p"),
    "doas": ("-u",),
    "env": ("-u", "-C"),
    "nohup": (),
    "nice": ("-n",),
    "time": (),
    "command": (),
    "exec": ("-a",),
    "xargs": ("-I", "-n", "-P", "-L"),
    "setsid": (),
    "timeout": ("-k", "-s"),
    "cross-env": (),
    "stdbuf": ("-i", "-o", "-e"),
    "sshpass": ("-p", "-f", "-d", "-P"),
}
_SHELLS = ("sh", "bash", "zsh", "dash", "ksh", "su", "runuser")  # they take `-c TEXT`
_FIND_RUNS = ("-exec", "-execdir", "-ok", "-okdir")  # find(1)
_SYSTEM = re.compile(
    r"(?:/(?:usr/)?s?bin/|/opt/homebrew/bin/|/usr/local/bin/|/usr/libexec/)?([\w.-]+)"
)
_STRANGER = re.compile(r"(?:.*\.)?_?(?:\$|sh|shell|cmd|(?:run|exec|spawn|execute)[A-Z]?\w*)")
_HOLE = "_hole_"

Words = Sequence[str | None]  # None for a word that is only known at run time


@dataclass(frozen=True)
class Program:
    """A program that a call runs; `proven` that the callee is known to run commands, `tolerated`
    that the shell command goes on without it: a `||` behind it, or a test for it."""

    name: str
    proven: bool = True
    tolerated: bool = False


class Commands:
    """Reads the calls of one file."""

    def __init__(self, runners: Runners, values: Values) -> None:
        self.runners, self.values, self.source = runners, values, values.source

    def of(self, call: Node) -> tuple[Program, ...]:
        """The programs that a call (or `new`) runs; none where they are only known later."""
        arguments = call.child_by_field_name("arguments")
        if arguments is None:
            return ()
        runner = self.runners.of_call(call)
        args = [a for a in arguments.named_children if a.type != "comment"]
        if runner is not None:
            return tuple(self._run(runner, arguments, args))
        if self._is_effect_command(call):
            return tuple(programs(self._words(args)))
        return tuple(self._stranger(call, args))

    def _run(self, runner: Runner, arguments: Node, args: list[Node]) -> Iterator[Program]:
        if runner.form == TEMPLATE:
            if arguments.type == "template_string":
                yield from self._shell(self.values.pieces(arguments))
            return
        if runner.tool is not None or len(args) <= runner.command_at:
            return  # a wrapper of one tool: the call inside it tells
        node = args[runner.command_at]
        if runner.form in (SHELL, WORDS):
            yield from self._shell(self.values.pieces(node))
        elif runner.form in (ARGV, DENO):
            rest = args[runner.args_at :]
            if not runner.spread:
                rest = (self.values.elements(rest[0]) or []) if rest else []
            yield from self._program(node, rest)
        elif runner.form == ARRAY:
            if unwrap(node).type == "object":
                node = self._cmd(unwrap(node)) or node
            elements = args[runner.command_at :] if runner.spread else self.values.elements(node)
            if elements:
                yield from self._program(elements[0], elements[1:])

    def _program(self, node: Node, rest: list[Node]) -> Iterator[Program]:
        spelled = self.values.literal(node)
        if spelled is not None and re.search(r"\s", spelled.strip()):
            yield from shell_programs(spelled)  # with the option `shell`
        else:
            yield from programs([spelled, *self._words(rest)])

    def _words(self, nodes: Sequence[Node]) -> list[str | None]:
        return [self.values.literal(node) for node in nodes]

    def _shell(self, pieces: Pieces) -> Iterator[Program]:
        opened = self.values.expand(pieces)
        yield from shell_programs("".join(p if isinstance(p, str) else _HOLE for p in opened))

    def _cmd(self, options: Node) -> Node | None:
        for pair in options.named_children:
            key = pair.child_by_field_name("key")
            if key is not None and self.source.text(key) == "cmd":
                return pair.child_by_field_name("value")
        return None

    def _is_effect_command(self, call: Node) -> bool:
        """`Command.make("tool", …)` of @effect/platform (not that of @effect/cli)."""
        function = call.child_by_field_name("function")
        if function is None or function.type != "member_expression":
            return False
        owner = function.child_by_field_name("object")
        if owner is None or not self.source.text(function).endswith(".make"):
            return False
        binding = self.runners.scopes.resolve(owner) if owner.type == "identifier" else None
        module = self.runners.scopes.module(binding) if binding is not None else ""
        named = "Command" in self.source.text(owner) or module.endswith("/Command")
        return named and module.startswith("@effect/platform")

    def _stranger(self, call: Node, args: list[Node]) -> Iterator[Program]:
        """A function from elsewhere whose name says that it runs what it is given."""
        function = call.child_by_field_name("function")
        if function is None or not args:
            return
        if not _STRANGER.fullmatch(re.sub(r"\s", "", self.source.text(function))):
            return
        elements = self.values.elements(args[0])
        first = elements[0] if elements else args[0]
        spelled = self.values.literal(first) if unwrap(first).type != "call_expression" else None
        if spelled:
            for program in shell_programs(spelled):
                yield Program(program.name, False, program.tolerated)


def shell_programs(text: str, depth: int = 3) -> Iterator[Program]:
    """The programs of a shell command (bash(1)); none where it does not parse."""
    data = text.encode()
    root = parse("bash", data).root_node
    if root.has_error:
        return
    for node in walk(root):
        if node.type != "command":
            continue
        words = [_word(child) for child in node.named_children if _is_word(child)]
        for program in programs(words, depth):
            known = program.tolerated or _tolerated(node) or _asked(program.name, text)
            yield Program(program.name, program.proven, known)


def programs(words: Words, depth: int = 3) -> Iterator[Program]:
    """The program of a command, behind `sudo` and the like, or inside `sh -c`."""
    rest = list(words)
    while rest:
        match = _SYSTEM.fullmatch(rest[0] or "")
        name = match[1] if match is not None else ""
        if name == "find":
            for index, word in enumerate(rest[:-1]):
                if word in _FIND_RUNS:
                    yield from programs(rest[index + 1 :], depth)
            return
        if name in ("eval", "trap") and depth:
            yield from shell_programs((rest[1:2] or [""])[0] or "", depth - 1)
            return
        if name in _SHELLS:
            for index, word in enumerate(rest[1:-1], 1):
                if word is not None and re.fullmatch(r"-\w*c", word) and depth:
                    yield from shell_programs(rest[index + 1] or "", depth - 1)
                    return
            return
        if name not in _PREFIXES:
            if name:
                yield Program(name)
            return
        behind = _behind_prefix(rest, name)
        if behind is None:
            return
        rest = rest[behind:]


def program_at(words: Words) -> int | None:
    """Where the program of a command stands, behind `sudo` and the like; None where there is none
    or it is only known at run time."""
    at = 0
    while at < len(words):
        match = _SYSTEM.fullmatch(words[at] or "")
        if match is None:
            return at if words[at] else None  # a program of a folder of its own
        if match[1] not in _PREFIXES:
            return at
        behind = _behind_prefix(words[at:], match[1])
        if behind is None:
            return None
        at += behind
    return None


def _behind_prefix(words: Words, name: str) -> int | None:
    """Where the command behind a prefix begins; None for `command -v`, which only asks."""
    takes, at = _PREFIXES[name], 1
    while at < len(words) and (word := words[at]) is not None and _is_option(word, name):
        if name == "command" and word in ("-v", "-V"):
            return None
        at += 2 if word in takes else 1
    return at


def _is_option(word: str, prefix: str) -> bool:
    number = prefix == "timeout" and re.fullmatch(r"[\d.]+[smhd]?", word)
    return word.startswith("-") or bool(re.fullmatch(r"\w+=.*", word, re.S)) or bool(number)


def _is_word(node: Node) -> bool:
    return node.type != "variable_assignment" and not node.type.endswith("redirect")


def _word(node: Node) -> str | None:
    text = (node.text or b"").decode("utf-8", "replace")
    if node.type in ("raw_string", "string"):
        return text[1:-1]
    return None if "$" in text or "`" in text else text


def _tolerated(command: Node) -> bool:
    """Whether something stands behind a `||` for the case that the command fails."""
    inner = command
    for outer in ancestors(command):
        if outer.type == "list" and any(child.type == "||" for child in outer.children):
            first = outer.named_children[0]
            if first.start_byte <= inner.start_byte and inner.end_byte <= first.end_byte:
                return True
        inner = outer
    return False


def _asked(name: str, text: str) -> bool:
    """Whether a shell command asks for the system, or for the tool, itself."""
    asked = rf"\b(?:command -[vV]|which|type|hash)\s+(?:-\w+\s+)*{re.escape(name)}\b"
    return re.search(rf"\buname\b|\$OSTYPE|{asked}", text) is not None
