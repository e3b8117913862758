"""The grammar of launchctl's command line, as operations (launchctl(1), macOS 10.11 and later)."""

from __future__ import annotations

import re
from dataclasses import replace

from fleetmod import reasons
from fleetmod.flow.texts import Hole
from fleetmod.lift.grammar import Grammar, is_literal, is_shell, text_of
from fleetmod.lift.operation import (
    INSPECT,
    LIST,
    Command,
    Foreign,
    Operation,
    Serviceless,
    Unliftable,
    Word,
)
from fleetmod.lift.shell import Chain, Pipeline, Shell, Simple, parse_shell
from fleetmod.regex import lazy

TOOL = "launchctl"
FOREIGN = {
    "getenv": "reads the session's environment",
    "managername": "asks for the session's type",
    "manageruid": "asks for the session's user",
    "managerpid": "asks for the session's manager",
    "version": "prints launchd's version",
    "help": "prints help",
    "error": "explains an error code",
}
_IN_FILE = "set it in the service's own file (launchd.plist, systemd unit)"
_VARIABLE = (
    "changes the environment of the whole session, which no port does; set the variable in the "
    "service's own file (EnvironmentVariables, Environment=) or in environment.d"
)
# what changes the host and has no counterpart
HOST = {
    "setenv": _VARIABLE,
    "unsetenv": _VARIABLE,
    "limit": f"sets limits of the whole host, which no port does; {_IN_FILE}",
    "config": f"changes launchd itself, which no port does; {_IN_FILE}",
    "reboot": "restarts the host or its user space, which no port does; call what the platform has",
}
# what only asks; of the others, what is not known may act
ASKS = frozenset("list print print-disabled blame".split())
# other words after the tool's name that are no service's
SERVICELESS = frozenset((*FOREIGN, *HOST, "asuser"))
VERBS = frozenset(
    "bootout bootstrap kickstart enable disable print list start stop load unload remove "
    "print-disabled kill blame".split()
)
_TAKE_A_WORD = ("-S", "-D")  # flags of load and unload: a session's type, a search path
_NO_FILE = (
    "`launchctl bootout DOMAIN TARGET` takes the target for a file and always fails; the port's "
    "stop takes the service out"
)
# words after the subcommand, where a target, a label or a path would stand
_SPEECH = lazy(r"\s*(?:/bin/)?launchctl\s+([a-z-]+)\s+[a-z]{2,}(?![\w./-])")


