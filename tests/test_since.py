"""`gate --since REF`: a configuration that looks at less than it did is seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.repo import commit, fleetmod, git, make
from tests.test_reports import fits

BASE = {
    "workspace.scan": '["."]',
    "workspace.gate": '["packages", "apps"]',
    "workspace.exclude": '["docs"]',
    "workspace.rules": '["rules"]',
    "home.users": '["sam", "kim"]',
    "home.root": '"/Users/sam/acme"',
    "home.vault": '"/Users/sam/notes"',
    "process.adapters": '["packages/a/src/mine.ts"]',
    "container.adapters": "[]",
    "container.vm_addresses": '["192.168.64.2"]',
    "runtime.scope": '"@acme"',
}
RULE = """id = "odd-word"
title = "an odd word"
family = "process"
class = "text"
triggers = ["oddword"]
query = '((string) @debt (#match? @debt "oddword"))'
refusal = "say another word"
prose = "An odd word."

[[example]]
title = "a string"
refused = '''
export const a = "oddword";
'''
"""
FILES = {
    "package.json": '{"name": "acme"}\n',
    "rules/odd.toml": RULE,
    "packages/a/src/a.ts": "export const a = 1;\n",
    "apps/b/src/b.ts": "export const b = 1;\n",
    "docs/c.ts": "export const c = 1;\n",
}


def toml(**changed: str) -> str:
    tables: dict[str, list[str]] = {}
    values = {**BASE, **{key.replace("__", "."): value for key, value in changed.items()}}
    for key, value in values.items():
        table, _, name = key.partition(".")
        tables.setdefault(table, []).append(f"{name} = {value}")
    lines = ["version = 1"]
    for table, members in tables.items():
        lines += [f"[{table}]", *members]
    return "\n".join(lines) + "\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "r", {**FILES, "fleetmod.toml": toml()})


def since(root: Path, code: int, ref: str = "HEAD") -> dict[str, Any]:
    ran = fleetmod(root, "gate", "--since", ref, "--format", "json")
    assert ran.code == code, ran.out + ran.err
    document = json.loads(ran.out)
    fits("certificate", document)
    *_, verdict = document["phases"]
    assert verdict["phase"] == "since"
    assert verdict["verdict"] == {0: "passed", 1: "failed", 3: "unproven"}[code]
    found: dict[str, Any] = verdict
    return found


NARROWED = [
    ("workspace__scan", '["packages"]', 'workspace.scan leaves out ".": ["."] became ["packages"]'),
    ("workspace__gate", '["packages"]', 'workspace.gate leaves out "apps"'),
    ("workspace__gate", '["packages/a", "apps"]', 'workspace.gate leaves out "packages"'),
    ("workspace__exclude", '["docs", "apps/b"]', "workspace.exclude passes over more"),
    ("workspace__exclude", '["!docs", "docs"]', "workspace.exclude passes over more"),
    ("workspace__rules", "[]", 'workspace.rules lacks "rules"'),
    ("home__users", '["sam"]', 'home.users lacks "kim"'),
    ("home__root", '""', "home.root is not looked for as it was"),
    ("home__vault", '"/Users/sam/other"', "home.vault is not looked for as it was"),
    (
        "process__adapters",
        '["packages/a/src/mine.ts", "apps"]',
        "process.adapters passes over more",
    ),
    ("container__adapters", '["apps"]', "container.adapters passes over more"),
    ("container__vm_addresses", "[]", 'container.vm_addresses lacks "192.168.64.2"'),
]


@pytest.mark.parametrize(("key", "value", "said"), NARROWED)
def test_a_value_that_narrows_fails(root: Path, key: str, value: str, said: str) -> None:
    since(root, 0)
    (root / "fleetmod.toml").write_text(toml(**{key: value}))
    (failure,) = since(root, 1)["failures"]
    assert said in failure
    commit(root)
    since(root, 1, "HEAD~1")
    assert since(root, 0)["failures"] == []  # whoever merged it meant it


WIDENED = [
    ("workspace__scan", '["packages", "."]'),
    ("workspace__gate", '["."]'),
    ("workspace__gate", '["./packages/", "apps", "docs"]'),
    ("workspace__exclude", "[]"),
    ("home__users", '["kim", "sam", "bo"]'),
    ("process__adapters", "[]"),
    ("container__vm_addresses", '["192.168.64.2", "192.168.64.3"]'),
    ("runtime__scope", '"@other"'),
]


@pytest.mark.parametrize(("key", "value"), WIDENED)
def test_another_value_is_told(root: Path, key: str, value: str) -> None:
    (root / "fleetmod.toml").write_text(toml(**{key: value}))
    verdict = since(root, 0)
    assert any(f"{key.replace('__', '.')} changed: " in line for line in verdict["evidence"])


def test_a_comment_is_no_change(root: Path) -> None:
    (root / "fleetmod.toml").write_text(f"# why\n{toml()}")
    assert len(since(root, 0)["evidence"]) == 1


def test_a_folder_that_is_renamed_hides_nothing(root: Path) -> None:
    git(root, "mv", "apps", "services")
    (root / "fleetmod.toml").write_text(toml(workspace__gate='["packages", "services"]'))
    since(root, 0)


def test_a_configuration_that_is_gone(root: Path) -> None:
    (root / "fleetmod.toml").unlink()
    (failure,) = since(root, 1)["failures"]
    assert failure.startswith("fleetmod.toml is gone")


def test_a_configuration_that_is_new(root: Path) -> None:
    git(root, "rm", "-q", "fleetmod.toml")
    commit(root)
    (root / "fleetmod.toml").write_text(toml())
    assert "no older configuration" in since(root, 0)["evidence"][1]


def test_rules_of_one_s_own(root: Path) -> None:
    (root / "rules/odd.toml").write_text(RULE.replace('["oddword"]', '["oddwords"]'))
    (doubt,) = since(root, 3)["unproven"]
    assert doubt.startswith("the rule rules/odd.toml changed")
    (root / "rules/odd.toml").rename(root / "rules/other.toml")
    (failure,) = since(root, 1)["failures"]
    assert failure == "the rule rules/odd.toml is gone"


def test_a_new_directive_is_told(root: Path) -> None:
    source = root / "packages/a/src/a.ts"
    first = '// fleetmod-ignore home-path: the owner\'s\nexport const x = "/Users/sam/x";\n'
    source.write_text(first)
    commit(root)
    assert len(since(root, 0)["evidence"]) == 1
    source.write_text("export {};\n\n" + first + first.replace("x", "y").replace("ey", "ex"))
    evidence = since(root, 0)["evidence"]
    assert evidence[1:] == ["newly accepted: packages/a/src/a.ts:6 home-path: the owner's"]


def test_a_folder_below_the_repository(root: Path) -> None:
    (root / "apps/fleetmod.toml").write_text('version = 1\n[workspace]\ngate = ["b"]\n')
    commit(root)
    (root / "apps/fleetmod.toml").write_text(
        'version = 1\n[workspace]\ngate = ["b"]\nexclude = ["b/src/x.ts"]\n'
    )
    (failure,) = since(root / "apps", 1)["failures"]
    assert 'workspace.exclude passes over more: [] became ["b/src/x.ts"]' in failure


@pytest.mark.parametrize("ref", ["nothing", "--all", "", "HEAD:fleetmod.toml"])
def test_a_commit_that_is_not_there(root: Path, ref: str) -> None:
    ran = fleetmod(root, "gate", "--since", ref)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert f"git knows no commit `{ref}`" in ran.err


def test_a_configuration_that_was_not_valid(root: Path) -> None:
    (root / "fleetmod.toml").write_text("scan = \n")
    commit(root)
    (root / "fleetmod.toml").write_text(toml())
    ran = fleetmod(root, "gate", "--since", "HEAD")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "the fleetmod.toml of HEAD cannot be compared" in ran.err


@pytest.mark.parametrize("form", ["text", "markdown", "html", "sarif", "junit", "github", "gitlab"])
def test_every_report_tells_why_it_failed(root: Path, form: str) -> None:
    (root / "fleetmod.toml").write_text(toml(home__users='["sam"]'))
    ran = fleetmod(root, "gate", "--since", "HEAD", "--format", form)
    assert ran.code == 1
    assert "home.users lacks" in ran.out.replace("&#34;", '"')


@pytest.mark.parametrize(
    ("old", "new", "config"),
    [
        ("packages/a/src/a.ts", "packages/a/src/a.TS", {}),
        ("packages/a/src/a.ts", "docs/a.ts", {}),
        ("apps/b/src/b.ts", "vendor/b/b.ts", {}),
        # a folder that is gone hides nothing, and what stood there does
        ("apps/b/src/b.ts", "other/b.ts", {"workspace__scan": '["packages"]'}),
    ],
)
def test_code_that_is_moved_out_of_sight(
    root: Path, old: str, new: str, config: dict[str, str]
) -> None:
    (root / new).parent.mkdir(parents=True, exist_ok=True)
    git(root, "mv", old, new)
    (root / "fleetmod.toml").write_text(toml(**config))
    commit(root)
    assert f"{old} is {new} now, which is not looked at" in since(root, 1, ref="HEAD~1")["failures"]


def test_code_that_is_moved_in_sight(root: Path) -> None:
    git(root, "mv", "packages/a/src/a.ts", "packages/a/src/b.mts")
    git(root, "mv", "docs/c.ts", "docs/d.ts")
    assert since(root, 0)["failures"] == []
