"""The command line of Colima and Lima as operations (abiosoft/colima v0.10, cmd/)."""

from __future__ import annotations

from fleetmod import reasons
from fleetmod.flow.texts import Pieces
from fleetmod.lift.container_text import CONTEXT, LIMA_VERBS, SERVICE, TOOLS, VERBS
from fleetmod.lift.grammar import Grammar, text_of
from fleetmod.lift.operation import HomeDir, Operation, OwnUid, Unliftable, Word
from fleetmod.lift.shell import Pipeline

HEALTHY, START, MACHINES = "isHealthy", "start", "machines"
_PROFILE = ("-p", "--profile")
_TALKATIVE = ("-v", "--verbose", "--very-verbose")
_FLAGS = {
    "status": (*_TALKATIVE, "-e", "--extended", "-j", "--json"),
    "start": _TALKATIVE,
    "list": (*_TALKATIVE, "-j", "--json"),
}
_MEANS = {"status": HEALTHY, "start": START, "list": MACHINES}
_TABLE = reasons.ASK_OTHERWISE(
    "`colima list` prints a table; ask `machines()` or `vmIp()` of the port"
)
_FINDERS = ("which", "command", "type", "where", "whereis", "hash")
_ADAPTER = "keep it in a module of its own, named in container.adapters of fleetmod.toml"
_INSTEAD = {
    "ssh": "runs a command in the machine; give the file of `sshConfig()` to `ssh -F`, and read "
    "`uptimeSeconds()` for its uptime",
    "ssh-config": "prints a configuration; `sshConfig()` is the file to give to `ssh -F`, in which "
    "the machine is called `lima-colima`",
    "version": "asks for Colima itself; `isHealthy()` tells whether a container runtime answers",
}


class Colima(Grammar):
    """The status, the start and the list of Colima; for all else a refusal tells what to do."""

    tools = TOOLS
    carriers = (*Grammar.carriers, "nohup", "brew", *_FINDERS)
    elsewhere = frozenset({"ssh", "simctl", "xcrun", "tart"})
    as_root = "run it as the user whose machine it is"
    port = "containerRuntime"

    def stage(self, words: tuple[str, ...]) -> bool:
        return bool(words) and self.runs(words[0], list(words[1:]))

    def arguments(self, words: list[str | None]) -> bool:
        first = words[0] if words else None
        return first is not None and (first in VERBS | LIMA_VERBS or first.startswith("-"))

    def carried(self, text: str) -> bool:
        return SERVICE.match(text.removeprefix("sudo ")) is not None

    def runs(self, program: str, rest: list[str]) -> bool:
        name = program.rsplit("/", 1)[-1]
        plain = " ".join(word.strip("\"'`") for word in rest)
        if name == "docker":
            return CONTEXT.search(plain) is not None
        if name == "brew":
            return SERVICE.match(f"brew {plain}") is not None
        if name in _FINDERS:
            return any(word in self.tools for word in plain.split())
        return super().runs(program, rest)

    def command(self, words: tuple[Word, ...]) -> tuple[Operation, ...]:
        name = (text_of(words[0]) or "").rsplit("/", 1)[-1] if words else ""
        if name == "docker":
            raise Unliftable(
                reasons.ASK_OTHERWISE(
                    "names Colima's Docker context; leave DOCKER_CONTEXT or DOCKER_HOST of the "
                    "node to say where the engine is, and call docker without it"
                )
            )
        if name == "brew":
            raise Unliftable(
                reasons.ASK_OTHERWISE(
                    "runs Colima as a service of Homebrew; call `start()` of the port"
                )
            )
        if name in _FINDERS:
            raise Unliftable(
                reasons.ASK_OTHERWISE(
                    "asks whether the tool is installed; ask `isHealthy()`, which is false where "
                    "no container runtime answers"
                )
            )
        return super().command(words)

    def subcommand(self, tool: str, verb: str, args: tuple[Word, ...]) -> tuple[Operation, ...]:
        if tool == "limactl":
            raise Unliftable(
                reasons.NO_COUNTERPART(
                    f"`limactl {verb}` manages virtual machines, not containers; {_ADAPTER}"
                )
            )
        profile, rest = self._profile(((verb,), *args))
        verb = text_of(rest[0]) or "" if rest else ""
        verb = "list" if verb == "ls" else verb
        if verb in _INSTEAD:
            raise Unliftable(reasons.ASK_OTHERWISE(f"`colima {verb}` {_INSTEAD[verb]}"))
        if verb not in _FLAGS:
            raise Unliftable(
                reasons.NO_COUNTERPART(
                    f"`colima {verb}` has no counterpart in the port; {_ADAPTER}"
                )
            )
        if verb == "list" and not {"-j", "--json"} & {text_of(word) for word in rest}:
            raise Unliftable(_TABLE)
        named = []
        for word in rest[1:]:
            flag = text_of(word) or ""
            if not flag.startswith("-"):
                named.append(word)
            elif flag not in _FLAGS[verb]:
                raise Unliftable(
                    reasons.NO_COUNTERPART(
                        f"`colima {verb} {flag}` configures the machine; write that into Colima's "
                        "own configuration once (`colima start --edit`), and call `start()`"
                    )
                )
        if len(named) > 1:
            raise Unliftable(
                reasons.WRONG_ARGUMENTS(f"`colima {verb}` takes one profile, and gets {len(named)}")
            )
        of = profile or (self._plain(named[0]) if named else ())
        # the list of one profile is not the list of all, whatever its name
        return (Operation(_MEANS[verb], of if verb == "list" else _shortened(of)),)

    def _profile(self, words: tuple[Word, ...]) -> tuple[Pieces, tuple[Word, ...]]:
        """What `--profile` gives, and the other words; the flag goes before an argument."""
        profile: Pieces = ()
        rest: list[Word] = []
        left = list(words)
        while left:
            word = left.pop(0)
            spelled = text_of(word) or ""
            if spelled in _PROFILE and left:
                profile = self._plain(left.pop(0))
            elif spelled.startswith("--profile="):
                profile = (spelled.partition("=")[2],)
            else:
                rest.append(word)
        return profile, tuple(rest)

    def _plain(self, word: Word) -> Pieces:
        if any(isinstance(piece, OwnUid | HomeDir) for piece in word):
            raise Unliftable(
                reasons.SHELL_EXPANSION(
                    "the profile is an expansion of the shell; give it as a value"
                )
            )
        return tuple(p for p in word if not isinstance(p, OwnUid | HomeDir))

    def pipeline(self, pipeline: Pipeline) -> Operation:
        self.command(pipeline.stages[0].words)
        raise Unliftable(
            reasons.ASK_OTHERWISE(
                "filters what Colima prints; ask `isHealthy()` or `vmIp()` of the port"
            )
        )

    def fallback(self, left: tuple[Operation, ...], right: tuple[Operation, ...]) -> Operation:
        """`colima status || colima start` starts what does not run, as `start` does."""
        started = len(left) == len(right) == 1 and (left[0].verb, right[0].verb) == (HEALTHY, START)
        if started and self.targets.equal(left[0].label, right[0].label):
            return right[0]
        return super().fallback(left, right)


def _shortened(profile: Pieces) -> Pieces:
    """Colima's own profile has no name here: `default` and `colima` are it (config/profile.go)."""
    return () if profile in (("default",), ("colima",)) else profile
