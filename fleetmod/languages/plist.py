"""Property lists: home paths become placeholders, rendered for each node where it is installed."""

from __future__ import annotations

import plistlib
import re

from fleetmod import reasons
from fleetmod.languages.findings import HOME_FAMILY, Context, Refused, Result, spots
from fleetmod.languages.template import NAMES, expand, folders_of
from fleetmod.refusal import Reason

_COMMENT = re.compile(r"<!--.*?-->", re.S)
_KEY = re.compile(r"<key>[^<]*</key>")
NOT_XML = (
    "is a binary list, or in UTF-16, and names a home: make XML of it by `plutil -convert xml1`, "
    "or install what `fleetmod plists` renders"
)
NOTE = "a template now: install what `fleetmod plists` renders for the node, not this file"


def as_xml(data: bytes) -> bytes:
    """A binary list, or one in UTF-16, as the XML in UTF-8 that means the same; others as they are,
    and what cannot be read, too."""
    if not data.startswith((b"bplist", b"\xfe\xff", b"\xff\xfe")):
        return data
    try:
        return plistlib.dumps(plistlib.loads(data), sort_keys=False)
    except Exception:  # plistlib lets many errors through
        return data


def is_job_text(data: bytes) -> bool:
    """Whether a list that cannot be parsed speaks of a job: it has a key for label or program."""
    text = data.replace(b"\0", b"")  # of UTF-16
    return b"<key>Program" in text or b"<key>Label" in text


def scan(path: str, data: bytes, context: Context, used_by: str = "") -> Result:
    """The findings and edits of one list. `used_by` names a file that reads this one as it is."""
    result = Result(path, data, "plist")
    text = data.decode("utf-8")
    comments = [m.span() for m in _COMMENT.finditer(text)]
    keys = [m.span() for m in _KEY.finditer(text)]
    found = spots(text, context, result)
    if not found:
        return result
    reason: Reason | None = None
    try:
        _check(data, context, used_by)
        for spot in found:
            at = len(data[: spot.start].decode())
            if any(a <= at < b for a, b in keys):
                raise Refused(reasons.PLIST_SHAPE("a key holds a home path"))
            if any(a <= at < b for a, b in comments):
                result.edit(spot.start, spot.home_end, "~")
            else:
                result.edit(spot.start, spot.end, NAMES[spot.path.base])
        _check_round_trip(result, context)
    except Refused as refused:
        result.edits.clear()
        reason = refused.reason
    for index, spot in enumerate(found):
        notes = (NOTE,) if not index and not reason else ()
        result.add(HOME_FAMILY, spot.start, spot.end, "a home path", reason, notes=notes)
    return result


def _check(data: bytes, context: Context, used_by: str) -> None:
    try:
        plistlib.loads(data)
    # plistlib lets many errors through: of expat, of dates, of numbers, of nesting
    except Exception as error:
        raise Refused(
            reasons.DOES_NOT_PARSE(f"is no property list: {error or type(error).__name__}")
        ) from error
    if used_by:
        raise Refused(
            reasons.PLIST_IN_USE(
                f"{used_by} reads or installs it as it is; let that file take what `fleetmod "
                "plists` renders, or the port's `enable` of the rendered file, and run this again"
            )
        )
    if any(name.encode() in data for name in NAMES.values()):
        raise Refused(
            reasons.PLIST_SHAPE(
                "has placeholders beside paths that are spelled out; write one or the other"
            )
        )


def _check_round_trip(result: Result, context: Context) -> None:
    """The template of this Mac must be the list that was there."""
    from fleetmod.edits import render

    after = render(result.data, sorted(result.edits))
    try:
        same = plistlib.loads(expand(after, folders_of(context.places))) == plistlib.loads(
            result.data
        )
    except RecursionError as error:
        raise Refused(
            reasons.PLIST_SHAPE("nests too deeply to be compared with its template")
        ) from error
    if not same:
        raise Refused(
            reasons.SEVERAL_HOMES("names more than one home, and a node has one; split it")
        )
