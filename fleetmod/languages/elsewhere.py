"""Whose a word of a command is: this host's, another host's, or a container's.

Options are those of ssh(1), scp(1), sftp(1), rsync(1), docker(1), podman(1), kubectl(1) and the
like. Shell and Python share them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fleetmod import reasons
from fleetmod.host.commands import program_at

INSIDE = "a path inside a container, which has homes of its own"
CLUSTER = reasons.ANOTHER_HOST(
    "goes to a cluster, whose nodes have homes of their own; set it for each cluster"
)
LABEL = reasons.ANOTHER_HOST(
    "what stands before the colon may be another host; keep the host and its path in variables "
    "of their own"
)
MIXED = reasons.ANOTHER_HOST(
    "the value is used here and on another host or in a container; give each a variable of its own"
)

# whose a word is; of COPIED and MOUNTED, what stands behind the colon is the other side's
HERE, THERE, WITHIN, IN_CLUSTER = "here", "there", "within", "cluster"
COPIED, SHIPPED, MOUNTED = "copied", "shipped", "mounted"
Words = Sequence[str | None]  # None for a word that is only known at run time


@dataclass(frozen=True)
class _Remote:
    """A program that runs the words behind `names` operands elsewhere; `takes` are its options
    with a word, `far` those whose word is the other side's."""

    side: str = THERE
    names: int = 1
    takes: tuple[str, ...] = ()
    far: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Copy:
    """A program whose words with a colon are the other side's."""

    side: str = COPIED
    takes: tuple[str, ...] = ()
    far: tuple[str, ...] = ()


_SSH = tuple(f"-{letter}" for letter in "BbcDEeFIiJLlmOoPpQRSWw")
_SCP = tuple(f"-{letter}" for letter in "BbcDFiJloPRSsX")
_FOLLOWS = ("--command", "-c", "-C")
_PROGRAMS: Mapping[str, _Remote | _Copy] = {
    "ssh": _Remote(takes=_SSH),
    "autossh": _Remote(takes=(*_SSH, "-M")),
    "slogin": _Remote(takes=_SSH),
    "rsh": _Remote(takes=("-l",)),
    "dbclient": _Remote(takes=("-i", "-p", "-l", "-L", "-R")),
    "mosh": _Remote(takes=("-p",)),
    "pssh": _Remote(names=0, takes=("-h", "-H", "-l", "-p", "-o", "-e", "-t", "-O")),
    "scp": _Copy(takes=_SCP),
    "sftp": _Copy(takes=_SCP),
    "rsync": _Copy(takes=("-e",), far=("--rsync-path",)),
    "sshfs": _Copy(takes=("-o", "-p", "-F")),
    "mount": _Copy(takes=("-o", "-t")),
    "mount_nfs": _Copy(takes=("-o",)),
    "rclone": _Copy(),
    "limactl shell": _Remote(WITHIN, 1, (), ("--workdir",)),
    "limactl copy": _Copy(SHIPPED),
    "multipass exec": _Remote(WITHIN, 1, (), ("-d", "--working-directory")),
    "multipass transfer": _Copy(SHIPPED),
    "multipass mount": _Copy(SHIPPED),
    "colima ssh": _Remote(WITHIN, 0, ("-p", "--profile")),
    "vagrant ssh": _Remote(WITHIN, 1, (), _FOLLOWS),
    "lxc exec": _Remote(WITHIN, 1),
    "incus exec": _Remote(WITHIN, 1),
    "adb shell": _Remote(WITHIN, 0),
    "chroot": _Remote(WITHIN, 1),
    "arch-chroot": _Remote(WITHIN, 1),
    "tailscale ssh": _Remote(THERE, 1),
}
_ENGINES = ("docker", "podman", "nerdctl")
_COMPOSES = ("docker-compose", "podman-compose")
_KUBECTLS = ("kubectl", "oc", "k3s", "microk8s")
_GLOBAL = (
    *("-H", "--host", "-c", "--context", "--config", "-l", "--log-level", "-n", "--namespace"),
    *("--tlscacert", "--tlscert", "--tlskey", "--kubeconfig", "--cluster", "--user", "-s"),
    *("-f", "--file", "-p", "--project-name", "--project-directory", "--env-file", "--profile"),
)
# options whose word is a path of the host (docker-run(1), docker-exec(1))
_OF_HOST = ("--env-file", "--cidfile", "--label-file", "--security-opt", "--pidfile")
_BINDS = ("-v", "--volume", "--mount")
_GROUPS = ("container", "image", "builder", "buildx")
_TARGET = re.compile(r":|(?:target|dst|destination)=")
_OPTION = re.compile(r"(--?[\w-]+)=.*", re.S)


