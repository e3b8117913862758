"""Where the text goes that the tool printed of a service: the port must answer all that is read
of it, or nobody but people may see it."""

from __future__ import annotations

import re
from contextlib import suppress

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lower.facts import Escaped, Questions, separates
from fleetmod.regex import lazy
from fleetmod.syntax.scope import Binding
from fleetmod.syntax.source import FUNCTIONS, enclosing_function, parts, unwrap

_SHOWS = lazy(
    r"(?:\w+\.)*(?:console|log|logger|\w+Log|\w+Logger)(?:\.\w+)?|(?:\w+\.)*log[A-Z]\w*"
    r"|process\.std(?:out|err)\.write|(?:\w+\.)*\w*Error"
)
_SAME = lazy(  # calls that give back the text that they take
    r"String|Buffer\.from|(?:newTextDecoder\([^)]*\)|\w*[dD]ecoder)\.decode"
    r"|(?:chalk|pc|kleur|colors|picocolors|ansis)(?:\.\w+)+"
)
_KEEPS = frozenset(
    "trim trimEnd trimStart toString toLowerCase toUpperCase normalize concat join".split()
)
_PARTS = frozenset({"split", "replace", "replaceAll"})
_ASKS = frozenset("includes startsWith endsWith indexOf search match matchAll".split())
_EACH = frozenset("map flatMap filter find some every forEach".split())
_ANSWERS = frozenset({"some", "every", "forEach"})  # of _EACH: gives no part of the text
_NARROWS = frozenset({"filter", "find"})
_ENDS = frozenset(
    "expression_statement if_statement while_statement do_statement throw_statement "
    "unary_expression".split()
)
_NOTHING = ("null", "undefined", '""', "''")
_CLIMBS = frozenset(
    "parenthesized_expression await_expression as_expression non_null_expression "
    "satisfies_expression".split()
)


def _escape(how: str) -> Escaped:
    return Escaped(
        reasons.OUTPUT_READ(
            f"what the tool prints {how}, where more may be read of it than the port tells; pass "
            "on fields of `inspect(label)`"
        )
    )


def check_reads(node: Node, structured: bool, questions: Questions, stream: str = "stdout") -> bool:
    """Raises Refused where the printed text is read for what the port lacks, or gets out of sight;
    else returns whether people are shown it.

    `node` is the expression that holds the text or, when `structured`, the result whose `stream`
    it is; `questions` judge what is asked of it.
    """
    reads = _Reads(questions, node, stream)
    reads.follow(node, structured)
    return reads.shown


