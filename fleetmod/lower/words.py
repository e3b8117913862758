"""The tool's name in prose, as words that are true on every platform."""

from __future__ import annotations

import re

# what the port calls the tool's subcommands that no other service manager has
VERBS = {"bootout": "stop", "bootstrap": "load", "kickstart": "start", "print": "inspect"}
_NAME = re.compile(
    r"(?P<article>\b(?:[Tt]he|[Aa]n?|[Ii]ts|[Tt]his|[Ee]ach|[Ee]very|[Nn]o|[Aa]ny) )?"
    r"(?P<tick>`)?(?P<path>/bin/)?(?<![\w.@-])launchctl"
    r"(?:(?P<hyphen>-)(?=[a-z])"
    r"|(?P<verb> (?:bootout|bootstrap|kickstart|print)\b(?! -))?(?P<close>`)?)"
)
_STUCK = re.compile(
    r"[\w.@*-]launchctl|(?<!/bin)(?<!\w)/launchctl(?!/)|launchctl(?:[\w(*]|\.\w|/\w+[./])"
)
_SLASHED = re.compile(r"[\w`]/$|[(\[/]$")
_NOUN_FOLLOWS = re.compile(r" [A-Za-z$`'\"\0\d]")
_FUNCTION_WORD = re.compile(
    r" (?:is|was|has|had|and|or|to|for|on|in|at|with|but|did|does|can|could|will|not|returned"
    r"|reports?|says?|as|by|from|if|when|so|that|which|may|must|should|would|cannot|never)\b"
)
_DAEMON = re.compile(r"(?<![\w./@-])(?P<name>[Ll]aunch[Dd])\b(?![\w(-]|[./]\w)")


def stuck(text: str) -> bool:
    """Whether the tool's name is part of another name, of a path or of a call."""
    return bool(_STUCK.search(text))


def neutral(text: str) -> str:
    """`text` with "service manager" for the tool, with an article where the sentence wants one."""

    def word(match: re.Match[str]) -> str:
        before, after = text[: match.start()], text[match.end() :]
        article = match["article"] or ""
        if match["hyphen"]:
            return f"{article}{match['tick'] or ''}service-manager-"
        verb = (match["verb"] or "").strip()
        # a bare name in backticks is no code any more; a longer quotation keeps its ticks
        ticks = (match["tick"] or "", match["close"] or "")
        if ticks == ("`", "`") and not verb:
            ticks = ("", "")
        named = f"{ticks[0]}service manager{f' {VERBS[verb]}' if verb else ''}{ticks[1]}"
        return (article or _article(before, after, bool(verb or ticks[0]))) + named

    return _NAME.sub(word, text)


def _article(before: str, after: str, compound: bool) -> str:
    if compound or _SLASHED.search(before) or after[:1] in ("/", ")"):
        return ""
    if _NOUN_FOLLOWS.match(after) and not _FUNCTION_WORD.match(after):
        return ""
    # headings and labels begin without an article
    return "the " if re.search(r"\w[\w`'\"),;:]* +[(\"'`]*$", before) else ""


def neutral_daemon(text: str) -> str:
    """The same for a `launchd` that stands beside the tool in a text for people."""

    def word(match: re.Match[str]) -> str:
        rest = text[match.end() :]
        if match["name"][0] == "L":
            return "Service manager"
        before = text[: match.start()]
        return (
            "" if before.endswith("the ") else _article(before, rest, False)
        ) + "service manager"

    return _DAEMON.sub(word, text)
