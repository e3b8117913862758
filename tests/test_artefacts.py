"""What fleetmod writes is never debt, wherever it is saved; what only names fleetmod is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fleetmod.artefacts import GENERATED, by_people
from tests.fleet.harbor import harbor
from tests.repo import FIXTURES, Ran, commit, copy, fleetmod, make

HOME = "/Users/sam"
CONFIG = f'version = 1\n[home]\nusers = ["sam"]\nroot = "{HOME}/code/acme"\n'
CODE = f'export const a = "{HOME}/x";\n// see launchctl(1)\nrun("launchctl $1");\n'
FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown", "html")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Each of fleetmod's own files, of a repository with debt in two families."""
    root = tmp_path_factory.mktemp("artefacts") / "r"
    make(root, {"package.json": "{}\n", "fleetmod.toml": CONFIG, "packages/app/src/a.ts": CODE})
    out = root.parent / "out"
    out.mkdir()
    for command in ("audit", "check", "gate"):
        for form in FORMATS:
            if (command, form) != ("check", "text"):
                name = f"{command}-{form}"
                ran = fleetmod(root, command, "--format", form, "--output", str(out / name))
                assert ran.code == 1, ran.err
    for form in ("text", "json", "markdown", "html"):
        fleetmod(root, "trend", "--format", form, "--output", str(out / f"trend-{form}"))
    fleetmod(root, "gate", "--certificate", str(out / "certificate"))
    fleetmod(root, "migrate", "--plan", str(out / "plan"))
    since = ("audit", "--since", "HEAD", "--format", "markdown")
    fleetmod(root, *since, "--output", str(out / "since"))
    comment = b"<!-- fleetmod -->\n" + (out / "audit-markdown").read_bytes()
    (out / "comment").write_bytes(comment)
    for form in ("markdown", "json"):
        ran = fleetmod(root, "worklist", "--format", form, "--output", str(out / f"list-{form}"))
        assert ran.code == 0, ran.err
    fleetmod(root, "baseline")
    shutil.copy(root / ".fleetmod-baseline", out / "baseline")
    strict = ("gate", "--strict", "--phase", "1a,1b,host,portable", "--format", "json")
    fleetmod(root, *strict, "--output", str(out / "strict"))
    fleetmod(root, "init", "--force", "--schema")
    shutil.copy(root / "fleetmod.schema.json", out / "schema")
    return {path.name: path.read_bytes() for path in out.iterdir()}


def portable(root: Path) -> list[tuple[str, str]]:
    ran = fleetmod(root, "gate", "--phase", "portable", "--format", "json")
    (phase,) = json.loads(ran.out)["phases"]
    assert phase["unproven"] == []
    return [(f["path"], f["rule"]) for f in phase["findings"]]


def test_own_files_are_known_by_what_they_hold(saved: dict[str, bytes], tmp_path: Path) -> None:
    assert sum(b"launchctl" in data and HOME.encode() in data for data in saved.values()) > 15
    names = {name: f"ci/{name}" for name in saved}
    assert [name for name, path in names.items() if by_people(path, saved[name])] == []
    files: dict[str, str | bytes] = {path: saved[name] for name, path in names.items()}
    root = make(tmp_path / "r", {**files, "fleetmod.toml": CONFIG, ".fleetmod-baseline": b""})
    (root / "nested").mkdir()
    (root / "nested/fleetmod.toml").write_text(CONFIG)
    assert portable(root) == []
    assert fleetmod(root, "gate", "--phase", "host").code == 0
    assert json.loads(fleetmod(root, "audit", "--format", "json").out)["other_languages"] == []


@pytest.mark.parametrize("end", [".ts", ".js", ".mjs", ".sh", ".py", ".plist"])
def test_no_code_is_taken_for_a_file_of_fleetmods(end: str, saved: dict[str, bytes]) -> None:
    for data in saved.values():
        assert by_people(f"src/a{end}", data) == data


