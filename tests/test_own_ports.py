"""A repository that has a package of a runtime package's name already: it is used as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.install import CALL, HOME, ID, PM, dependencies, migrated, repo
from tests.repo import fleetmod, tree

OWN = {
    "package.json": '{"name": "top", "workspaces": ["libs/*"]}',
    "libs/app/package.json": '{"name": "@acme/app"}',
    "libs/app/src/a.ts": CALL,
}


def own(entry: str = "", **manifest: Any) -> dict[str, str]:
    """A process manager of the repository's own, which runs the tool itself."""
    return {
        **OWN,
        "libs/services/package.json": json.dumps({"name": PM, **manifest}),
        "libs/services/src/index.ts": entry + CALL,
    }


ENTRIES = {
    "a constant": "export const processManager = {} as any;\n",
    "a clause": "const p = 1;\nexport { p as processManager };\n",
    "another module": 'export * from "./port.js";\n',
    "another module's name": 'export { processManager } from "./port";\n',
    "a pattern": "export const { a: processManager } = make();\n",
}


@pytest.mark.parametrize("case", ENTRIES)
@pytest.mark.parametrize(
    "manifest",
    [
        {"main": "src/index.ts"},
        {"exports": "./src/index.ts"},
        {"exports": {".": {"types": "./a.d.ts", "bun": "./src/index.ts", "default": "./a.js"}}},
        {},
    ],
)
def test_a_package_of_the_port_s_name_is_the_adapter(
    tmp_path: Path, case: str, manifest: dict[str, Any]
) -> None:
    port = {"libs/services/src/port.ts": "export const processManager = 1;\n"}
    root = repo(tmp_path, {**own(ENTRIES[case], **manifest), **port})
    before = (root / "libs/services/src/index.ts").read_text()
    ran = migrated(root)
    assert (root / "libs/services/src/index.ts").read_text() == before
    assert not (root / "packages").exists()
    assert dependencies(root, "libs/app") == {PM: "*"}
    assert dependencies(root, "libs/services") is None
    assert f"{PM} is in libs/services already and is used as it is; it exports what" in ran.out
    assert fleetmod(root, "gate", "--phase", "1a").code == 0
    assert fleetmod(root, "audit").code == 0


def test_an_adapter_that_lacks_an_export(tmp_path: Path) -> None:
    root = repo(tmp_path, own("export const other = 1;\n", main="./src/index.ts"))
    before = tree(root)
    ran = fleetmod(root, "migrate")
    assert ran.code == 2
    assert ran.err.startswith(
        "fleetmod: libs/services/src/index.ts: does not export processManager, which the migrated"
    )
    assert tree(root) == before


@pytest.mark.parametrize(
    ("entry", "manifest"),
    [
        ("", {"main": "./dist/index.js"}),
        ('export * from "elsewhere";\n', {"main": "./src/index.ts"}),
        ("export const = 1;\n", {"main": "./src/index.ts"}),
    ],
)
def test_an_adapter_whose_exports_cannot_be_read(
    tmp_path: Path, entry: str, manifest: dict[str, Any]
) -> None:
    root = repo(tmp_path, own(entry, **manifest))
    ran = migrated(root)
    assert f"{PM} is in libs/services already and is used as it is; its exports were not" in ran.out
    assert "it must export processManager" in ran.out


def test_an_adapter_outside_of_any_workspace(tmp_path: Path) -> None:
    files = own("export const processManager = 1;\n")
    root = repo(tmp_path, {**files, "package.json": '{"name": "top"}'})
    migrated(root)
    assert dependencies(root, "libs/app") == {PM: "file:../services"}


def test_an_identity_never_asks_itself(tmp_path: Path) -> None:
    root = repo(
        tmp_path,
        {
            "package.json": '{"name": "top", "workspaces": ["libs/*"]}',
            "libs/who/package.json": json.dumps({"name": ID, "main": "index.ts"}),
            "libs/who/index.ts": "export const nodeIdentity: any = {};\n" + HOME,
            "libs/app/package.json": '{"name": "@acme/app"}',
            "libs/app/src/a.ts": HOME,
        },
    )
    ran = migrated(root, code=1)
    assert "refused libs/who/index.ts:2" in ran.out
    assert "stands in the node-identity package itself" in ran.out
    assert (root / "libs/who/index.ts").read_text().endswith(HOME)
    assert "nodeIdentity.homeDir" in (root / "libs/app/src/a.ts").read_text()
    assert dependencies(root, "libs/app") == {ID: "*"}
    assert fleetmod(root, "gate", "--phase", "1b").code == 1


def test_an_identity_s_comments_can_be_rewritten(tmp_path: Path) -> None:
    text = "// as in /Users/alice/x\nexport const nodeIdentity = {};\n"
    manifest = json.dumps({"name": ID, "main": "index.ts"})
    code = {"src/a.ts": "export {};\n"}
    root = repo(tmp_path, {"libs/who/package.json": manifest, "libs/who/index.ts": text, **code})
    migrated(root)
    assert (root / "libs/who/index.ts").read_text().startswith("// as in ~/x")


def test_homes_in_the_process_manager_are_debt(tmp_path: Path) -> None:
    files = own("export const processManager = 1;\n" + HOME, main="./src/index.ts")
    root = repo(tmp_path, files)
    migrated(root)
    text = (root / "libs/services/src/index.ts").read_text()
    assert "nodeIdentity.homeDir" in text and "launchctl kickstart" in text
    assert dependencies(root, "libs/services") == {ID: "*"}
