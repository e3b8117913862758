"""The README's recipes, word for word: pre-commit, husky with lint-staged and lefthook as they are,
on a real git repository, and the steps of the GitHub action."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import node
from tests.repo import AUTHOR, Ran, commit, git, make

TOP = Path(__file__).parent.parent
SHIPPED = ("fleetmod", "rules", "fixtures", "pyproject.toml", "README.md", ".pre-commit-hooks.yaml")
HEAD = 'import { execFileSync } from "node:child_process";\n'
STOP = 'export async function stop() {\n  execFileSync("launchctl", ["stop", "com.acme.a"]);\n}\n'
README = (TOP / "README.md").read_text()
CLEAN = "export const one = 1;\n"
FILE = "packages/app/src/a.ts"


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as a git repository, as pre-commit clones it."""
    root = tmp_path_factory.mktemp("hooks")
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in SHIPPED:
        if (TOP / name).is_dir():
            shutil.copytree(TOP / name, root / name, ignore=ignore)
        else:
            shutil.copy(TOP / name, root / name)
    git(root, "init", "-q")
    commit(root)
    return root


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return {**env, "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("pre-commit"))}


def run(root: Path, env: dict[str, str], *command: str) -> Ran:
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)
    return Ran(done.returncode, done.stdout, done.stderr)


def try_commit(root: Path, env: dict[str, str], *args: str) -> Ran:
    return run(root, env, "git", *AUTHOR, "commit", "-m", "x", *args)


def recipe(name: str) -> str:
    """The block of the README that follows the words "In `name`:"."""
    found = re.search(rf"In `{re.escape(name)}`:\n\n```\w+\n(.*?)```", README, re.S)
    assert found is not None, name
    return found[1]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one recorded finding."""
    root = make(
        tmp_path / "r",
        {
            "package.json": '{"name": "r"}\n',
            ".gitignore": "node_modules\n",
            "fleetmod.toml": 'version = 1\n[workspace]\nexclude = ["**/legacy/**"]\n',
            "packages/app/package.json": '{"name": "app"}\n',
            FILE: HEAD + STOP,
        },
    )
    assert subprocess.run([sys.executable, "-m", "fleetmod", "baseline"], cwd=root).returncode == 0
    commit(root)
    git(tmp_path, "init", "-q", "--bare", "there")
    git(root, "remote", "add", "origin", str(tmp_path / "there"))
    return root


def push(root: Path, env: dict[str, str]) -> Ran:
    return run(root, env, "git", "push", "origin", "HEAD:refs/heads/main")


def is_guarded(root: Path, env: dict[str, str]) -> None:
    """Old debt is let pass on commit and push; new debt is blocked on both."""
    (root / "packages/app/src/b.ts").write_text(CLEAN)
    git(root, "add", "-A")
    clean = try_commit(root, env)
    assert clean.code == 0, clean.out + clean.err
    pushed = push(root, env)
    assert pushed.code == 0, pushed.out + pushed.err

    (root / FILE).write_text(HEAD + STOP + STOP.replace("stop()", "again()"))
    git(root, "add", "-A")
    blocked = try_commit(root, env)
    told = blocked.out + blocked.err
    assert blocked.code == 1 and f"{FILE}:6:3: launchctl-call: launchctl call" in told, told
    assert try_commit(root, env, "--no-verify").code == 0
    refused = push(root, env)
    told = refused.out + refused.err
    assert refused.code == 1 and f"{FILE}:6:3: launchctl-call" in told, told
    git(root, "reset", "-q", "--hard", "HEAD~1")


def test_pre_commit_as_the_readme_says(
    root: Path, hooks: Path, environment: dict[str, str]
) -> None:
    text = recipe(".pre-commit-config.yaml")
    text = re.sub(r"repo: \S+", f"repo: {hooks}", text)
    sha = git(hooks, "rev-parse", "HEAD").strip()
    config = root / ".pre-commit-config.yaml"
    config.write_text(re.sub(r"rev: \S+", f"rev: {sha}", text))
    commit(root)
    installed = run(root, environment, sys.executable, "-m", "pre_commit", "install")
    assert installed.code == 0, installed.err
    is_guarded(root, environment)
    partial_commits(root, environment)
    # once no debt is left, the gate takes the place of the ratchet
    config.write_text(config.read_text().replace("fleetmod-push", "fleetmod-gate"))
    git(root, "add", "-A")
    assert try_commit(root, environment).code == 0
    refused = push(root, environment)
    assert refused.code == 1 and "launchctl" in refused.out + refused.err
    git(root, "rm", "-qr", "packages/app/src/renamed.ts", "tools/legacy")
    assert try_commit(root, environment).code == 0
    pushed = push(root, environment)
    assert pushed.code == 0, pushed.out + pushed.err


def partial_commits(root: Path, environment: dict[str, str]) -> None:
    """What is staged counts, whatever the working tree holds."""
    added = STOP.replace("stop()", "again()")
    (root / FILE).write_text(HEAD + STOP + added)
    git(root, "add", "-A")
    blocked = try_commit(root, environment)
    assert blocked.code == 1
    assert f"{FILE}:6:3: launchctl-call: launchctl call" in blocked.out + blocked.err

    # what is staged counts: the mend waits in the working tree
    (root / FILE).write_text(HEAD + STOP)
    partial = try_commit(root, environment)
    assert partial.code == 1, partial.out + partial.err
    assert (root / FILE).read_text() == HEAD + STOP

    git(root, "mv", FILE, "packages/app/src/renamed.ts")
    (root / "tools/legacy").mkdir(parents=True)
    (root / "tools/legacy/x.ts").write_text(HEAD + STOP)
    git(root, "add", "-A")
    mended = try_commit(root, environment)
    assert mended.code == 0, mended.out + mended.err


@pytest.fixture(scope="module")
def with_node(environment: dict[str, str]) -> dict[str, str]:
    """An environment with node, npm's programs of a repository, and fleetmod on PATH."""
    places = (Path(sys.executable).parent, node.bin_folder())
    path = os.pathsep.join([*map(str, places), environment["PATH"]])
    return {**environment, "PATH": path, "CI": "", "npm_config_offline": "true"}


