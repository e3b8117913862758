"""Why the home paths of a test cannot move to another home: something else spells them, too."""

from __future__ import annotations

import re
from functools import cached_property

from fleetmod.places import Places, whole_path
from fleetmod.regex import lazy
from fleetmod.settings import Settings
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.source import Source

_BARE = lazy(r"/(?:Users|home)/(?P<user>[^/]+)/?")


class Drift:
    """What holds one test file's home paths back; each reason is empty where nothing does."""

    def __init__(self, source: Source, settings: Settings) -> None:
        self.source, self.settings, self.places = source, settings, settings.places

    @cached_property
    def fixture(self) -> str:
        """Why its test data cannot move to a neutral home."""
        if self.any:
            return self.any
        if "toMatchSnapshot(" in self._text or "toMatchFileSnapshot(" in self._text:
            return "a snapshot beside the test may hold it too; move both by hand"
        if "nodeIdentity." in self._text:
            return "the file also looks this host's home up; move the rest of it by hand"
        return ""

    @cached_property
    def any(self) -> str:
        """Why it cannot move to any other home, a looked up one neither."""
        if other := spelled_otherwise(self._text, self.places):
            return f"the file also spells {other} for it; move both by hand"
        users = sorted({p.user for text in self._texts for p in self.places.find(text) if p.base})
        if len(users) > 1:
            return f"the homes of {' and '.join(users)} would become one; move them by hand"
        for text in self._texts:
            left = next((p for p in self.places.find(text) if p.why), None)
            if left is not None:
                return f"the file also spells `{text[: left.end]}`, which stays; move both by hand"
        moved = {self.is_production(text) for text in self._ours}
        if len(moved) > 1 or (True in moved and self._in_patterns):
            return "some of it the code under test spells as well; move all of it by hand"
        ours = {spelled for text in self._ours for spelled in self._spelled(text)}
        for path, spelled in self.settings.data_paths.items():
            named = path.rpartition("/")[2] in self._text
            if self._ours and (named or not ours.isdisjoint(spelled)):
                return f"{path} spells it as well, and the test may read that; move both by hand"
        return ""

    def is_production(self, text: str) -> bool:
        """Whether the code of the file's package spells a text, or the home in it by itself."""
        folders, homes = self._production
        longest = max(map(len, folders), default=0)
        ends = (match.start() for match in re.finditer("/", text[: longest + 1]))
        return (
            text in self.settings.literals_for(self.source.path)
            or any(text[:end] in folders for end in ends)
            or any(path.base and path.user in homes for path in self.places.find(text))
        )

    @cached_property
    def _production(self) -> tuple[frozenset[str], frozenset[str]]:
        """The folders that the code of the package spells, and the homes that it spells alone."""
        literals = self.settings.literals_for(self.source.path)
        homes = (match["user"] for match in map(_BARE.fullmatch, literals) if match)
        return frozenset(text.rstrip("/") for text in literals), frozenset(homes)

    def _spelled(self, text: str) -> set[str]:
        """A text's paths below its homes, in full."""
        full = ((p, whole_path(text, p.start)) for p in self.places.find(text) if p.base)
        return {spelled for p, spelled in full if p.start + len(spelled) > p.end}

    @cached_property
    def _in_patterns(self) -> bool:
        patterns = self.source.of("regex")
        return any(p.base for n in patterns for p in self.places.find(cook(n, self.source).text))

    @cached_property
    def _text(self) -> str:
        return self.source.data.decode("utf-8")

    @cached_property
    def _texts(self) -> list[str]:
        nodes = self.source.of("string", "template_string")
        return [cook(node, self.source).text for node in nodes]

    @cached_property
    def _ours(self) -> list[str]:
        return [text for text in self._texts if any(p.base for p in self.places.find(text))]


def spelled_otherwise(text: str, places: Places) -> str:
    """Another spelling of a configured home in a file, e.g. `-Users-alice-`; empty for none."""
    for user in places.users:
        name = re.escape(user)
        rest = re.sub(
            rf"(?:(?<![\w.])|(?<=\\[nrt]))\\?/(?:Users|home)\\?/{name}(?![\w-])", "", text
        )
        left = re.search(
            rf"users?[^\w\n]{{1,6}}{name}\b|(?:users|home)(?:%2F|[-_]){name}\b"
            rf"|(?:to\w{{1,40}}|[eE]qual)\((?:[^\"'`\n]{{0,200}},\s*)?[\"'`]{name}[\"'`]",
            rest,
            re.I,
        )
        if left:
            return left.group()
    return ""
