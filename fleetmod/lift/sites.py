"""Every place of a file that runs a tool, with the operation it asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.texts import Hole, Pieces, Values
from fleetmod.lift.chosen import chosen
from fleetmod.lift.grammar import Grammar, is_shell
from fleetmod.lift.operation import Foreign, Serviceless, Unliftable, Word
from fleetmod.lift.runners import Runners
from fleetmod.lift.shell import Simple, parse_shell
from fleetmod.lift.site import Site, claim
from fleetmod.lift.strangers import Strangers
from fleetmod.lift.targets import Targets
from fleetmod.refusal import Reason
from fleetmod.regex import lazy
from fleetmod.runner import (
    ARGV,
    ARRAY,
    DENO,
    SHELL,
    TEMPLATE,
    WORDS,
    Runner,
)
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import FUNCTIONS, parts, unwrap

NOTHING_KNOWN: Mapping[tuple[str, str], Runner] = {}
_HARMLESS = ("encoding", "stdio", "timeout", "maxBuffer", "windowsHide", "env", "cwd")
_OPTIONS = (
    (
        lazy(r"\b[ug]id\s*:"),
        reasons.OTHER_USER("runs as another user; use a full target and an adapter's rights"),
    ),
    (
        lazy(r"\benv\s*:\s*\{[^}]*\bHOME\b"),
        reasons.OTHER_USER("runs with another HOME; give the port the path"),
    ),
)
_SHELL_OPTION = lazy(r"\bshell[\"']?\s*(?::(?!\s*(?:false|undefined)\b)|[,}])")


def harmless_options(call: Node, runner: Runner, lifter: Sites) -> bool:
    """Whether a runner's call takes no options behind its command but those that change nothing of
    what the port does; `{ timeout, stdio: "pipe" }`."""
    behind = 1 + max(runner.command_at, runner.args_at if runner.form == ARGV else 0)
    for argument in parts(call.child_by_field_name("arguments"))[behind:]:
        node = unwrap(lifter.values.constant(argument) or argument)
        keys = [pair.child_by_field_name("key") or pair for pair in parts(node)]
        named = all(lifter.source.text(key) in _HARMLESS for key in keys)
        spelled = lifter.values.spelled(argument)
        if node.type != "object" or not named or any(p.search(spelled) for p, _ in _OPTIONS):
            return False
    return True


class Sites:
    """Finds the sites of one file that run the tool of a grammar."""

    def __init__(
        self,
        scopes: Scopes,
        grammar: type[Grammar],
        imported: Mapping[tuple[str, str], Runner] = NOTHING_KNOWN,
    ) -> None:
        """`imported` are the runners that other modules of the repository export, by the module as
        it is spelled and the name there."""
        self.scopes, self.source = scopes, scopes.source
        self.values = Values(scopes)
        self.runners = Runners(scopes, self.values, lambda *key: imported.get(key))
        self.targets = Targets(scopes, self.values)
        self.grammar = grammar(self.targets)
        self.strangers = Strangers(self.values, self.grammar, self.runners)

    def find(self) -> list[Site]:
        sites = []
        for call in self.source.of("call_expression", "new_expression"):
            runner = self.runners.of_call(call)
            site = self.strangers.read(call) if runner is None else self._read(call, runner)
            if site is not None:
                sites.append(site)
        return sites

    def _read(self, call: Node, runner: Runner) -> Site | None:
        arguments = call.child_by_field_name("arguments")
        if arguments is None:
            return None
        site = Site(call, runner)
        try:
            if not self._lift(site, arguments):
                return None
        except Foreign as reason:
            site.foreign, site.serviceless = str(reason), isinstance(reason, Serviceless)
        except Unliftable as refused:
            site.refused = refused.reason
        site.runner = self.runners.optioned(site.runner, site.options)
        if not site.refused and not site.foreign:
            site.refused = next((why for p, why in _OPTIONS if p.search(site.options)), None)
        if not site.refused and not site.foreign:
            site.refused = self._caveat(site, arguments)
            site.by_wrapper = bool(site.refused)
        return site

    def _caveat(self, site: Site, arguments: Node) -> Reason | None:
        """Why a wrapper's call is not the command alone; None when it is."""
        runner = site.runner
        if runner.wrapper is None:
            return None
        if runner.caveat:
            return reasons.WRAPPER_DOES_MORE(
                f"`{runner.name}` does more than run the command (it {runner.caveat}); call the "
                "port inside it, or here without it"
            )
        args = parts(arguments)
        used = {runner.command_at} if runner.tool is None else set()
        used |= {runner.args_at} if runner.form == ARGV else set()
        if runner.lenient is not None and len(args) > runner.lenient[0]:
            given = self._flag_given(args[runner.lenient[0]], runner.lenient[1])
            if given is not None:
                used.add(runner.lenient[0])
                site.runner = replace(runner, throws=not given)
        for index, argument in enumerate(args):
            if index in used or (runner.spread and index > max(used)):
                continue
            if not self._harmless(argument):
                return reasons.WRAPPER_ARGUMENT(
                    f"passes `{self.source.text(argument)}` to `{runner.name}`, which the port "
                    "does not know; call the port here by hand"
                )
        return None

    def _flag_given(self, options: Node, flag: str) -> bool | None:
        """What `{ flag: true }`, or `true` alone, says in so many words; None for other options."""
        if not flag:
            return {"true": True, "false": False}.get(self.source.text(options))
        match = re.fullmatch(rf"\{{{flag}:(true|false),?\}}", self.source.squeezed(options))
        return match[1] == "true" if match is not None else None

    def _harmless(self, argument: Node) -> bool:
        """Options that change nothing of what the port does."""
        node = unwrap(argument)
        if node.type != "object":
            return False
        keys = [pair.child_by_field_name("key") for pair in parts(node)]
        return all(key is not None and self.source.text(key) in _HARMLESS for key in keys)

    def _lift(self, site: Site, arguments: Node) -> bool:
        """Fill the site's operations; False when the call runs something else."""
        runner = site.runner
        if runner.form == TEMPLATE:
            if arguments.type != "template_string":
                return False
            return self._shell(site, self.values.pieces(arguments), [arguments])
        args = parts(arguments)
        if runner.form in (SHELL, WORDS):
            if len(args) <= runner.command_at:
                return False
            node = args[runner.command_at]
            site.options = self._options(args, runner.command_at + 1)
            return self._shell(site, self.values.pieces(node), [node])
        if runner.form in (ARGV, DENO):
            return self._argv(site, args)
        if runner.form == ARRAY:
            return self._array(site, args)
        return False

    def _shell(self, site: Site, pieces: Pieces, nodes: list[Node]) -> bool:
        opened = self.values.expand(pieces)
        if not self.grammar.names("".join(p for p in opened if isinstance(p, str))):
            return False
        claim(site, nodes, self.values, self.grammar)
        site.command = self._spell(opened)
        shell = parse_shell(self._open_command(pieces))
        if not self.grammar.mentions(shell):
            return False
        site.commands = self.grammar.commands(shell)
        site.operations = self.grammar.shell(shell)
        return True

    def _open_command(self, pieces: Pieces) -> Pieces:
        """Open the constants that hold the command itself; those that hold a label stay names."""
        for _ in range(6):
            text = "".join(p if isinstance(p, str) else "\0" for p in pieces)
            words = text.split()
            known = (
                words
                and "\0" not in words[0]
                and (not self.grammar.names(words[0]) or len(words) > 1)
            )
            if known and (len(words) < 2 or words[1] != "\0"):
                return pieces
            out: list[str | Hole] = []
            opened = False
            for piece in pieces:
                value = self.values.constant(piece.node) if isinstance(piece, Hole) else None
                if not opened and value is not None:
                    out.extend(self.values.pieces(value))
                    opened = True
                else:
                    out.append(piece)
            if not opened:
                return pieces
            pieces = tuple(out)
        return pieces

    def _argv(self, site: Site, args: list[Node]) -> bool:
        runner = site.runner
        if runner.tool is not None:
            program, rest = runner.tool, args[runner.args_at :]
            claimed: list[Node] = []
        else:
            if len(args) <= runner.command_at:
                return False
            node = args[runner.command_at]
            spelled = self.values.literal(node)
            if spelled is None:
                return False
            program, rest, claimed = spelled, args[runner.args_at :], [node]
        if not self._is_tool(program, rest):
            return False
        claim(site, claimed + (rest if runner.spread else rest[:1]), self.values, self.grammar)
        if runner.spread:
            elements = rest
        else:
            elements = self._elements(rest[0], runner) if rest else []
            site.options = self._options(rest, 1)
        self._words(site, program, elements)
        return True

    def _elements(self, node: Node, runner: Runner) -> list[Node]:
        if runner.form == DENO:
            value = self._property(node, "args")
            elements = self.values.elements(value) if value is not None else []
        else:
            if unwrap(node).type == "object" or unwrap(node).type in ("arrow_function",):
                return []
            elements = self.values.elements(node)
        if elements is None:
            raise Unliftable(
                reasons.RUNTIME_ARGUMENTS(
                    "the arguments are only known at run time; call the port in each branch"
                )
            )
        return elements

    def _array(self, site: Site, args: list[Node]) -> bool:
        runner = site.runner
        if len(args) <= runner.command_at:
            return False
        node: Node | None = args[runner.command_at]
        assert node is not None
        site.options = self._options(args, runner.command_at + 1)
        if unwrap(node).type == "object":
            site.options = self.values.spelled(node)
            node = self._property(node, "cmd")
            if node is None:
                return False
        elements = args[runner.command_at :] if runner.spread else self.values.elements(node)
        if not elements:
            return False
        program = self.values.literal(elements[0])
        if program is None or not self._is_tool(program, elements[1:]):
            return False
        claim(site, [node, elements[0]], self.values, self.grammar)
        self._words(site, program, elements[1:])
        return True

    def _words(self, site: Site, program: str, elements: list[Node]) -> None:
        site.command = " ".join([program, *(self.source.text(e) for e in elements)])
        if _SHELL_OPTION.search(site.options):
            raise Unliftable(
                reasons.SHELL_SYNTAX(
                    "runs through a shell by its options; pass the port plain values"
                )
            )
        spread = [e for e in elements if e.type == "spread_element"]
        choice = chosen(spread[0], self.values) if len(spread) == 1 else None
        if choice is not None:
            self._either(site, program, elements, choice)
            return
        if spread:
            raise Unliftable(
                reasons.RUNTIME_ARGUMENTS(
                    "the arguments are only known at run time; call the port in each branch"
                )
            )
        args = [self.values.pieces(element) for element in elements]
        if is_shell(program):
            args[1:] = map(self._open_command, args[1:])
        opened: list[Word] = [(program,), *map(self.values.expand, args[:1]), *args[1:]]
        flat = [self._flag(w) for w in opened if w != ()]
        site.commands = self.grammar.commands(Simple(tuple(flat)))
        site.operations = self.grammar.command(tuple(flat))

    def _either(
        self,
        site: Site,
        program: str,
        elements: list[Node],
        choice: tuple[Node, list[Node], list[Node]],
    ) -> None:
        """One operation of two that differ by their verb alone: a restart, or a start."""
        condition, *lists = choice
        at = next(i for i, e in enumerate(elements) if e.type == "spread_element")
        found = []
        for given in lists:
            self._words(site, program, [*elements[:at], *given, *elements[at + 1 :]])
            found.append(site.operations)
        holds, fails = found
        site.operations = ()
        if len(holds) != 1 or len(fails) != 1 or holds[0].verb == fails[0].verb:
            raise Unliftable(
                reasons.RUNTIME_ARGUMENTS(
                    "a condition chooses the arguments; call the port in each branch"
                )
            )
        alike = replace(fails[0], verb=holds[0].verb, label=holds[0].label)
        if alike != holds[0] or not self.targets.equal(holds[0].label, fails[0].label):
            raise Unliftable(
                reasons.RUNTIME_ARGUMENTS(
                    "a condition chooses the arguments; call the port in each branch"
                )
            )
        site.operations = (replace(holds[0], when=Hole(condition), otherwise=fails[0].verb),)

    def _flag(self, word: Word) -> Word:
        """A constant that holds a flag is that flag."""
        pieces = tuple(p for p in word if isinstance(p, str | Hole))
        opened = self.values.expand(pieces)
        if len(opened) == 1 and isinstance(opened[0], str) and opened[0].startswith("-"):
            return opened
        return word

    def _is_tool(self, program: str, rest: list[Node]) -> bool:
        words: list[str] = []
        for node in rest:
            for each in self.values.elements(node) or [node]:
                words.append(self.source.text(each))
                if is_shell(program):  # its command may be a constant
                    pieces = self.values.expand(self.values.pieces(each))
                    words += [piece for piece in pieces if isinstance(piece, str)]
        return self.grammar.runs(program, words)

    def _options(self, args: list[Node], index: int) -> str:
        """The options behind a command, as they are spelled; a callback in their place is none."""
        given = args[index] if len(args) > index else None
        return "" if given is None or given.type in FUNCTIONS else self.values.spelled(given)

    def _property(self, node: Node, name: str) -> Node | None:
        for pair in unwrap(node).named_children:
            if pair.type == "pair":
                key = pair.child_by_field_name("key")
                if key is not None and self.source.text(key).strip("\"'") == name:
                    return pair.child_by_field_name("value")
            elif pair.type == "shorthand_property_identifier" and self.source.text(pair) == name:
                return pair
        return None

    def _spell(self, pieces: Pieces) -> str:
        return "".join(
            p if isinstance(p, str) else "${" + self.source.text(p.node) + "}" for p in pieces
        )
