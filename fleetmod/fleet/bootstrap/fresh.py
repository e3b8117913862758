"""Commands in the repository's scripts and documents that would make a cluster's secrets anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fleetmod.fleet.bootstrap.model import Fact
from fleetmod.project import Project
from fleetmod.workspace.discover import candidates, discover

# between the words of a command line, or of a list of its words
_GAP = r"""(?:[ \t]+|["'][\s,]*["']?)"""
# a call names a cluster after it; a sentence that only speaks of the command does not
_GEN = re.compile(rf"""\btalosctl\b[^\n|;&`]*?{_GAP}gen{_GAP}config{_GAP}[\w$"'<{{-][^\n]*""")
_BOOTSTRAP = re.compile(rf"""\btalosctl\b[^\n|;&]*{_GAP}bootstrap\b""")
_COMMENT = re.compile(r"^\s*(?:#(?!!)|//|\*|--)")


def fresh_secrets(project: Project) -> Iterator[Fact]:
    """One for each `talosctl gen config` without --with-secrets that makes no new cluster.

    One that is followed by `talosctl bootstrap` in the same file does make one, which is right.
    """
    paths = discover(project.root, project.config)
    for path in candidates(project.root, paths, [b"talosctl"]).hits:
        for line in fresh_lines(_text(project.root / path)):
            yield Fact(
                f"{path}:{line} makes new secrets, and what has them cannot join the cluster",
                False,
                "Add --with-secrets secrets.yaml there, the existing cluster's own",
            )


def fresh_lines(text: str) -> list[int]:
    """The lines, from 1, of the calls that are wrong for joining."""
    # a command goes on in the next line; no length changes, so an offset is the same in both
    whole = re.sub(r"\\\r?\n", lambda end: " " * len(end[0]), text)
    found: list[int] = []
    calls = [m for m in _GEN.finditer(whole) if not _is_comment(whole, m.start())]
    for at, call in enumerate(calls):
        if "--with-secrets" in call[0]:
            continue
        end = calls[at + 1].start() if at + 1 < len(calls) else len(whole)
        if not _BOOTSTRAP.search(whole, call.end(), end):
            found.append(text.count("\n", 0, call.start()) + 1)
    return found


def _is_comment(text: str, at: int) -> bool:
    return _COMMENT.match(text[text.rfind("\n", 0, at) + 1 : at + 1]) is not None


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