class Launchctl(Grammar):
    """launchctl's verbs, pipelines and sequences as operations of the process manager."""

    tools = (TOOL,)
    elsewhere = frozenset({"ssh", "simctl", "xcrun", "tart", "docker", "limactl", "colima"})
    as_root = "use a `system/` label with a root adapter"
    port = "processManager"

    def speech(self, text: str) -> bool:
        match = _SPEECH.match(text)
        return match is not None and match[1] not in SERVICELESS

    def commands(self, shell: Shell) -> tuple[Command, ...]:
        if isinstance(shell, Chain):
            return (*self.commands(shell.left), *self.commands(shell.right))
        if isinstance(shell, Pipeline):
            return tuple(found for stage in shell.stages for found in self.commands(stage))
        words = [text_of(word) or "" for word in shell.words]
        ran = [at for at, word in enumerate(words) if word.rpartition("/")[2] == TOOL]
        if not ran:
            return self._in_shells(shell.words)
        at = ran[-1] + 2
        verb = "".join(words[at - 1 : at])
        if verb in SERVICELESS:
            return ()
        behind = zip(words[at - 1 :], words[at:], shell.words[at:], strict=False)
        named = [
            word
            for before, text, word in behind
            if not text.startswith("-") and before not in _TAKE_A_WORD
        ]
        if verb == "kill" or (verb in ("bootstrap", "bootout") and len(named) > 1):
            named = named[1:]  # behind a signal, or a domain
        return (Command(verb, tuple(named)),)

    def _in_shells(self, words: tuple[Word, ...]) -> tuple[Command, ...]:
        """What the commands are about that a nested shell gets: `sudo bash -c "…"`."""
        nested = words[-1] if any(is_shell(text_of(word) or "") for word in words[:-1]) else ()
        pieces = tuple(piece for piece in nested if isinstance(piece, str | Hole))
        if not self.names("".join(piece for piece in pieces if isinstance(piece, str))):
            return ()
        try:
            return self.commands(parse_shell(pieces))
        except Unliftable:
            return (Command(),)

    def subcommand(self, tool: str, verb: str, args: tuple[Word, ...]) -> tuple[Operation, ...]:
        if verb == "asuser":
            raise self._in_session(args)
        if verb == "limit" and len(args) < 2:
            raise Serviceless("`launchctl limit` reads resource limits; it manages no service")
        if verb in HOST:
            raise Unliftable(reasons.NO_COUNTERPART(f"`launchctl {verb}` {HOST[verb]}"))
        if verb in FOREIGN:
            raise Serviceless(f"`launchctl {verb}` {FOREIGN[verb]}; it manages no service")
        flags = [t for w in args if (t := text_of(w)) is not None and t.startswith("-")]
        rest = tuple(w for w in args if not (text_of(w) or "").startswith("-"))
        if verb == "kickstart":
            _only(flags, verb, "-k", "-p")
            return (
                self.on(
                    self._one(rest, verb), "restart" if any("k" in f for f in flags) else "start"
                ),
            )
        if verb in ("print", "enable", "disable"):
            _only(flags, verb)
            return (self._by_target(verb, self._one(rest, verb)),)
        if verb in ("start", "stop", "remove"):
            _only(flags, verb)
            return (self._legacy(verb, self._one(rest, verb)),)
        if verb == "bootout":
            return (self._bootout(rest),)
        if verb == "bootstrap":
            _only(flags, verb)
            return (self._bootstrap(rest),)
        if verb in ("load", "unload"):
            _only(flags, verb, "-w", "-F")
            return self._by_path(verb, rest, any("w" in f for f in flags))
        if verb == "list":
            _only(flags, verb)
            return (self._list(rest),)
        if verb == "print-disabled":
            raise Unliftable(
                reasons.ASK_OTHERWISE(
                    "print-disabled has no counterpart; read `enabled` of `inspect(label)`"
                )
            )
        if verb == "kill":
            raise Unliftable(
                reasons.ASK_OTHERWISE(
                    "`launchctl kill` sends a signal; use `process.kill(pid, signal)` with "
                    "the pid of `inspect(label)`, or `restart`"
                )
            )
        raise Unliftable(
            reasons.NO_COUNTERPART(f"the subcommand `{verb}` has no counterpart in the port")
        )

    def _in_session(self, args: tuple[Word, ...]) -> Exception:
        """What the command behind `asuser UID` is: it runs in that user's session."""
        inner = args[1:]
        program = text_of(inner[0]) if inner else ""
        if not program:
            return Unliftable(
                reasons.RUNTIME_ARGUMENTS("what `launchctl asuser` runs is only known at run time")
            )
        if not self.mentions(Simple(inner)):
            name = program.rsplit("/", 1)[-1]
            return Serviceless(f"runs `{name}` in another user's session; it manages no service")
        try:
            self.command(inner)
        except (Foreign, Unliftable) as reason:
            return reason
        return Unliftable(
            reasons.OTHER_USER(
                "runs in another user's session through `launchctl asuser`; run the code as that "
                "user, or give the port a full target such as gui/501/LABEL"
            )
        )

    def on(self, target: Word, verb: str) -> Operation:
        return Operation(verb, self.targets.label(target))

    def _one(self, args: tuple[Word, ...], verb: str) -> Word:
        if len(args) != 1:
            raise Unliftable(
                reasons.WRONG_ARGUMENTS(f"`{verb}` takes one target here, and gets {len(args)}")
            )
        return args[0]

    def _by_target(self, verb: str, target: Word) -> Operation:
        if verb == "print":
            if self.targets.is_domain(target):
                raise Unliftable(
                    reasons.ASK_OTHERWISE(
                        "prints a whole domain; use `list(pattern)` or `inspect(label)`"
                    )
                )
            return replace(self.on(target, INSPECT), required=True)
        operation = self.on(target, verb)
        return replace(operation, enable_only=True) if verb == "enable" else operation

    def _legacy(self, verb: str, target: Word) -> Operation:
        if verb == "stop":
            notes = (
                "`launchctl stop` lets a KeepAlive job come back; the port's stop does not",
                "the port's stop unloads it: another process starts it again only where its plist "
                "is LABEL.plist in one of launchd's folders",
            )
            return replace(self.on(target, "stop"), notes=notes, required=True)
        # `remove` answers 0 for a label that it does not know
        return self.on(target, "stop" if verb == "remove" else verb)

    def _bootout(self, args: tuple[Word, ...]) -> Operation:
        if len(args) == 1:
            if self.targets.is_domain(args[0]):
                raise Unliftable(
                    reasons.WRONG_ARGUMENTS(
                        "boots a whole domain out; stop each service by its label"
                    )
                )
            return replace(self.on(args[0], "stop"), required=True)
        if len(args) == 2:
            stop = self.targets.of_plist("stop", args[0], args[1], any_file=True)
            notes = (_NO_FILE,) if self.targets.is_target(args[1]) else stop.notes
            return replace(stop, source=None, required=True, notes=notes)
        raise Unliftable(
            reasons.SEVERAL_COMMANDS("bootout of several services at once; one call each")
        )

    def _bootstrap(self, args: tuple[Word, ...]) -> Operation:
        if len(args) != 2:
            raise Unliftable(
                reasons.WRONG_ARGUMENTS(
                    "`bootstrap` takes a domain and one plist here; make one call for each plist"
                )
            )
        return self.targets.of_plist("load", args[0], args[1])

    def _by_path(self, verb: str, args: tuple[Word, ...], override: bool) -> tuple[Operation, ...]:
        found = self.targets.of_plist("load", None, self._one(args, verb))
        if verb == "load":
            return (replace(found, verb="enable" if override else "load", legacy=verb),)
        stop = replace(found, verb="stop", source=None, legacy=verb)
        disable = replace(stop, verb="disable", legacy="", notes=())
        return (disable, stop) if override else (stop,)

    def _list(self, args: tuple[Word, ...]) -> Operation:
        if not args:
            return Operation(LIST, ())
        return replace(self.on(self._one(args, "list"), INSPECT), required=True, entry=True)

    def pipeline(self, pipeline: Pipeline) -> Operation:
        """`launchctl list | grep PATTERN`."""
        first, *filters = pipeline.stages
        operations = self.command(first.words)
        if operations != (Operation(LIST, ()),):
            return super().pipeline(pipeline)
        pattern: Word | None = None
        for stage in filters:
            words = [text_of(w) for w in stage.words]
            if words[0] != "grep":
                raise Unliftable(
                    reasons.PIPELINE(
                        f"`| {words[0]}` after `list`; filter the port's result instead"
                    )
                )
            if words[1:3] == ["-v", "grep"]:
                continue
            if pattern is not None:
                raise Unliftable(
                    reasons.PIPELINE("two greps after `list`; filter the port's result instead")
                )
            pattern = self._pattern(stage.words[1:])
        if pattern is None:
            raise Unliftable(
                reasons.PIPELINE("a pipeline without a pattern; filter the port's result instead")
            )
        return Operation(LIST, self.targets.plain(pattern), required=True)

    def _pattern(self, args: tuple[Word, ...]) -> Word:
        flags = [text_of(w) for w in args[:-1]]
        if any(f not in ("-q", "-F", "-e", "--", "-E", "-s") for f in flags) or not args:
            raise Unliftable(
                reasons.PIPELINE(
                    f"grep with {' '.join(str(f) for f in flags)}; filter the port's result"
                )
            )
        plain = tuple(p for p in args[-1] if isinstance(p, str | Hole))
        known = self.targets.values.expand(plain)
        text = "".join(p for p in known if isinstance(p, str))
        # `.` is let through: in a label it is meant literally, and grep's any-character is wider.
        if re.search(r"[\^$*+?()|\[\]\\]", text) or re.search(r"\s", text):
            raise Unliftable(
                reasons.PIPELINE(
                    f"the grep pattern `{text}` is no plain text; filter the port's result"
                )
            )
        if is_literal(args[-1]) and not re.search(r"[A-Za-z]", text):
            raise Unliftable(
                reasons.PIPELINE(
                    f"the grep pattern `{text}` matches more than labels; filter the port's result"
                )
            )
        return args[-1]

    def sequence(
        self, operator: str, left: tuple[Operation, ...], right: tuple[Operation, ...]
    ) -> tuple[Operation, ...]:
        if any(op.verb in (LIST, INSPECT) for op in left + right):
            raise Unliftable(
                reasons.SEVERAL_COMMANDS(
                    "a query in a sequence of commands; make it a call of its own"
                )
            )
        if operator == ";":
            left = tuple(op.tolerate() for op in left)
        return left + right

    def fallback(self, left: tuple[Operation, ...], right: tuple[Operation, ...]) -> Operation:
        """`new spelling || old spelling` of one intent is that intent once."""
        if len(left) == len(right) == 1:
            a, b = left[0], right[0]
            same = {a.verb, b.verb} in ({a.verb}, {"restart", "start"}, {"load", "enable"})
            if same and self.targets.equal(a.label, b.label):
                # `load -w` behind `bootstrap` is for a job that is disabled, which `load` leaves so
                verbs = {a.verb, b.verb}
                verb = next((each for each in ("restart", "enable") if each in verbs), a.verb)
                # what stands behind `||` runs where the first always fails
                notes = (*a.notes, *b.notes) if _NO_FILE in a.notes else a.notes
                return replace(a, verb=verb, tolerated=b.tolerated, notes=notes)
        raise Unliftable(
            reasons.SEVERAL_COMMANDS(
                "a fallback that does something else; write both as separate calls"
            )
        )


def _only(flags: list[str], verb: str, *known: str) -> None:
    for flag in flags:
        if flag not in known and not (len(flag) > 2 and all(f"-{c}" in known for c in flag[1:])):
            raise Unliftable(
                reasons.NO_COUNTERPART(f"`launchctl {verb} {flag}` has no counterpart in the port")
            )
