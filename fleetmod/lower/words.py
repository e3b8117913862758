"""The tool's name in prose, as words that are true on every platform."""

from __future__ import annotations

import re

from fleetmod import reasons
from fleetmod.lift.prose import unwrapped
from fleetmod.lower.draft import Refused
from fleetmod.regex import lazy

# what the port calls the tool's subcommands that no other service manager has
VERBS = {
    "bootout": "stop",
    "bootstrap": "load",
    "kickstart": "start",
    "print": "inspect",
    "remove": "stop",
}
_NAME = lazy(
    r"(?P<article>\b(?:[Tt]he|[Aa]n?|[Ii]ts|[Tt]his|[Ee]ach|[Ee]very|[Nn]o|[Aa]ny) )?"
    r"(?P<tick>`)?(?P<path>/bin/)?(?<![\w.@-])launchctl"
    r"(?:(?P<hyphen>-)(?=[a-z])"
    rf"|(?P<verb> (?:{'|'.join(VERBS)})\b(?! -))?(?P<close>`)?)"
)
_STUCK = lazy(
    r"[\w.@*-]launchctl|(?<!/bin)(?<!\w)/launchctl(?!/)|launchctl(?:[\w(*]|\.\w|/\w+[./])"
    r"|launchctl(?:-\w+)+(?:\.\w|/\w)"  # `launchctl-notes.ts`
    r"|launchctl(?:[=|#]|:)(?=[\w\0$])"  # a tag: `launchctl:${key}`, `launchctl=ok`
)
_SLASHED = lazy(r"[\w`]/$|[(\[/]$")
_NOUN_FOLLOWS = lazy(r" [A-Za-z$`'\"\0\d]")
_VERB = (
    r"is|was|has|had|did|does|do|can|could|will|would|may|might|must|should|cannot|reports?|says?|said"
    r"|returned|needs?|wants?|keeps?|gives?|takes?|gets?|knows?|sees?|finds?|reads|writes|runs|starts"
    r"|stops|restarts|loads|unloads|lists|kills|holds|manages|owns|calls|expects|accepts|handles"
    r"|respawns|won't|can't|doesn't|isn't|didn't|couldn't"
)
_VERB_FOLLOWS = lazy(rf" (?:(?:itself|also|only|never|always|still|just|already) )?(?:{_VERB})\b")
_NO_NOUN = lazy(
    rf" (?:{_VERB}|and|or|but|nor|to|for|on|in|at|with|as|by|from|into|onto|over|under|via|of|about"
    r"|after|before|during|since|until|till|while|because|through|without|than|if|when|so|that|which"
    r"|who|where|never|not|only|also|still|just|itself|alone|again|already|here|there|then|too"
    r"|instead|first|directly|anyway|back)\b"
)
_MODIFIED = lazy(
    # determiners, and adjectives that stand before a tool's name
    r"\b(?:the|an?|this|that|these|those|each|every|no|any|its|their|our|your|his|her|my|some|both"
    r"|either|neither|another|other|same|such|which|what|whose|one|two|first|last|next|previous"
    r"|real|raw|bare|plain|live|future|current|new(?:er|est)?|old(?:er|est)?|deprecated|obsolete"
    r"|own|legacy|modern|actual|underlying|extra"
    r"|single|second|whole|full|stale|direct|manual|native|local|external|internal|original"
    r"|separate|subsequent|redundant|failed|failing|successful|explicit|implicit|missing|unguarded"
    r"|fake|stub|mock|injected|fire-and-forget|tab-separated|green|red|\w+-\w+|\w+['\u2019]s)"
    r"[ \t]+[(\"'`]*$",
    re.I,
)
_START = lazy(
    r"^[\s/*]*$"  # of the comment
    r"|(?<!e\.g)(?<!i\.e)(?<!etc)(?<!vs)[.!?][\"')`]*\s[\s/*]*$"  # of a sentence
    r"|\n[\s/*]*(?:[-•]|\d+[.)])[ \t]+$"  # of an item
    r"|\n[ \t]*\*?[ \t]*\r?\n[\s/*]*$"  # of a paragraph
)
_GOES_ON = lazy(r"\w[\w`'\"),;:.]*\s+(?:[-\u2013\u2014]+\s+)?[\s/*]*[(\"'`]*$")
HEADING = lazy(r"(?<![\w./@-])(?P<name>[Ll]aunch[Dd])(?=:\s*$)")
# what launchctl manages is called a service already
_DOUBLED = lazy(r"\blaunchctl (?=(?:service|manager)s?\b(?!-))")


