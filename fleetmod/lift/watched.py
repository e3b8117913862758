"""Commands that others run and a list looks for: a safety filter, an allow list, a classifier.

`[/\\brm -rf/, /\\bsystemctl stop/, /\\blaunchctl unload/]` is data about what somebody else types.
It runs nothing, has no counterpart on another platform, and must name each tool as it is. It is
known by its use: the pattern, or the list that it is one of, names other programs as well, and the
list is only looked through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice, takewhile

from tree_sitter import Node

from fleetmod.flow.bound import SERVICES
from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import FUNCTIONS, ancestors, parts, same, unwrap, walk

# programs that change a host (their man pages); none is an everyday word of documents
_PROGRAMS = frozenset().union(
    *SERVICES.values(),
    "sudo doas rm rmdir dd mkfs fdisk parted diskutil shred chmod chown chgrp kill killall pkill"
    " shutdown reboot halt poweroff iptables ufw pfctl passwd useradd usermod userdel visudo"
    " csrutil spctl nvram plutil osascript sed perl curl wget".split(),
) - {"service", "systemd", "openrc"}
_WORD = re.compile(r"(?<![\w./-])[a-z][\w-]*")
_ESCAPE = re.compile(r"\\[a-zA-Z]")
_LISTS = ("array", "object")
_INSIDE = (*_LISTS, "pair", "as_expression", "satisfies_expression", "parenthesized_expression")
_LOOKS = ("has", "includes", "indexOf", "some", "every", "find", "findIndex", "filter")
_MANY = 2  # other patterns for commands, which tell what the text is
# a command in a pattern: a program, a blank in one of its spellings, and what it is to do
_COMMAND = re.compile(r"[a-z][\w-]*(?:\\s[+*]?|\\b| |\[ \\t\][+*]?)+(?:\((?:\?:)?)?-{0,2}[a-z]\w+")
_COMPARES = ("includes", "startsWith", "endsWith", "indexOf", "test", "match")


class Watched:
    """Tells for one file's literals whether they are commands that a list looks for."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes, self.source = scopes, scopes.source
        # asked once, and not for each of their many elements and uses
        self._of_text: dict[Binding, list[Node]] = {}
        self._of_list: dict[tuple[int, str], bool] = {}
        self._of_lists: dict[int, list[Node]] = {}

    def pattern(self, regex: Node) -> bool:
        """Whether a regular expression names other programs, or stands among such."""
        if self._programs(regex):
            return True
        around = takewhile(lambda a: a.type in _INSIDE, ancestors(regex))
        whole = next((a for a in reversed([*around]) if a.type in _LISTS), None)
        if whole is not None and self._once(whole, self._names_programs):
            return True
        # patterns of texts and documents tell nothing: one that looks for this tool is a detector
        others = [*(self._listed(whole) if whole is not None else ()), *self._of_one_text(regex)]
        return self._is_command(regex) and len({n.id for n in others} - {regex.id}) >= _MANY

    def _is_command(self, regex: Node) -> bool:
        """Whether a pattern looks for a program that is told what to do: `gh\\s+repo`."""
        pattern = regex.child_by_field_name("pattern")
        return pattern is not None and bool(_COMMAND.search(self.source.text(pattern)))

    def _listed(self, whole: Node) -> list[Node]:
        """The first patterns for commands in a list."""
        if whole.id not in self._of_lists:
            found = (n for n in walk(whole) if n.type == "regex" and self._is_command(n))
            self._of_lists[whole.id] = [*islice(found, _MANY + 1)]
        return self._of_lists[whole.id]

    def _of_one_text(self, regex: Node) -> list[Node]:
        """The first patterns for commands that are looked for in the same variable."""
        subject = self._subject(regex)
        binding = self.scopes.resolve(subject) if subject is not None else None
        if binding is None:
            return []
        if binding not in self._of_text:
            self._of_text[binding] = [*islice(self._patterns(binding), _MANY + 1)]
        return self._of_text[binding]

    def _patterns(self, binding: Binding) -> Iterator[Node]:
        for use in self.scopes.references(binding):
            call = use.parent.parent if use.parent is not None else None
            function = call.child_by_field_name("function") if call is not None else None
            pattern = function.child_by_field_name("object") if function is not None else None
            if pattern is not None and pattern.type == "regex" and self._is_command(pattern):
                yield pattern

    def _subject(self, regex: Node) -> Node | None:
        """`command` in `/…/.test(command)`."""
        access = regex.parent
        method = access.child_by_field_name("property") if access is not None else None
        call = access.parent if access is not None else None
        if method is None or call is None or self.source.text(method) not in ("test", "exec"):
            return None
        given = list(parts(call.child_by_field_name("arguments")))
        return given[0] if len(given) == 1 and given[0].type == "identifier" else None

    def word(self, literal: Node) -> bool:
        """Whether a text is one of a list of commands that is only looked through."""
        array = literal.parent
        if array is None or array.type != "array":
            return False
        return self._once(array, self._is_looked_through)

    def _once(self, whole: Node, asked: Callable[[Node], bool]) -> bool:
        key = (whole.id, asked.__name__)
        if key not in self._of_list:
            self._of_list[key] = asked(whole)
        return self._of_list[key]

    def _is_looked_through(self, array: Node) -> bool:
        texts = (each for each in parts(array) if each.type == "string")
        others = list(islice((each for each in texts if self._programs(each)), 2))
        return len(others) > 1 and self._only_looked_through(array)

    def _names_programs(self, whole: Node) -> bool:
        return any(self._programs(each) for each in walk(whole) if each.type == "regex")

    def _programs(self, node: Node) -> set[str]:
        """The programs that a pattern names anywhere, or a text at its head."""
        if node.type == "regex":
            pattern = node.child_by_field_name("pattern")
            text = self.source.text(pattern) if pattern is not None else ""
            return set(_WORD.findall(_ESCAPE.sub(" ", text))) & _PROGRAMS
        words = self.source.text(node)[1:-1].split()
        words = words[1:] if words[:1] == ["sudo"] and words[1:] else words
        return set(words[:1]) & _PROGRAMS

    def _only_looked_through(self, array: Node) -> bool:
        whole = array
        while whole.parent is not None and whole.parent.type in ("as_expression", "arguments"):
            whole = whole.parent
            if whole.type == "arguments":  # `new Set([…])`
                made = whole.parent
                if made is None or made.type != "new_expression":
                    return False
                whole = made
        holder = whole.parent
        if holder is None or holder.type != "variable_declarator":
            return self._looks(whole)
        name = holder.child_by_field_name("name")
        binding = self.scopes.resolve(name) if name is not None else None
        if binding is None or self.scopes.exported(binding):
            return False
        uses = self.scopes.references(binding)
        return bool(uses) and all(map(self._looks, uses))

    def _looks(self, use: Node) -> bool:
        """`DENIED.has(word)`, `DENIED.some((each) => command.includes(each))`, and the same in a
        loop."""
        access = use.parent
        if access is None:
            return False
        if access.type == "for_in_statement" and same(access.child_by_field_name("right"), use):
            left = access.child_by_field_name("left")
            return left is not None and self._compares(left)
        method = access.child_by_field_name("property")
        call = access.parent
        if method is None or call is None or self.source.text(method) not in _LOOKS:
            return False
        for given in parts(call.child_by_field_name("arguments")):
            given = unwrap(given)
            if given.type in FUNCTIONS:
                named = given.child_by_field_name("parameter") or next(
                    iter(parts(given.child_by_field_name("parameters"))), None
                )
                inner = named.child_by_field_name("pattern") if named is not None else None
                if named is None or not self._compares(inner if inner is not None else named):
                    return False
        return True

    def _compares(self, name: Node) -> bool:
        """Whether each use of a name is an argument of a comparison."""
        binding = self.scopes.resolve(name) if name.type == "identifier" else None
        uses = self.scopes.references(binding) if binding is not None else []
        return bool(uses) and all(map(self._is_compared, uses))

    def _is_compared(self, use: Node) -> bool:
        outer = use.parent
        while outer is not None and outer.type in ("template_substitution", "template_string"):
            outer = outer.parent
        if outer is not None and outer.type == "binary_expression":
            return True
        call = outer.parent if outer is not None and outer.type == "arguments" else None
        function = call.child_by_field_name("function") if call is not None else None
        method = function.child_by_field_name("property") if function is not None else None
        return method is not None and self.source.text(method) in _COMPARES