def sides(words: Words) -> list[str]:
    """Whose each word of a command is, for each of `words`."""
    at = program_at(words)
    out = [HERE] * len(words)
    if at is None:
        return out
    name = (words[at] or "").rpartition("/")[2]
    rest = words[at + 1 :]
    if name in _ENGINES:
        out[at + 1 :] = _engine(rest)
    elif name in _COMPOSES:
        out[at + 1 :] = _compose(rest)
    elif name in _KUBECTLS:
        out[at + 1 :] = _kubectl(rest)
    elif known := _PROGRAMS.get(name):
        out[at + 1 :] = _behind(known, rest)
    else:
        sub = _operand(rest, _GLOBAL)
        known = _PROGRAMS.get(f"{name} {rest[sub]}") if sub < len(rest) else None
        if known is not None:
            out[at + 2 + sub :] = _behind(known, rest[sub + 1 :])
    return out


def reads(words: Words) -> str:
    """Whose what a command reads from its input is: THERE for `ssh host bash`."""
    at = program_at(words)
    if at is None:
        return HERE
    name, rest = (words[at] or "").rpartition("/")[2], words[at + 1 :]
    asked = [word for word in rest if word]
    if name in _KUBECTLS and any(w in ("apply", "create", "replace", "delete") for w in asked):
        return IN_CLUSTER
    if name in _ENGINES and "build" in asked:
        return WITHIN
    found = sides([*words, "x"])[-1]  # what one word more would be
    if found in (THERE, WITHIN):
        return found
    known = _PROGRAMS.get(name)
    return known.side if isinstance(known, _Remote) else HERE


def of_word(side: str, before: str, labelled: bool) -> str:
    """Whose a path in a word of `side` is; `before` is the word's text in front of the path,
    `labelled` that a label (`host:`) stands in front of it elsewhere."""
    label = labelled or label_of(before) is not None
    if side in (COPIED, SHIPPED):
        return (THERE if side == COPIED else WITHIN) if label else HERE
    if side == MOUNTED:
        return WITHIN if labelled or _TARGET.search(before) else HERE
    return side


def label_of(before: str) -> str | None:
    """The label in front of a path: `mini` of `mini:`, `$HOST` of `--to=$HOST:`; None for none,
    also where it is a folder or one of a list of them."""
    if not before.endswith(":"):
        return None
    word = before[:-1].rstrip("\"'")
    bracket = re.search(r"\[[0-9A-Fa-f:.%\w]+\]$", word)
    if bracket is not None:
        return bracket[0]
    known = _OPTION.fullmatch(word)
    word = word[len(known[1]) + 1 :] if known else word
    word = re.split(r"[\s\"'`=,;|(]", _without_fields(word))[-1]
    return None if not word or ":" in word or "/" in word else word


def is_host(label: str) -> bool:
    """Whether a label can be nothing but a host: `ann@mini`, `10.0.0.2`, `[::1]`, `a.example`."""
    return re.search(r"\w@|@\w|[\w\0]@\0|\w\.\w|^\[", label) is not None or "@" in label


def _without_fields(text: str) -> str:
    """A text with each expansion (`$X`, `${X:-y}`, `{x}`) as one sign."""
    return re.sub(r"\$?\{[^{}]*\}|\$\([^()]*\)|\$\w+", "\0", text)