def test_a_file_that_only_names_fleetmod_is_debt(saved: dict[str, bytes], tmp_path: Path) -> None:
    audit = json.loads(saved["audit-json"])
    sarif = json.loads(saved["audit-sarif"])
    other = json.loads(saved["audit-sarif"])
    other["runs"][0]["tool"]["driver"]["name"] = "eslint"
    issues = json.loads(saved["audit-gitlab"])
    unit = "# Made by `fleetmod units` from a.plist; a change here is lost.\n[Service]\n"
    mark = "# >>> fleetmod: generated; write outside of this block\n"
    fakes = {
        "more.json": json.dumps({**audit, "home": HOME}),
        "format.json": json.dumps({"format": "fleetmod-audit", "home": HOME}),
        "tool.json": json.dumps({"tool": "fleetmod 0.1.0", "home": HOME}),
        "more.sarif": json.dumps({**sarif, "properties": {"home": HOME}}),
        "other.sarif": json.dumps(other),
        "mixed.json": json.dumps([*issues, {**issues[0], "engine_name": "eslint"}]),
        "two.json": saved["audit-json"].decode() + json.dumps({"home": HOME}),
        "suites.xml": saved["audit-junit"].decode().replace('"fleetmod audit"', '"unit tests"'),
        "list.cfg": f"# fleetmod baseline 1: path\n{HOME}/x\n",
        "marked.yaml": f"# made by fleetmod\n# fleetmod baseline 1:\nhome: {HOME}\n",
        "list.yaml": f"Gates\n┏━\nhome: {HOME}\n",
        "a.service": f"{unit}ExecStart={HOME}/x\n",
        "nested/fleetmod.toml": f'{CONFIG}[mine]\nhome = "{HOME}"\n',
        "redis.yaml": f"{mark}home: {HOME}\n# <<< fleetmod\n",
    }
    root = make(tmp_path / "r", {**fakes, "fleetmod.toml": CONFIG})
    assert {path for path, _ in portable(root)} == set(fakes)


def test_a_page_that_is_not_fleetmods_is_counted(saved: dict[str, bytes]) -> None:
    page = saved["audit-html"]
    assert by_people("a.html", page) == b""
    named = page.replace(b"content=\"default-src 'none'; ", b'content="')
    assert by_people("a.html", named) == named


def test_generated_units(tmp_path: Path) -> None:
    root = copy("demo", tmp_path / "demo")
    assert fleetmod(root, "init").code == 0
    done: Ran = fleetmod(root, "units", "--output", str(root / "systemd"), "--home", "/home/sam")
    assert "unit(s)" in done.out
    units = sorted((root / "systemd").iterdir())
    assert units and all(by_people(unit.name, unit.read_bytes()) == b"" for unit in units)
    commit(root)
    assert not [path for path, _ in portable(root) if path.startswith("systemd/")]


def test_generated_blocks_and_what_people_write_around_them(tmp_path: Path) -> None:
    root = harbor(tmp_path / "harbor")
    before = set(root.rglob("*"))
    assert fleetmod(root, "specs").code == 0
    assert fleetmod(root, "network").code in (0, 3)
    made = [path for path in root.glob("[!.]*/*") if path.is_file() and path not in before]
    assert len(made) >= 8 and all(path.name.endswith(GENERATED) for path in made)
    assert not any(by_people(path.name, path.read_bytes()).strip() for path in made)
    own = f"# >>> fleetmod: generated; write outside of this block\nwas: {HOME}/a\n# <<< fleetmod\n"
    files = {
        "k8s/redis-ha-values.yaml": f"{own}mine: {HOME}/b\n",
        "k8s/cilium-values.yaml": own,
        "fleetmod.toml": CONFIG,
    }
    found = fleetmod(make(tmp_path / "r", files), "gate", "--phase", "portable", "--format", "json")
    (phase,) = json.loads(found.out)["phases"]
    assert [(f["path"], f["line"]) for f in phase["findings"]] == [("k8s/redis-ha-values.yaml", 4)]


def test_rules_of_ones_own_are_no_debt(tmp_path: Path) -> None:
    rule = (FIXTURES.parent / "rules/launchctl-log.toml").read_text(encoding="utf-8")
    config = f'{CONFIG}[workspace]\nrules = ["lint"]\n'
    files = {"lint/own.toml": rule.replace("launchctl-log", "own-log"), "fleetmod.toml": config}
    root = make(tmp_path / "r", {**files, "other/own.toml": rule})
    assert {path for path, _ in portable(root)} == {"other/own.toml"}
