"""The examples of calls in other languages, `rules/host/examples/LANGUAGE.toml`: for people, and
for the tests, which run each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from fleetmod.host.tools import LANGUAGES
from fleetmod.rules import bundled_folder

_PATHS = {"shell": "scripts/example.sh", "python": "scripts/example.py"}


@dataclass(frozen=True)
class HostExample:
    """A file and the tools whose calls in it are debt, in the order of the code."""

    language: str
    title: str
    path: str
    code: str
    finds: tuple[str, ...]


def load_examples() -> tuple[HostExample, ...]:
    """The bundled examples, by language."""
    found = []
    for language in LANGUAGES:
        path = bundled_folder() / "host" / "examples" / f"{language}.toml"
        for raw in tomllib.loads(path.read_text(encoding="utf-8"))["example"]:
            where = raw.get("path", _PATHS[language])
            found.append(
                HostExample(language, raw["title"], where, raw["code"], tuple(raw["finds"]))
            )
    return tuple(found)
