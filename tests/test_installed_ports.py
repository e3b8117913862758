"""`fleetmod install`: ports without a migration, and those that an earlier fleetmod installed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from fleetmod import __version__
from tests.install import CALL, HOME, ID, PM, TOML, dependencies, repo
from tests.node import check, node
from tests.repo import Ran, commit, fleetmod, tree

MEMBERS = '{"name": "acme", "private": true, "workspaces": ["packages/*"]}'
PUBLISHED = '{"name": "tool", "version": "1.0.0", "bin": "dist/main.js", "files": ["dist"]}'
FOLDER = "packages/process-manager"
INLINED = "src/fleetmod/process-manager.ts"
OLD = "// as an earlier fleetmod wrote it\n"


def workspace(tmp_path: Path, **files: str) -> Path:
    app = {"packages/app/package.json": '{"name": "@acme/app", "private": true}'}
    return repo(tmp_path, {"package.json": MEMBERS, "packages/app/src/a.ts": CALL, **app, **files})


def install(root: Path, *args: str, code: int = 0) -> Ran:
    """After the installation, which is committed."""
    ran = fleetmod(root, "install", *args)
    assert ran.code == code, ran.out + ran.err
    if ": installed" in ran.out or "stands in" in ran.out:
        commit(root, "installed")
    return ran


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def as_older(root: Path, name: str = "src/index.ts") -> dict[str, bytes]:
    """Have a file and its record be those of an earlier version; gives what there was before."""
    now = tree(root)
    file, manifest = root / FOLDER / name, root / FOLDER / "package.json"
    old = OLD + (file.read_text() if file.exists() else "")
    said = manifest.read_text()
    known = json.loads(said)["fleetmod"]["sha256"]
    if name in known:
        said = said.replace(known[name], sha(old))
    else:
        said = said.replace('"sha256": {', f'"sha256": {{\n      "{name}": "{sha(old)}",')
    file.write_text(old)
    recorded = '"version": "{}",\n    "sha256"'
    manifest.write_text(said.replace(recorded.format(__version__), recorded.format("0.0.9")))
    commit(root, "older")
    return now


def test_one_port_is_put_in_and_nothing_else(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    before = tree(root)
    out = install(root, "process-manager").out
    assert f"{FOLDER}: installed; name {PM} in the dependencies of each" in out
    after = tree(root)
    assert {path.rpartition("/src")[0] for path in after.keys() - before} >= {FOLDER}
    assert all(path.startswith(f"{FOLDER}/") for path in after.keys() - before)
    assert {path: after[path] for path in before} == before
    assert f"{FOLDER}: is up to date" in install(root).out
    assert tree(root) == after
    program = f"require('./{FOLDER}').processManager.hint('list', '')"
    assert "systemctl" in check(
        node(), "-p", program, cwd=root, env={"PROCESS_MANAGER": "systemctl"}
    )


def test_all_ports_where_none_is(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    install(root)
    for port in ("container-runtime", "node-identity", "process-manager"):
        assert (root / "packages" / port / "package.json").is_file()


def test_a_package_that_is_named_gets_the_dependency(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    install(root, "--package", "packages/app", "node-identity")
    assert dependencies(root, "packages/app") == {ID: "*"}
    install(root, "--package", "./packages/app/", "node-identity", "process-manager")
    assert dependencies(root, "packages/app") == {ID: "*", PM: "*"}
    ran = install(root, "--package", "packages/none", "node-identity", code=2)
    assert ran.err.startswith("fleetmod: packages/none: holds no package.json")


def test_a_new_folder_joins_the_workspace(tmp_path: Path) -> None:
    manifest = '{"name": "acme", "private": true, "workspaces": ["apps/*"]}'
    root = repo(tmp_path, {"package.json": manifest, "apps/a/package.json": '{"name": "a"}'})
    out = install(root, "process-manager").out
    assert json.loads((root / "package.json").read_text())["workspaces"] == ["apps/*", FOLDER]
    assert "run the package manager's install once" in out


def test_a_repository_of_one_package_gets_the_dependency(tmp_path: Path) -> None:
    config = '{"include": ["**/*.ts"], "exclude": ["dist"]}'
    files = {"package.json": '{"name": "app", "private": true}', "tsconfig.json": config}
    root = repo(tmp_path, {**files, ".prettierignore": "dist\n"})
    install(root, "process-manager")
    assert dependencies(root) == {PM: f"file:{FOLDER}"}
    assert json.loads((root / "tsconfig.json").read_text())["exclude"] == ["dist", FOLDER]
    assert (root / ".prettierignore").read_text() == f"dist\n{FOLDER}/\n"


def test_a_published_package_gets_one_file(tmp_path: Path) -> None:
    root = repo(tmp_path, {"package.json": PUBLISHED, "src/a.ts": "export {};\n"})
    out = install(root, "process-manager").out
    assert f"process-manager stands in {INLINED}" in out
    assert dependencies(root) is None
    assert f"{INLINED}: is up to date" in install(root).out


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    before = tree(root)
    assert (
        "+++ packages/process-manager/ (8 new files)" in fleetmod(root, "install", "--dry-run").out
    )
    assert tree(root) == before


def test_an_older_port_that_nobody_changed_is_brought_up_to_date(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    install(root, "process-manager")
    now = as_older(root)
    assert f"{FOLDER}: brought up to date, from fleetmod 0.0.9" in install(root).out
    assert tree(root) == now


def test_a_migration_brings_it_up_to_date_as_well(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    install(root, "process-manager")
    now = as_older(root)
    ran = fleetmod(root, "migrate")
    assert ran.code == 0 and "is used as it is" not in ran.out
    after = tree(root)
    assert all(after[path] == now[path] for path in now if path.startswith(FOLDER))


def test_a_changed_configuration_reaches_an_installed_port(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    install(root, "node-identity")
    (root / "fleetmod.toml").write_text(f'{TOML}[identity]\nroot_env = "ACME_ROOT"\n')
    commit(root)
    install(root)
    for name in ("identity.json", "src/index.ts", "js/index.cjs"):
        assert "ACME_ROOT" in (root / "packages/node-identity" / name).read_text()


@pytest.mark.parametrize("older", [False, True])
def test_a_port_that_somebody_changed_stays(tmp_path: Path, older: bool) -> None:
    root = workspace(tmp_path)
    install(root, "process-manager")
    now = as_older(root) if older else tree(root)
    readme = root / FOLDER / "README.md"
    readme.write_text(readme.read_text() + "\nAsk Ann before you restart it.\n")
    commit(root)
    before = tree(root)
    out = install(root, code=1).out
    assert "-Ask Ann before you restart it." in out
    assert ("-// as an earlier fleetmod wrote it" in out) is older
    assert f"installed it ({FOLDER}/README.md)" in out
    assert tree(root) == before
    told = fleetmod(root, "migrate").out
    assert f"{FOLDER}/README.md was changed since fleetmod installed it" in told
    assert all(tree(root)[path] == before[path] for path in before if path.startswith(FOLDER))
    commit(root)
    install(root, "--overwrite")
    after = tree(root)
    assert all(after[path] == now[path] for path in now if path.startswith(FOLDER))


def test_a_file_that_was_taken_away_is_a_change(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    install(root, "process-manager")
    (root / FOLDER / "tsconfig.json").unlink()
    commit(root)
    assert f"installed it ({FOLDER}/tsconfig.json)" in install(root, code=1).out


def test_line_ends_of_a_checkout_are_no_change(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    install(root, "process-manager")
    for path in (root / FOLDER).rglob("*.*"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    commit(root)
    before = tree(root)
    assert f"{FOLDER}: is up to date" in install(root).out
    assert tree(root) == before


def test_files_of_the_repositorys_own_stay(tmp_path: Path) -> None:
    """What stands beside the port is no change; a file of a name that is new in it is one."""
    root = workspace(tmp_path)
    install(root, "process-manager")
    own = root / FOLDER / "test/restart.test.ts"
    own.parent.mkdir()
    own.write_text("export {};\n")
    now = as_older(root)
    install(root)
    assert tree(root) == now
    # as if the version before had no README, and the repository had written one
    manifest, readme = root / FOLDER / "package.json", root / FOLDER / "README.md"
    known = json.loads(manifest.read_text())["fleetmod"]["sha256"]["README.md"]
    manifest.write_text(manifest.read_text().replace(f'      "README.md": "{known}",\n', ""))
    readme.write_text("Ours.\n")
    commit(root)
    assert f"installed it ({FOLDER}/README.md)" in install(root, code=1).out
    assert readme.read_text() == "Ours.\n"


def test_what_a_port_has_no_more_is_told(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    install(root, "process-manager")
    as_older(root, "src/old.ts")
    assert f"{FOLDER}/src/old.ts: is no part of it any more; remove it" in install(root).out


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"fleetmod": {"version": __version__}},
        {"fleetmod": {"version": __version__, "sha256": {"../../fleetmod.toml": sha(TOML)}}},
        {"fleetmod": "ours"},
    ],
)
def test_a_package_of_the_repositorys_own_is_left_alone(
    tmp_path: Path, record: dict[str, object]
) -> None:
    root = workspace(
        tmp_path, **{f"{FOLDER}/package.json": json.dumps({"name": PM, "private": True, **record})}
    )
    before = tree(root)
    for flags in ((), ("--overwrite",)):
        assert f"{FOLDER}: left alone, for no record" in install(root, *flags).out
        assert tree(root) == before


def test_a_port_in_one_file(tmp_path: Path) -> None:
    root = repo(tmp_path, {"package.json": PUBLISHED, "src/a.ts": "export {};\n"})
    install(root, "process-manager")
    file = root / INLINED
    now = file.read_text()
    header, _, code = now.split("\n", 2)
    old = OLD + code
    file.write_text(f"{header}\n// fleetmod 0.0.9, sha256 of what follows: {sha(old)}\n{old}")
    commit(root)
    assert f"{INLINED}: brought up to date, from fleetmod 0.0.9" in install(root).out
    assert file.read_text() == now
    file.write_text(now.replace("export const", "export  const", 1))
    commit(root)
    assert "-export  const" in install(root, code=1).out
    install(root, "--overwrite")
    assert file.read_text() == now


def test_an_unknown_port(tmp_path: Path) -> None:
    ran = fleetmod(workspace(tmp_path), "install", "launchctl")
    assert ran.code == 2 and "no port is called launchctl" in ran.err


def test_ports_are_not_mixed_with_other_changes(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    (root / "packages/app/src/a.ts").write_text(HOME)
    ran = fleetmod(root, "install", "process-manager")
    assert ran.code == 2 and "uncommitted changes" in ran.err
    assert not (root / FOLDER).exists()


def test_no_port_for_a_typescript_that_cannot_read_its_types(tmp_path: Path) -> None:
    """That of the root counts where a package names none; a script of JavaScript needs no types."""
    top = json.dumps({**json.loads(MEMBERS), "devDependencies": {"typescript": "^3.9.0"}})
    root = workspace(tmp_path, **{"package.json": top, "packages/app/src/b.js": CALL})
    ran = fleetmod(root, "migrate")
    assert ran.code == 1 and "asks for TypeScript ^3.9.0, which cannot read the types" in ran.out
    assert (root / "packages/app/src/a.ts").read_text() == CALL
    assert "@acme/process-manager" in (root / "packages/app/src/b.js").read_text()
