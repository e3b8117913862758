"""`migrate --branch-per`: small branches that merge into what one migration writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repo import copy, fleetmod, git, make, tree

HOME = 'export const log = "/Users/sam/Library/Logs/acme.log";\n'
FILES: dict[str, str | bytes] = {
    "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
    "fleetmod.toml": 'version = 1\n[home]\nusers = ["sam"]\n[runtime]\nscope = "@acme"\n',
    ".github/CODEOWNERS": "* @acme/all\n/packages/cli/ @eve\n",
    "packages/app/package.json": '{"name": "app", "private": true}\n',
    "packages/app/src/a.ts": HOME,
    "packages/cli/package.json": '{"name": "cli", "private": true}\n',
    "packages/cli/src/a.ts": HOME,
    "packages/lib/package.json": '{"name": "lib", "private": true}\n',
    "packages/lib/src/a.ts": HOME,
}


@pytest.fixture(autouse=True)
def author(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who commits, on a machine where git does not know."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "t")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "t@example.com")


def merged(root: Path) -> list[str]:
    """Merge every branch that was made; their names."""
    listed = git(root, "branch", "--format", "%(refname:short)", "--list", "fleetmod/*")
    branches = sorted(listed.split(), key=lambda name: (name != "fleetmod/ports", name))
    for branch in branches:
        git(root, "merge", "-q", "--no-edit", branch)
    return branches


def test_the_branches_together_are_one_migration(tmp_path: Path) -> None:
    root, whole = make(tmp_path / "a", FILES), make(tmp_path / "b", FILES)
    before = tree(root)
    ran = fleetmod(root, "migrate", "--branch-per", "package")
    assert ran.code == 0 and "fleetmod/packages-cli: 1 finding in 2 files" in ran.out
    assert ran.out.startswith("fleetmod/ports: the ports in ")
    assert tree(root) == before and git(root, "status", "--porcelain") == ""
    branches = [f"fleetmod/packages-{name}" for name in ("app", "cli", "lib")]
    assert merged(root) == ["fleetmod/ports", *branches]
    assert fleetmod(whole, "migrate").code == 0
    assert tree(root) == tree(whole)
    assert "rewrote 0 " in fleetmod(root, "migrate").out


def test_an_owner_gets_one_branch(tmp_path: Path) -> None:
    root = make(tmp_path / "a", FILES)
    ran = fleetmod(root, "migrate", "--branch-per", "owner", "--dry-run")
    assert "fleetmod/acme-all: 2 findings" in ran.out and git(root, "branch", "--list", "f*") == ""
    fleetmod(root, "migrate", "--branch-per", "owner")
    assert merged(root) == ["fleetmod/ports", "fleetmod/acme-all", "fleetmod/eve"]
    again = fleetmod(root, "migrate", "--branch-per", "owner")
    assert again.code == 0 and again.out == ""


def test_what_moves_together_is_in_no_branch_and_told(tmp_path: Path) -> None:
    root = copy("shapes", tmp_path / "a")
    ran = fleetmod(root, "migrate", "--branch-per", "package")
    assert "Traceback" not in ran.err
    assert ran.out.endswith("refused, which are in no branch.\n")
    merged(root)
    fleetmod(root, "migrate")
    whole = copy("shapes", tmp_path / "b")
    fleetmod(whole, "migrate")
    assert tree(root) == tree(whole)


@pytest.mark.parametrize("kind", ["taken", "eol"])
def test_a_branch_that_cannot_be_made(tmp_path: Path, kind: str) -> None:
    files = {
        path: text for path, text in FILES.items() if "/cli/" not in path and "/lib/" not in path
    }
    root = make(tmp_path / "a", files)
    if kind == "taken":
        git(root, "branch", "fleetmod/packages-app")
        said = "fleetmod/packages-app: is a branch already"
    else:
        (root / ".gitattributes").write_text("*.ts text eol=crlf\n")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "eol")
        (root / "packages/app/src/a.ts").unlink()
        git(root, "checkout", "-q", ".")
        said = "packages/app/src/a.ts: git stores it in another form"
    ran = fleetmod(root, "migrate", "--branch-per", "package")
    assert ran.code == 2 and said in ran.err
