"""Shell scripts: a home path becomes `$HOME` or `${ROOT:-…}`, quoted as its place asks for.

Quoting is that of POSIX (XCU 2.2, 2.6, 2.7.4) and bash(1).
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property

from tree_sitter import Node, Tree

from fleetmod import reasons
from fleetmod.bounds import DEPTH, TOO_DEEP
from fleetmod.filekinds import STARTUP
from fleetmod.languages.findings import (
    BESIDE,
    HOME_FAMILY,
    ROOT_HOME,
    Context,
    Refused,
    Result,
    Spot,
    spots,
)
from fleetmod.languages.launchctl import report
from fleetmod.languages.quoting import COMMENT, DOUBLE, HOMED, SINGLE, WORD, context_of
from fleetmod.languages.shell_owner import Owners
from fleetmod.places import FOREIGN, HOME
from fleetmod.refusal import Reason
from fleetmod.syntax.source import ancestors, deeper_than, parse, walk
from fleetmod.testfiles import is_test

_PLAIN = re.compile(r"[\w./@%+=:,-]+")  # nothing in it that quotes would change
_SPECIAL = re.compile(r"[$`\"\\!]")
_DEFAULT = re.compile(r"(\$\{\w+:?)-(?=[\"']?/)")
_ESCAPE = re.compile(r"\\[a-z](?=/)")
_BROKEN = "stands in a statement that does not parse as bash, so that its meaning is not known"
_FORCED = (
    "the script took one user's home whoever ran it; a service that runs as another user needs "
    "HOME, or a user of its own, in its unit or plist"
)
# what tells who runs the script, and what says that root does
_ASKS = re.compile(r"\bE?UID\b|\$\{?(?:USER|LOGNAME|USERNAME)\b|\bid\s+-(?:un?|nu)\b|\bwhoami\b")
_ASKS_FOR_HOME = re.compile(r"(?:\[+|test)\s+(?:!\s+)?-[nz]\s+\"?\$\{?HOME\b")
_ASSERTS = re.compile(r"(?:assert|expect|test|diff|cmp|grep)")
_IS_ROOT = re.compile(r"(?<![\w.])[\"']?(?:0|root)[\"']?(?![\w.])")


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
    for spot in spots(text, context, result, by_line=False):
        leaf = root.named_descendant_for_byte_range(spot.start, spot.end)
        if leaf is None:
            continue
        leaves[leaf.id] = leaf
        by_leaf[leaf.id].append(_of_word(spot, leaf, data, context))
    script.groups = [(leaves[key], group) for key, group in by_leaf.items()]
    for leaf, group in sorted(script.groups, key=lambda pair: pair[0].type == "comment"):
        script.rewrite(leaf, group)
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
    groups: list[tuple[Node, list[Spot]]] = field(default_factory=list)

    @cached_property
    def owners(self) -> Owners:
        return Owners(self.result.path, self.result.data, self.tree)

    def _is_broken(self, leaf: Node) -> bool:
        """Whether the statement around a place, or that statement alone, does not parse: what the
        grammar does not know may have shifted the quotes of all that follows."""
        if not self.root.has_error:
            return False
        whole = (leaf, *ancestors(leaf))[-2:][0]
        if whole.has_error or whole.is_error:
            return True
        alone = parse("bash", self.result.data[whole.start_byte : whole.end_byte]).root_node
        return alone.has_error or str(whole) not in str(alone)

    @property
    def root(self) -> Node:
        return self.tree.root_node

    def rewrite(self, leaf: Node, group: list[Spot]) -> None:
        """One word, string or comment with the home paths in it."""
        edits = len(self.result.edits)
        notes: tuple[str, ...] = ()
        reason: Reason | None = None
        mine, elsewhere = [], set()
        try:
            for spot in group:
                if why := self._whose(leaf, spot):
                    elsewhere.add(spot.start)
                    self._add(spot, exempt=why)
                else:
                    mine.append(spot)
            if mine:
                notes = self._rewrite(leaf, mine)
        except Refused as refused:
            del self.result.edits[edits:]
            reason = refused.reason
        for spot in group:
            if spot.start not in elsewhere:
                self._add(spot, reason, notes=notes)

    def _add(
        self,
        spot: Spot,
        reason: Reason | None = None,
        exempt: str = "",
        notes: tuple[str, ...] = (),
    ) -> None:
        span = (spot.start, spot.end)
        self.result.add(HOME_FAMILY, *span, "a home path", reason, exempt, notes)

    def _whose(self, leaf: Node, spot: Spot) -> str:
        """Why a path is not this host's; "" where it is."""
        if leaf.type == "comment":
            text, at = self.text(leaf), spot.start - leaf.start_byte
            paths = self.context.places.find(text)
            found = (p.why for p in paths if len(text[: p.start].encode()) == at)
            stays = BESIDE if self.result.keeps_code else ""
            return next(found, "") or (FOREIGN if spot.another else "") or stays
        if self._is_broken(leaf):
            raise Refused(reasons.DOES_NOT_PARSE(_BROKEN))
        return self.owners.why(leaf, spot.start, spot.end)

    def _rewrite(self, leaf: Node, group: list[Spot]) -> tuple[str, ...]:
        kind = context_of(leaf, self.result.data, group[0].start)
        if kind == COMMENT:
            for spot in group:
                self._comment(spot)
            return ()
        if self._tells_homes_apart:
            raise Refused(self._tells_homes_apart)
        if self._is_test_data:
            raise Refused(reasons.TEST_DATA)
        if self._asks_for_root:
            raise Refused(
                reasons.ROOT_HOME(f"the script asks whether root runs it, and {ROOT_HOME}")
            )
        if self.context.as_root:
            raise Refused(reasons.ROOT_HOME(f"{self.context.as_root}, and {ROOT_HOME}"))
        if kind == HOMED:
            return self._home_itself(leaf, group[0])
        if self._other_root:
            raise Refused(self._other_root)
        if self._homes_of_its_own:
            raise Refused(
                reasons.SETS_HOME(
                    "the script sets HOME to something else; spell the path from a variable"
                )
            )
        text = self.result.data[leaf.start_byte : leaf.end_byte].decode()
        if kind == WORD and leaf.type == "word" and not _joined(leaf) and _PLAIN.fullmatch(text):
            self._replaced(leaf, group, '"', '"')
        elif kind == WORD:
            for spot in group:
                self.result.edit(spot.start, spot.end, f'"{self._base(spot, leaf)}"')
        elif kind == SINGLE and self._is_run_later(leaf):
            for spot in group:  # the shell expands it when it runs the text
                self.result.edit(spot.start, spot.end, self._base(spot, leaf))
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

    def _is_run_later(self, leaf: Node) -> bool:
        """Whether a text is a command that this shell runs later: of `alias` or `trap`."""
        outer = next((a for a in ancestors(leaf) if a.type == "command"), None)
        name = self.text(outer.child_by_field_name("name")) if outer is not None else ""
        within = self.text(leaf)[1:-1]
        return name in ("alias", "trap") and not re.search(r"[\"'\\]", within)

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
            raise Refused(
                reasons.SETS_HOME(
                    "the default of HOME itself; delete it where HOME is set by the runner"
                )
            )
        set_before = (n.end_byte <= leaf.start_byte for n in self._assigned.get("HOME", ()))
        home = "$HOME" if self._has_home or any(set_before) else "${HOME:?}"
        default = self.context.default(base, home)
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
                reasons.SETS_HOME(
                    "sets HOME itself, and only bash, zsh and ksh have `~` for the user's home "
                    "where HOME is unset; delete the line where HOME is set by whoever runs the "
                    "script"
                )
            )
        value = next(a for a in (leaf, *ancestors(leaf)) if _is_value(a))
        self.result.edit(value.start_byte, value.end_byte, "~")
        return (_FORCED,)

    def text(self, node: Node | None) -> str:
        return (
            ""
            if node is None
            else self.result.data[node.start_byte : node.end_byte].decode("utf-8", "replace")
        )

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
    def _tells_homes_apart(self) -> Reason | None:
        """Why the homes of the script stay, where this host's side spells one of the other kind."""
        for leaf, group in self.groups:
            for spot in (s for s in group if s.another and leaf.type != "comment"):
                with contextlib.suppress(Refused):
                    if not self._whose(leaf, spot):
                        return spot.another
        return None

    @cached_property
    def _asks_for_root(self) -> bool:
        """Whether the script is for root, or tells root apart."""
        kept = {
            name
            for name, nodes in self._assigned.items()
            if any(_ASKS.search(self.text(node)) for node in nodes)
        }
        for node in walk(self.root):
            own = node.type == "test_command" or (
                node.type == "command" and self.text(node).startswith("test ")
            )
            arithmetic = node.type == "compound_statement" and self.text(node).startswith("((")
            text = self.text(node) if own or arithmetic else ""
            if node.type == "case_statement":
                text = self.text(node.child_by_field_name("value"))
                values = (c for i in node.named_children for c in i.children_by_field_name("value"))
                text += " " + " ".join(map(self.text, values))
            asked = {self.text(n) for n in walk(node) if n.type == "variable_name"} if text else ()
            if text and _IS_ROOT.search(text) and (_ASKS.search(text) or kept & {*asked}):
                return True
        return False

    @cached_property
    def _other_root(self) -> Reason | None:
        """Why the homes stay where the script has the same one below another root, too."""
        text = self.result.data.decode("utf-8")
        for spot in (s for _, group in self.groups for s in group):
            home = self.result.data[spot.start : spot.home_end].decode()
            if re.search(rf"\$\{{?\w+\}}?\"?{re.escape(home)}(?![\w-])", text):
                return reasons.COMPARED_HOME(
                    f"the script has {home} below another root, too; see which one is meant"
                )
        return None

    @cached_property
    def _is_test_data(self) -> bool:
        """Whether the script is a test that spells what it expects. One that is only named like a
        test (`run-unit-test.sh`) may as well run some."""
        if not is_test(self.result.path):
            return False
        if is_test(f"{self.result.path.rpartition('/')[0]}/a.sh"):
            return True
        text = self.result.data.decode("utf-8")
        homes = list(self.context.places.find(text, by_line=False))
        named = sum(text.count(user) for user in self.context.places.users)
        if named > len(homes):
            return True
        for node in walk(self.root):
            compares = node.type in ("test_command", "case_statement")
            asserts = node.type == "command" and _ASSERTS.match(self.text(node))
            if (compares or asserts) and next(
                self.context.places.find(self.text(node), by_line=False), None
            ):
                return True
        return False

    @cached_property
    def _homes_of_its_own(self) -> bool:
        """Whether HOME is set to anything but a home of the configured users, or the tilde."""
        return any(not self._is_own_home(node) for node in self._assigned.get("HOME", ()))

    def _is_own_home(self, assignment: Node) -> bool:
        value = self.text(assignment).partition("=")[2].strip("\"'")
        if default := re.fullmatch(r"\$\{HOME:?[-=](.*)\}|\$HOME", value):
            value = (default[1] or "~").strip("\"'")
        paths = list(self.context.places.find(value))
        own = len(paths) == 1 and paths[0].base == HOME and paths[0].end == len(value)
        return own or value == "~"

    @cached_property
    def _has_home(self) -> bool:
        """Whether the script stops where HOME is unset, or sets it: `set -u`, `${HOME:?}`, a test;
        zsh sets it by itself, and so does what starts a login shell."""
        name = self.result.path.rpartition("/")[2]
        first = self.result.data.partition(b"\n")[0].decode("utf-8", "replace")
        if "zsh" in first or name.endswith(".zsh") or name in STARTUP:
            return True
        strict = re.match(r"#!\S+(?:\s+-S)?(?:\s+\S+)*?\s+-[a-z]*u", first) is not None
        for node in walk(self.root):
            if node.type == "expansion" and re.match(r"\$\{HOME(?::?[?=])", self.text(node)):
                return True
            if node.type in ("test_command", "command") and re.fullmatch(
                r"(?:\[+|test)\s+(?:!\s+)?-[nz]\s+\"?\$\{?HOME(?:[:?+-]*)\}?\"?\s*\]*",
                self.text(node),
            ):
                return True
            if node.type == "command" and self.text(node).startswith(("set ", "setopt ")):
                words = self.text(node).split()[1:]
                strict = strict or any(
                    re.fullmatch(r"-[a-z]*u[a-z]*|no_?unset", word, re.I) for word in words
                )
                if "+u" in words or ("+o" in words and "nounset" in words):
                    return False
        return strict

    def _is_default_of(self, name: str, leaf: Node) -> bool:
        """Whether the path stands in `${NAME:-…}` of the same name already."""
        expansions = (a for a in ancestors(leaf) if a.type == "expansion")
        return any(re.match(rf"\$\{{{name}:?[-=]", self.text(a)) for a in expansions)


def _joined(leaf: Node) -> bool:
    return leaf.parent is not None and leaf.parent.type in ("concatenation", "expansion")


def _is_value(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "variable_assignment"
