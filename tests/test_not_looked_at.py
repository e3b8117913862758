"""The certificate holds what decided, and counts what the phases of the code did not look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.repo import commit, fleetmod, git, make
from tests.test_reports import fits

SOURCE_MAP = "//# sourceMappingURL=f.mjs.map\n"
HOME = 'export const data = "/Users/sam/data";\n'
TOML = """version = 1
[workspace]
scan = ["packages", "apps", "vendor"]
gate = ["packages"]
exclude = ["packages/app/old"]
[home]
users = ["sam"]
root = "/Users/sam/acme"
[process]
adapters = ["packages/app/src/mine.ts"]
"""
FILES: dict[str, str | bytes] = {
    "fleetmod.toml": TOML,
    "package.json": '{"name": "acme"}\n',
    ".gitignore": "dist\nnode_modules\nlocal.ts\n",
    "packages/app/package.json": '{"name": "app"}\n',
    "packages/app/src/a.ts": "export const a = 1;\n",
    "packages/app/src/view.tsx": "export const b = 1;\n",
}
APART: dict[str, tuple[str, str]] = {
    "scan": ("tools/b.ts", HOME),
    "exclude": ("packages/app/old/c.ts", HOME),
    "vendored": ("vendor/d.ts", HOME),
    "generated": ("packages/app/src/e.d.ts", HOME),
    "built": ("packages/app/src/f.mjs", HOME + SOURCE_MAP),
    "component": ("packages/app/src/g.vue", f"<script>\n{HOME}</script>\n"),
    "upper-case": ("packages/app/src/H.TS", HOME),
    "adapters": ("packages/app/src/mine.ts", 'run("launchctl");\n'),
    "ignored": ("packages/app/local.ts", HOME.replace("data", "launchctl", 1)),
}


def gate(root: Path, *options: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(fleetmod(root, "gate", "--format", "json", *options).out)
    fits("certificate", document)
    return document


def apart(root: Path, *options: str) -> dict[str, tuple[int, list[str]]]:
    groups = gate(root, *options)["not_looked_at"]
    return {group["kind"]: (group["files"], group["named"]) for group in groups}


def test_nothing_is_apart_where_all_is_looked_at(tmp_path: Path) -> None:
    root = make(tmp_path / "r", FILES)
    assert apart(root) == {}
    assert "Not looked at" not in fleetmod(root, "gate").out


@pytest.mark.parametrize("kind", APART)
def test_what_holds_a_home_is_named(tmp_path: Path, kind: str) -> None:
    path, text = APART[kind]
    root = make(tmp_path / "r", {**FILES, path: text})
    assert apart(root) == {kind: (1, [path])}
    assert path in fleetmod(root, "gate").out.partition("Not looked at")[2]


@pytest.mark.parametrize("kind", APART)
def test_what_holds_nothing_is_counted(tmp_path: Path, kind: str) -> None:
    path, _ = APART[kind]
    mark = SOURCE_MAP if kind == "built" else ""
    root = make(tmp_path / "r", {**FILES, path: f"export {{}};\n{mark}"})
    assert apart(root) == {kind: (1, [])}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_typescript_in_utf_16_is_no_proof(tmp_path: Path, encoding: str) -> None:
    text = f"\ufeff{HOME}" if encoding == "utf-16-be" else HOME
    path = "packages/app/src/wide.ts"
    root = make(tmp_path / "r", {**FILES, path: text.encode(encoding)})
    assert fleetmod(root, "gate").code == 3
    document = gate(root)
    assert document["not_read"] == [{"path": path, "reason": "it is UTF-16; save it as UTF-8"}]
    assert apart(root) == {"utf-16": (1, [path])}
    (root / path).write_bytes("\ufeffexport {};\n".encode("utf-16-le"))
    assert fleetmod(root, "gate").code == 0
    assert apart(root) == {"utf-16": (1, [])}


def test_only_what_the_phase_looks_for_is_named(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {**FILES, "packages/app/src/f.vue": HOME})
    assert apart(root, "--phase", "1a") == {"component": (1, [])}
    assert apart(root, "--phase", "1b") == {"component": (1, ["packages/app/src/f.vue"])}
    stranger = HOME.replace("sam", "kim")
    (root / "packages/app/src/f.vue").write_text(stranger)
    assert apart(root, "--phase", "1b") == {"component": (1, ["packages/app/src/f.vue"])}
    assert apart(root, "--phase", "portable") == {}


def test_where_no_grep_looks(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {**FILES, "apps/web/a.ts": "export {};\n"})
    assert apart(root) == {"gate": (1, [])}
    assert "outside of workspace.gate (packages)" in fleetmod(root, "gate").out


def test_other_repositories_and_links(tmp_path: Path) -> None:
    library = make(tmp_path / "library", {"a.ts": HOME})
    root = make(tmp_path / "r", FILES)
    allow = ("-c", "protocol.file.allow=always")
    git(root, *allow, "submodule", "add", "-q", str(library), "apps/library")
    (root / "packages/app/src/link.ts").symlink_to("a.ts")
    (root / "packages/app/src/words.md").symlink_to("a.ts")
    commit(root)
    make(root / "apps/nested", {"a.ts": HOME})
    assert apart(root) == {"link": (1, []), "submodule": (1, []), "repository": (1, [])}


def test_an_ignored_folder_counts_once_and_installed_ones_do_not(tmp_path: Path) -> None:
    root = make(tmp_path / "r", FILES)
    for path in ("tools/dist/a.ts", "tools/dist/b.ts", "node_modules/x/a.js"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(HOME)
    assert apart(root) == {"ignored": (1, [])}


def test_a_port_may_name_its_own_tool_only(tmp_path: Path) -> None:
    port = "lib/process-manager"
    files = {
        **FILES,
        "fleetmod.toml": TOML + '[runtime]\nscope = "@acme"\ndir = "lib"\n',
        f"{port}/package.json": '{"name": "@acme/process-manager"}\n',
        f"{port}/src/a.ts": 'run("launchctl");\n',
        f"{port}/src/b.ts": HOME,
    }
    assert apart(make(tmp_path / "r", files)) == {"scan": (2, [f"{port}/src/b.ts"])}


def test_the_values_of_the_configuration_are_in_the_certificate(tmp_path: Path) -> None:
    root = make(tmp_path / "r", FILES)
    values = gate(root)["configuration"]
    assert values["file"] is True
    assert values["workspace"]["scan"] == ["packages", "apps", "vendor"]
    assert values["workspace"]["exclude"] == ["packages/app/old"]
    assert values["home"] | {"fixture": ""} == {
        "users": ["sam"],
        "root": "/Users/sam/acme",
        "vault": "",
        "fixture": "",
    }
    assert values["process"]["adapters"] == ["packages/app/src/mine.ts"]
    (root / "fleetmod.toml").unlink()
    assert gate(root)["configuration"]["file"] is False


@pytest.mark.parametrize("form", ["markdown", "html", "sarif", "junit", "github"])
def test_every_report_tells_it(tmp_path: Path, form: str) -> None:
    path = "packages/app/src/f.mjs"
    root = make(tmp_path / "r", {**FILES, path: HOME})
    said = fleetmod(root, "gate", "--format", form).out
    assert path in said.replace("\\", "")
