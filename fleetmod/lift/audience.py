"""Who gets a text: people, or perhaps a shell. A command that may be run is no text for people."""

from __future__ import annotations

import re
from functools import cache

from tree_sitter import Node

from fleetmod.regex import lazy
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import FUNCTIONS, same

_PREFIX = r"\s*(?:\$ )?(?:(?:sudo|exec|nohup|command|env|time|doas)\s+(?:-\S+\s+)*)*"
# the beginnings of words that say: what this holds, or makes, is read by people
_TALK = tuple(
    "err fail message msg hint log print warn not respond report help usage descri suggest tip "
    "text say tell show display explain advi fix remed instruct detail reason title label "
    "summary doc line output step next guide example section bullet heading format render "
    "markdown prompt chalk color colour bold dim red green yellow cyan blue gray grey magenta "
    "pc kleur stdout stderr status action todo diagnos troubleshoot console issue problem".split()
)
_WORD = lazy(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# `describe`, `subscribe` and the like hold a part of `script` and run nothing
_SCRIPT = r"(?<!de)(?<!sub)(?<!pre)(?<!tran)(?<!manu)script"
_RUNS = lazy(
    rf"(?:^|[._])(?:\w*(?:run|exec|spawn|shell|invoke|system|ssh|sudo|{_SCRIPT}|cmd|command)\w*"
    r"|sh|\$)$",
    re.I,
)
_RUN_KEYS = lazy(rf"input|\w*(?:cmd|command|exec|run|{_SCRIPT}|shell|start|stop|reload)\w*", re.I)
_WRITES = lazy(r"(?:write|append|output)(?:Text)?File(?:Sync)?$|^(?:Bun|Deno)\.write\w*$")
_TEXT_KEYS = lazy(r"description|desc|title|why|reason|hint|text|label|summary|help|message")
_CLIMB = frozenset(
    "parenthesized_expression as_expression satisfies_expression non_null_expression "
    "ternary_expression binary_expression await_expression spread_element".split()
)
_TEXTS = ("string", "template_string")
# between an entry and the name of the table that it stands in: `new Map([["up", "…"]])`
_TABLES = (
    *("pair", "object", "array", "as_expression", "satisfies_expression", "arguments"),
    *("parenthesized_expression", "call_expression", "new_expression", "spread_element"),
)
_ELEMENTS = ("Object.values", "Object.entries", "Object.fromEntries", "structuredClone")
_SENTENCE = lazy(r"(?:[A-Za-z']{2,},? ){3}[A-Za-z']{2,}")
_DEPTH = 3


@cache
def _commands(tools: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A line that begins with one of the tools, and one that is a shell command in front already
    and comes to the tool behind an operator."""
    tool = rf"(?:/bin/)?(?:{'|'.join(tools)})"
    chained = (
        r"\s*(?:sudo\s+)?(?:\.{0,2}/)?[a-z][\w./-]*(?:\s+(?![a-z]+:)[^\n]*?)?"
        r"(?:&&|\|\|?|;|\n)\s*(?:sudo\s+)?"
    )
    return re.compile(rf"{_PREFIX}{tool}(?:\s+\S|\s*$)"), re.compile(rf"{chained}{tool}\s")


@cache
def _script(tools: tuple[str, ...]) -> re.Pattern[str]:
    """What only a program reads: the syntax of a shell, AppleScript, cron, JSON, YAML or a plist
    around one of the tools."""
    tool = rf"(?:sudo\s+)?(?:/bin/)?(?:{'|'.join(tools)})\b"
    end = r"[^\n;|&]*"
    return re.compile(
        # a file that begins with its program; control flow, substitutions and functions
        rf"\A\s*#!/|\$\(\s*{tool}|^\s*(?:if|while|until|then|do|else)\s+(?:!\s*)?{tool}"
        rf"|\btrap\s+[\"']{tool}|\{{\s+{tool}{end};\s*\}}|(?:^|\s)[A-Za-z_]\w*=\S*\s*{tool}"
        # what becomes of a command's output and of its failure
        rf"|{tool}{end}(?:&?>+\s*[/&\w]|\|\|\s*(?:true|exit|return|:)"
        rf"|\|\s*(?:awk|sed|cut|xargs|head|tail)\b|;\s*(?:then|do)\b)"
        # other languages that hold one
        rf"|\w\(\s*\[?\s*\\?[\"'`]{tool}|<string>[^<]*{tool}|\bdo shell script\b"
        rf"|^\s*(?:[\d*/,-]+\s+){{5}}{tool}"
        rf"|\\?[\"']\w+\\?[\"']\s*:\s*\\?[\"']{tool}"
        rf"|^\s*(?:-\s+)?(?:run|command|cmd|script|exec|shell|ExecSt\w+)\s*[:=]\s*{tool}",
        re.M,
    )


def looks_run(text: str, tools: tuple[str, ...]) -> bool:
    """Whether a text is a whole command of one of the tools, or a script that holds one, and not
    words around one."""
    command, chained = _commands(tools)
    if command.match(text) or _script(tools).search(text):
        return True
    return chained.match(text) is not None


def quotes_only(text: str, tools: tuple[str, ...]) -> bool:
    """Whether a text is a script that says the tools' names and runs none, as a fake on PATH does
    that records its calls."""
    named = rf"(?:/bin/)?(?:{'|'.join(tools)})\b"
    return text.lstrip().startswith("#!") and not re.search(rf"(?<![\"'\w/]){named}", text)


def _talks(name: str) -> bool:
    return any(word.lower().startswith(_TALK) for word in _WORD.findall(name))


class Audience:
    """Tells for one file's literals who gets them."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes, self.source = scopes, scopes.source

    def people(self, node: Node, depth: int = _DEPTH) -> bool:
        """Whether an expression surely reaches people and no shell."""
        parent = node.parent
        while parent is not None and parent.type in _CLIMB:
            parent = parent.parent
        if parent is None:
            return False
        if parent.type in ("template_substitution", "jsx_expression", "jsx_attribute"):
            return True
        if parent.type == "pair":
            return self._pair(parent) and not self._looked_up(parent)
        if parent.type == "arguments":
            return self.speaks(parent.parent) if parent.parent is not None else False
        if parent.type == "array":
            return self._array(parent, depth) and not self._looked_up(parent)
        if parent.type in ("return_statement", "arrow_function"):
            return self._function(parent)
        if parent.type == "variable_declarator":
            return self._variable(parent, depth)
        if parent.type == "assignment_expression":
            left = parent.child_by_field_name("left")
            return left is not None and _talks(self.source.text(left))
        if parent.type in ("public_field_definition", "property_signature"):
            name = parent.child_by_field_name("name")
            return name is not None and _talks(self.source.text(name))
        return False

    def runs(self, node: Node) -> bool:
        """Whether a call that an expression is handed to may run it, or files it for a program."""
        parent = node.parent
        while parent is not None and (parent.type in _CLIMB or parent.type == "array"):
            parent = parent.parent
        call = parent.parent if parent is not None and parent.type == "arguments" else None
        target = call.child_by_field_name("function") if call is not None else None
        if target is None:
            return False
        name = re.sub(r"\s+|\(.*\)", "", self.source.text(target))
        return bool(_RUNS.search(name) or _WRITES.search(name))

    def speaks(self, call: Node) -> bool:
        """Whether a call hands its arguments to people: a logger, an error, a formatter."""
        target = call.child_by_field_name("function") or call.child_by_field_name("constructor")
        if target is None:
            return False
        spelled = re.sub(r"\s+|\(.*\)", "", self.source.text(target))
        name = spelled.rsplit(".", 1)[-1]
        if name in ("push", "unshift", "concat", "add", "append"):
            return _talks(spelled.rsplit(".", 1)[0])
        if _RUNS.search(name):
            return False
        return _talks(spelled) or name in ("t", "it", "test")

    def _pair(self, pair: Node) -> bool:
        key = pair.child_by_field_name("key")
        spelled = self.source.text(key).strip("\"'`") if key is not None else ""
        if not _RUN_KEYS.fullmatch(spelled):
            return True
        fields = pair.parent.named_children if pair.parent is not None else []
        others = [f.child_by_field_name("key") for f in fields if f.id != pair.id]
        return any(o is not None and _TEXT_KEYS.search(self.source.text(o)) for o in others)

    def _looked_up(self, entry: Node) -> bool:
        """Whether an entry of a table may be run: somebody takes an element of the table by a key
        that is only known at run time, or hands one on, and not to people.

        One such use makes all of the table commands: `spawn("sh", ["-c", COMMANDS[name]])`.
        """
        table = entry
        while table.parent is not None and table.parent.type in _TABLES:
            table = table.parent
        if table.type in ("call_expression", "new_expression") and self.runs(entry):
            return True
        holder = table.parent
        if holder is None:
            return False
        if holder.type == "subscript_expression":
            return not self._read_by_people(table)
        name = holder.child_by_field_name("name")
        if name is None or holder.type not in ("variable_declarator", "public_field_definition"):
            return False
        if holder.type == "public_field_definition":
            uses = self._fields(self.source.text(name))
        else:
            binding = self.scopes.resolve(name) if name.type == "identifier" else None
            if binding is None:
                return False
            if self.scopes.exported(binding) and not _talks(binding.name):
                return True
            uses = self.scopes.references(binding)
        return not all(map(self._read_by_people, uses))

    def _fields(self, name: str) -> list[Node]:
        """Each `this.NAME` and `Class.NAME` of the file."""
        found = self.source.of("member_expression")
        return [
            node
            for node in found
            if (key := node.child_by_field_name("property")) and self.source.text(key) == name
        ]

    def _read_by_people(self, table: Node) -> bool:
        """Whether what one use takes out of a table by a computed key surely reaches people; a use
        that takes one entry by its name says nothing of the others, unless it runs it."""
        access = table.parent
        if access is None:
            return True
        if access.type == "subscript_expression" and same(
            access.child_by_field_name("object"), table
        ):
            return self.people(access) and not self.runs(access)
        if access.type == "member_expression":
            call = access.parent
            if call is not None and call.type == "call_expression":  # a Map's, or an array's
                return self.people(call) and not self.runs(call)
            return not self.runs(access)
        if access.type == "for_in_statement" and same(access.child_by_field_name("right"), table):
            left = access.child_by_field_name("left")
            binding = self.scopes.resolve(left) if left is not None else None
            reads = self.scopes.references(binding) if binding is not None else []
            return bool(reads) and all(map(self.people, reads))
        if access.type == "arguments" and access.parent is not None:
            call = access.parent
            target = call.child_by_field_name("function")
            if target is not None and self.source.squeezed(target) in _ELEMENTS:
                return self._read_by_people(call)
            return self.speaks(call)
        return True

    def _array(self, array: Node, depth: int) -> bool:
        parent = array.parent
        if parent is not None and parent.type == "member_expression":
            name, call = parent.child_by_field_name("property"), parent.parent
            if name is None or call is None or self.source.text(name) != "join":
                return False
            return self._told(array) or (depth > 0 and self.people(call, depth - 1))
        return depth > 0 and self.people(array, depth - 1)

    def _told(self, array: Node) -> bool:
        """Whether a list of lines holds a sentence, and no line of a script."""
        lines = [self.source.text(n)[1:-1] for n in array.named_children if n.type in _TEXTS]
        return any(map(_SENTENCE.search, lines)) and not any(line[:1] == "#" for line in lines)

    def _function(self, node: Node) -> bool:
        """Whether the function that returns the text is called like one that makes texts."""
        function: Node | None = node
        while function is not None and function.type not in FUNCTIONS:
            function = function.parent
        if function is None:
            return False
        name = function.child_by_field_name("name")
        holder = function.parent
        if name is None and holder is not None:
            name = holder.child_by_field_name("name") or holder.child_by_field_name("key")
        return name is not None and _talks(self.source.text(name))

    def _variable(self, declarator: Node, depth: int) -> bool:
        name = declarator.child_by_field_name("name")
        if name is None or name.type != "identifier" or depth == 0:
            return False
        binding = self.scopes.resolve(name)
        if binding is None:
            return False
        references = self.scopes.references(binding)
        if self.scopes.exported(binding) or not references:
            return _talks(binding.name)
        return all(self.people(reference, depth - 1) for reference in references)
