"""Every other kind of file: reported with what to do, never rewritten."""

from __future__ import annotations

import re

from fleetmod import reasons
from fleetmod.host.nature import NOTHING, is_dockerfile, platform_of_file
from fleetmod.languages.elsewhere import INSIDE
from fleetmod.languages.findings import (
    HOME_FAMILY,
    PROCESS_FAMILY,
    TOOL,
    Context,
    Result,
    spots,
)
from fleetmod.languages.launchctl import LAUNCHCTL

_DOCUMENTS = (".md", ".mdx", ".txt", ".rst", ".adoc", ".html", ".org")
_RECORDS = (".jsonl", ".ndjson", ".log")
_ADVICE = {
    "JavaScript": ((".js", ".mjs", ".cjs", ".jsx"), "name it .ts, or look it up with os.homedir()"),
    "Rust": ((".rs",), 'look it up when it runs, with std::env::var("HOME")'),
    "Go": ((".go",), "look it up when it runs, with os.UserHomeDir()"),
    "Swift": ((".swift",), "look it up with FileManager.default.homeDirectoryForCurrentUser"),
    "YAML": ((".yaml", ".yml"), "let what reads it expand `~`, or render it for each node"),
    "JSON": ((".json", ".jsonc", ".json5"), "let what reads it expand `~`, or render it"),
    "TOML": ((".toml",), "let what reads it expand `~`, or render it for each node"),
}
# the tool, and no other name with its in it: `launchctl-agents`, `./launchctl.js`, `onLaunchctl`
_TOOL = re.compile(rb"(?<![\w@-])(?<!(?<!/bin)/)%b(?![\w-]|\.\w)" % TOOL.encode())
_ELSE = ("data or code of another kind", "let what reads it look the home up")


def scan(path: str, data: bytes, context: Context) -> Result:
    """One finding for each home path and for each line that names launchctl."""
    result = Result(path, data, "other")
    kind, advice = _kind(path)
    record = path.lower().endswith(_RECORDS)
    document = record or path.lower().endswith(_DOCUMENTS)
    what = "a document, which runs nothing" if document else ""
    what = "a record of what happened" if record else what
    reason = reasons.OTHER_FILE_KIND(f"{kind} is reported only; {advice}")
    named = reasons.OTHER_FILE_KIND(f"{kind} is reported only; ask for the platform first")
    image = is_dockerfile(path)
    for spot in spots(data.decode("utf-8"), context, result):
        inside = image and data.startswith(b"/home/", spot.start)
        no_debt = INSIDE if inside else what
        result.add(HOME_FAMILY, spot.start, spot.end, "a home path", reason, no_debt)
    own = what or platform_of_file(path, LAUNCHCTL, NOTHING)
    seen: set[int] = set()
    for match in _TOOL.finditer(data):
        line = data.count(b"\n", 0, match.start())
        if line not in seen:
            seen.add(line)
            result.add(PROCESS_FAMILY, *match.span(), "names launchctl", named, own)
    return result


def _kind(path: str) -> tuple[str, str]:
    for kind, (ends, advice) in _ADVICE.items():
        if path.lower().endswith(ends):
            return kind, advice
    return _ELSE
