"""Functions that give the promise of a child process: `new Promise((resolve, reject) => { const
child = spawn(…); child.on("close", (code) => …); })`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from fleetmod.lift.collected import EXIT, OK, STDERR, STDOUT
from fleetmod.lift.wrapper_result import Resolver, arguments_of, parameters
from fleetmod.runner import NOTHING, STRUCT, TEXT
from fleetmod.runner import OK as ANSWER
from fleetmod.syntax.source import FUNCTIONS, parts, unwrap

_ENDS = ("close", "exit")
# what stands for a code that is not there, which is a failure
_NO_CODE = ("1", "-1")


@dataclass(frozen=True)
class Awaited:
    """What such a promise gives. `fields` are those of the object that it resolves to, each with
    what it tells ("" for what a port does not know); `absent_throws`: it rejects for a program that
    is not there, whatever else it does."""

    result: str
    throws: bool
    trimmed: bool = False
    fields: tuple[tuple[str, str], ...] = ()
    absent_throws: bool = False


def awaited_child(function: Node, call: Node, runners: Resolver) -> Awaited | None:
    """What the promise of a function gives that does nothing but wait for the process which `call`
    starts; None for any other function."""
    made = _promised(function)
    arguments = arguments_of(made) if made is not None else []
    constructor = made.child_by_field_name("constructor") if made is not None else None
    if constructor is None or runners.source.text(constructor) != "Promise" or not arguments:
        return None
    executor = arguments[0]
    body = executor.child_by_field_name("body")
    names = [name for name, _ in parameters(executor, runners)]
    if executor.type not in FUNCTIONS or body is None or body.type != "statement_block":
        return None
    reader = _Reader(call, runners, names)
    return reader.given() if names and all(map(reader.knows, parts(body))) else None


def _promised(function: Node) -> Node | None:
    """The `new Promise(…)` that is all that a function gives."""
    body = function.child_by_field_name("body")
    if body is not None and body.type == "statement_block":
        only = parts(body)
        if len(only) != 1 or only[0].type != "return_statement":
            return None
        body = next(iter(parts(only[0])), None)
    body = unwrap(body) if body is not None else None
    if body is not None and body.type == "await_expression":
        body = unwrap(parts(body)[0])
    return body if body is not None and body.type == "new_expression" else None


@dataclass
class _Value:
    """What a promise resolves to: nothing, an object's fields, or what one field tells."""

    fields: dict[str, str] | None = None
    told: str = ""
    trimmed: bool = False
    text: str = ""  # as it is spelled


@dataclass
class _Ways:
    """How a handler ends: what it resolves to for success and for failure; None for a rejection."""

    success: _Value | None = None
    failure: _Value | None = None
    known: bool = False


