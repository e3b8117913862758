"""Calls of functions that the file does not define, with the tool's command as an argument."""

from __future__ import annotations

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.texts import Values
from fleetmod.lift.audience import Audience, looks_run, quotes_only
from fleetmod.lift.grammar import Grammar
from fleetmod.lift.handed_in import HandedIn
from fleetmod.lift.operation import Foreign, Serviceless, Unliftable, Word
from fleetmod.lift.runners import Runners
from fleetmod.lift.shell import Simple, parse_shell
from fleetmod.lift.site import Site, claim
from fleetmod.regex import lazy
from fleetmod.runner import SHELL, UNKNOWN, Runner
from fleetmod.syntax.source import parts, unwrap
from fleetmod.testfiles import is_test

_ASKS = lazy(
    r"(.*\.)?(includes|startsWith|endsWith|indexOf|match|matchAll|test|search|split|replace"
    r"|replaceAll|to[A-Z]\w*|stringContaining|stringMatching|objectContaining|arrayContaining|has"
    r"|push|unshift|join|resolve|mock\w*|doMock|require|import|which\w*|[\w$]*[eE]xists\w*|accessSync|access"
    r"|(?:parse|extract|tokenize|normalize|classify|escape|quote|strip|sanitize|redact|format)\w*"
    r"|writeFile\w*|chmod\w*|RegExp|equal\w*|eqls?|deepEqual|strictEqual|deepStrictEqual|contain\w*|members|ok|assert\w*)"
)
_WORDS = lazy(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_AT_RUN_TIME = reasons.RUNTIME_ARGUMENTS("the arguments are only known at run time")
_TEXTS = ("string", "template_string")
_STRANGER = Runner("", SHELL, UNKNOWN, sync=False, throws=True)


class Strangers:
    """Finds what such a call would run. It is debt that only a person can mend."""

    def __init__(self, values: Values, grammar: Grammar, runners: Runners) -> None:
        self.handed_in = HandedIn(values, runners)
        self.values, self.source, self.grammar = values, values.source, grammar
        self.audience = Audience(values.scopes)

    def read(self, call: Node) -> Site | None:
        """The site behind a call whose function is not known to run anything."""
        function, arguments = (
            call.child_by_field_name("function"),
            (call.child_by_field_name("arguments")),
        )
        if function is None or arguments is None:
            return None
        name = self.source.squeezed(function)
        thrown = call.parent is not None and call.parent.type == "throw_statement"
        if thrown or _ASKS.fullmatch(name) or self.audience.speaks(call):
            return None
        site = Site(call, _STRANGER)
        through = self.grammar.elsewhere.intersection(w.lower() for w in _WORDS.findall(name))
        try:
            found = self._command(site, name, arguments)
        except Foreign as reason:
            site.foreign, found = str(reason), True
            site.serviceless = isinstance(reason, Serviceless)
        except Unliftable as refused:
            why = refused.reason
            site.refused, found = why(f"`{name}` may run it, and {why}"), True
        if not found:
            return None
        if through and not site.foreign:
            site.foreign = f"runs through `{name}`, not on this host"
        if not site.foreign and not site.refused:
            port = "; ".join(f"{self.grammar.port}.{op.verb}(…)" for op in site.operations)
            known = self.handed_in.why(function)
            site.refused = reasons.UNKNOWN_CALLEE(
                f"{known}; call `{port}` here"
                if known
                else f"goes to `{name}`, whose effect this file does not tell; if that runs it, "
                f"call `{port}` here"
            )
        return site

    def _command(self, site: Site, name: str, arguments: Node) -> bool:
        if arguments.type == "template_string":
            return self._text(site, arguments)
        args = parts(arguments)
        for index, argument in enumerate(args):
            behind = args[index + 1] if len(args) > index + 1 else None
            listed = self.values.elements(behind) if behind is not None else None
            if self._is_tool(argument):
                if behind is not None and listed is None and self._handed_on(argument, behind):
                    claim(site, [argument], self.values, self.grammar)
                    raise Unliftable(_AT_RUN_TIME(f"{_AT_RUN_TIME}; {self.grammar.per_branch}"))
                if behind is None or listed is None or not self._is_command(listed):
                    continue
                claim(site, [argument, behind], self.values, self.grammar)
                self._words(site, argument, listed)
                return True
            if listed and behind is not None and self._is_carried(argument, listed):
                claim(site, [argument, behind], self.values, self.grammar)
                self._words(site, argument, listed)
                return True
            elements = self.values.elements(argument)
            if elements and self._is_tool(elements[0]) and self._is_command(elements[1:]):
                claim(site, [argument], self.values, self.grammar)
                self._words(site, elements[0], elements[1:])
                return True
            if elements and self.grammar.names(name.lower()) and elements[0].type in _TEXTS:
                claim(site, [argument], self.values, self.grammar)
                self._words(site, None, elements)
                return True
            if self._text(site, argument):
                return True
        return False

    def _text(self, site: Site, node: Node) -> bool:
        pieces = self.values.expand(self.values.pieces(node))
        flat = "".join(p if isinstance(p, str) else "\0" for p in pieces)
        if not self.grammar.names(flat) or quotes_only(flat, self.grammar.tools):
            return False
        run = looks_run(flat, self.grammar.tools) or self.grammar.carried(flat)
        if not run or self.grammar.speech(flat):
            return False
        claim(site, [node], self.values, self.grammar)
        site.command = flat.replace("\0", "${…}")
        shell = parse_shell(pieces)
        site.commands = self.grammar.commands(shell)
        site.operations = self.grammar.shell(shell)
        return True

    def _is_tool(self, node: Node) -> bool:
        literal = self.values.literal(node) if unwrap(node).type != "call_expression" else None
        return literal is not None and literal.rsplit("/", 1)[-1] in self.grammar.tools

    def _handed_on(self, tool: Node, behind: Node) -> bool:
        """Whether a function that runs things gets the tool with a list that is made elsewhere."""
        made = unwrap(behind).type in ("identifier", "member_expression")
        return made and self.audience.runs(tool) and not is_test(self.source.path)

    def _is_carried(self, program: Node, arguments: list[Node]) -> bool:
        literal = self.values.literal(program)
        words = [self.values.literal(each) or "" for each in arguments]
        return literal is not None and self.grammar.carried(" ".join([literal, *words]))

    def _is_command(self, arguments: list[Node]) -> bool:
        """Whether a list behind the tool's name holds its arguments, and no more names."""
        return self.grammar.arguments([self.values.literal(each) for each in arguments])

    def _words(self, site: Site, tool: Node | None, elements: list[Node]) -> None:
        program = self.values.literal(tool) if tool is not None else None
        if any(e.type == "spread_element" for e in elements):
            raise Unliftable(_AT_RUN_TIME)
        words: list[Word] = [
            (program or self.grammar.tools[0],),
            *(self.values.pieces(e) for e in elements),
        ]
        site.commands = self.grammar.commands(Simple(tuple(words)))
        site.operations = self.grammar.command(tuple(words))
