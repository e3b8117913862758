"""The sample reports in reports/demo are what the demo monorepo gives, and fit their schemas."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest
from pytest_regressions.file_regression import FileRegressionFixture

from tests.repo import FIXTURES, fleetmod, git

REPORTS = FIXTURES.parent / "reports"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo outside of git, so that no commit's hash gets into a report."""
    root = tmp_path_factory.mktemp("reports") / "demo"
    shutil.copytree(FIXTURES / "demo", root)
    assert fleetmod(root, "init").code == 0
    return root


def steady(text: str, root: Path) -> str:
    """Without what changes with every rule: hashes; and without this run's folder."""
    text = re.sub(r'"[0-9a-f]{64}"', '"(sha256)"', text)
    return text.replace(str(root), "demo")


def check(golden: FileRegressionFixture, name: str, text: str, root: Path) -> None:
    golden.check(steady(text, root), fullpath=REPORTS / "demo" / name, extension=Path(name).suffix)


def fits(schema: str, document: object) -> None:
    loaded = json.loads((REPORTS / f"{schema}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(loaded)
    jsonschema.Draft202012Validator(loaded).validate(document)


def dated(root: Path, subject: str, date: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", subject, env={"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date})


def test_audit(demo: Path, file_regression: FileRegressionFixture) -> None:
    ran = fleetmod(demo, "audit", "--format", "json")
    assert ran.code == 1
    fits("audit", json.loads(ran.out))
    check(file_regression, "audit.json", ran.out, demo)


def test_audit_for_people(demo: Path, file_regression: FileRegressionFixture) -> None:
    check(file_regression, "audit.txt", fleetmod(demo, "audit").out, demo)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("audit.md", "markdown"),
        ("audit.sarif", "sarif"),
        ("audit.xml", "junit"),
        ("audit.github.txt", "github"),
        ("audit.gitlab.json", "gitlab"),
    ],
)
def test_audit_for_machines(
    demo: Path, name: str, form: str, file_regression: FileRegressionFixture
) -> None:
    check(file_regression, name, fleetmod(demo, "audit", "--format", form).out, demo)


def test_audit_as_a_page(demo: Path, file_regression: FileRegressionFixture) -> None:
    page = demo / "report.html"
    trend = json.loads((REPORTS / "demo" / "trend.json").read_text())
    trend["points"] = trend["points"][:2]  # the third is the migration, which is still to come
    history = demo / "history.json"
    history.write_text(json.dumps(trend))
    options = ("--format", "html", "--output", str(page), "--history", str(history))
    assert fleetmod(demo, "audit", *options).code == 1
    history.unlink()
    text = page.read_text()
    page.unlink()
    check(file_regression, "audit.html", text, demo)


def test_trend(tmp_path: Path, file_regression: FileRegressionFixture) -> None:
    """The demo's history: two commits of debt, and the one of its migration."""
    root = tmp_path / "demo"
    shutil.copytree(FIXTURES / "demo", root)
    assert fleetmod(root, "init").code == 0
    more = root / "packages/worker/src/more.ts"
    more.write_text('export const more = "/Users/sam/more";\n')
    git(root, "init", "-q")
    dated(root, "before", "2026-01-05T09:00:00+00:00")
    more.unlink()
    dated(root, "drop a path", "2026-02-05T09:00:00+00:00")
    assert fleetmod(root, "migrate").code == 0
    dated(root, "migrate", "2026-03-05T09:00:00+00:00")
    ran = fleetmod(root, "trend", "--format", "json")
    document = json.loads(ran.out)
    fits("trend", document)
    assert [p["debt"] for p in document["points"]] == [
        {"home": 12, "process": 17},
        {"home": 11, "process": 17},
        {},
    ]
    text = re.sub(r'"[0-9a-f]{40}"', '"(commit)"', ran.out)
    names = iter(("1" * 40, "2" * 40, "3" * 40))
    text = re.sub(r"\(commit\)", lambda _: next(names), text)
    check(file_regression, "trend.json", text, root)
    page = fleetmod(root, "trend", "--format", "html").out
    page = re.sub(r"<code>[0-9a-f]{10}</code>", "<code>(commit)</code>", page)
    check(file_regression, "trend.html", page, root)


def test_diff(demo: Path, file_regression: FileRegressionFixture) -> None:
    check(file_regression, "migrate.diff", fleetmod(demo, "migrate", "--dry-run").out, demo)


def test_plan(demo: Path, tmp_path: Path) -> None:
    assert fleetmod(demo, "migrate", "--plan", str(tmp_path / "plan.json")).code == 0
    fits("plan", json.loads((tmp_path / "plan.json").read_text()))


def test_certificate(demo: Path, tmp_path: Path, file_regression: FileRegressionFixture) -> None:
    written = tmp_path / "certificate.json"
    ran = fleetmod(demo, "gate", "--certificate", str(written), "--format", "json")
    assert ran.code == 1
    assert written.read_text() == ran.out
    document = json.loads(ran.out)
    fits("certificate", document)
    assert [p["verdict"] for p in document["phases"]] == ["failed", "failed"]
    done = shutil.copytree(demo, tmp_path / "done")
    assert fleetmod(done, "migrate").code == 0
    ran = fleetmod(done, "gate", "--format", "json")
    assert ran.code == 0
    fits("certificate", json.loads(ran.out))
    check(file_regression, "certificate.json", ran.out, done)
