"""The report and the trend as one self-contained HTML file each.

It asks the network for nothing, and says so to the browser (Content-Security-Policy). All of it
can be read without the script, which only filters.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from fleetmod import __version__, families
from fleetmod.reasons import todo
from fleetmod.report.html import charts, view
from fleetmod.report.report import Report
from fleetmod.report.text import package_of
from fleetmod.trend import Point

_HERE = Path(__file__).parent / "templates"
NOW = "now"


def render(report: Report) -> str:
    """The report of an audit or a gate, with its burn-down where it has a history."""
    debt = [entry.finding for entry in report.debt]
    points = [*report.history, _now(report)] if report.history else []
    return _page(
        "report.html",
        report=report,
        debt=debt,
        files=tuple(view.items(report)),
        phases=tuple(view.phases(report)),
        bars=charts.by_package([(package_of(f.path, report.packages), f) for f in debt]),
        burn_down=charts.burn_down(points),
        points=points,
        roadmap=tuple(view.roadmap(report)),
        matrix=view.matrix(report),
        owners=sorted({name for names in report.owners.values() for name in names}),
        used=[r for r in report.rules if any(f.rule == r.id for f in report.findings)],
        packages=sorted({package_of(f.path, report.packages) for f in report.findings}),
    )


def trend_page(name: str, points: Sequence[Point]) -> str:
    """The debt at commits of the past, as a chart and a table."""
    shown = [f.id for f in families.every() if any(f.id in p.debt for p in points)]
    return _page(
        "trend.html",
        name=name,
        points=points,
        shown=shown,
        burn_down=charts.burn_down(points),
    )


def _now(report: Report) -> Point:
    """What the report itself counts, behind the history's last point."""
    counts: dict[str, int] = {}
    debt = [entry.finding for entry in report.debt]
    for finding in debt:
        counts[finding.family] = counts.get(finding.family, 0) + 1
    return Point(report.commit, "", NOW, counts, len({f.path for f in debt}), len(report.unproven))


def _page(template: str, **values: Any) -> str:
    script = _read("filter.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template(template)
        .render(
            families={family.id: family.title for family in families.every()},
            style=Markup(_read("style.css")),  # our own files, which hold no `</`
            script=Markup(script),
            script_hash=digest,
            version=__version__,
            **values,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code"] = _code
    environment.filters["todo"] = todo
    return environment


def _code(text: str) -> Markup:
    """Prose with what stands between backticks set as code; all of it is escaped."""
    parts = (escape(part) for part in text.split("`"))
    if text.count("`") % 2:
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part
        for number, part in enumerate(parts)
    )


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
