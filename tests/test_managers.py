"""Which package manager installs a repository, where its files tell of several."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleetmod.workspace.managers import linked_globs, managed
from tests.install import CALL, PM, dependencies, migrated, repo
from tests.node import check, node, npm, npm_cli
from tests.repo import make

PNPM = "pnpm-workspace.yaml"
MEMBERS = "packages:\n  - packages/*\n"
SETTINGS = "onlyBuiltDependencies:\n  - esbuild\n"
NPM_LOCK, PNPM_LOCK = {"package-lock.json": "{}"}, {"pnpm-lock.yaml": ""}
WORKSPACES = {"workspaces": ["packages/*"]}
STALE = "is taken as the package manager"
CI = ".github/workflows/ci.yml"

# what lies there, what package.json holds; the manager, whether it links, and what is told
CASES: dict[str, tuple[dict[str, str], dict[str, object], str, bool, str]] = {
    "npm's lock beside pnpm's settings": (
        *({PNPM: SETTINGS, **NPM_LOCK}, WORKSPACES, "npm", True, ""),
    ),
    "settings alone beside `workspaces`": (*({PNPM: SETTINGS}, WORKSPACES, "npm", True, ""),),
    "settings alone": (*({PNPM: SETTINGS}, {}, "pnpm", False, ""),),
    "both locks, `workspaces`": (
        {PNPM: SETTINGS, **NPM_LOCK, **PNPM_LOCK},
        *(
            WORKSPACES,
            "npm",
            True,
            "package manager, by `workspaces` of package.json",
        ),
    ),
    "both locks, pnpm's members": (
        {PNPM: MEMBERS, **NPM_LOCK, **PNPM_LOCK},
        *({}, "pnpm", True, "pnpm is taken as the package manager, by pnpm-workspace.yaml"),
    ),
    "npm's lock and pnpm's members": (*({PNPM: MEMBERS, **NPM_LOCK}, {}, "pnpm", True, STALE),),
    "both locks, both members, CI": (
        {PNPM: MEMBERS, **NPM_LOCK, **PNPM_LOCK, CI: "run: npm install -g pnpm\nrun: npm ci\n"},
        *(WORKSPACES, "npm", True, "the installs that CI"),
    ),
    "both locks, pnpm's members, CI of npm": (
        {
            PNPM: MEMBERS,
            **NPM_LOCK,
            **PNPM_LOCK,
            CI: "run: cd site && pnpm i\n" + "run: npm ci\n" * 2,
        },
        *({}, "npm", False, "the installs that CI"),
    ),
    "yarn's lock and npm's, an image": (
        {"yarn.lock": "", **NPM_LOCK, "Dockerfile": "FROM node\nRUN cd /app && npm ci --quiet\n"},
        *(WORKSPACES, "npm", True, "the installs that CI"),
    ),
    "a script of another kind is no install": (
        {"yarn.lock": "", **NPM_LOCK, CI: "run: npm run install-hooks\nrun: npm test\n"},
        *(WORKSPACES, "yarn", True, STALE),
    ),
    "packageManager before a lock": (
        *(NPM_LOCK, {"packageManager": "pnpm@10.1.0", **WORKSPACES}, "pnpm", False, STALE),
    ),
    "pnpm with `workspaces` alone": (
        *(PNPM_LOCK, WORKSPACES, "pnpm", False, "pnpm reads no workspace of package.json"),
    ),
    "devEngines": (*({}, {"devEngines": {"packageManager": {"name": "bun"}}}, "bun", False, ""),),
    "no mark but CI": (*({CI: "run: pnpm install --frozen-lockfile\n"}, {}, "pnpm", False, ""),),
    "nothing": (*({}, WORKSPACES, "npm", True, ""),),
}


@pytest.mark.parametrize("case", CASES)
def test_the_manager_of_a_repository(tmp_path: Path, case: str) -> None:
    files, manifest, name, links, doubt = CASES[case]
    root = make(tmp_path / "r", {"package.json": json.dumps(manifest), **files})
    found = managed(root, "packages/a")
    assert (found.name, bool(linked_globs(root))) == (name, links)
    assert doubt in found.doubt
    assert bool(found.doubt) is bool(doubt)


@pytest.mark.parametrize(
    ("files", "named", "knows"),
    [
        ({"yarn.lock": "# yarn lockfile v1\n"}, "", False),
        ({"yarn.lock": "# made\n\n__metadata:\n  version: 8\n"}, "", True),
        ({"yarn.lock": "", ".yarnrc.yml": "nodeLinker: node-modules\n"}, "", True),
        ({"yarn.lock": ""}, "yarn@4.1.0+sha224.0", True),
        ({"yarn.lock": ""}, "yarn@1.22.22", False),
        (NPM_LOCK, "", False),
        ({"bun.lock": ""}, "", True),
    ],
)
def test_who_knows_the_workspace_protocol(
    tmp_path: Path, files: dict[str, str], named: str, knows: bool
) -> None:
    manifest = json.dumps({"packageManager": named} if named else {})
    root = make(tmp_path / "r", {"package.json": manifest, **files})
    assert managed(root, "").knows_workspace is knows


def monorepo(tmp_path: Path, files: dict[str, str], manifest: dict[str, object]) -> Path:
    top = {"name": "acme", "version": "1.0.0", "private": True, **manifest}
    code = {
        "packages/a/package.json": '{"name": "@acme/a", "version": "1.0.0"}',
        "packages/a/src/a.ts": CALL,
    }
    return repo(tmp_path, {"package.json": json.dumps(top), **files, **code})


def linked(root: Path, *places: str) -> bool:
    made = [root / place / "node_modules" / PM for place in places]
    return any(each.resolve() == root / "packages/process-manager" for each in made)


@pytest.mark.parametrize("locks", [{}, PNPM_LOCK])
def test_npm_installs_beside_settings_of_pnpm(tmp_path: Path, locks: dict[str, str]) -> None:
    root = monorepo(tmp_path, {PNPM: SETTINGS, **NPM_LOCK, **locks}, WORKSPACES)
    ran = migrated(root)
    assert dependencies(root, "packages/a") == {PM: "*"}
    assert (STALE in ran.out) is bool(locks)
    check(node(), npm_cli(), "install", "--offline", "--no-audit", "--no-fund", cwd=root)
    assert linked(root, "", "packages/a")


@pytest.mark.parametrize(
    ("files", "manifest", "version"),
    [
        ({PNPM: MEMBERS}, {}, "workspace:*"),
        ({PNPM: MEMBERS, **NPM_LOCK}, {}, "workspace:*"),
        # pnpm links nothing that `workspaces` declares
        ({}, {"packageManager": "pnpm@10.34.9", **WORKSPACES}, "link:../process-manager"),
    ],
)
def test_pnpm_installs(
    tmp_path: Path, files: dict[str, str], manifest: dict[str, object], version: str
) -> None:
    root = monorepo(tmp_path, files, manifest)
    migrated(root)
    assert dependencies(root, "packages/a") == {PM: version}
    place = root if files else root / "packages/a"
    pnpm = npm("pnpm") / "pnpm/bin/pnpm.cjs"
    check(node(), pnpm, "install", "--offline", "--no-frozen-lockfile", cwd=place)
    assert linked(root, "packages/a")


@pytest.mark.parametrize(
    ("package", "program", "files", "version"),
    [
        ("yarn", "yarn/bin/yarn.js", {"yarn.lock": ""}, "*"),
        (
            *("@yarnpkg/cli-dist", "@yarnpkg/cli-dist/bin/yarn.js"),
            *({"yarn.lock": "", ".yarnrc.yml": "nodeLinker: node-modules\n"}, "workspace:*"),
        ),
    ],
)
def test_yarn_installs(
    tmp_path: Path, package: str, program: str, files: dict[str, str], version: str
) -> None:
    root = monorepo(tmp_path, files, WORKSPACES)
    migrated(root)
    assert dependencies(root, "packages/a") == {PM: version}
    env = {"YARN_ENABLE_TELEMETRY": "0", "YARN_ENABLE_NETWORK": "0"}
    options = ["--offline"] if package == "yarn" else ["--no-immutable"]
    check(node(), npm(package) / program, "install", *options, cwd=root, env=env)
    assert linked(root, "", "packages/a")


def test_bun_installs(tmp_path: Path) -> None:
    root = monorepo(tmp_path, {CI: "run: bun install\n"}, WORKSPACES)
    migrated(root)
    assert dependencies(root, "packages/a") == {PM: "workspace:*"}
    check(npm("bun") / ".bin/bun", "install", cwd=root)
    assert linked(root, "", "packages/a")
