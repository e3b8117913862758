"""Whose a place of a shell script is: this host's, another host's, a container's or a cluster's.

A place is followed to the commands that take it: through variables, arrays, parameters of
functions, here-documents, pipes, and texts that a shell runs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from tree_sitter import Node, Tree

from fleetmod import reasons
from fleetmod.host.nature import is_dockerfile
from fleetmod.host.script import Script, read
from fleetmod.languages.elsewhere import (
    CLUSTER,
    HERE,
    IN_CLUSTER,
    INSIDE,
    LABEL,
    MIXED,
    WITHIN,
    is_host,
    label_of,
    of_word,
    reads,
    sides,
)
from fleetmod.languages.findings import Refused
from fleetmod.places import FOREIGN
from fleetmod.syntax.source import Source, ancestors, contains, parse, same, walk

# a variable, a parameter or an option that holds a list of folders, so that its colons part them
LISTS = re.compile(r"(?:\w*(?:PATH|DIRS)|path|fpath|cdpath|manpath|(?:class|module)path|cp)", re.I)
_PRINTERS = ("echo", "printf", "cat", "envsubst", "print")
_FRESH = ("command_substitution", "process_substitution")
FAR_NAME = re.compile(r"(?:^|_)(?:REMOTE|SERVER|VPS|CONTAINER|GUEST|POD|IMAGE)(?:_|$)", re.I)
RUNS_TEXT = re.compile(r"\b(?:ssh|scp|rsync|sftp|mosh|rsh|docker|podman|nerdctl|kubectl)\b")
_DEPTH = 8


@dataclass(frozen=True)
class _Place:
    """A node, the text in it that is looked for, whether a label stands in front of that text
    where it was made, and the variables that were followed."""

    node: Node
    text: str
    labelled: bool = False
    seen: frozenset[str] = frozenset()


@dataclass
class Owners:
    """Tells for one script. `data` are its bytes, `tree` is its tree."""

    path: str
    data: bytes
    tree: Tree
    _known: dict[tuple[object, ...], frozenset[str]] = field(default_factory=dict)

    @cached_property
    def _script(self) -> Script:
        return read(Source(self.path, self.data, "bash", self.tree))

    def text(self, node: Node | None) -> str:
        return "" if node is None else self.data[node.start_byte : node.end_byte].decode()

    def why(self, leaf: Node, start: int, end: int) -> str:
        """Why a path at a byte range is not this host's; "" where it is. Raises Refused where it
        may be either."""
        spelled = self.data[start:end].decode()
        label = label_of(self._before(leaf, start))
        if label is not None and is_host(label):
            return FOREIGN
        found = self._sides(_Place(leaf, spelled, label is not None), start)
        if IN_CLUSTER in found:
            raise Refused(CLUSTER)
        if len(found - {HERE}) == len(found) and found:
            return INSIDE if found == {WITHIN} else FOREIGN
        if found - {HERE}:
            raise Refused(MIXED)
        if label is not None and not self._is_list(leaf, label):
            raise Refused(LABEL)
        name = self._unused(leaf)
        if FAR_NAME.search(name):
            raise Refused(
                reasons.ANOTHER_HOST(
                    f"{name} is named for another machine, and nothing in this file uses it; say "
                    "whose the folder is where the variable is used"
                )
            )
        return self._within_text(leaf, start, end)

    def _within_text(self, leaf: Node, start: int, end: int) -> str:
        """Why a path of a text that a shell runs later is not this host's: `alias x='ssh …'`."""
        if leaf.type == "string_content":
            leaf = next((a for a in ancestors(leaf) if a.type == "string"), leaf)
        if leaf.type not in ("string", "raw_string", "heredoc_content"):
            return ""
        quotes = 0 if leaf.type == "heredoc_content" else 1
        inner = self.data[leaf.start_byte + quotes : leaf.end_byte - quotes]
        if not RUNS_TEXT.search(inner.decode("utf-8", "replace")):
            return ""
        tree = parse("bash", inner)
        at = start - leaf.start_byte - quotes
        node = tree.root_node.named_descendant_for_byte_range(at, at + end - start)
        if node is None or same(node, tree.root_node) or node.type in ("comment", "ERROR"):
            return ""
        if tree.root_node.has_error and _has_error_around(node):
            raise Refused(
                reasons.DOES_NOT_PARSE(
                    "a command in a text does not parse as shell; see whose path it is"
                )
            )
        return Owners(self.path, inner, tree).why(node, at, at + end - start)

    def _before(self, leaf: Node, start: int) -> str:
        """The text of a word in front of a place: `$HOST:` of `"$HOST":/x`."""
        return self.data[_word_of(leaf).start_byte : start].decode("utf-8", "replace")

    def _is_list(self, leaf: Node, label: str) -> bool:
        """Whether the colon in front of a path parts a list of folders, and names no host."""
        word = _word_of(leaf)
        outer = word.parent
        taken = outer.child_by_field_name("name") if outer is not None else None
        if taken is not None and LISTS.fullmatch(self.text(taken)):
            return True
        option = word.prev_named_sibling
        if option is not None and LISTS.fullmatch(self.text(option).lstrip("-")):
            return True
        variable = re.fullmatch(r"[\"']?\$\{?(\w+)[^}]*\}?[\"']?|\0", label)
        if variable is None:
            return False
        names = [
            n for n in walk(word) if n.type == "variable_name" and n.start_byte < leaf.end_byte
        ]
        name = self.text(names[-1]) if names else ""
        value = self._script.constant(name)
        known = self.text(value).strip("\"'") if value is not None else ""
        return (
            bool(LISTS.fullmatch(name)) or re.match(r"[/~.]|\$\{?(?:HOME|PWD)\b", known) is not None
        )

    def _unused(self, leaf: Node) -> str:
        """The variable that takes a place, where the script never reads it; "" else."""
        outer = next((a for a in ancestors(leaf) if a.type == "variable_assignment"), None)
        name = self.text(outer.child_by_field_name("name")) if outer is not None else ""
        return "" if self._uses.get(name) else name

    # --- where a place goes

    def _sides(self, place: _Place, start: int | None = None) -> frozenset[str]:
        """Whose what takes a place is, of all that takes it."""
        inner = place.node
        at = place.node.start_byte if start is None else start
        for outer in ancestors(place.node):
            if outer.type in _FRESH:
                return self._sides(replace(place, node=outer)) if self._is_printed(inner) else _HERE
            if outer.type == "heredoc_body" or outer.type == "heredoc_redirect":
                if (
                    inner.type in ("heredoc_body", "heredoc_content")
                    or outer.type == "heredoc_body"
                ):
                    return self._input(_statement_of(outer), place)
            elif outer.type == "herestring_redirect":
                return self._input(outer.parent, place)
            elif outer.type == "file_redirect":
                return _HERE
            elif outer.type == "variable_assignment":
                return self._assigned(outer, place, at)
            elif outer.type == "for_statement":
                name = self.text(outer.child_by_field_name("variable"))
                return self._used(name, place) if not same(inner, _body(outer)) else _HERE
            elif outer.type == "command":
                return self._argument(outer, inner, place, at)
            elif outer.type in ("function_definition", "program", "compound_statement"):
                return _HERE
            inner = outer
        return _HERE

    def _assigned(self, assignment: Node, place: _Place, at: int) -> frozenset[str]:
        name = self.text(assignment.child_by_field_name("name"))
        outer = assignment.parent
        if outer is not None and outer.type == "command":
            return _HERE  # of the environment of a program that this host starts
        value = assignment.child_by_field_name("value")
        before = self.data[value.start_byte : at].decode("utf-8", "replace") if value else ""
        labelled = place.labelled or label_of(before.lstrip("\"'")) is not None
        local = outer is not None and self.text(outer).startswith(
            ("local ", "declare ", "typeset ")
        )
        function = next((a for a in ancestors(assignment) if a.type == "function_definition"), None)
        within = function if local else None
        return self._used(name, replace(place, labelled=labelled), within)

    def _used(self, name: str, place: _Place, within: Node | None = None) -> frozenset[str]:
        """Whose what reads a variable is."""
        if name in place.seen or len(place.seen) > _DEPTH:
            return frozenset()
        key = (name, place.text, place.labelled, place.seen, within.id if within else 0)
        if key in self._known:
            return self._known[key]
        found: frozenset[str] = frozenset()
        for use in self._uses.get(name, ()):
            if within is None or contains(within, use):
                found |= self._sides(replace(place, node=use, seen=place.seen | {name}))
        self._known[key] = found
        return found

    @cached_property
    def _uses(self) -> dict[str, list[Node]]:
        """The expansions of the script by the variable or parameter that they read."""
        found: dict[str, list[Node]] = defaultdict(list)
        for node in walk(self.tree.root_node):
            if node.type in ("simple_expansion", "expansion"):
                names = (
                    n for n in walk(node) if n.type in ("variable_name", "special_variable_name")
                )
                if (name := next(names, None)) is not None:
                    found[self.text(name)].append(node)
        return found

    def _argument(self, command: Node, word: Node, place: _Place, at: int) -> frozenset[str]:
        """Whose a word of a command is."""
        words = self._words(command)
        mine = [i for i, (_, node) in enumerate(words) if contains(node, word)]
        exact = [i for i in mine if place.text in (words[i][0] or "")]
        before = self.data[word.start_byte : at].decode("utf-8", "replace").lstrip("\"'")
        found: frozenset[str] = frozenset()
        for index in (exact or mine)[: 1 if len(mine) == 1 else None]:
            found |= self._of_word(command, [w for w, _ in words], index, before, place)
        return found or _HERE

    def _of_word(
        self, command: Node, words: list[str | None], index: int, before: str, place: _Place
    ) -> frozenset[str]:
        name = words[0] or ""
        wrapper = self._script.wrappers.get(name)
        if wrapper is not None and not wrapper.text and index > wrapper.skip:
            words, index, name = words[1 + wrapper.skip :], index - 1 - wrapper.skip, ""
        elif name in self._script.functions and index and name not in place.seen:
            return self._parameter(name, words, index, before, place)
        side = of_word(sides(words)[index], before, place.labelled)
        if side == HERE and index and words[0] in _PRINTERS:
            return self._printed(command, place)
        return frozenset({side})

    def _parameter(
        self, name: str, words: list[str | None], index: int, before: str, place: _Place
    ) -> frozenset[str]:
        """Whose the parameter of a function is that takes a word."""
        body = self._script.functions[name]
        labelled = place.labelled or label_of(before) is not None
        key = (name, place.text, labelled, place.seen, tuple(words), index)
        if key in self._known:
            return self._known[key]
        inside = replace(place, labelled=labelled, seen=place.seen | {name})
        found: frozenset[str] = frozenset()
        for spelled, uses in self._uses.items():
            for use in (u for u in uses if contains(body, u)):
                first = self._shifted(body, use) + 1
                if spelled.isdigit() and int(spelled) and int(spelled) + first - 1 == index:
                    found |= self._sides(replace(inside, node=use))
                elif spelled in ("@", "*"):
                    skip = re.search(r":(\d)", self.text(use))
                    first += int(skip[1]) - 1 if skip else 0
                    if index >= first:
                        found |= self._spread(use, words[first:], index - first, inside)
        self._known[key] = found
        return found

    def _spread(
        self, use: Node, given: list[str | None], index: int, place: _Place
    ) -> frozenset[str]:
        """Whose a word is that `"$@"` hands on."""
        outer = use.parent
        word = outer if outer is not None and self.text(outer).strip('"') == self.text(use) else use
        command = next((a for a in ancestors(word) if a.type == "command"), None)
        if command is None or word.parent is None or "*" in self.text(use):
            return self._sides(replace(place, node=use))
        whole: list[str | None] = []
        at = -1
        for spelled, node in self._words(command):
            if contains(node, word):
                at = len(whole) + index
                whole += given
            else:
                whole.append(spelled)
        if at < 0 or at >= len(whole):
            return self._sides(replace(place, node=use))
        return self._of_word(command, whole, at, "", place)

    def _shifted(self, body: Node, use: Node) -> int:
        """By how much the parameters are shifted in front of a use."""
        before = (
            c for c in self._script.commands if contains(body, c) and c.end_byte <= use.start_byte
        )
        by = 0
        for words in map(self._script.words, before):
            if words[:1] == ["shift"]:
                count = words[1] if words[1:] else None
                by += int(count) if count and count.isdigit() else 1
        return by

    def _words(self, command: Node) -> list[tuple[str | None, Node]]:
        """The words of a command, each with the node that it comes from."""
        out: list[tuple[str | None, Node]] = []
        for child in command.named_children:
            if child.type == "variable_assignment" or child.type.endswith("redirect"):
                continue
            word = child.named_children[0] if child.type == "command_name" else child
            made = self._script.word(word)
            if not out and made[:1] == [None]:
                made = [self._program_of(word)]
            out += [(each, child) for each in made]
        redirect = next((a for a in ancestors(command) if a.type == "redirected_statement"), None)
        if redirect is not None and same(redirect.child_by_field_name("body"), command):
            documents = (c for c in redirect.named_children if c.type == "heredoc_redirect")
            behind = (c for d in documents for c in d.named_children)
            # `ssh host <<END word`
            out += [(w, c) for c in behind if c.type == "word" for w in self._script.word(c)]
        return out

    def _program_of(self, word: Node) -> str | None:
        """The program that a variable is named for: `docker` of `"$DOCKER"`."""
        variable = re.fullmatch(r"\"?\$\{?(\w+?)(?:_CMD|_BIN)?\}?\"?", self.text(word))
        name = variable[1].lower() if variable else ""
        return name if RUNS_TEXT.fullmatch(name) else None

    # --- what a command prints, and what it reads

    def _is_printed(self, inner: Node) -> bool:
        """Whether the statement of a substitution prints what it holds."""
        commands = [n for n in walk(inner) if n.type == "command"]
        return bool(commands) and self._script.name(commands[0]) in _PRINTERS

    def _printed(self, command: Node, place: _Place) -> frozenset[str]:
        """Whose what a command prints is: the next command's input, or a file's text."""
        inner = command
        for outer in ancestors(command):
            if outer.type == "redirected_statement":
                for target in _targets(outer):
                    if is_dockerfile(self.text(target).strip("\"'")):
                        return frozenset({WITHIN})
                    self._ask_for_copies(target)
                for document in (c for c in outer.named_children if c.type == "heredoc_redirect"):
                    for piped in (c for c in document.named_children if c.type == "pipeline"):
                        return self._reads(piped, place)
            elif outer.type == "pipeline":
                behind = [c for c in outer.named_children if c.start_byte >= inner.end_byte]
                return frozenset().union(*(self._reads(c, place) for c in behind)) or _HERE
            elif outer.type in _FRESH:
                return self._sides(replace(place, node=outer))
            elif outer.type not in ("list", "subshell", "compound_statement"):
                return _HERE
            inner = outer
        return _HERE

    def _input(self, statement: Node | None, place: _Place) -> frozenset[str]:
        """Whose what a here-document or a here-string feeds is."""
        if statement is None:
            return _HERE
        body = statement.child_by_field_name("body") or statement
        found = self._reads(body, place)
        return found if found - {HERE} or body.type != "command" else self._printed_by(body, place)

    def _printed_by(self, body: Node, place: _Place) -> frozenset[str]:
        words = [w for w, _ in self._words(body)]
        if "tee" in words:
            named = (w for w in words if w and is_dockerfile(w))
            return frozenset({WITHIN}) if next(named, None) else _HERE
        if words[:1] == ["read"] or words[:1] == ["mapfile"]:
            return self._used(words[-1] or "", place) or _HERE
        return self._printed(body, place) if words and words[0] in _PRINTERS else _HERE

    def _reads(self, node: Node, place: _Place) -> frozenset[str]:
        """Whose the commands of a statement are that read its input."""
        found: set[str] = set()
        for command in (n for n in walk(node, frozenset(_FRESH)) if n.type == "command"):
            words = [w for w, _ in self._words(command)]
            function = self._script.functions.get(words[0] or "") if words else None
            if function is not None and (words[0] or "") not in place.seen:
                inside = replace(place, seen=place.seen | {words[0] or ""})
                found |= self._reads(function, inside)
            found.add(reads(words))
        return frozenset(found) if found == {HERE} else frozenset(found - {HERE})

    def _ask_for_copies(self, target: Node) -> None:
        """Raises Refused where a file that the script writes is sent to another host later."""
        name = self.text(target).strip("\"'")
        if name in ("", "/dev/null") or name.startswith("&"):
            return
        for command in self._script.commands:
            words = self._words(command)
            spelled = [self.text(node).strip("\"'") for _, node in words]
            if name in spelled:
                every = sides([w for w, _ in words])
                if every[spelled.index(name)] in ("copied", "shipped"):
                    raise Refused(
                        reasons.ANOTHER_HOST(
                            f"{name} is copied to another host; see whose home it means"
                        )
                    )


_HERE = frozenset({HERE})


def _word_of(leaf: Node) -> Node:
    """The whole word, or the value of an assignment, that a node is a part of."""
    word = leaf
    for outer in ancestors(leaf):
        if outer.type not in ("string", "concatenation", "raw_string", "array"):
            break
        if outer.type == "array":
            break
        word = outer
    return word


def _statement_of(redirect: Node) -> Node | None:
    return next((a for a in ancestors(redirect) if a.type == "redirected_statement"), None)


def _body(loop: Node) -> Node | None:
    return loop.child_by_field_name("body")


def _targets(statement: Node) -> Iterator[Node]:
    """The files that a statement's output goes to."""
    for node in statement.named_children:
        inside = node.named_children if node.type == "heredoc_redirect" else [node]
        for redirect in inside:
            if redirect.type == "file_redirect" and redirect.named_children:
                yield redirect.named_children[-1]


def _has_error_around(node: Node) -> bool:
    return any(a.is_error or a.is_missing for a in (node, *ancestors(node)))
