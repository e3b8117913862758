"""Writes a build and its pushes as one `docker buildx build --platform … --push`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from fleetmod.edits import render
from fleetmod.fleet.images.commands import Option
from fleetmod.fleet.images.local_store import plain
from fleetmod.fleet.images.pairs import Group
from fleetmod.fleet.images.placing import Places
from fleetmod.fleet.images.script import Script
from fleetmod.model import Edit

RULE = "images-publish"


def edits(
    script: Script, group: Group, places: Places, platforms: Sequence[str], builder: str
) -> list[Edit]:
    """The edits that merge a group; `builder` is "" where the script chooses its own."""
    inner = list(_build_edits(script, group, platforms, builder))
    if group.direct:
        return inner
    removed = [*places.pushes, *places.tags]
    if not places.moves:
        return inner + [removal(script, p.whole, p.statement) for p in removed]
    last = max(places.pushes, key=lambda p: p.statement.start_byte)
    takes_handler = last.handler is not None and places.build.handler is None
    source = places.build.whole if takes_handler else places.build.statement
    target = last.whole if takes_handler else last.statement
    begin = _with_comments(places.build.statement)  # a comment on the build goes with it
    inner = [Edit(e.start - begin, e.end - begin, e.text, RULE) for e in inner]
    text = render(script.data[begin : source.end_byte], inner).decode()
    moved = Edit(target.start_byte, target.end_byte, text, RULE)
    gone = [p for p in removed if p is not last]
    return [
        _moved_away(script, begin, places.build.statement.end_byte),
        moved,
        *(removal(script, p.statement, p.statement) for p in gone),
    ]


def _build_edits(
    script: Script, group: Group, platforms: Sequence[str], builder: str
) -> Iterator[Edit]:
    build = group.build
    own = [o for o in group.options if o.name == "--platform"]
    more = [
        part
        for option in own
        for part in (script.constant(option.value) or "" if option.value else "")
        .rpartition("=")[2]
        .split(",")
        if part and part not in platforms
    ]
    words = ["buildx build", "--platform", ",".join([*platforms, *more])]
    if builder and not any(o.name == "--builder" for o in group.options):
        words += ["--builder", builder]
    if not group.direct:
        words.append("--push")
    yield Edit(build.verb_start, build.verb_end, " ".join(words), RULE)
    dropped = [*own, *(o for o in group.options if o.name == "--load" or _loads(o.name, o.text))]
    for option in dropped:
        yield Edit(_end_before(script, option.start), option.end, "", RULE)
    if not group.direct:
        yield from _tag_edits(script, group)


def _loads(name: str, text: str) -> bool:
    return name == "--output" and text in ("type=docker", "type=image")


def _tag_edits(script: Script, group: Group) -> Iterator[Edit]:
    """Tags that are pushed stay; those made by `docker tag` come in, local ones go."""
    own = [o for o in group.options if o.name == "--tag" and o.value is not None]
    given = {plain(option.text) for option in own}
    new = [script.text(word) for name, word in group.pushed.items() if name not in given]
    last_kept = None
    for option in own:
        if plain(option.text) in group.pushed:
            last_kept = option
        elif new:
            yield Edit(option.start, option.end, f"{_flag(script, option)}{new.pop(0)}", RULE)
            last_kept = option
        else:
            yield Edit(_end_before(script, option.start), option.end, "", RULE)
    if new and last_kept is not None:
        gap = script.data[_end_before(script, last_kept.start) : last_kept.start].decode()
        text = "".join(f"{gap}{_flag(script, last_kept)}{word}" for word in new)
        yield Edit(last_kept.end, last_kept.end, text, RULE)


def _flag(script: Script, option: Option) -> str:
    """How an option is spelled before its value: `-t `, `--tag `."""
    if option.value is None or option.value.start_byte == option.start:
        return "--tag "
    return script.data[option.start : option.value.start_byte].decode()


def _end_before(script: Script, at: int) -> int:
    """Where the word before a byte ends, over blanks and continued lines."""
    gap = re.search(rb"(?:[ \t]|\\\r?\n)+$", script.data[:at])
    return gap.start() if gap else at


def removal(script: Script, node: Node, statement: Node) -> Edit:
    """Takes a command out of its `&&` chain, or a statement out of its block."""
    parent = node.parent
    if parent is not None and parent.type == "list" and node.id != statement.id:
        left, right = parent.named_children[0], parent.named_children[-1]
        if node.id == right.id:
            return Edit(left.end_byte, node.end_byte, "", RULE)
        if any(child.type == "&&" for child in parent.children):
            return Edit(node.start_byte, right.start_byte, "", RULE)
    return _without_lines(script.data, statement.start_byte, statement.end_byte)


def _with_comments(statement: Node) -> int:
    """Where a statement begins with the comments that stand right above it."""
    first = statement
    while (
        (above := first.prev_sibling) is not None
        and above.type == "comment"
        and above.end_point[0] == first.start_point[0] - 1
        and (above.prev_sibling is None or above.prev_sibling.end_point[0] < above.start_point[0])
    ):
        first = above
    return first.start_byte


def _moved_away(script: Script, start: int, end: int) -> Edit:
    """The build's old lines, with the blank ones that set them off from the push."""
    edit = _without_lines(script.data, start, end)
    blank = re.match(rb"(?:[ \t]*\r?\n)+(?!\s*#)", script.data[edit.end :])
    whole = script.data[edit.end - 1 : edit.end] == b"\n"
    return Edit(edit.start, edit.end + (blank.end() if blank and whole else 0), "", RULE)


def _without_lines(data: bytes, start: int, end: int) -> Edit:
    begin = data.rfind(b"\n", 0, start) + 1
    stop = data.find(b"\n", end)
    stop = len(data) if stop < 0 else stop + 1
    before, after = data[begin:start], data[end:stop]
    if before.strip():  # another statement stands before it on the line
        rest = re.match(rb"[ \t]*;?[ \t]*", after)
        if not after.strip(b"; \t\r\n"):  # nothing follows: the separator before it goes
            lead = re.search(rb"[ \t]*;?[ \t]*$", before)
            return Edit(begin + (lead.start() if lead else len(before)), end, "", RULE)
        return Edit(start, end + (rest.end() if rest else 0), "", RULE)
    if after.strip(b"; \t\r\n"):  # a comment or another statement stands behind it
        rest = re.match(rb"[ \t]*(?:;[ \t]*)?", after)
        return Edit(start, end + (rest.end() if rest else 0), "", RULE)
    blank_above = not data[:begin] or data[:begin].endswith((b"\n\n", b"\n\r\n"))
    if blank_above and (line := re.match(rb"[ \t]*\r?\n", data[stop:])):
        stop += line.end()  # one blank line is enough
    return Edit(begin, stop, "", RULE)
