"""Homes that scripts compare with files that are checked in.

A smoke test expects a path that a plist or a recording spells, or a module that is not looked at.
That file keeps the path, so the script must keep it as well: else it fails on every other host.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Mapping

from fleetmod import reasons
from fleetmod.bounds import DEPTH, too_large
from fleetmod.filekinds import is_code
from fleetmod.places import Places
from fleetmod.refusal import Reason
from fleetmod.regex import lazy
from fleetmod.workspace.graph import ModuleGraph

# data, and what else checks read; documents are named by them, too
DATA = (".json", ".jsonc", ".json5", ".jsonl", ".ndjson", ".yaml", ".yml", ".toml")
READ = tuple(
    ".plist .template .tmpl .xml .sh .bash .zsh .py .service .timer .conf .cfg .ini .csv .tsv .txt"
    " .sql .html .md .mdx".split()
)
_DOCUMENTS = (".md", ".mdx", ".txt")
READERS = frozenset("fs node:fs fs/promises node:fs/promises bun fs-extra glob".split())
_CHECKS = lazy(rb"\b(?:assert|expect)\w*\s*[.(]")
_KEPT = "{} spells it as well, and this may be compared with that; {}"
_BOTH = "move both by hand"
_UNSEEN = "the code there is not looked at, so move both by hand"


def checks(data: bytes) -> bool:
    """Whether a module compares what it finds with what it expects."""
    return _CHECKS.search(data) is not None


def not_looked_at(path: str, data: bytes) -> bool:
    """Whether the analysis can prove nothing of a module: it is past a bound, or does not parse."""
    from fleetmod.syntax.source import deeper_than, is_text, open_source

    if too_large(len(data)) or not is_text(data):
        return True
    source = open_source(path, data)
    return deeper_than(source.root, DEPTH) or bool(source.errors())


def names(path: str, data: Iterable[bytes]) -> bool:
    """Whether code names a file, or the folder that it lies in (`"../agents/"`), which may hold
    documents as well that nobody compares with anything. A document is named by a text that is a
    path; a sentence may name it, too."""
    texts, name = list(data), posixpath.basename(path).encode()
    if path.endswith(_DOCUMENTS):
        alone = re.compile(rb"[\"'`][^\"'`\s,;]*" + re.escape(name) + rb"[\"'`?#]")
        return any(alone.search(text) for text in texts)
    if any(name in text for text in texts):
        return True
    folder = re.escape(posixpath.basename(posixpath.dirname(path)).encode())
    quoted = re.compile(rb"[\"'`/]" + folder + rb"[\"'`/]")
    return bool(folder) and any(quoted.search(text) for text in texts)


class Spelled:
    """Which files keep a home that a script spells. `texts` are those of files that hold no
    TypeScript, `read` gives any file's bytes, `code` the modules that may spell a home."""

    def __init__(
        self,
        texts: Mapping[str, str],
        code: Collection[str],
        read: Callable[[str], bytes],
        graph: ModuleGraph,
        places: Places,
    ) -> None:
        self._texts, self._code, self._read = texts, code, read
        self._graph, self._places = graph, places
        self._unseen: dict[str, bool] = {}

    def kept(self, path: str, data: bytes) -> dict[str, Reason]:
        """The homes, in full, that a script must keep, each with the reason."""
        homes = self._places.spelled(data.decode("utf-8", "replace"))
        reached = self._graph.reached([path])
        reads = any(READERS & self._graph.externals(each) for each in reached)
        out: dict[str, Reason] = {}
        for each, text in self._texts.items():
            found = [home for home in homes if home in text] if homes else []
            named = reads and names(each, [data])
            if found and (each in reached or named):
                out |= dict.fromkeys(found, reasons.CHECKED_IN(_KEPT.format(each, _BOTH)))
        for each in sorted(reached & set(self._code) - {path}):
            text = self._read(each).decode("utf-8", "replace")
            found = [home for home in homes if home in text]
            if found and self.is_unseen(each):
                out |= dict.fromkeys(found, reasons.CHECKED_IN(_KEPT.format(each, _UNSEEN)))
        return out

    def is_unseen(self, path: str) -> bool:
        """Whether nothing can be proven of a module."""
        if path not in self._unseen:
            self._unseen[path] = is_code(path) and not_looked_at(path, self._read(path))
        return self._unseen[path]
