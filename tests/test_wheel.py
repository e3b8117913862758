"""The wheel, built and installed elsewhere, carries its rules and packages and runs."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*args: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(a) for a in args], cwd=cwd, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_what_is_shipped_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for rule in (ROOT / "rules").rglob("*.toml"):
        assert f"fleetmod/_data/rules/{rule.relative_to(ROOT / 'rules').as_posix()}" in names
    for shipped in ("process-manager/package/js/index.cjs", "node-identity/package/identity.json"):
        assert f"fleetmod/runtime/{shipped}" in names
    for shipped in ("node.sh", "drive.mjs", "serve.mjs"):
        assert f"fleetmod/fleet/rehearse/{shipped}" in names
    assert "fleetmod/_data/demo/package.json" in names
    assert not [n for n in names if "node_modules" in n or n.startswith("tests/")]


def test_the_installed_wheel_runs_its_demo(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    run(python, "-m", "pip", "install", "-q", wheel, cwd=tmp_path)
    where = run(python, "-c", "import fleetmod; print(fleetmod.__file__)", cwd=tmp_path)
    assert where.startswith(str(tmp_path))
    out = run(tmp_path / "venv/bin/fleetmod", "demo", "--keep", tmp_path / "kept", cwd=tmp_path)
    assert "the gates prove that none is left" in out
    assert (tmp_path / "kept/packages/node-identity/identity.json").is_file()
    audit = ("-C", tmp_path / "kept", "audit", "--format", "html")
    assert run(tmp_path / "venv/bin/fleetmod", *audit, cwd=tmp_path).startswith("<!doctype html>")
