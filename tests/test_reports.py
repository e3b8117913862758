"""The sample reports in reports/demo are what the demo monorepo gives, and fit their schemas."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import jsonschema
import pytest
from pytest_regressions.file_regression import FileRegressionFixture

from tests.repo import FIXTURES, fleetmod

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
    return re.sub(r'"[0-9a-f]{64}"', '"(sha256)"', text).replace(str(root), "demo")


def check(golden: FileRegressionFixture, name: str, text: str, root: Path) -> None:
    golden.check(steady(text, root), fullpath=REPORTS / "demo" / name, extension=Path(name).suffix)


def fits(schema: str, document: object) -> None:
    loaded = json.loads((REPORTS / f"{schema}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(loaded)
    jsonschema.Draft202012Validator(loaded).validate(document)


def test_audit(demo: Path, file_regression: FileRegressionFixture) -> None:
    ran = fleetmod(demo, "audit", "--format", "json")
    assert ran.code == 1
    fits("audit", json.loads(ran.out))
    check(file_regression, "audit.json", ran.out, demo)


def test_audit_for_people(demo: Path, file_regression: FileRegressionFixture) -> None:
    check(file_regression, "audit.txt", fleetmod(demo, "audit").out, demo)


def test_audit_in_markdown(demo: Path, file_regression: FileRegressionFixture) -> None:
    ran = fleetmod(demo, "audit", "--format", "markdown")
    check(file_regression, "audit.md", ran.out, demo)


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
