"""What a text says that holds for launchctl or for one platform only: no other words are true."""

from __future__ import annotations

import re

from fleetmod.lift.launchctl import VERBS
from fleetmod.lift.prose import unwrapped
from fleetmod.lower.draft import Refused
from fleetmod.regex import lazy

FACT = (
    "states a fact of launchctl: reword it by hand, or accept it by a `fleetmod-ignore` directive"
)
_VERB = "uses the command as a verb; reword it by hand"
_FOREIGN = "is written in another language than English; reword it by hand"
_LIST = "names the tool beside another platform's; reword the whole of it by hand"
_OTHERS = lazy(
    r"\b(?:systemctl|systemd|schtasks|sc\.exe|openrc|rc-service|initctl|upstart|runit|pm2|nssm"
    r"|task scheduler|linux|windows)\b",
    re.I,
)
_MEASURED = lazy(
    # how it ended, and what it said
    r"\bexit(?:s|ed)\b|\bexit(?:ing)?[ -](?:code|status|with|\d)|\bnon-?zero\b|\brc\b|\berrno\b"
    r"|\bstd(?:err|out)\b|\berrors? \d|\berrors (?:with|out|on|when|if)\b|\breturns? -?\d"
    # where that is known from: a transcript, a manual, a version of the system
    r"|\bmeasured\b|\bcaptured\b|\bdocumented\b|(?:^|\s)\$ |\bman(?:ual)? pages?\b|\bman launch"
    r"|\blaunch(?:ctl|d(?:\.plist)?)\(\d\)|\b(?:mac ?os|os x|darwin) \d|\b10\.\d|\bdeprecated\b"
    # the lines that it prints
    r"|\bPID\b\W+Status\b\W+Label\b|\blaunchctl\b[^.\n]{0,200}\btab-(?:separated|delimited)"
    # where else its name stands for something: Homebrew's casks
    r"|\bcasks?\b|\bstanzas?\b|\bpkgutil\b"
    # where it holds
    r"|\bnon-?mac(?:os)?\b|\bmac(?:os)?[- ]only\b|\bonly (?:on|for) mac(?:os)?\b"
    # what runs it
    r"|\b(?:exec|execFile|spawn|fork)Sync\b|\bexecFile\b|\bchild_process\b"
    # its program, and the words that are its alone
    r"|\blaunchctl`? (?:binary|executable)\b|\blaunchctl`?,? (?:is|was|being) (?:a?sync|not )"
    r"|\b(?<!launchctl )(?:bootout|kickstart)\b"
    # how it names what it manages
    r"|\b(?:gui|user|login|pid)/|\b(?:service|domain)[ -]targets?\b|\bgui domain\b",
    re.I,
)
_DOES = lazy(
    r"launchctl(?: [^\s`.;]+){0,3}?`?,?(?: (?:itself|only|also|never|always|still|just|silently"
    r"|sometimes))* (?:prints|outputs|emits|returns|reports|errors|fails|succeeds|rejects|refuses"
    r"|throws|exposes|shows|lists|distinguishes|ignores|accepts|requires|membership"
    r"|(?:will|may|can|could|might|would|does|do|cannot|can't|doesn't|won't)(?: \w+)?"
    r" (?:print|output|emit|return|report|error|fail|succeed|reject|refuse|throw|expose|show|list"
    r"|distinguish|ignore))\b"
)
_AS_VERB = lazy(
    r"\b(?:must|should|shall|can|could|may|might|will|would|cannot|(?:do|ca|wo)n't|to|we|you|they|I"
    r"|please|let's)\s+`?(?:/bin/)?launchctl [a-z]"
    r"|`(?:/bin/)?launchctl [^`]*` (?:it|them|the|this|that|these|those|a|an|our|your|each|every)\b"
)
_BROKEN_SPAN = lazy(r"`(?:/bin/)?launchctl[^`\n]*(?:\n|$)")
# the port has no such subcommands, or means another thing by them
_OWN = VERBS - {"list", "start", "stop", "load", "enable", "disable"}
_SPAN = lazy(r"`([^`\n]+)`")
_JOINED = lazy(r"(?:\s*(?:\+|/|&&?|;|,|\||->|\u2192|\bthen\b|\band\b|\bor\b)\s*)+")
_OPERANDS = lazy(r"(?<=launchctl )([\w-]+)(?: (?:-\w+|[^\s`]*[/~$<][^\s`]*))*")


def check_list(text: str) -> None:
    """Raises Refused where a text names the tool as one of several platforms' tools."""
    if _OTHERS.search(text):
        raise Refused(_LIST)


def check_language(text: str) -> None:
    """Raises Refused where the words around the tool are not English, or use it as a verb."""
    if any(c.isalpha() and not c.isascii() for c in text):
        raise Refused(_FOREIGN)
    if _AS_VERB.search(unwrapped(text)):
        raise Refused(_VERB)


def check_commands(text: str) -> None:
    """Raises Refused where words in code ticks are launchctl's commands: `bootout + bootstrap`."""
    for match in _SPAN.finditer(text):
        inner = match[1].strip().removeprefix("/bin/")
        bare = inner.removeprefix("launchctl ")
        parts = [part for part in _JOINED.split(bare) if part]
        verbs = [part.removeprefix("launchctl ").split(" ")[0] for part in parts]
        several = len(verbs) > 1 and all(verb in VERBS for verb in verbs)
        alone = bare == inner and len(verbs) == 1 and verbs[0] in _OWN
        if several or alone:
            raise Refused(FACT)


def check_facts(text: str) -> None:
    """Raises Refused for a comment, or a test's name, that tells how launchctl itself behaves."""
    flat = _OPERANDS.sub(r"\1", unwrapped(text))
    if _MEASURED.search(flat) or _DOES.search(flat) or _BROKEN_SPAN.search(text):
        raise Refused(FACT)