def _operand(words: Words, takes: Sequence[str], names: int = 0) -> int:
    """Where the operand number `names` stands, options with their words aside."""
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            at += 1
            break
        # an unknown word before an option is options, too: `ssh $OPTIONS -i key host`
        unknown = word is None and at + 1 < len(words) and (words[at + 1] or "").startswith("-")
        if word is not None and word.startswith("-") and word != "-":
            at += 2 if word in takes else 1
        elif unknown:
            at += 1
        elif names:
            names -= 1
            at += 1
            if not names:
                return at
        else:
            break
    return at + names


def _behind(known: _Remote | _Copy, rest: Words) -> list[str]:
    """Whose the words behind a program's name are."""
    if isinstance(known, _Copy):
        out = [known.side] * len(rest)
        for index, word in enumerate(rest):
            option = _OPTION.fullmatch(word or "")
            name, own = (option[1], True) if option else (word or "", False)
            if name in known.takes or name in known.far:
                side = HERE if name in known.takes else THERE
                if own:
                    out[index] = side
                elif index + 1 < len(rest):
                    out[index + 1] = side
        return out
    start = _operand(rest, (*known.takes, *known.far), known.names)
    out = [HERE] * start + [known.side] * (len(rest) - start)
    for index, word in enumerate(rest[:start]):
        option = _OPTION.fullmatch(word or "")
        if option and option[1] in known.far:
            out[index] = known.side
        elif word in known.far and index + 1 < len(rest):
            out[index + 1] = known.side
    return out[: len(rest)]


def _engine(rest: Words) -> list[str]:
    start = _operand(rest, _GLOBAL)
    if start < len(rest) and rest[start] in _GROUPS:
        start += 1
    verb = rest[start] if start < len(rest) else None
    behind = rest[start + 1 :]
    head = [HERE] * min(start + 1, len(rest))
    if verb == "compose":
        return head + _compose(behind)
    if verb in ("run", "create", "exec"):
        return head + _container(behind)
    if verb in ("build", "bake"):
        return head + _of_options(behind, HERE, {"--build-arg": WITHIN})
    if verb == "cp":
        return head + [SHIPPED] * len(behind)
    return head + [HERE] * len(behind)


def _compose(rest: Words) -> list[str]:
    start = _operand(rest, _GLOBAL)
    verb = rest[start] if start < len(rest) else None
    behind, head = rest[start + 1 :], [HERE] * min(start + 1, len(rest))
    if verb in ("run", "exec"):
        return head + _container(behind)
    if verb == "build":
        return head + _of_options(behind, HERE, {"--build-arg": WITHIN})
    return head + [SHIPPED if verb == "cp" else HERE] * len(behind)


def _container(rest: Words) -> list[str]:
    """`docker run` and `exec`: all is the container's but what its options say."""
    named = dict.fromkeys(_OF_HOST, HERE) | dict.fromkeys(_BINDS, MOUNTED)
    return _of_options(rest, WITHIN, named)


def _kubectl(rest: Words) -> list[str]:
    start = _operand(rest, _GLOBAL)
    verb = rest[start] if start < len(rest) else None
    if verb == "kubectl":  # `k3s kubectl …`
        return [HERE] * (start + 1) + _kubectl(rest[start + 1 :])
    behind, head = rest[start + 1 :], [HERE] * min(start + 1, len(rest))
    if verb == "cp":
        return head + [SHIPPED] * len(behind)
    if verb not in ("exec", "run", "debug"):
        return head + [HERE] * len(behind)
    return head + _of_options(
        behind, WITHIN, {"-f": HERE, "--filename": HERE, "--kubeconfig": HERE}
    )


def _of_options(rest: Words, other: str, named: Mapping[str, str]) -> list[str]:
    """`other` for each word but the values of the options in `named`."""
    out = [other] * len(rest)
    for index, word in enumerate(rest):
        option = _OPTION.fullmatch(word or "")
        name = option[1] if option else word or ""
        if name not in named:
            short = (word or "")[:2]
            if named.get(short) == MOUNTED and not (word or "").startswith("--"):
                out[index] = MOUNTED  # `-v/a:/b`
            continue
        if option:
            out[index] = named[name]
        elif index + 1 < len(rest):
            out[index + 1] = named[name]
    return out
