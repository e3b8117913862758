"""Package managers: what they install in a workspace, and what they deploy, runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.matrix import ENV, ESM, says, workspace
from tests.node import check, node, node_of, npm, npm_cli

pytestmark = pytest.mark.heavy

MEMBERS = "packages:\n  - packages/*\n"
QUIET = {"YARN_ENABLE_TELEMETRY": "0", "YARN_ENABLE_NETWORK": "0"}
BERRY = "@yarnpkg/cli-dist/bin/yarn.js"
RUN = "packages/app/run.mjs"


def monorepo(tmp_path: Path, files: dict[str, str]) -> Path:
    return workspace(tmp_path / "acme", {RUN: ESM, **files})


def yarn(name: str) -> list[str | Path]:
    script = (
        npm("yarn") / "yarn/bin/yarn.js" if name == "classic" else npm("@yarnpkg/cli-dist") / BERRY
    )
    return [node(), script]


def test_npm(tmp_path: Path) -> None:
    root = monorepo(tmp_path, {"package-lock.json": "{}"})
    check(node(), npm_cli(), "install", "--offline", "--no-audit", "--no-fund", cwd=root)
    says(root, node_of("18"), RUN, cwd=root)


@pytest.mark.parametrize("flags", [(), ("--install-links",)])
def test_npm_without_a_workspace(tmp_path: Path, flags: tuple[str, ...]) -> None:
    """`--install-links` copies what `file:` names."""
    manifest = '{"name": "acme", "private": true}'
    root = monorepo(tmp_path, {"package.json": manifest})
    place = root / "packages/app"
    flags = ("--offline", "--no-audit", "--no-fund", *flags)
    check(node(), npm_cli(), "install", *flags, cwd=place)
    assert (place / "node_modules/@acme/node-identity").is_symlink() is (len(flags) == 3)
    says(root, node_of("18"), "run.mjs", cwd=place)


def test_pnpm(tmp_path: Path) -> None:
    """`pnpm deploy` copies the packages of the workspace below node_modules."""
    manifest = '{"name": "acme", "private": true}'
    root = monorepo(tmp_path, {"package.json": manifest, "pnpm-workspace.yaml": MEMBERS})
    pnpm = [node(), npm("pnpm") / "pnpm/bin/pnpm.cjs"]
    check(*pnpm, "install", "--offline", "--no-frozen-lockfile", cwd=root)
    says(root, node_of("18"), RUN, cwd=root)
    out = tmp_path / "deployed"
    deploy = ("--filter", "@acme/app", "--offline", "deploy", "--prod", "--legacy", out)
    check(*pnpm, *deploy, cwd=root)
    assert root not in (out / "node_modules/@acme/node-identity").resolve().parents
    told = ENV | {"REPO_ROOT": "/srv/acme"}
    says("/srv/acme", node_of("18"), "run.mjs", cwd=out, env=told)


def test_yarn_classic(tmp_path: Path) -> None:
    root = monorepo(tmp_path, {"yarn.lock": "# yarn lockfile v1\n"})
    check(*yarn("classic"), "install", "--offline", cwd=root)
    says(root, node_of("18"), RUN, cwd=root)


@pytest.mark.parametrize("linker", ["node-modules", "pnpm", "pnp"])
def test_yarn_berry(tmp_path: Path, linker: str) -> None:
    files = {"yarn.lock": "__metadata:\n  version: 8\n", ".yarnrc.yml": f"nodeLinker: {linker}\n"}
    root = monorepo(tmp_path, files)
    check(*yarn("berry"), "install", "--no-immutable", cwd=root, env=QUIET)
    says(root, *yarn("berry"), "node", "run.mjs", cwd=root / "packages/app", env=ENV | QUIET)


def test_bun(tmp_path: Path) -> None:
    root = monorepo(tmp_path, {".github/workflows/ci.yml": "run: bun install\n"})
    bun = npm("bun") / ".bin/bun"
    check(bun, "install", cwd=root)
    says(root, bun, RUN, cwd=root)
    says(root, node_of("18"), RUN, cwd=root)


def test_bun_of_a_path(tmp_path: Path) -> None:
    """Bun copies what `file:` names."""
    root = monorepo(
        tmp_path,
        {
            "package.json": '{"name": "acme", "private": true}',
            ".github/workflows/ci.yml": "run: bun install\n",
        },
    )
    place = root / "packages/app"
    named = json.loads((place / "package.json").read_text())["dependencies"]
    assert set(named.values()) == {f"file:../{name.partition('/')[2]}" for name in named}
    check(npm("bun") / ".bin/bun", "install", cwd=place)
    says(root, npm("bun") / ".bin/bun", "run.mjs", cwd=place)
    says(root, node_of("20"), "run.mjs", cwd=place)
