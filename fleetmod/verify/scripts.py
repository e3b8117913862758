"""The scripts of a package.json as shell words (bash(1)): which programs run, and how to make one
that runs a script in many packages go on after the first of them fails."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.syntax.source import ancestors, parse, walk

MANAGERS = ("npm", "pnpm", "yarn", "bun")
# programs that run the one behind their options
_PREFIXES = ("env", "cross-env", "dotenv", "time", "nice", "command", "exec", "npx", "bunx")
_ASSIGNMENT = re.compile(r"\w+=.*", re.S)
# turborepo.dev/docs/reference/run, nx.dev/nx-api/nx/documents/run-many, lerna.js.org/docs
# and show what went well: that is where the tests are named
_GO_ON = {
    "turbo": ("--continue", "--output-logs=full"),
    "nx": ("--nxBail=false", "--outputStyle=static"),
    "lerna": ("--no-bail",),
}
_EVERYWHERE = ("-r", "--recursive", "-ws", "--workspaces", "-w", "--filter", "-F")
_STOPS = re.compile(r"--bail(?:=(?!0|false).*)?|--fail-?fast|--exitfirst")


@dataclass(frozen=True)
class Call:
    """One command of a shell text: its words, unquoted, and where each ends in the text's bytes;
    `hidden` tells that neither what it prints nor how it ends is seen."""

    words: tuple[str, ...]
    ends: tuple[int, ...]
    hidden: bool = False

    @property
    def name(self) -> str:
        return self.words[0].rpartition("/")[2] if self.words else ""

    @property
    def everywhere(self) -> bool:
        """Whether it runs a script in packages other than the one it stands in."""
        if self.name in _GO_ON:
            return True
        if self.name not in MANAGERS:
            return False
        options = {word.partition("=")[0] for word in self.words[1:]}
        return bool(options & set(_EVERYWHERE)) or "workspaces" in self.words[1:3]


def calls(text: str) -> tuple[Call, ...]:
    """The commands of a shell text, each behind `npx`, `cross-env` and the like; none where it does
    not parse."""
    root = parse("bash", text.encode()).root_node
    if root.has_error:
        return ()
    return tuple(call for node in walk(root) if node.type == "command" for call in _call(node))


def _call(node: Node) -> Iterator[Call]:
    words, ends = [], []
    for child in node.named_children:
        if child.type == "variable_assignment" or child.type.endswith("redirect"):
            continue
        words.append(_word(child))
        ends.append(child.end_byte)
    skip = _prefix(words)
    if words[skip:]:
        yield Call(tuple(words[skip:]), tuple(ends[skip:]), _is_hidden(node))


def _is_hidden(command: Node) -> bool:
    """Whether a command's output goes elsewhere and its end counts for nothing:
    `x >/dev/null || true`, `x | grep y`."""
    silent, inner = False, command
    for a in ancestors(command):
        behind = [c for c in a.children if c.start_byte >= inner.end_byte]
        if a.type == "pipeline" and behind:
            shown = (c.named_children[0].text for c in behind if c.named_children)
            if not all(name in (b"cat", b"tee") for name in shown):
                return True
        if a.type == "redirected_statement":
            silent = silent or any(_takes_output(c) for c in behind)
        others = [c for c in behind if c.is_named and not c.type.endswith("redirect")]
        if silent and others and not any(c.type == "&&" for c in behind):
            return True
        inner = a
    return False


def _takes_output(redirect: Node) -> bool:
    text = (redirect.text or b"").lstrip()
    return redirect.type == "file_redirect" and text.startswith((b">", b"1>", b"&>"))


def _prefix(words: list[str]) -> int:
    """How many words stand before the program that a command is about."""
    at = 0
    while at < len(words):
        if words[at] in _PREFIXES:
            at += 1
        elif words[at] in MANAGERS and words[at + 1 : at + 2] in (["exec"], ["x"], ["dlx"]):
            at += 2
        else:
            break
        while at < len(words) and (words[at].startswith("-") or _ASSIGNMENT.fullmatch(words[at])):
            at += 1
    return at


def _word(node: Node) -> str:
    text = (node.text or b"").decode("utf-8", "replace")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return re.sub(r"\\(.)", r"\1", text)


def script_of(call: Call, scripts: Mapping[str, str]) -> str:
    """The name of the script that `npm run x`, `pnpm x`, `yarn x` runs; "" for none."""
    if call.name not in MANAGERS:
        return ""
    rest = [word for word in call.words[1:] if not word.startswith("-")]
    for word in rest[:5]:
        if word not in ("run", "run-script", "workspaces", "foreach"):
            name = {"t": "test", "tst": "test"}.get(word, word)
            return name if name in scripts else ""
    return ""


def tasks_of(call: Call) -> tuple[str, ...]:
    """The names after `turbo run`, `nx run-many -t`, `lerna run`: what they run everywhere."""
    words = call.words[1 : call.words.index("--") if "--" in call.words else None]
    names: list[str] = []
    for word in words:
        if word.startswith(("--target=", "--targets=", "-t=")):
            names += word.partition("=")[2].split(",")
        elif not word.startswith("-"):
            names += word.split(",")
    return tuple(n.rpartition("#")[2].rpartition(":")[2] or n for n in names if n not in _VERBS)


_VERBS = ("run", "run-many", "affected", "workspaces", "foreach", "*")


def stops_early(text: str) -> bool:
    """Whether what stands behind a first failure does not run: `&&`, or an option that says so."""
    root = parse("bash", text.encode()).root_node
    joined = any(child.type == "&&" for node in walk(root) for child in node.children)
    words = [word for call in calls(text) for word in call.words]
    return joined or any(_STOPS.fullmatch(word) for word in words)


@dataclass(frozen=True)
class GoingOn:
    """How a script goes on after a failure: `appended` are words for its end, or `text` is the
    whole of it, rewritten; both empty where it needs nothing."""

    appended: str = ""
    text: str = ""


def going_on(text: str) -> GoingOn:
    """What makes every turbo, nx, lerna and `pnpm -r` of a script run all packages."""
    found = calls(text)
    places = [place for call in found if (place := _flag(call)) is not None]
    if not places:
        return GoingOn()
    data = text.encode()
    if len(found) == 1 and places[0][0] == len(data.rstrip()):
        return GoingOn(appended=places[0][1])
    for at, flag in sorted(places, reverse=True):
        data = data[:at] + b" " + flag.encode() + data[at:]
    return GoingOn(text=data.decode())


def _flag(call: Call) -> tuple[int, str] | None:
    """Where a flag goes into the text, and which."""
    if call.name == "pnpm" and call.everywhere and "--no-bail" not in call.words:
        return call.ends[0], "--no-bail"  # behind the script's name it would be the script's
    given = {_option(word) for word in call.words}
    flags = [flag for flag in _GO_ON.get(call.name, ()) if _option(flag) not in given]
    stop = call.words.index("--") if "--" in call.words else len(call.words)
    return (call.ends[stop - 1], " ".join(flags)) if flags else None


def _option(word: str) -> str:
    """An option's name, however it is spelled: `--outputStyle` and `--output-style` are one."""
    return word.partition("=")[0].replace("-", "").lower()
