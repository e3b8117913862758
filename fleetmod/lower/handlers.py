"""What the code around a call does when it fails: catch blocks, and handlers given to `.catch`."""

from __future__ import annotations

import re
from collections.abc import Collection

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.operation import Operation
from fleetmod.lower.context import Context
from fleetmod.lower.draft import Refused
from fleetmod.lower.usage import Usage, declarator, member
from fleetmod.regex import lazy
from fleetmod.syntax.source import FUNCTIONS, Source, ancestors, enclosing_function, parts

_LOGS = lazy(r"(?:void )?(?:console|log|logger|\w*[lL]og(?:ger)?)\b[.(]")
_CALLS = lazy(r"(?<!new )(?<![\w$.])[\w$.]+\(|\$`")
_ERROR_DETAILS = lazy(
    r"\.\s*(status|signal|killed|cmd|output|stdout|code|errno)\b(?!\s*\()"  # no `res.status(500)`
    r"|\{[^{}]*\b(?:status|code|signal|stdout)\b[^{}]*\}\s*=\s*\w"
)


_CODE = r"(?:status|exitCode|code)"
_NUMBER = r"\s*{}\s*[1-9]\d*\b"
_MATCHES = lazy(r"\.(?:includes|match|test|startsWith|search|indexOf)\(")
_SEARCHES = ("includes", "match", "test", "startsWith", "search", "indexOf", "exec")
_OTHER_WORDS = reasons.ERROR_READ(
    "the code tells by launchctl's words what failed, and the port's are others; ask "
    "`inspect(label)` for it"
)
_OTHER_CODES = reasons.ERROR_READ(
    "tells by a number how it went, and the port's numbers are others; ask `inspect(label)` for "
    "what the number stood for"
)


def check_error_readers(
    usage: Usage, context: Context, source: Source, acts: bool, other_words: bool
) -> None:
    """Raises Refused where a handler reads a child process error's own fields, which would be
    nothing then; where it `acts`, also where the handler tells one exit code of launchctl's from
    another, and, where the port has `other_words` for a failure, one message from another."""
    handler = _handler(usage, context, source)
    if handler is not None:
        check_reader(source.text(handler), acts, other_words)


def check_reader(text: str, acts: bool, other_words: bool) -> None:
    """The same for what handles the error, as it is spelled."""
    if acts and re.search(r"\.exitCode" + _NUMBER.format("[!=]==?"), text):
        raise Refused(_OTHER_CODES)
    if other_words and _MATCHES.search(text):
        raise Refused(_OTHER_WORDS)
    if _ERROR_DETAILS.search(text):
        raise Refused(
            reasons.ERROR_READ(
                "the error's handler reads the exit status or the code of a child process; read "
                "`exitCode` and `code` of the port's error there"
            )
        )


def has_other_words(op: Operation) -> bool:
    """Whether the port's error tells by words of its own what failed."""
    return op.verb in ("stop", "load") or bool(op.legacy)


def check_words(access: Node, op: Operation, source: Source) -> None:
    """Raises Refused where code searches an error output, `r.stderr`, for launchctl's words. A stop
    that finds nothing to stop says no word any more, and is what such code looks for."""
    if op.verb == "stop" or not has_other_words(op):
        return
    for a in ancestors(access):
        if a.type.endswith(("statement", "declaration", "declarator")) or a.type in FUNCTIONS:
            return
        if a.type == "call_expression":
            target = a.child_by_field_name("function")
            name = target.child_by_field_name("property") if target is not None else None
            if name is not None and source.text(name) in _SEARCHES:
                raise Refused(_OTHER_WORDS)


def check_codes(usage: Usage, source: Source, names: Collection[str] = ()) -> None:
    """Raises Refused where the result's exit code is one number of several, and no success; `names`
    are what a wrapper calls it, where that makes the result."""
    own = rf"(?:{'|'.join(map(re.escape, names))})" if names else _CODE
    holder = declarator(usage.value)
    name = holder.child_by_field_name("name") if holder is not None else None
    function = enclosing_function(usage.value)
    text = source.text(function) if function is not None else source.data.decode("utf-8")
    # a child of Bun whose exit is awaited: `const code = await child.exited`
    awaited = re.findall(r"\b(\w+)\s*=\s*await\s+\w+\.exited\b", text)
    if any(_equals(rf"(?<![\w.]){each}", text) for each in awaited):
        raise Refused(_OTHER_CODES)
    if name is None:
        # `run(…).status === 3`
        access = usage.value.parent
        whole = access.parent if access is not None else None
        found = whole is not None and _equals(own, source.text(whole))
    elif name.type == "object_pattern":
        locals_ = re.findall(rf"\b{own}(?:\s*:\s*(\w+))?", source.text(name))
        found = any(_equals(rf"(?<![\w.]){each or own}", text) for each in locals_)
    else:
        found = _equals(rf"\b{re.escape(source.text(name))}\??\.{own}", text)
    if found:
        raise Refused(_OTHER_CODES)


def _equals(code: str, text: str) -> bool:
    equal = code + _NUMBER.format("[!=]==?")
    several = rf"\[[\d,\s]+\]\.includes\(\s*{code}|\bswitch\s*\(\s*{code}\s*\)"
    return bool(re.search(f"{equal}|{several}", text))


def _handler(usage: Usage, context: Context, source: Source) -> Node | None:
    """The catch block, or the function given to `.catch`, that sees the call fail."""
    if member(usage.value, source) == "catch" and usage.value.parent is not None:
        call = usage.value.parent.parent
        return call.child_by_field_name("arguments") if call is not None else None
    return context.tried.child_by_field_name("handler") if context.tried is not None else None


def observed(context: Context, source: Source) -> bool:
    """Whether a catch block does more about a failure than to log it."""
    return bool(_caught(context.tried, source)) if context.tried is not None else False


def acts_otherwise(context: Context, source: Source) -> bool:
    """Whether a catch block calls something else, and does not pass the failure on."""
    caught = _caught(context.tried, source) if context.tried is not None else []
    return any(map(_CALLS.search, caught)) and not caught[-1].startswith("throw")


def ends_alike(statement: Node, context: Context, source: Source) -> bool:
    """Whether the same is done after a statement of a try block, be it that it fails or not."""
    tried = context.tried
    body = tried.child_by_field_name("body") if tried is not None else None
    if tried is None or body is None or statement.parent is None or statement.parent.id != body.id:
        return False
    rest = _acts([n for n in body.named_children if n.start_byte > statement.start_byte], source)
    caught = _caught(tried, source)
    if rest or caught != ["return"]:
        return rest == caught
    block = tried.parent
    function = block.parent if block is not None else None
    whole = function.child_by_field_name("body") if function is not None else None
    last = parts(block)[-1:] if block else []
    return whole is not None and block is not None and whole.id == block.id and last == [tried]


def _caught(tried: Node, source: Source) -> list[str]:
    handler = tried.child_by_field_name("handler")
    body = handler.child_by_field_name("body") if handler is not None else None
    return _acts(body.named_children, source) if body is not None else []


def _acts(statements: list[Node], source: Source) -> list[str]:
    """The statements that are no log, spelled alike."""
    texts = (re.sub(r"\s+", " ", source.text(n)) for n in statements if n.type != "comment")
    return [text.rstrip("; ") for text in texts if not _LOGS.match(text)]
