"""Dependencies and workspace members: exactly one thing is added, every other byte stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fleetmod.edits import render
from fleetmod.errors import FleetmodError
from fleetmod.workspace.config import Config, Workspace
from fleetmod.workspace.disk import is_file, is_folder
from fleetmod.workspace.managers import local_version, manager_of
from fleetmod.workspace.manifest import (
    PackageInfo,
    add_dependency,
    find_packages,
    is_aged,
    owner,
    packages,
    sibling_version,
    typescript_of,
    workspace_protocol,
)
from fleetmod.workspace.members import add_workspace_members, declared_globs


def added(text: str, name: str = "@x/m", version: str = "*") -> str:
    edit = add_dependency(text, name, version)
    assert edit is not None
    return render(text.encode(), [edit]).decode()


CASES = {
    "first of a sorted block": (
        '{\n  "dependencies": {\n    "b": "1",\n    "c": "1"\n  }\n}\n',
        '{\n  "dependencies": {\n    "@x/m": "*",\n    "b": "1",\n    "c": "1"\n  }\n}\n',
    ),
    "last of a sorted block": (
        '{\n\t"dependencies": {\n\t\t"@a/b": "1"\n\t}\n}',
        '{\n\t"dependencies": {\n\t\t"@a/b": "1",\n\t\t"@x/m": "*"\n\t}\n}',
    ),
    "between": (
        '{"dependencies": {"@a/b": "1", "z": "1"}}',
        '{"dependencies": {"@a/b": "1", "@x/m": "*", "z": "1"}}',
    ),
    "end of an unsorted block": (
        '{\n  "dependencies": {\n    "z": "1",\n    "a": "1"\n  }\n}\n',
        '{\n  "dependencies": {\n    "z": "1",\n    "a": "1",\n    "@x/m": "*"\n  }\n}\n',
    ),
    "one line, tight": (
        '{"dependencies":{"z":"1"}}',
        '{"dependencies":{"@x/m":"*","z":"1"}}',
    ),
    "one line, spaces inside": (
        '{ "dependencies": { "a": "1" } }',
        '{ "dependencies": { "@x/m": "*", "a": "1" } }',
    ),
    "carriage returns": (
        '{\r\n  "dependencies": {\r\n    "z": "1"\r\n  }\r\n}\r\n',
        '{\r\n  "dependencies": {\r\n    "@x/m": "*",\r\n    "z": "1"\r\n  }\r\n}\r\n',
    ),
    "byte order mark, letters of two bytes": (
        '\ufeff{\n  "é": "ü",\n  "dependencies": {\n    "z": "1"\n  }\n}',
        '\ufeff{\n  "é": "ü",\n  "dependencies": {\n    "@x/m": "*",\n    "z": "1"\n  }\n}',
    ),
    "empty block": (
        '{\n  "dependencies": {}\n}\n',
        '{\n  "dependencies": {\n    "@x/m": "*"\n  }\n}\n',
    ),
    "empty block with a line in it": (
        '{\n    "dependencies": {\n    }\n}\n',
        '{\n    "dependencies": {\n        "@x/m": "*"\n    }\n}\n',
    ),
    "empty block on one line": ('{"dependencies":{}}', '{"dependencies":{"@x/m":"*"}}'),
    "no block": (
        '{\n  "name": "a"\n}\n',
        '{\n  "name": "a",\n  "dependencies": {\n    "@x/m": "*"\n  }\n}\n',
    ),
    "no block, but one beside which it belongs": (
        '{\n  "name": "a",\n  "devDependencies": {\n    "z": "1"\n  },\n  "x": 1\n}\n',
        '{\n  "name": "a",\n  "dependencies": {\n    "@x/m": "*"\n  },\n'
        '  "devDependencies": {\n    "z": "1"\n  },\n  "x": 1\n}\n',
    ),
    "no block on one line": ('{"name":"a"}', '{"name":"a","dependencies":{"@x/m":"*"}}'),
    "nothing": ("{}", '{"dependencies": {"@x/m": "*"}}'),
    "a decoy in a string and in a nested object": (
        '{"x": "\\"dependencies\\": {", "y": {"dependencies": {}}, "dependencies": {"z": "1"}}',
        '{"x": "\\"dependencies\\": {", "y": {"dependencies": {}}, '
        '"dependencies": {"@x/m": "*", "z": "1"}}',
    ),
    "the last of two blocks counts": (
        '{"dependencies": {"@x/m": "1"}, "dependencies": {"z": "1"}}',
        '{"dependencies": {"@x/m": "1"}, "dependencies": {"@x/m": "*", "z": "1"}}',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_add_dependency(case: str) -> None:
    before, after = CASES[case]
    assert added(before) == after
    assert add_dependency(after, "@x/m", "*") is None


@pytest.mark.parametrize("field", ["dependencies", "devDependencies", "peerDependencies"])
def test_present_already(field: str) -> None:
    text = json.dumps({field: {"@x/m": "1"}})
    assert add_dependency(text, "@x/m", "*") is None
    assert add_dependency(text, "@x/n", "*") is not None


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"a": 1,\n}', "p/package.json:2"),
        ("", "p/package.json:1"),
        ("{} x", "p/package.json:1"),
        ("[]", "p/package.json"),
        ('{"dependencies": []}', "p/package.json"),
        ("[" * 100_000, "p/package.json:1"),
        ('{"version": ' + "9" * 5000 + "}", "p/package.json:1"),
        ('// a comment\n{"a": 1}', "p/package.json:1"),
    ],
)
def test_no_manifest(text: str, where: str) -> None:
    with pytest.raises(FleetmodError) as caught:
        add_dependency(text, "a", "1", "p/package.json")
    assert caught.value.where == where


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
blocks = st.dictionaries(st.text(), st.text(), max_size=4)
manifests = st.dictionaries(
    st.one_of(st.text(max_size=5), st.sampled_from(["name", "version"])), values, max_size=3
).flatmap(
    lambda rest: st.fixed_dictionaries(
        {}, optional={"dependencies": blocks, "devDependencies": blocks}
    ).map(lambda known: {**rest, **known})
)
layouts = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 2, 4, "\t"]),
        "ensure_ascii": st.booleans(),
        "separators": st.sampled_from([(",", ": "), (", ", ": "), (",", ":"), (" , ", " : ")]),
    }
)


@given(manifests, layouts, st.text(), st.text(), st.booleans(), st.booleans())
def test_only_that_key_changes(
    manifest: dict[str, Any], layout: dict[str, Any], name: str, version: str, crlf: bool, bom: bool
) -> None:
    assume(isinstance(manifest.get("dependencies", {}), dict))
    text = ("\ufeff" if bom else "") + json.dumps(manifest, **layout)
    text = text.replace("\n", "\r\n") if crlf else text
    edit = add_dependency(text, name, version)
    fields = [manifest.get(f, {}) for f in ("dependencies", "devDependencies", "peerDependencies")]
    if any(isinstance(field, dict) and name in field for field in fields):
        assert edit is None
        return
    assert edit is not None
    out = render(text.encode(), [edit]).decode()
    dependencies = {**manifest.get("dependencies", {}), name: version}
    assert json.loads(out.removeprefix("\ufeff")) == {**manifest, "dependencies": dependencies}
    # nothing but blanks between empty brackets may be replaced
    assert not text.encode()[edit.start : edit.end].strip()
    assert "\n" in text.strip() or "\n" not in out.strip()


def put(root: Path, files: dict[str, str]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode())


def config(*globs: str) -> Config:
    return Config(workspace=Workspace(packages=globs))


def test_packages_and_their_owner(tmp_path: Path) -> None:
    names = [
        "",
        "packages/a",
        "packages/a/b",
        "packages/out",
        "apps/x/y",
        "packages/node_modules/n",
    ]
    put(
        tmp_path, {f"{path}/package.json".lstrip("/"): f'{{"name": "@s/{path}"}}' for path in names}
    )
    put(tmp_path, {"packages/plain/x.ts": "", "apps/unnamed/package.json": '{"name": null}'})
    found = packages(tmp_path, config("packages/*", "!packages/out", "apps/**"))
    paths = [info.path for info in found]
    assert paths == ["", "apps/unnamed", "apps/x/y", "packages/a"]
    assert [info.name for info in found] == ["@s/", "", "@s/apps/x/y", "@s/packages/a"]
    assert found[3].manifest == "packages/a/package.json"
    assert found[0].manifest == "package.json"


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("a.ts", ""),
        ("tools/x/src/a.ts", "tools/x"),
        ("tools/x/esm/a.ts", "tools/x"),  # what only marks a format is no package
        ("tools/y/a.ts", "tools/y"),
        ("tools/z/deep/a.ts", ""),
    ],
)
def test_the_owner_is_the_nearest_package(tmp_path: Path, path: str, folder: str) -> None:
    put(
        tmp_path,
        {
            "package.json": '{"name": "top"}',
            "tools/x/package.json": '{"name": "x"}',
            "tools/x/esm/package.json": '{"type": "module"}',
            "tools/y/package.json": '{"private": true, "dependencies": {}}',
        },
    )
    found = owner(tmp_path, path)
    assert found is not None
    assert found.path == folder


def test_an_owner_where_there_is_no_better(tmp_path: Path) -> None:
    put(tmp_path, {"lib/package.json": '{"type": "module"}', "other/a.ts": ""})
    found = owner(tmp_path, "lib/src/a.ts")
    assert found is not None
    assert found.path == "lib"
    assert owner(tmp_path, "other/a.ts") is None


def test_a_broken_manifest_is_named(tmp_path: Path) -> None:
    put(tmp_path, {"packages/a/package.json": '{\n"name" 1}'})
    with pytest.raises(FleetmodError, match=r"^packages/a/package\.json:2: is not valid JSON"):
        packages(tmp_path, config("packages/*"))


@pytest.mark.parametrize(
    ("versions", "files", "manager", "expected"),
    [
        (["workspace:*", "workspace:*", "*"], [], "", "workspace:*"),
        (["workspace:^1.0.0", "workspace:^", "*"], [], "", "workspace:^"),
        (["file:../a", "file:../b"], [], "", "file:"),
        (["*", "workspace:*"], ["pnpm-lock.yaml"], "", "workspace:*"),
        (["*", "workspace:*"], ["package-lock.json"], "", "*"),
        (["^1.0.0"], ["pnpm-workspace.yaml"], "", "workspace:*"),
        ([], ["bun.lock"], "", "workspace:*"),
        ([], ["package-lock.json"], "", "*"),
        ([], ["yarn.lock"], "yarn@1.22.0", "*"),
        ([], ["yarn.lock"], "yarn@4.0.0", "workspace:*"),
        ([], ["pnpm-lock.yaml"], "npm@10.0.0", "*"),
    ],
)
def test_workspace_protocol(
    tmp_path: Path, versions: list[str], files: list[str], manager: str, expected: str
) -> None:
    top = json.dumps({"packageManager": manager} if manager else {})
    put(tmp_path, {"package.json": top, **dict.fromkeys(files, "")})
    infos = [PackageInfo("", "", top)]
    for number, version in enumerate(versions):
        text = json.dumps({"dependencies": {"dep": version, "left-pad": "link:x"}})
        infos.append(PackageInfo(f"p{number}", f"packages/p{number}", text))
    infos.append(PackageInfo("dep", "packages/dep", "{}"))
    assert workspace_protocol(tmp_path, infos) == expected


def test_sibling_version() -> None:
    assert sibling_version("workspace:*", "packages/a", "packages/b") == "workspace:*"
    assert sibling_version("file:", "packages/a", "packages/b") == "file:../b"
    assert sibling_version("link:", "", "packages/b") == "link:packages/b"


PNPM = "pnpm-workspace.yaml"
MANAGERS = {
    "npm": ({"package-lock.json": ""}, "", "file:../packages/pm"),
    "nothing": ({}, "", "file:../packages/pm"),
    "pnpm": ({"pnpm-lock.yaml": ""}, "", "link:../packages/pm"),
    "bun": ({"bun.lock": "", "package-lock.json": ""}, "", "file:../packages/pm"),
    "yarn": ({"yarn.lock": ""}, "", "link:../packages/pm"),
    "a name before marks": ({"package-lock.json": ""}, "pnpm@10.0.0", "link:../packages/pm"),
    "an unknown name": ({"yarn.lock": ""}, "cnpm@1", "link:../packages/pm"),
    "the nearest": ({"app/yarn.lock": "", "package-lock.json": ""}, "", "link:../packages/pm"),
}


@pytest.mark.parametrize("case", MANAGERS)
def test_a_package_by_its_path(tmp_path: Path, case: str) -> None:
    files, named, expected = MANAGERS[case]
    put(tmp_path, {"package.json": json.dumps({"packageManager": named}), **files})
    assert local_version(manager_of(tmp_path, "app"), "app", "packages/pm") == expected


MEMBERS = {
    "block": (PNPM, 'packages:\n  - "a/*"\n', 'packages:\n  - "a/*"\n  - "lib/x"\n'),
    "single quotes, no line end": (*(PNPM, "packages:\n- 'a/*'", "packages:\n- 'a/*'\n- 'lib/x'"),),
    "no quotes, comments, more keys": (
        PNPM,
        "# top\npackages: # here\n    # apps\n    - a/* # all\n\n    - b\n\ncatalog:\n  - lib/x\n",
        "# top\npackages: # here\n    # apps\n    - a/* # all\n\n    - b\n    - lib/x\n\n"
        "catalog:\n  - lib/x\n",
    ),
    "carriage returns": (
        *(PNPM, 'packages:\r\n  - "a/*"\r\nx: 1\r\n'),
        'packages:\r\n  - "a/*"\r\n  - "lib/x"\r\nx: 1\r\n',
    ),
    "in brackets": (PNPM, 'packages: ["a/*", "b"]\n', 'packages: ["a/*", "b", "lib/x"]\n'),
    "in brackets over lines": (
        *(PNPM, "packages: [\n  'a/*', # x, y\n]\n", "packages: [\n  'a/*', 'lib/x' # x, y\n]\n"),
    ),
    "empty brackets": (PNPM, "packages: []\n", 'packages: ["lib/x"]\n'),
    "array": (
        *("package.json", '{\n  "workspaces": [\n    "a/*"\n  ]\n}\n'),
        '{\n  "workspaces": [\n    "a/*",\n    "lib/x"\n  ]\n}\n',
    ),
    "object": (
        *("package.json", '{"workspaces": {"packages": ["a/*"], "nohoist": ["lib/x"]}}'),
        '{"workspaces": {"packages": ["a/*", "lib/x"], "nohoist": ["lib/x"]}}',
    ),
}


@pytest.mark.parametrize("case", MEMBERS)
def test_add_workspace_members(tmp_path: Path, case: str) -> None:
    file, before, after = MEMBERS[case]
    put(tmp_path, {file: before})
    assert add_workspace_members(tmp_path, ["lib/x"]) == {file: (before, after)}
    put(tmp_path, {file: after})
    assert "lib/x" in declared_globs(tmp_path)[file]
    assert add_workspace_members(tmp_path, ["lib/x"]) == {}


def test_both_files_get_what_they_lack(tmp_path: Path) -> None:
    put(tmp_path, {PNPM: 'packages: ["lib/*"]\n', "package.json": '{"workspaces": ["a"]}'})
    assert [*add_workspace_members(tmp_path, ["lib/x"])] == ["package.json"]
    put(tmp_path, {PNPM: 'packages: ["a"]\n'})
    texts = add_workspace_members(tmp_path, ["lib/x", "a", "lib/y"])
    assert {path: after for path, (_, after) in texts.items()} == {
        PNPM: 'packages: ["a", "lib/x", "lib/y"]\n',
        "package.json": '{"workspaces": ["a", "lib/x", "lib/y"]}',
    }


def test_no_workspace_is_made_where_there_is_none(tmp_path: Path) -> None:
    assert add_workspace_members(tmp_path, ["lib/x"]) == {}
    put(tmp_path, {"package.json": '{"name": "x"}', PNPM: "onlyBuiltDependencies:\n  - a\n"})
    assert add_workspace_members(tmp_path, ["lib/x"]) == {}


def test_a_member_that_a_glob_keeps_out(tmp_path: Path) -> None:
    put(tmp_path, {PNPM: 'packages:\n  - "lib/*"\n  - "!lib/x"\n'})
    with pytest.raises(FleetmodError, match=r"!lib/x keeps lib/x out"):
        add_workspace_members(tmp_path, ["lib/x"])


def test_packages_are_found_by_name(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "libs/who/package.json": '\ufeff{"name": "@s/who"}',
            "packages/who/package.json": '{"name": "@s/who"}',
            "test/fixtures/pm/package.json": '{"name": "@s/pm"}',
            "broken/package.json": "{@s/pm",
        },
    )
    names = ("@s/pm", "@s/who")
    assert find_packages(tmp_path, "modules/", names) == {"@s/who": "libs/who"}
    assert find_packages(tmp_path, "packages/", names) == {"@s/who": "packages/who"}


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_a_place_that_cannot_be_looked_at(tmp_path: Path, name: str) -> None:
    assert not is_file(tmp_path / name)
    assert not is_folder(tmp_path / name)


@pytest.mark.parametrize(
    ("asked", "aged"),
    [
        *(("^2.6.1", True), ("3", True), ("~3.9.7", True), ("~4.5.0", True), ("4.6.4", True)),
        *(("^4.5.0", False), ("4.x", False), ("4", False), ("~4.7.2", False), ("^5", False)),
        *((">=3.5", False), ("latest", False), ("catalog:", False), ("*", False), ("", False)),
    ],
)
def test_a_typescript_that_cannot_read_the_types_of_a_port(asked: str, aged: bool) -> None:
    text = json.dumps({"devDependencies": {"typescript": asked}})
    assert is_aged(typescript_of(PackageInfo("a", "", text))) is aged
