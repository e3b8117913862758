"""What a text says that holds for launchctl or for one platform only: no other words are true."""

from __future__ import annotations

import re

from fleetmod import reasons
from fleetmod.lift.launchctl import VERBS
from fleetmod.lift.prose import unwrapped
from fleetmod.lower.draft import Refused
from fleetmod.regex import lazy

_VERB = reasons.STATES_FACT("uses the command as a verb; reword it by hand")
_BY_PERSON = reasons.STATES_FACT(
    "tells what a person runs, and that stays launchctl's; reword it by hand"
)
_LIST = reasons.NAMES_PLATFORM(
    "names the tool beside another platform's; reword the whole of it by hand"
)
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
_ADVERB = (
    r"(?:itself|only|also|never|always|still|just|silently|sometimes|often|already|actually|simply"
    r"|immediately|asynchronously|merely|really|then|alone|not|no longer|\w+ly)"
)
_AUXILIARY = (
    r"(?:is|are|was|were|has|had|have|does|do|did|can|could|may|might|must|will|would|should|shall"
    r"|(?:is|are|was|were|has|have|does|do|did|could|wo|would|ca)n['\u2019]t|cannot)"
)
# plurals behind the tool's name: `launchctl calls` are no verb
_PLURAL = (
    r"(?:services|jobs|agents|daemons|calls|commands|args|arguments|labels|domains|targets|sessions"
    r"|plists|errors|failures|operations|invocations|steps|actions|messages|logs|processes|states"
    r"|semantics|subcommands|verbs|options|flags|tests|hints|helpers|utilities|units|entries|tasks"
    r"|details|results|paths|files|lines|names|wrappers|adapters|mocks|stubs|pids|lookups|probes"
    r"|checks|shims|fakes|rows|as|this|its|vs|towards|whereas|besides|perhaps|\w*[su]s)"
)
# the tool, or one of its commands, as what a verb is said of
_SUBJECT = lazy(
    rf"(?<![\w/.-])(?:/bin/)?(?:launchd|launchctl)`?(?: (?:{'|'.join(sorted(VERBS))})\b`?)?,?"
    rf"(?: of (?:the|an?|its|this|that) [\w-]+)?(?:,? (?:which|that))?(?: {_ADVERB})*"
    rf" (?:(?P<auxiliary>{_AUXILIARY})\b|(?!{_PLURAL}\b)[a-z]+s\b"
    r"|(?:claim|return|print|report|refus|emitt?|accept|reject|ignor|swallow|li|requir)ed\b|said\b)"
    rf"(?P<rest>(?: {_ADVERB})*(?: be(?:en)?)? ?\w*)",
    re.I,
)
# what is done with the tool is told of the code: `launchctl is never called here`
_USED = lazy(
    r" (?:called|asked|used|run|invoked|skipped|mocked|stubbed|faked|reached|needed|involved"
    r"|touched|spawned|executed|consulted|queried|told)$"
)
_CONDITION = lazy(
    r"\b(?:when|whenever|if|unless|until|once|whether|where|while|in case|as soon as|even though)"
    r"(?: \w+['\u2019]s)?(?: (?:the|a|an|any|no|this|that|real))? `?$",
    re.I,
)
_STATES = lazy(
    # what makes it fail, and what it fails with
    rf"launchctl`?(?: (?:{'|'.join(sorted(VERBS))})\b`?)?(?: calls?)?(?: to| {_ADVERB})* fail\b"
    r"|\blaunchctl`?(?: [\w-]+`?)? error (?:messages?|texts?|codes?|strings?)\b"
    r"|\berrors?:? \"[^\"]+\"|\"[^\"]+\" errors?\b"
    # where that is known from
    r"|\b(?:verified|confirmed|observed|reproduced)\b[^.]{0,40}\b(?:live|launchctl|launchd)\b"
    # what its output looks like
    r"|\boutput (?:is|has|includes?|contains?|looks?|means|starts|begins|ends|lists|shows|differs"
    r"|format|columns?|can|may|will|never|always|only)\b|\bin (?:the|its) output\b"
    r"|\bcolumns?\b|\bheader (?:row|line)\b|\"PID\"|[`\"][^`\"\n]* =>? [^`\"\n]*[`\"]"
    # what is so with it, and nowhere else
    r"|\blaunchctl(?: \w+)?`?['\u2019]s\b|\b(?:because|since) (?:of )?(?:the )?`?launchctl\b"
    r"|\bunlike (?:the )?`?launchctl\b|\b(?:bugs?|buggy|quirks?|quirky|workarounds?|flaky"
    r"|idempotent|unreliable|racy)\b|\bper-(?:user|session|uid|login)\b|\w-independent\b",
    re.I,
)
# who types a command: that stays the tool's, whatever the code calls
_TYPED = lazy(
    r"\b(?:operator|user|human|person|people|someone|somebody|anyone|admin(?:istrator)?|maintainer"
    r"|developer|owner|you|they)s?\b(?: (?:has|have|had|may|might|can|could|will|would|did|just"
    r"|once|already|then|manually|\w+ly))* (?:ran|runs?|run|typed?|types|executed?s?|invoked?s?"
    r"|issued?s?|used?s?|did|does|enter(?:s|ed)?) (?:a |an |the )?`?(?:/bin/)?launchctl\b"
    r"|\blaunchctl\b[^.;]{0,60}\b(?:by hand|manually)\b"
    r"|\b(?:by hand|manually)\b[^.;]{0,40}\blaunchctl\b",
    re.I,
)
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
        raise Refused(reasons.OTHER_LANGUAGE)
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
            raise Refused(reasons.STATES_FACT)


def check_facts(text: str) -> None:
    """Raises Refused for a comment, or a test's name, that tells how launchctl itself behaves."""
    flat = _flat(text)
    if _MEASURED.search(flat) or _DOES.search(flat) or _BROKEN_SPAN.search(text):
        raise Refused(reasons.STATES_FACT)


def check_typed(text: str) -> None:
    """Raises Refused for a comment that tells of a command which somebody types."""
    if _TYPED.search(unwrapped(text)):
        raise Refused(_BY_PERSON)


def check_claims(text: str) -> None:
    """Raises Refused for a comment that says anything of launchctl, or of launchd, but what the
    code does with it: what is said of one service manager may be false of another."""
    check_facts(text)
    flat = _flat(text)
    if _STATES.search(flat) or any(_claims(flat, match) for match in _SUBJECT.finditer(flat)):
        raise Refused(reasons.STATES_FACT)


def _claims(flat: str, subject: re.Match[str]) -> bool:
    if _CONDITION.search(flat[: subject.start()][-40:]):
        return False  # a case that the code minds
    return not (subject["auxiliary"] and _USED.search(subject["rest"]))


def _flat(text: str) -> str:
    return _OPERANDS.sub(r"\1", unwrapped(text))
