"""The host-bound tools as data: `rules/host/PLATFORM.toml`, and a repository's own beside them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.rules import Rule, bundled_folder, rule_files

RULE = Rule(
    id="host-tool",
    title="a tool of one platform is run without a platform check",
    family="host",
    cls="call",
    query="",
    phase="host",
    prose="""
A program that exists on one platform only (`plutil`, `osascript`, `systemctl`) makes the code die
on the others, at once where it is run when a module is imported. `gate --phase host` finds the
calls that no platform check stands around: a condition, an early return, a helper named `isMacOS`,
a test for the tool itself. It looks at TypeScript and JavaScript, shell scripts, Python and the
scripts of a package.json. A name that is an everyday word (`open`, `say`) counts only where the
code is seen to run it. `migrate --host-tools` puts a check before a call in TypeScript where the
code has a way on for a tool that fails (`if (p.exitCode !== 0) return null`, a `catch`): the check
takes that way. Everything else is refused with the counterpart of the tool. In a script, what
stands behind `|| true` or in a `try` for a program that is not there is no debt, nor is a file that
is named for its platform (`scripts/macos/`, `setup-linux.sh`) or that a Dockerfile runs. Tools of
your own stand in `host/*.toml` of a folder in workspace.rules.
""".strip(),
)
LANGUAGES = ("shell", "python")  # that have words of their own for `instead`
PLATFORMS = {"darwin": "macOS", "linux": "Linux", "win32": "Windows"}  # as process.platform says


@dataclass(frozen=True)
class Tool:
    """A program of one platform; `ordinary` where its name is an everyday word, too. `shell` and
    `python` are what to write instead in these languages, where it is another thing."""

    name: str
    platform: str
    instead: str
    ordinary: bool = False
    shell: str = ""
    python: str = ""

    @property
    def where(self) -> str:
        return PLATFORMS[self.platform]


def for_language(tools: Mapping[str, Tool], language: str) -> dict[str, Tool]:
    """The tools with what to write instead in `shell` or `python`."""
    return {
        name: replace(tool, instead=getattr(tool, language) or tool.instead)
        for name, tool in tools.items()
    }


def load_tools(folders: tuple[Path, ...] = ()) -> dict[str, Tool]:
    """The bundled tools by name, then those of `host/` in `folders`, which may replace them.

    Raises FleetmodError for a file that is no such table.
    """
    tools: dict[str, Tool] = {}
    for folder in (bundled_folder(), *folders):
        host = folder / "host"
        for path in rule_files(host) if host.is_dir() else ():
            tools |= _read(path)
    return tools


def _read(path: Path) -> dict[str, Tool]:
    def wrong(what: str) -> FleetmodError:
        return FleetmodError(what, where=str(path), todo="See rules/host/darwin.toml for the form")

    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise wrong(f"is not valid TOML: {error}") from error
    platform, table = raw.get("platform"), raw.get("tools")
    if platform not in PLATFORMS or not isinstance(table, dict) or len(raw) != 2:
        raise wrong(f"needs `platform` ({', '.join(PLATFORMS)}) and a table `tools`, nothing else")
    return {name: _tool(name, platform, entry, wrong) for name, entry in table.items()}


def _tool(name: str, platform: str, entry: object, wrong: Callable[[str], FleetmodError]) -> Tool:
    if not isinstance(entry, Mapping) or not set(entry) <= {"instead", "ordinary", *LANGUAGES}:
        raise wrong(f"`{name}` is no table of `instead`, `ordinary`, {' and '.join(LANGUAGES)}")
    instead, ordinary = entry.get("instead"), entry.get("ordinary", False)
    texts = [entry.get(language, "") for language in LANGUAGES]
    if not isinstance(instead, str) or not instead or not isinstance(ordinary, bool):
        raise wrong(f"`{name}` needs a text `instead`; `ordinary` is true or false")
    if not all(isinstance(text, str) for text in texts):
        raise wrong(f"`{name}` has something else than a text for a language")
    return Tool(name, platform, instead, ordinary, *texts)