_EITHER = reasons.COMMAND_SHOWN(
    "names `kickstart`, which only starts in one call of this file and restarts in another; word "
    "it by what was asked for"
)
# The words around a name that its grammar hangs on; a long text is not read again for each name.
_NEAR = 160


def nearest(text: str) -> str:
    """The end of what stands in front of a name."""
    return text[-_NEAR:]


def in_front(above: str, text: str, at: int) -> str:
    """The end of what stands in front of a place of a text, which goes on from another one."""
    return nearest(above + text[:at]) if at < _NEAR else text[at - _NEAR : at]


def beginning(text: str, at: int, below: str) -> str:
    """The beginning of what stands behind a place of a text, which another one goes on."""
    return (text[at : at + _NEAR] + below)[:_NEAR]


def stuck(text: str) -> bool:
    """Whether the tool's name is part of another name, of a path or of a call."""
    return bool(_STUCK.search(text))


def modified(before: str) -> bool:
    """Whether the words in front end in a determiner or an adjective, so that no article fits."""
    return bool(_MODIFIED.search(before[-80:]))


def starts(before: str) -> bool:
    """Whether a sentence starts behind these words, which may be the marks of a comment."""
    return bool(_START.search(before))


def neutral(
    text: str, said: str = "", prose: bool = False, then: str = "", kickstart: str = "start"
) -> str:
    """`text` with "service manager" for the tool, with an article where the sentence wants one.

    `said` are the words before it, `then` those behind it. In `prose` the first words are a
    sentence too, and no label. `kickstart` is what that subcommand asks for in this file, empty
    where its calls ask for different things; then Refused is raised for a text that names it.
    """
    text, said, then = _DOUBLED.sub("", text), nearest(said), then[:_NEAR]

    def word(match: re.Match[str]) -> str:
        start, end = match.span()
        before, after = in_front(said, text, start), unwrapped(beginning(text, end, then))
        article = match["article"] or ""
        if match["hyphen"]:
            return f"{article}{match['tick'] or ''}service-manager-"
        verb = (match["verb"] or "").strip()
        # a bare name in backticks is no code any more; a longer quotation keeps its ticks
        ticks = (match["tick"] or "", match["close"] or "")
        if ticks == ("`", "`") and not verb:
            ticks = ("", "")
        if verb == "kickstart" and not kickstart:
            raise Refused(_EITHER)
        told = kickstart if verb == "kickstart" else VERBS.get(verb, "")
        named = f"{ticks[0]}service manager{f' {told}' if told else ''}{ticks[1]}"
        if not article and verb and prose and _fits(before, after):
            article = "the " if _GOES_ON.search(before) else ""
        elif not article:
            article = _article(before, after, bool(verb or ticks[0]), prose)
        return article + named

    return _NAME.sub(word, text)


def _fits(before: str, after: str) -> bool:
    """Whether an article may stand between these words."""
    return not (_SLASHED.search(before) or after[:1] in ("/", ")") or modified(before))


def _article(before: str, after: str, compound: bool, prose: bool) -> str:
    if compound or not _fits(before, after):
        return ""
    if _NOUN_FOLLOWS.match(after) and not _NO_NOUN.match(after):
        return ""
    if starts(before):
        # headings and labels begin without an article
        first = not re.search(r"\w", before)
        return "The " if _VERB_FOLLOWS.match(after) and (prose or not first) else ""
    return "the " if _GOES_ON.search(before) else ""


def neutral_heading(text: str) -> str:
    """The same for a `launchd` that only announces the command behind the text: `launchd: `."""

    def word(match: re.Match[str]) -> str:
        before = nearest(text[: match.start()])
        if match["name"][0] == "L":
            return "Service manager"
        return _article(before, text[match.end() :], False, False) + "service manager"

    return HEADING.sub(word, text)
