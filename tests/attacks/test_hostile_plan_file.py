"""A plan file that fleetmod did not make, or that was changed: one clear line, nothing written."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetmod.apply import write
from fleetmod.errors import FleetmodError
from fleetmod.gitnames import is_own_folder
from fleetmod.model import Edit, FileChange
from tests.repo import fleetmod, make, tree

HEAD = 'import { execFileSync } from "node:child_process";\n'
FILE = "packages/app/src/a.ts"
FILES: dict[str, str | bytes] = {
    "package.json": '{"name": "r", "workspaces": ["packages/*"]}\n',
    "fleetmod.toml": 'version = 1\n[home]\nusers = ["alice"]\n[runtime]\nscope = "@acme"\n',
    "packages/app/package.json": '{"name": "app", "type": "module"}\n',
    FILE: HEAD + 'export async function f() {\n  execFileSync("launchctl", ["stop", "a.b"]);\n}\n',
}
GIT_NAMES = [
    ".git", ".GIT", ".Git", "git~1", "GIT~1", "git~2", ".git ", ".git.", ".git. .", ".g\u200cit",
    "\ufeff.git", ".gi\u202et", ".git::$INDEX_ALLOCATION", ".git:x", "a\\.git\\b", ".fleetmod",
    ".FLEETMOD", ".fleetmod.",
]  # fmt: skip


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("plan") / "r", FILES)


@pytest.fixture(scope="module")
def plan(repository: Path) -> dict[str, Any]:
    file = repository.parent / "plan.json"
    assert fleetmod(repository, "migrate", "--plan", str(file)).code == 0
    found: dict[str, Any] = json.loads(file.read_text())
    # the new packages are left out: what is small is changed in all of its places
    found["changes"] = [change for change in found["changes"] if change["sha256"]]
    assert len(found["changes"]) > 1
    return found


def refused(repository: Path, text: str | bytes) -> str:
    """The one line by which `migrate --apply` refuses a file with this text."""
    file = repository.parent / "bad.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    before = tree(repository.parent)
    code, err = run("-C", str(repository), "migrate", "--apply", str(file))
    assert tree(repository.parent) == before
    assert code == 2, err
    assert err.count("\n") == 1 and err.startswith("fleetmod: "), err
    return err


def new_file(path: Any) -> dict[str, Any]:
    edit = {"start": 0, "end": 0, "after": "x", "rule": "r"}
    return {"path": path, "sha256": "", "edits": [edit]}


def change(key: str, value: Any) -> Callable[[Any], None]:
    return lambda d: d["changes"][0].__setitem__(key, value)


def edit(key: str, value: Any) -> Callable[[Any], None]:
    return lambda d: _edited(d)["edits"][0].__setitem__(key, value)


def add(path: Any) -> Callable[[Any], None]:
    return lambda d: d["changes"].append(new_file(path))


def _edited(document: Any) -> Any:
    return next(c for c in document["changes"] if c["path"] == FILE)


def _twice(document: Any) -> None:
    edits = _edited(document)["edits"]
    edits.append(dict(edits[0], start=edits[0]["start"], end=edits[0]["end"] + 1))


BAD: dict[str, Callable[[Any], None]] = {
    "nul": add("a\0b"),
    "absolute": add("/tmp/x"),
    "above": add("a/../../x"),
    "another-spelling": add(f"./{FILE}"),
    "another-slash": add("packages//app/x"),
    "no-name": add(""),
    "root": add("."),
    "folder": add("packages/"),
    "too-long-a-name": add("a" * 300),
    "too-long": add("a/" * 3000 + "b"),
    "half-a-character": add("a\ud800b"),
    "path-number": add(7),
    "twice": lambda d: d["changes"].append(copy.deepcopy(d["changes"][0])),
    "negative": edit("start", -5),
    "turned-round": lambda d: _edited(d)["edits"][-1].update(start=9, end=8),
    "float": edit("start", 1.0),
    "infinite": edit("start", float("inf")),
    "not-a-number": edit("start", float("nan")),
    "true": edit("start", True),
    "text-number": edit("start", "1"),
    "huge": edit("end", 10**400),
    "past-the-end": edit("end", 10**9),
    "overlap": _twice,
    "surrogate": edit("after", "\ud800"),
    "no-text": edit("after", None),
    "no-hash": change("sha256", "abc"),
    "hash-in-capitals": change("sha256", "A" * 64),
    "hash-number": change("sha256", 0),
    "edits-object": change("edits", {}),
    "edits-text": change("edits", "abc"),
    "unknown-of-change": change("mode", "0777"),
    "unknown-of-edit": edit("run", "x"),
    "unknown-at-top": lambda d: d.__setitem__("hooks", []),
    "no-changes": lambda d: d.pop("changes"),
    "changes-object": lambda d: d.__setitem__("changes", {}),
    "change-null": lambda d: d["changes"].append(None),
    "version-true": lambda d: d.__setitem__("version", True),
    "notes-numbers": lambda d: d.__setitem__("notes", [1]),
    "finding-field": lambda d: d["findings"][0].__setitem__("x", 1),
    "finding-lines": lambda d: d["findings"][0].__setitem__("lines", [1.5]),
    "finding-line": lambda d: d["findings"][0].__setitem__("line", "1"),
    "finding-action": lambda d: d["findings"][0].__setitem__("action", "rm"),
    "finding-null": lambda d: d.__setitem__("findings", [None]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_plan_is_one_line(name: str, repository: Path, plan: Any) -> None:
    document = copy.deepcopy(plan)
    BAD[name](document)
    refused(repository, json.dumps(document))


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe",
        b"\0",
        "[" * 200_000,
        '{"a":' * 200_000,
        "1e400",
        "9" * 10_000,
        '{"format": "fleetmod-plan", "format": "fleetmod-plan"}',
        "null",
        '"\\ud800"',
    ],
    ids=["not-utf8", "nul", "brackets", "braces", "infinite", "digits", "twice", "null", "half"],
)
def test_a_file_that_is_no_plan(text: str | bytes, repository: Path) -> None:
    assert "is no plan that this fleetmod can read" in refused(repository, text)


def test_of_two_keys_none_is_taken(repository: Path, plan: Any) -> None:
    """A reviewer's tool may show the first one."""
    text = json.dumps(plan).replace('"after":', '"after": "shown", "after":', 1)
    assert "'after' stands twice" in refused(repository, text)