def test_husky_and_lint_staged_as_the_readme_says(root: Path, with_node: dict[str, str]) -> None:
    (root / "node_modules").symlink_to(node.npm("husky", "lint-staged"))
    (root / ".gitignore").write_text("/node_modules\n")
    programs = root / "node_modules/.bin"
    done = run(root, with_node, str(node.node()), str((programs / "husky").resolve()))
    assert done.code == 0, done.err
    for name in (".husky/pre-commit", ".husky/pre-push", ".lintstagedrc.json"):
        (root / name).write_text(recipe(name))
    env = {**with_node, "PATH": f"{programs}{os.pathsep}{with_node['PATH']}"}
    is_guarded(root, env)


def test_lefthook_as_the_readme_says(root: Path, with_node: dict[str, str]) -> None:
    (root / "node_modules").symlink_to(node.npm("lefthook"))
    (root / ".gitignore").write_text("/node_modules\n")
    (root / "lefthook.yml").write_text(recipe("lefthook.yml"))
    env = {**with_node, "PATH": f"{root}/node_modules/.bin{os.pathsep}{with_node['PATH']}"}
    installed = run(root, env, "lefthook", "install")
    assert installed.code == 0, installed.out + installed.err
    is_guarded(root, env)


def test_the_readme_s_contents_name_every_section() -> None:
    titles = re.findall(r"^## (.+)$", README, re.M)
    linked = re.findall(r"\[([^]]+)\]\(#([^)]+)\)", README.partition("\n## ")[0])
    assert [title for title, _ in linked] == titles
    anchors = {re.sub(r"[^\w -]", "", t.lower()).replace(" ", "-") for t in titles}
    assert {anchor for _, anchor in re.findall(r"\[([^]]+)\]\(#([^)]+)\)", README)} <= anchors


def test_every_command_that_the_readme_types_is_there() -> None:
    from fleetmod.cli import COMMANDS

    blocks = "".join(re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S))
    typed = set(re.findall(r"\bfleetmod ([a-z]+)", blocks))
    assert typed <= {*COMMANDS} and len(typed) > 15
