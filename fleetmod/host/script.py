"""A shell script: its functions, its variables, and the words of its commands (bash(1))."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from fleetmod.host.commands import Program, programs, shell_programs
from fleetmod.syntax.source import Source, ancestors, contains, same, walk

_VARIABLE = re.compile(r"\$\{?(\w+)(?:\[[@*]\])?\}?")
_DEFAULT = re.compile(r"\$\{\w+:?-([^{}$`]+)\}")
_ARGUMENTS = re.compile(r"\"?\$(?:[@*]|\{[@*](?::(?P<skip>\d))?\})\"?")
# a shell that is given no script, so that it runs what it reads (sh(1))
_SHELL = re.compile(
    r"(?:sudo\s+(?:-\w+\s+)*)?(?:/bin/)?(?:ba|z|da|k)?sh(?:\s+-[a-z]+)*(?:\s+--?\s.*)?$"
)
_NO_CALL = ("echo", "printf", "export", "unset", "type", "declare")  # they only name a function
# a program that is only asked for these tells whether it is there: `brew --version && brew bundle`
_PROBES = {"--version", "-v", "-V", "version", "--help", "-h"}
_ASSIGNED = ("variable_assignment",)
# what stands around a command and is not run after it
_WRAPPED = ("redirected_statement", "negated_command")


@dataclass(frozen=True)
class Wrapper:
    """A function that runs what it is given: as words, or as `text` for a shell, from `skip` on."""

    skip: int
    text: bool = False


@dataclass
class Script:
    source: Source
    functions: dict[str, Node] = field(default_factory=dict)
    values: Mapping[str, list[Node]] = field(default_factory=dict)
    calls: Mapping[str, list[Node]] = field(default_factory=dict)  # words equal to a function
    commands: list[Node] = field(default_factory=list)
    wrappers: dict[str, Wrapper] = field(default_factory=dict)
    aliases: set[str] = field(default_factory=set)
    sources: bool = False  # it reads another script

    def text(self, node: Node | None) -> str:
        return self.source.text(node) if node is not None else ""

    def defines(self, name: str) -> bool:
        """Whether a name is the script's own function or alias, and not a program."""
        return name in self.functions or name in self.aliases

    def name(self, command: Node) -> str:
        return self.text(command.child_by_field_name("name"))

    def words(self, command: Node) -> list[str | None]:
        """The words of a command as the shell makes them, None for one not known before it runs."""
        out: list[str | None] = []
        for child in command.named_children:
            if child.type == "variable_assignment" or child.type.endswith("redirect"):
                continue
            word = child.named_children[0] if child.type == "command_name" else child
            out += self.word(word)
        return out

    def word(self, node: Node) -> list[str | None]:
        """One word, or those of an array or of an unquoted variable."""
        text, quoted = self.text(node), node.type == "string"
        if quoted or node.type == "raw_string":
            text = text[1:-1]
        if node.type == "raw_string":
            return [text]
        if default := _DEFAULT.fullmatch(text):
            return list(default[1].strip("\"'").split())
        if found := _VARIABLE.fullmatch(text):
            value = self.constant(found[1])
            if value is None:
                return [None]
            if value.type == "array":
                return [word for child in value.named_children for word in self.word(child)]
            made = self.word(value)
            return made if quoted or made == [None] else [w for m in made if m for w in m.split()]
        if quoted:
            return [re.sub(r"\\([\"$`\\])", r"\1", text)]
        return [None] if "$" in text or "`" in text else [re.sub(r"\\(.)", r"\1", text)]

    def constant(self, name: str) -> Node | None:
        """The only value that a variable is given, where it does not name itself."""
        values = self.values.get(name, [])
        if len(values) != 1 or re.search(rf"\$\{{?{name}\b", self.text(values[0])):
            return None
        return values[0]

    def programs(self, command: Node) -> Iterator[Program]:
        """The programs that one command runs: its own, or what a function runs for it."""
        words = self.words(command)
        wrapper = self.wrappers.get(words[0] or "") if words else None
        if wrapper is None:
            yield from programs(words)
            yield from shell_programs(self._read_by_shell(command))
        elif wrapper.text:
            yield from shell_programs(next(iter(words[1 + wrapper.skip :]), None) or "")
        else:
            yield from programs(words[1 + wrapper.skip :])

    def _read_by_shell(self, command: Node) -> str:
        """The here-document of a command like `bash -s <<END`; "" where it is none."""
        outer = command.parent
        if outer is None or outer.type != "redirected_statement":
            return ""
        bodies = [n for n in walk(outer) if n.type == "heredoc_body"]
        return self.text(bodies[0]) if bodies and _SHELL.match(self.text(command)) else ""