@dataclass
class _Reader:
    call: Node
    runners: Resolver
    names: list[str]  # of resolve, and of reject
    child: str = ""
    streams: dict[str, str] = field(default_factory=dict)  # the texts that are gathered
    texts: set[str] = field(default_factory=set)
    ends: _Ways = field(default_factory=_Ways)
    fails: _Ways = field(default_factory=_Ways)

    def given(self) -> Awaited | None:
        ends, fails = self.ends, self.fails
        if not (ends.known and fails.known) or ends.success is None:
            return None
        success, failure, absent = ends.success, ends.failure, fails.failure is None
        if failure is None:
            if not absent or success.fields is not None:
                return None  # a missing tool is no failure like others, or the object is lost
            if success.told == STDOUT:
                return Awaited(TEXT, True, success.trimmed)
            return Awaited(NOTHING, True) if not success.text else None
        if success.text == "true" and failure.text == "false":
            return Awaited(ANSWER, False, absent_throws=absent)
        if success is not failure and success.text != failure.text:
            return None
        if success.fields is not None and any(success.fields.values()):
            told = tuple(success.fields.items())
            return Awaited(STRUCT, False, success.trimmed, told, absent)
        return Awaited(ANSWER, False, absent_throws=absent) if success.told == OK else None

    # -- the statements of the executor -----------------------------------------------------------

    def knows(self, statement: Node) -> bool:
        """Whether a statement only starts the child, or waits for it."""
        if statement.type in ("lexical_declaration", "variable_declaration"):
            return all(map(self._declares, parts(statement)))
        only = unwrap(parts(statement)[0]) if statement.type == "expression_statement" else None
        target = only.child_by_field_name("function") if only is not None else None
        given = arguments_of(only) if only is not None else []
        if only is None or target is None or target.type != "member_expression" or not given:
            return False
        method = self._text(target.child_by_field_name("property"))
        owner = self._spelled(target.child_by_field_name("object"))
        stream = owner.removeprefix(f"{self.child}.") if self.child else ""
        if method == "setEncoding" and stream in (STDOUT, STDERR):
            return True
        event = self.runners.values.literal(given[0])
        if method not in ("on", "once") or len(given) != 2:
            return False
        if stream in (STDOUT, STDERR):
            return event == "data" and self._gathers(given[1], stream)
        if owner != self.child or not self.child:
            return False
        if event in _ENDS and not self.ends.known:
            self.ends = self._handler(given[1], code=True)
            return self.ends.known
        if event == "error" and not self.fails.known:
            self.fails = self._handler(given[1], code=False)
            return self.fails.known
        return False

    def _declares(self, declarator: Node) -> bool:
        name, value = (declarator.child_by_field_name(f) for f in ("name", "value"))
        if name is None or value is None or name.type != "identifier":
            return False
        if unwrap(value).id == self.call.id:
            self.child = self._text(name)
            return True
        self.texts.add(self._text(name))
        return self.runners.values.literal(value) == ""

    def _gathers(self, handler: Node, stream: str) -> bool:
        """`(data) => { out += data; }`: the text of a stream."""
        taken = [name for name, _ in parameters(handler, self.runners)]
        only = self._only(handler) if handler.type in FUNCTIONS and len(taken) == 1 else None
        left = only.child_by_field_name("left") if only is not None else None
        right = only.child_by_field_name("right") if only is not None else None
        if only is None or only.type != "augmented_assignment_expression" or left is None:
            return False
        name, added = self._text(left), self._spelled(right)
        same = (taken[0], f"{taken[0]}.toString()", f"String({taken[0]})")
        utf8 = (f"{taken[0]}.toString({quote}{each}{quote})" for quote in "\"'" for each in _UTF8)
        if name not in self.texts or added not in (*same, *utf8) or name in self.streams:
            return False
        self.streams[name] = stream
        return True

    # -- the handlers of its events ---------------------------------------------------------------

    def _handler(self, handler: Node, code: bool) -> _Ways:
        handler = unwrap(handler)
        if handler.type == "identifier":
            rejects = self._text(handler) == self._rejecting()
            return _Ways(known=rejects and not code)
        if handler.type not in FUNCTIONS:
            return _Ways()
        taken = [name for name, _ in parameters(handler, self.runners)]
        status = taken[0] if code and taken else ""
        body = handler.child_by_field_name("body")
        block = body is not None and body.type == "statement_block"
        steps = parts(body) if block else [body] if body is not None else []
        return self._steps(steps, status)

    def _steps(self, steps: list[Node], status: str) -> _Ways:
        """How statements end: `if (code === 0) resolve(out); else reject(e);` and the like."""
        first, rest = (steps[0] if steps else None), steps[1:]
        if first is None:
            return _Ways()
        node = self._inner(first)
        if node.type in ("if_statement", "ternary_expression"):
            condition = self._spelled(node.child_by_field_name("condition")).strip("()")
            holds, fails = (f"{status}{sign}0" for sign in ("===", "!=="))
            if not status or condition not in (holds, fails, f"{status}==0", f"{status}!=0"):
                return _Ways()
            then, other = (node.child_by_field_name(f) for f in ("consequence", "alternative"))
            if other is not None and other.type == "else_clause":
                other = parts(other)[0]
            left = self._listed(then) if then is not None else []
            right = self._listed(other) if other is not None else rest
            if other is not None and rest:
                return _Ways()
            if other is None and not self._leaves(left):
                return _Ways()
            one, two = self._one(left, status), self._one(right, status)
            if one is None or two is None:
                return _Ways()
            if condition not in (holds, f"{status}==0"):
                one, two = two, one
            return _Ways(one[0], two[0], known=True)
        one = self._one(steps, status)
        return _Ways(one[0], one[0], known=True) if one is not None else _Ways()

    def _leaves(self, steps: list[Node]) -> bool:
        """Whether what stands behind an `if` is for the other case alone."""
        return bool(steps) and steps[-1].type == "return_statement"

    def _one(self, steps: list[Node], status: str) -> tuple[_Value | None] | None:
        """What one `resolve(…)` or `reject(…)` gives; None for anything else."""
        calls = [self._inner(each) for each in steps]
        if len(calls) > 1 and steps[-1].type == "return_statement" and not parts(steps[-1]):
            calls = calls[:-1]
        if len(calls) != 1 or calls[0].type != "call_expression":
            return None
        function, given = calls[0].child_by_field_name("function"), arguments_of(calls[0])
        spelled = self._text(function)
        if spelled == self._rejecting():
            return (None,)
        if spelled != self.names[0] or len(given) > 1:
            return None
        value = self._value(given[0], status) if given else _Value()
        return (value,) if value is not None else None

    def _value(self, node: Node, status: str) -> _Value | None:
        node = unwrap(node)
        text = self._spelled(node)
        if node.type in ("true", "false"):
            return _Value(text=text)
        if node.type != "object":
            told, trimmed = self._told(node, status)
            return _Value(told=told, trimmed=trimmed, text=text) if told else None
        fields, trims = {}, set()
        for pair in parts(node):
            key = pair.child_by_field_name("key") or pair
            if not pair.type.startswith(("pair", "shorthand")) or "identifier" not in key.type:
                return None
            told, trimmed = self._told(pair.child_by_field_name("value") or pair, status)
            fields[self._text(key)] = told
            trims |= {trimmed} if told == STDOUT else set()
        return _Value(fields, trimmed=True in trims, text=text)

    def _told(self, node: Node, status: str) -> tuple[str, bool]:
        """What a value tells of the process, and whether it is trimmed; "" for anything else."""
        text = self._spelled(unwrap(node))
        name = text.removesuffix(".trim()")
        if name in self.streams:
            return self.streams[name], name != text
        if status and text in (
            status,
            *(f"{status}{sign}{n}" for sign in ("??",) for n in _NO_CODE),
        ):
            return EXIT, False
        return (OK, False) if status and text == f"{status}===0" else ("", False)

    # -- spelling ---------------------------------------------------------------------------------

    def _rejecting(self) -> str:
        return self.names[1] if len(self.names) > 1 else "\0"

    def _listed(self, node: Node) -> list[Node]:
        return parts(node) if node.type == "statement_block" else [node]

    def _inner(self, node: Node) -> Node:
        """What a statement does, as an expression."""
        if node.type in ("expression_statement", "return_statement") and parts(node):
            node = parts(node)[0]
        return unwrap(node)

    def _only(self, function: Node) -> Node | None:
        body = function.child_by_field_name("body")
        steps = self._listed(body) if body is not None else []
        return self._inner(steps[0]) if len(steps) == 1 else None

    def _text(self, node: Node | None) -> str:
        return self.runners.source.text(node) if node is not None else ""

    def _spelled(self, node: Node | None) -> str:
        """An expression without white space, `?.` and `!` as a plain dot."""
        spelled = self.runners.source.squeezed(node) if node is not None else ""
        return spelled.replace("?.", ".").replace("!.", ".")


_UTF8 = ("utf8", "utf-8")