@pytest.mark.parametrize("name", GIT_NAMES)
def test_what_a_disk_takes_for_gits_folder_is_no_place(
    name: str, repository: Path, plan: Any
) -> None:
    assert is_own_folder(name)
    for path in (f"{name}/hooks/pre-commit", f"sub/{name}/config", f"sub/{name}"):
        document = copy.deepcopy(plan)
        document["changes"].append(new_file(path))
        refused(repository, json.dumps(document))
        # nor does a plan that was made in memory get there
        with pytest.raises(FleetmodError, match="is no place for a file"):
            write(repository, [FileChange(path, "", (Edit(0, 0, "x", "r"),))])
    assert not (repository / name / "hooks/pre-commit").exists() or name == ".git"


@pytest.mark.parametrize("name", [".github", ".gitignore", "git", "a.git", ".git2", "~git", "g~1"])
def test_other_names_are_places(name: str) -> None:
    assert not is_own_folder(name)


def test_the_plan_itself_is_applied(repository: Path, plan: Any, tmp_path: Path) -> None:
    root = shutil.copytree(repository, tmp_path / "r")
    (tmp_path / "p.json").write_text(json.dumps(plan))
    assert fleetmod(root, "migrate", "--apply", str(tmp_path / "p.json")).code == 0
    assert "processManager.stop" in (root / FILE).read_text()


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["../x", "/x", ".GIT/x", "a\0", "\ud800", FILE, "a" * 300, 10**30, -1, 0]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document, as the keys that lead there."""
    found = [at]
    inner = value.items() if isinstance(value, dict) else ()
    for key, each in enumerate(value) if isinstance(value, list) else inner:
        found += places(each, (*at, key))
    return found


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_change_of_a_plan_is_survived(data: st.DataObject, repository: Path, plan: Any) -> None:
    """It is applied, or refused in one line; nothing else is written, inside or outside."""
    document = copy.deepcopy(plan)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(places(document)[1:]))
        parent = document
        for key in way:
            parent = parent[key]
        what = data.draw(st.sampled_from(["set", "delete", "double"]))
        if what == "delete":
            del parent[last]
        elif what == "double" and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[last]))
        else:
            parent[last] = data.draw(VALUES)
        if len(places(document)) < 2:
            break
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        root = shutil.copytree(repository, here / "r")
        file = here / "plan.json"
        file.write_text(json.dumps(document))
        before = tree(here)
        code, err = run("-C", str(root), "migrate", "--apply", str(file))
        after = tree(here)
    assert code in (0, 1, 2), err
    if code == 2:
        assert after == before and err.count("\n") == 1 and err.startswith("fleetmod: ")
    else:
        told = {f"r/{change['path']}" for change in document["changes"]}
        assert {path for path in {*before, *after} if before.get(path) != after.get(path)} <= told


def run(*args: str) -> tuple[int, str]:
    """The command in this process, which takes a tenth of the time: exit code and error output."""
    from fleetmod.cli import main

    out, err, argv = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["fleetmod", *args]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code, err.getvalue()
    finally:
        sys.argv = argv
    raise AssertionError("main ends by exiting")