class _Reads:
    def __init__(self, questions: Questions, start: Node, stream: str) -> None:
        self.scopes, self.source = questions.scopes, questions.source
        self.questions, self.start, self.stream = questions, start, stream
        self.shown = False
        self.seen: set[tuple[int, bool]] = set()
        self.entered: set[int] = set()  # functions that get the text as a parameter
        self.passes: set[int] = set()  # those of them that give it back

    def follow(self, node: Node, structured: bool = False) -> None:
        while (parent := node.parent) is not None and parent.type in _CLIMBS:
            node = parent
        step = (node.id, self.questions.trusted)
        if parent is None or step in self.seen or parent.type in _ENDS:
            return
        self.seen.add(step)
        if parent.type == "member_expression":
            self._member(node, parent, structured)
        elif parent.type == "variable_declarator":
            self._declared(parent, structured)
        elif parent.type in ("assignment_expression", "augmented_assignment_expression"):
            self._assigned(node, parent, structured)
        elif parent.type == "ternary_expression":
            if not _is(parent, "condition", node):
                self.follow(parent, structured)
        elif parent.type == "binary_expression":
            self._operand(node, parent)
        elif parent.type == "template_substitution" and parent.parent is not None:
            self.follow(parent.parent)
        elif parent.type == "arguments" and parent.parent is not None:
            self._argument(node, parent.parent)
        elif parent.type in ("pair", "object", "array"):
            self._collected(parent)
        elif parent.type == "for_in_statement":
            self._bound(parent.child_by_field_name("left"))
        elif parent.type in ("return_statement", "arrow_function"):
            self._returned(node, structured)
        else:
            raise _escape("is taken apart")

    # -- names ------------------------------------------------------------------------------------

    def _declared(self, holder: Node, structured: bool) -> None:
        name = holder.child_by_field_name("name")
        if structured and name is not None and name.type == "object_pattern":
            for field in name.named_children:
                key = field.child_by_field_name("key") or field
                if self.source.text(key) == self.stream:
                    self._bound(field.child_by_field_name("value") or field)
            return
        self._bound(name, structured)

    def _assigned(self, node: Node, assignment: Node, structured: bool) -> None:
        left = assignment.child_by_field_name("left")
        if left is not None and left.id == node.id:
            return  # another value takes its place
        self._bound(left, structured)
        self.follow(assignment, structured)

    def _bound(self, name: Node | None, structured: bool = False) -> None:
        """Every use of the name that holds the text from now on."""
        plain = name is not None and "identifier" in name.type
        binding = self.scopes.resolve(name) if plain and name is not None else None
        if binding is None or self.scopes.exported(binding):
            kept = self.source.text(name) if name is not None else "a pattern"
            raise _escape(f"is kept in `{kept}`")
        for reference in self.scopes.references(binding):
            if name is None or reference.id != name.id:
                with suppress(*self.questions.lets_go):
                    self.follow(reference, structured)

    # -- expressions ------------------------------------------------------------------------------

    def _member(self, node: Node, access: Node, structured: bool) -> None:
        name = access.child_by_field_name("property")
        spelled = self.source.text(name) if name is not None else ""
        call = access.parent
        called = (
            call is not None and call.type == "call_expression" and _is(call, "function", access)
        )
        if structured:
            if spelled == self.stream:
                self.follow(access)
        elif called and call is not None:
            self._method(node, spelled, call)
        elif spelled != "length" or not self._counted(access):
            raise _escape(f"is read by `.{spelled}`")

    def _counted(self, length: Node) -> bool:
        """Whether a length only tells that there is a text."""
        parent = length.parent
        right = parent.child_by_field_name("right") if parent is not None else None
        return right is not None and self.source.text(right) == "0"

    def _method(self, node: Node, name: str, call: Node) -> None:
        arguments = call.child_by_field_name("arguments")
        given = parts(arguments)
        if name in ("then", "catch", "finally") and node.id == self.start.id:
            return  # refused, or kept, by what goes on with the promise
        if name in _KEEPS:
            self.follow(call)
        elif name in _PARTS and given:
            text = self.questions.literal(given[0])
            if text is None or not separates(text):
                self.questions.ask(given[0])
            self.follow(call)
        elif name in _ASKS and given:
            self.questions.ask(given[0])
        elif name in _EACH and len(given) == 1:
            self._each(name, given[0], call)
        else:
            raise _escape(f"is read by `.{name}`")

    def _each(self, method: str, callback: Node, call: Node) -> None:
        """`lines.filter((line) => …)`: what is asked of a line is asked of the text."""
        before = self.questions.asked
        if callback.type in FUNCTIONS:
            self.entered.add(callback.id)
            for name in _parameters(callback)[:1]:
                self._bound(name)
        elif self.source.text(callback) != "Boolean":
            raise _escape(f"is handed on to `{self.source.text(callback)}`")
        narrows = method in _NARROWS and "!" not in self.source.text(callback)
        if method not in _ANSWERS and not (narrows and self.questions.asked > before):
            self.follow(call)

    def _operand(self, node: Node, whole: Node) -> None:
        operator = whole.child_by_field_name("operator")
        sign = operator.type if operator is not None else ""
        first = _is(whole, "left", node)
        if sign in ("===", "!==", "==", "!="):
            other = whole.child_by_field_name("right" if first else "left")
            if other is not None and self.source.text(other) not in _NOTHING:
                self.questions.ask(other)
        elif sign == "instanceof" or (sign == "&&" and first):
            return
        elif sign in ("&&", "||", "??", "+"):
            self.follow(whole)
        else:
            raise _escape("is compared")

    def _collected(self, part: Node) -> None:
        """A field or an element: people may see it, nobody else."""
        whole = part.parent if part.type == "pair" else part
        listed = whole.parent if whole is not None else None
        call = listed.parent if listed is not None and listed.type == "arguments" else None
        if call is None or not self._shows(call):
            raise _escape("is given on as a field or an element")

    # -- calls ------------------------------------------------------------------------------------

    def _shows(self, call: Node) -> bool:
        shows = _SHOWS.fullmatch(self._callee(call)) is not None
        self.shown |= shows
        return shows

    def _callee(self, call: Node) -> str:
        target = call.child_by_field_name("function") or call.child_by_field_name("constructor")
        return re.sub(r"\s+|\?(?=\.)", "", self.source.text(target)) if target is not None else ""

    def _argument(self, node: Node, call: Node) -> None:
        if self._shows(call):
            return
        spelled = self._callee(call)
        function = call.child_by_field_name("function")
        if _SAME.fullmatch(spelled):
            self.follow(call)
            return
        if function is not None and spelled.endswith((".test", ".exec")):
            owner = function.child_by_field_name("object")
            if owner is not None:
                self.questions.ask(owner)
                return
        made = self._local(function) if function is not None else None
        listed = call.child_by_field_name("arguments")
        given = parts(listed) if listed else []
        index = next((i for i, a in enumerate(given) if unwrap(a).id == unwrap(node).id), -1)
        names = _parameters(made) if made is not None else []
        if made is None or not 0 <= index < len(names):
            raise _escape(f"is handed on to `{spelled}`")
        others = [a for i, a in enumerate(given) if i != index]
        literal = [a for a in others if self.questions.literal(a) is not None]
        for each in literal:
            self.questions.ask(each)
        before = self.questions.trusted
        self.questions.trusted = bool(others) and len(literal) == len(others)
        self.entered.add(made.id)
        self._bound(names[index])
        self.questions.trusted = before
        if made.id in self.passes:
            self.follow(call)

    def _local(self, function: Node) -> Node | None:
        """The function of this file that a name calls."""
        binding = self.scopes.resolve(function) if function.type == "identifier" else None
        if binding is None or not self.scopes.fixed(binding):
            return None
        made = unwrap(binding.value) if binding.value is not None else binding.declaration
        return made if made.type in FUNCTIONS else None

    def _returned(self, node: Node, structured: bool) -> None:
        function = enclosing_function(node)
        if function is None:
            return
        if function.id in self.entered:
            self.passes.add(function.id)
            return
        binding = self._named(function)
        calls = self.scopes.references(binding) if binding is not None else []
        if binding is None or self.scopes.exported(binding) or not all(map(_called, calls)):
            raise _escape("is returned")
        for each in calls:
            assert each.parent is not None
            self.follow(each.parent, structured)

    def _named(self, function: Node) -> Binding | None:
        holder = function.parent
        if holder is not None and holder.type == "variable_declarator":
            function = holder
        name = function.child_by_field_name("name")
        return self.scopes.resolve(name) if name is not None and name.type == "identifier" else None


def _is(parent: Node, field: str, child: Node) -> bool:
    found = parent.child_by_field_name(field)
    return found is not None and found.id == child.id


def _called(name: Node) -> bool:
    return (
        name.parent is not None
        and name.parent.type == "call_expression"
        and _is(name.parent, "function", name)
    )


def _parameters(function: Node) -> list[Node]:
    single = function.child_by_field_name("parameter")
    if single is not None:
        return [single]
    listed = function.child_by_field_name("parameters")
    patterns = [p.child_by_field_name("pattern") for p in listed.named_children] if listed else []
    return [p for p in patterns if p is not None]
