"""One file through fleetmod's pure middle, as the repository of a made-up user sees it."""

from __future__ import annotations

from fleetmod.edits import render
from fleetmod.engine import scan
from fleetmod.migrate import settle
from fleetmod.model import FileResult
from fleetmod.rule_examples import SETTINGS as SETTINGS
from fleetmod.rules import Rule, fitted, load_rules

RULES = fitted(load_rules(), SETTINGS.places)
PATH = "packages/app/src/example.ts"


def look(text: str | bytes, path: str = PATH, rules: tuple[Rule, ...] = RULES) -> FileResult:
    """The findings and edits of the first cycle."""
    return scan(path, _bytes(text), SETTINGS, rules)


def migrated(text: str | bytes, path: str = PATH, rules: tuple[Rule, ...] = RULES) -> str:
    """The text once migrated to the end; raises where the result does not parse or settle."""
    data = _bytes(text)
    settled = settle(look(data, path, rules), data, SETTINGS, rules)
    return render(data, settled.change.edits).decode()


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
