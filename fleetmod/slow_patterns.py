"""Regular expressions of other people's rules that Python's engine may try for ever.

It goes back and tries anew wherever a repeat might have ended elsewhere; with a repeat in another
one the tries double with each character. What is told here is refused when a rule is loaded.
"""

from __future__ import annotations

import re
import re._constants as ops  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from typing import Any

_MANY = 50  # a repeat of more than this counts as one without a bound
_FEW = 5  # `(?:\d{1,3}\.){3}` is fast enough
_WIDE = 2  # repeats of any character in one pattern; each multiplies the tries by the text's length
_ALL_BUT = (ops.CATEGORY_NOT_SPACE, ops.CATEGORY_NOT_WORD, ops.CATEGORY_NOT_DIGIT)
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)


def why_slow(pattern: str) -> str:
    """Why a pattern may take too long; empty where it does not, or is none."""
    try:
        parsed = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return ""
    if (why := _nested(parsed)) or _wide(parsed) <= _WIDE:
        return why
    return f"repeats any character in more than {_WIDE} places"


def _nested(items: Any, inside: bool = False) -> str:
    for op, value in items:
        if op in _REPEATS:
            low, high, body = value
            many = high > _FEW
            if inside and high != low:
                return "holds a repeat inside of another one"
            if why := _nested(body, inside or many):
                return why
        elif op is ops.BRANCH:
            if inside:
                return "holds alternatives inside of a repeat"
            for each in value[1]:
                if why := _nested(each, inside):
                    return why
        elif op in (ops.GROUPREF, ops.GROUPREF_EXISTS):
            return "refers back to a group"
        elif (body := _body(op, value)) is not None and (why := _nested(body, inside)):
            return why
    return ""


def _body(op: Any, value: Any) -> Any:
    """What stands in a group or a look-around."""
    if op is ops.SUBPATTERN:
        return value[3]
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        return value[1]
    return value if op is ops.ATOMIC_GROUP else None


def _wide(items: Any) -> int:
    """How many repeats without a bound take (almost) any character."""
    count = 0
    for op, value in items:
        if op in _REPEATS:
            count += value[1] > _MANY and _takes_most(value[2])
        elif op is ops.BRANCH:
            count += sum(map(_wide, value[1]))
        elif (body := _body(op, value)) is not None:
            count += _wide(body)
    return count


def _takes_most(items: Any) -> bool:
    for op, value in items:
        if op in (ops.ANY, ops.NOT_LITERAL):
            return True
        if op is ops.IN and any(each[0] is ops.NEGATE or each[1] in _ALL_BUT for each in value):
            return True
        if (body := _body(op, value)) is not None and _takes_most(body):
            return True
    return False