def read(source: Source) -> Script:
    """What one parsed script defines and runs."""
    script = Script(source)
    values: dict[str, list[Node]] = defaultdict(list)
    for node in walk(source.root):
        if node.type == "function_definition":
            if name := script.text(node.child_by_field_name("name")):
                script.functions[name] = node
        elif node.type == "command":
            script.commands.append(node)
        elif node.type in _ASSIGNED and (value := node.child_by_field_name("value")) is not None:
            name_node = node.child_by_field_name("name")
            values[script.text(name_node)].append(value)
        elif node.type == "for_statement":
            values[script.text(node.child_by_field_name("variable"))] += [node, node]
    script.values = values
    calls: dict[str, list[Node]] = defaultdict(list)
    for command in script.commands:
        name = script.name(command)
        script.sources = script.sources or name in (".", "source")
        for child in command.named_children:
            text = script.text(child)
            if name == "alias" and "=" in text:
                script.aliases.add(text.partition("=")[0])
            if text in script.functions and name not in _NO_CALL:
                calls[text].append(command)
    script.calls = calls
    for name, function in script.functions.items():
        if (wrapper := _wrapper(function, script)) is not None:
            script.wrappers[name] = wrapper
    return script


def _wrapper(function: Node, script: Script) -> Wrapper | None:
    """`log() { echo "$1"; shift; "$@"; }`: it runs its arguments from the second on."""
    shifted = 0
    for command in script.commands:
        if not contains(function, command):
            continue
        words = [script.text(c) for c in command.named_children if not c.type.endswith("redirect")]
        if words[:1] == ["shift"]:
            shifted += int(words[1]) if words[1:] and words[1].isdigit() else 1
        runs_text = words[:1] == ["eval"] or (words[1:] and words[1] in ("-c", "-lc"))
        given = words[-1] if runs_text else _behind_prefixes(words)
        if match := _ARGUMENTS.fullmatch(given):
            return Wrapper(shifted + int(match["skip"] or 1) - 1, bool(runs_text))
        if numbered := re.fullmatch(r"\"?\$\{?(\d)\}?\"?", given):
            unquoted = not given.startswith('"')
            if runs_text or unquoted:
                return Wrapper(shifted + int(numbered[1]) - 1, text=True)
    return None


def _behind_prefixes(words: list[str]) -> str:
    """The first word that is neither a known prefix (`sudo`) nor an option of one."""
    prefixes = ("sudo", "env", "exec", "nohup", "time", "command", "timeout")
    rest = list(words)
    while rest and (rest[0] in prefixes or rest[0].startswith("-") or rest[0].isdigit()):
        rest = rest[1:]
    return rest[0] if rest else ""


def tolerated(command: Node, script: Script, others: frozenset[int]) -> bool:
    """Whether the script goes on without a command: behind a `||` stands something that neither
    gives up nor fails. `others` are the commands (by id) that run tools of another platform, which
    may stand on either side: `pbcopy || xclip`."""
    inner = command
    for outer in ancestors(command):
        if outer.type == "function_definition":
            return False
        if outer.type == "if_statement" and _is_asked(outer, inner):
            return True
        if outer.type == "list" and any(child.type == "&&" for child in outer.children):
            first = contains(outer.named_children[0], command)
            if first and {*script.words(command)[1:]} <= _PROBES and script.words(command)[1:]:
                return True
        if outer.type == "list" and any(child.type == "||" for child in outer.children):
            left, right = outer.named_children[0], outer.named_children[-1]
            if contains(left, inner) and not gives_up(right, script):
                return True
            if contains(right, inner) and any(n.id in others for n in walk(left)):
                return True
        if outer.type == "pipeline" and not same(outer.named_children[-1], inner):
            # the tree takes `a 2>x | b || c` for `a 2>x | (b || c)`
            last = outer.named_children[-1]
            if last.type == "list" and any(child.type == "||" for child in last.children):
                return not gives_up(last.named_children[-1], script)
        inner = outer
    return False


def _is_asked(statement: Node, inner: Node) -> bool:
    """Whether a command is the condition of an `if` that has something for its failure."""
    otherwise = any(child.type == "else_clause" for child in statement.named_children)
    asked = statement.children_by_field_name("condition")
    return otherwise and any(same(each, inner) for each in asked)


def gives_up(node: Node, script: Script, depth: int = 4) -> bool:
    """Whether control never comes out behind a statement, or comes out of it as a failure."""
    if not depth:
        return False
    while node.type in _WRAPPED and node.named_children:
        node = node.named_children[0]
    if node.type in ("compound_statement", "subshell", "else_clause", "do_group"):
        inside = [c for c in node.named_children if c.type != "comment"]
        return bool(inside) and gives_up(inside[-1], script, depth)
    if node.type == "list":
        parts = node.named_children
        if any(child.type == "||" for child in node.children):
            return all(gives_up(part, script, depth) for part in parts)
        return any(gives_up(part, script, depth) for part in parts)
    if node.type != "command":
        return False
    words = script.words(node)
    name = words[0] if words else None
    if name in ("exit", "return"):
        return words[1:2] != ["0"]
    if name in ("false", "exec"):
        return name == "false" or len(words) > 1
    function = script.functions.get(name or "")
    body = function.child_by_field_name("body") if function is not None else None
    if body is not None:
        return gives_up(body, script, depth - 1)
    return name in ("die", "fatal", "abort")  # of a script that is read, by their usual names
