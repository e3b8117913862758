"""Shell scripts: a home path becomes `$HOME` or `${ROOT:-…}`, quoted as its place asks for.

Quoting is that of POSIX (XCU 2.2, 2.6, 2.7.4) and bash(1).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property

from tree_sitter import Node, Tree

from fleetmod.bounds import DEPTH, TOO_DEEP
from fleetmod.languages.elsewhere import INSIDE, is_elsewhere, is_inside
from fleetmod.languages.findings import (
    HOME_FAMILY,
    TEST_DATA,
    Context,
    Refused,
    Result,
    Spot,
    spots,
)
from fleetmod.languages.launchctl import report
from fleetmod.languages.quoting import COMMENT, DOUBLE, HOMED, SINGLE, WORD, context_of
from fleetmod.places import FOREIGN, HOME
from fleetmod.syntax.source import ancestors, deeper_than, parse, walk
from fleetmod.testfiles import is_test

_PLAIN = re.compile(r"[\w./@%+=:,-]+")  # nothing in it that quotes would change
_SPECIAL = re.compile(r"[$`\"\\!]")
_DEFAULT = re.compile(r"(\$\{\w+:?)-(?=[\"']?/)")
_ESCAPE = re.compile(r"\\[a-z](?=/)")
_FORCED = (
    "the script took one user's home whoever ran it; a service that runs as another user needs "
    "HOME, or a user of its own, in its unit or plist"
)
# `[ "$EUID" -ne 0 ]`, `[ "$(id -u)" = 0 ]`: the script is for root, or it tells root apart
_ROOT = re.compile(rb"(?:\$\{?E?UID\}?|\bid -u\b)[^\n]{0,9}(?:-n?eq?|[!=]=?)\s*[\"']?0\b")


def scan(path: str, data: bytes, context: Context) -> Result:
    """The findings and edits of one script; nothing is rewritten in one that does not parse."""
    result = Result(path, data, "shell")
    tree = parse("bash", data)
    root = tree.root_node
    script = _Script(result, context, tree)
    if deeper_than(root, DEPTH):
        result.problem = TOO_DEEP
        return result
    if root.has_error:
        result.problem = "does not parse as bash"
    by_leaf: dict[int, list[Spot]] = defaultdict(list)
    leaves: dict[int, Node] = {}
    # the `-` of a default and the `n` of `\\n` are no part of a name before a path
    text = _ESCAPE.sub("  ", _DEFAULT.sub(r"\1=", data.decode("utf-8")))
    for spot in spots(text, context, result):
        leaf = root.named_descendant_for_byte_range(spot.start, spot.end)
        if leaf is None:
            continue
        if is_inside(leaf, data[leaf.start_byte : spot.start]):
            result.add(HOME_FAMILY, spot.start, spot.end, "a home path", INSIDE, exempt=True)
            continue
        leaves[leaf.id] = leaf
        by_leaf[leaf.id].append(_of_word(spot, leaf, data, context))
    for key, group in by_leaf.items():
        script.rewrite(leaves[key], group)
    report(result, tree)
    return result


def _of_word(spot: Spot, leaf: Node, data: bytes, context: Context) -> Spot:
    """The path as its word alone tells it: `cp /Users/x/acme to/` has no folder `acme to`."""
    if leaf.type != "word" or spot.end > leaf.end_byte:
        return spot
    text = data[spot.start : leaf.end_byte].decode()
    path = next(iter(context.places.find(text)), spot.path)
    end = spot.start + len(text[: path.end].encode())
    return replace(spot, end=end, path=path) if path.base and not path.start else spot


@dataclass
class _Script:
    result: Result
    context: Context
    tree: Tree

    @property
    def root(self) -> Node:
        return self.tree.root_node

    def rewrite(self, leaf: Node, group: list[Spot]) -> None:
        """One word, string or comment with the home paths in it."""
        edits = len(self.result.edits)
        notes: tuple[str, ...] = ()
        reason, exempt = "", False
        try:
            if self.root.has_error:
                raise Refused("the script does not parse as bash, so nothing in it is rewritten")
            if is_elsewhere(leaf):
                reason, exempt = FOREIGN, True
            else:
                notes = self._rewrite(leaf, group)
        except Refused as why:
            del self.result.edits[edits:]
            reason = str(why)
        for spot in group:
            self.result.add(HOME_FAMILY, spot.start, spot.end, "a home path", reason, exempt, notes)

    def _rewrite(self, leaf: Node, group: list[Spot]) -> tuple[str, ...]:
        kind = context_of(leaf, self.result.data, group[0].start)
        if kind == COMMENT:
            for spot in group:
                self._comment(spot)
            return ()
        if kind == HOMED:
            return self._home_itself(leaf, group[0])
        if is_test(self.result.path):
            raise Refused(TEST_DATA)
        if self._asks_for_root:
            raise Refused(
                "the script asks whether root runs it, and root has another HOME; take the home of "
                "$SUDO_USER, or hand the path over"
            )
        if self._homes_of_its_own:
            raise Refused("the script sets HOME to something else; spell the path from a variable")
        text = self.result.data[leaf.start_byte : leaf.end_byte].decode()
        if kind == WORD and leaf.type == "word" and not _joined(leaf) and _PLAIN.fullmatch(text):
            self._replaced(leaf, group, '"', '"')
        elif kind == WORD:
            for spot in group:
                self.result.edit(spot.start, spot.end, f'"{self._base(spot, leaf)}"')
        elif kind == SINGLE and not _SPECIAL.search(text):
            inner = text[1:-1]
            assert inner
            self._replaced(leaf, group, '"', '"', skip=1)
        elif kind == SINGLE:
            for spot in group:
                self.result.edit(spot.start, spot.end, f"'\"{self._base(spot, leaf)}\"'")
        else:
            assert kind == DOUBLE
            for spot in group:
                self.result.edit(spot.start, spot.end, self._base(spot, leaf))
        return ()

    def _comment(self, spot: Spot) -> None:
        """`~`, or what is right where quoted code that stands in a comment is put back."""
        line = self.result.data[spot.start : self.result.data.find(b"\n", spot.start)]
        before = self.result.data[spot.start - 1 : spot.start]
        quoted = re.match(rb"[^'\"$`\\]*'", line) if before == b"'" else None
        if quoted is not None:
            rest = line[spot.home_end - spot.start : quoted.end() - 1].decode()
            end = spot.start + quoted.end()
            return self.result.edit(spot.start - 1, end, f'"$HOME{rest}"')
        home = "$HOME" if before in (b'"', b"=", b":") else "~"
        self.result.edit(spot.start, spot.home_end, home)

    def _replaced(
        self, leaf: Node, group: list[Spot], before: str, after: str, skip: int = 0
    ) -> None:
        """The whole word in other quotes, with every path in it."""
        data, out, at = self.result.data, before, leaf.start_byte + skip
        for spot in group:
            out += data[at : spot.start].decode() + self._base(spot, leaf)
            at = spot.end
        out += data[at : leaf.end_byte - skip].decode() + after
        self.result.edit(leaf.start_byte, leaf.end_byte, out)

    def _base(self, spot: Spot, leaf: Node) -> str:
        """`$HOME`, or `${ROOT:-$HOME/Code/acme}`, with braces where a name would go on."""
        base = spot.path.base
        if base == HOME and self._is_default_of("HOME", leaf):
            raise Refused("the default of HOME itself; delete it where HOME is set by the runner")
        default = self.context.default(base, "$HOME")
        name = self.context.env.get(base, "")
        if base == HOME or self._sets(name, but=leaf) or self._is_default_of(name, leaf):
            after = self.result.data[spot.end : spot.end + 1].decode("utf-8", "replace")
            return "${HOME}" if default == "$HOME" and re.match(r"[\w\[]", after) else default
        return f"${{{name}:-{default}}}"

    def _home_itself(self, leaf: Node, spot: Spot) -> tuple[str, ...]:
        """`HOME=/Users/x`: the tilde is the home of whoever runs it, also where HOME is unset."""
        first = self.result.data.partition(b"\n")[0].decode("utf-8", "replace")
        if not re.search(r"\b(?:bash|zsh|ksh)\b", first) and not self.result.path.endswith(
            (".bash", ".zsh")
        ):
            raise Refused(
                "sets HOME itself, and only bash, zsh and ksh have `~` for the user's home where "
                "HOME is unset; delete the line where HOME is set by whoever runs the script"
            )
        value = next(a for a in (leaf, *ancestors(leaf)) if _is_value(a))
        self.result.edit(value.start_byte, value.end_byte, "~")
        return (_FORCED,)

    def text(self, node: Node) -> str:
        return self.result.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _sets(self, name: str, but: Node) -> bool:
        """Whether the script sets a variable elsewhere, so that it may mean something else."""
        return any(
            not (node.start_byte <= but.start_byte and but.end_byte <= node.end_byte)
            for node in self._assigned.get(name, ())
        )

    @cached_property
    def _assigned(self) -> dict[str, list[Node]]:
        """The assignments of the script by the variable's name."""
        found: dict[str, list[Node]] = defaultdict(list)
        for node in walk(self.root):
            named = node.child_by_field_name("name")
            if node.type == "variable_assignment" and named is not None:
                found[self.text(named)].append(node)
        return found

    @cached_property
    def _asks_for_root(self) -> bool:
        return _ROOT.search(self.result.data) is not None

    @cached_property
    def _homes_of_its_own(self) -> bool:
        """Whether HOME is set to anything but a home of the configured users, or the tilde."""
        for node in walk(self.root):
            if node.type == "variable_assignment" and self.text(node).startswith("HOME="):
                value = self.text(node)[len("HOME=") :].strip("\"'")
                paths = list(self.context.places.find(value))
                own = len(paths) == 1 and paths[0].base == HOME and paths[0].end == len(value)
                if not own and value != "~":
                    return True
        return False

    def _is_default_of(self, name: str, leaf: Node) -> bool:
        """Whether the path stands in `${NAME:-…}` of the same name already."""
        expansions = (a for a in ancestors(leaf) if a.type == "expansion")
        return any(re.match(rf"\$\{{{name}:?[-=]", self.text(a)) for a in expansions)


def _joined(leaf: Node) -> bool:
    return leaf.parent is not None and leaf.parent.type in ("concatenation", "expansion")


def _is_value(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "variable_assignment"
