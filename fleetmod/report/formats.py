"""The formats, each printed by the `render(report)` of a module that is imported when asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetmod.report.report import Report

# `text` and `json` are each command's own words: a terminal's table, and its JSON document.
OWN = ("text", "json")
_MODULES = {
    "sarif": "sarif",
    "junit": "junit",
    "github": "github",
    "gitlab": "gitlab",
    "markdown": "markdown",
    "html": "html.page",
}
FORMATS = (*OWN, *_MODULES)
JSON = ("json", "sarif", "gitlab")
WITH_FIXES = ("sarif", "html")  # they show what mends a finding


def render(name: str, report: Report) -> str:
    """A report in one of the shared formats, as the whole text of a file."""
    text: str = importlib.import_module(f"fleetmod.report.{_MODULES[name]}").render(report)
    return text
