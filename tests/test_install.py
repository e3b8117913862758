"""How the runtime packages get into a repository, so that what imports them finds them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.install import CALL, PM, dependencies, migrated, repo
from tests.repo import fleetmod, make, tree

BY_PATH = "file:packages/process-manager"


@pytest.mark.parametrize(
    ("files", "manager", "version"),
    [
        ({}, "npm", BY_PATH),
        ({"package-lock.json": "{}"}, "npm", BY_PATH),
        ({"bun.lock": ""}, "bun", BY_PATH),
        ({"pnpm-lock.yaml": ""}, "pnpm", "link:packages/process-manager"),
        ({"yarn.lock": ""}, "yarn", "link:packages/process-manager"),
    ],
)
def test_no_registry_is_asked_where_no_workspace_links(
    tmp_path: Path, files: dict[str, str], manager: str, version: str
) -> None:
    package = '{\r\n  "name": "app"\r\n}'
    root = repo(tmp_path, {"package.json": package, "src/a.ts": CALL, **files})
    ran = migrated(root)
    assert dependencies(root) == {PM: version}
    assert "workspaces" not in (root / "package.json").read_text()
    assert (root / "package.json").read_bytes().endswith(b"\r\n}")
    assert (
        f"package.json names {PM} as {version}, for no workspace is declared: "
        f"run `{manager} install` in the root once"
    ) in ran.out
    assert ("bun copies such a package" in ran.out) is (manager == "bun")


@pytest.mark.skipif(shutil.which("npm") is None, reason="no npm")
def test_npm_links_a_package_that_is_named_by_its_path(tmp_path: Path) -> None:
    root = repo(tmp_path, {"package.json": '{"name": "app"}', "app/src/a.ts": CALL})
    (root / "app/package.json").write_text('{"name": "inner", "version": "1.0.0"}')
    migrated(root)
    done = subprocess.run(
        ["npm", "install", "--offline", "--no-audit", "--no-fund"],
        cwd=root / "app",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    linked = root / "app/node_modules/@acme/process-manager"
    assert linked.resolve() == (root / "packages/process-manager").resolve()


@pytest.mark.parametrize(
    ("files", "changed", "version"),
    [
        ({"package.json": '{"workspaces": ["packages/*"]}'}, {}, "*"),
        (
            {"package.json": '{"workspaces": ["apps/*"]}'},
            {"package.json": '{"workspaces": ["apps/*", "packages/process-manager"]}'},
            "*",
        ),
        (
            {"package.json": "{}", "pnpm-workspace.yaml": "packages:\n  - apps/*\n"},
            {"pnpm-workspace.yaml": "packages:\n  - apps/*\n  - packages/process-manager\n"},
            "workspace:*",
        ),
    ],
)
def test_a_workspace_gets_a_member(
    tmp_path: Path, files: dict[str, str], changed: dict[str, str], version: str
) -> None:
    folder = "packages/a" if not changed else "apps/a"
    code = {f"{folder}/package.json": '{"name": "a"}', f"{folder}/src/a.ts": CALL}
    root = repo(tmp_path, {**files, **code})
    ran = migrated(root)
    assert dependencies(root, folder) == {PM: version}
    for path, text in (files | changed).items():
        assert (root / path).read_text() == text
    assert "run the package manager's install once: new workspace packages are linked" in ran.out


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("npm test -ws", "`npm test -ws` ends with an error at packages/process-manager"),
        ("tsc && npm run build --workspaces", "no script is called `build`"),
        ("npm run build -ws --if-present", ""),
        ("npm run build -w a", ""),
        ("npm ci -ws", ""),
    ],
)
def test_a_script_that_is_asked_of_every_package_is_told(
    tmp_path: Path, script: str, told: str
) -> None:
    top = {"name": "acme", "workspaces": ["packages/*"], "scripts": {"check": script}}
    code = {"packages/a/package.json": '{"name": "a"}', "packages/a/src/a.ts": CALL}
    ran = migrated(repo(tmp_path, {"package.json": json.dumps(top), **code}))
    assert ("add --if-present" in ran.out) is bool(told)
    assert told in ran.out


@pytest.mark.parametrize(
    ("package", "warned"),
    [
        ('{"name": "app", "version": "1.0.0"}', True),
        ('{"name": "app", "version": "1.0.0", "private": true}', False),
        ('{"name": "app"}', False),
    ],
)
def test_what_is_published_must_bundle(tmp_path: Path, package: str, warned: bool) -> None:
    ran = migrated(repo(tmp_path, {"package.json": package, "src/a.ts": CALL}))
    said = "package.json is not private: what is published of it must bundle its new dependencies"
    assert (said in ran.out) is warned


def test_a_member_and_a_dependency_on_one_line(tmp_path: Path) -> None:
    package = '{"name": "top", "workspaces": ["apps/*"]}'
    root = repo(tmp_path, {"package.json": package, "scripts/a.ts": CALL})
    migrated(root)
    assert (root / "package.json").read_text() == (
        '{"name": "top", "workspaces": ["apps/*", "packages/process-manager"], '
        '"dependencies": {"@acme/process-manager": "*"}}'
    )


def test_a_package_that_is_no_member(tmp_path: Path) -> None:
    root = repo(
        tmp_path,
        {
            "package.json": '{"workspaces": ["packages/*"]}',
            "tools/x/package.json": '{"name": "x"}',
            "tools/x/esm/package.json": '{"type": "module"}',
            "tools/x/esm/a.ts": CALL,
        },
    )
    ran = migrated(root)
    version = "file:../../packages/process-manager"
    assert dependencies(root, "tools/x") == {PM: version}
    assert dependencies(root) is None
    assert f"tools/x/package.json names {PM} as {version}, for it is no member" in ran.out


def test_a_file_without_a_package_is_refused(tmp_path: Path) -> None:
    files = {"app/package.json": '{"name": "app"}', "app/a.ts": CALL, "lib/b.ts": CALL}
    root = repo(tmp_path, files)
    ran = migrated(root, code=1)
    assert "refused lib/b.ts:3:3" in ran.out
    assert "no package.json stands above the file" in ran.out
    assert (root / "lib/b.ts").read_text() == CALL
    assert dependencies(root, "app") == {PM: "file:../packages/process-manager"}


def test_what_needs_no_import_needs_no_package(tmp_path: Path) -> None:
    root = repo(tmp_path, {"lib/a.ts": "// see /Users/alice/x\nexport const a = 1;\n"})
    migrated(root)
    assert (root / "lib/a.ts").read_text().startswith("// see ~/x")


@pytest.mark.parametrize(
    "files",
    [
        {"packages/process-manager/package.json": '{"name": "other"}'},
        {"packages/process-manager/src/index.ts": "export {};\n"},
        {"packages/process-manager": "a file"},
    ],
)
def test_what_stands_in_the_way_is_named(tmp_path: Path, files: dict[str, str]) -> None:
    root = repo(tmp_path, {"package.json": '{"name": "app"}', "src/a.ts": CALL, **files})
    before = tree(root)
    ran = fleetmod(root, "migrate")
    assert ran.code == 2
    (path,) = files
    assert ran.err.startswith(f"fleetmod: {path}: is there already, but packages/process-manager ")
    assert tree(root) == before


@pytest.mark.parametrize(
    ("home", "expected"),
    [
        ('users = ["bob", "alice"]', "/Users/bob"),
        ('users = ["bob", "alice"]\nroot = "/Users/alice/acme"', "/Users/alice"),
        ('users = ["alice"]\nroot = "/home/alice/acme"', "/home/alice"),
        ('users = ["alice"]\nvault = "/home/alice/Vault"', "/home/alice"),
        ('users = ["alice"]\nfixture = "/home/fixture"', "/home/alice"),
        ('users = ["alice"]\nroot = "/Users/alice/a"\nfixture = "/home/x"', "/Users/alice"),
        ("", ""),
    ],
)
def test_the_old_home_is_the_last_resort(tmp_path: Path, home: str, expected: str) -> None:
    toml = f'version = 1\n[home]\n{home}\n[runtime]\nscope = "@acme"\n'
    user = home.partition('"')[2].partition('"')[0] or "nobody"
    text = f'export const h = "/Users/{user}/x";\n'
    package = '{"name": "app"}'
    root = make(tmp_path / "r", {"fleetmod.toml": toml, "package.json": package, "src/a.ts": text})
    fleetmod(root, "migrate")
    data = root / "packages/node-identity/identity.json"
    if expected:
        assert json.loads(data.read_text())["defaults"]["home"] == expected
    else:
        assert not data.exists()


BROKEN: dict[str, bytes] = {
    "binary": bytes(range(256)),
    "empty": b"",
    "a comment": b'// x\n{"name": "a"}',
    "a list": b"[]",
    "nothing": b"null",
    "a long number": b'{"version": ' + b"9" * 5000 + b"}",
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("place", ["package.json", "packages/app/package.json"])
def test_a_broken_manifest_is_one_line(tmp_path: Path, case: str, place: str) -> None:
    top: dict[str, str | bytes] = {"package.json": '{"workspaces": ["packages/*"]}'}
    files = {**top, "packages/app/src/a.ts": CALL, place: BROKEN[case]}
    root = make(tmp_path / "r", files)
    for args in (["init", "--print"], ["audit"], ["gate"], ["migrate"]):
        ran = fleetmod(root, *args)
        assert ran.code == 2
        assert ran.err.startswith(f"fleetmod: {place}") and ran.err.count("\n") == 1
