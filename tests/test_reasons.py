"""The catalogue of reasons: each is well formed, and each is met by an example or a test."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner
from lsprotocol.types import PositionEncodingKind

from fleetmod import migrate, reasons
from fleetmod.audit import audit
from fleetmod.cli import cli
from fleetmod.engine import scan
from fleetmod.filekinds import is_code
from fleetmod.fleet.images import checks as dockerfile
from fleetmod.fleet.images.plan import dockerfile_finding
from fleetmod.lsp.server import _diagnostic
from fleetmod.lsp.text import Text
from fleetmod.model import EXEMPT, REFUSE, Finding
from fleetmod.project import Project, open_project
from fleetmod.refusal import Reason
from fleetmod.report import markdown, sarif
from fleetmod.report.report import report_of
from fleetmod.report.text import audit_text
from fleetmod.report.worklist import worklist
from fleetmod.rule_examples import codes_of
from fleetmod.rules import load_rules, read_rule
from fleetmod.sources import read_sources
from tests import languages
from tests.images.rewriting import read
from tests.repo import make
from tests.scan import RULES, SETTINGS, look

CODES = sorted(reasons.CATALOGUE)
CONSTANTS = {name: each for name, each in vars(reasons).items() if isinstance(each, Reason)}
CALL = 'execSync("launchctl kickstart -k gui/501/com.acme.api");\n'
EXEC = 'import { execSync } from "node:child_process";\n'
TOML = """version = 1
[workspace]
gate = ["."]
exclude = ["packages/app/src/old.ts"]
[home]
users = ["alice"]
[process]
adapters = ["packages/app/src/services.ts"]
[runtime]
scope = "@acme"
"""
# a repository of which each file is refused for a reason that no file has by itself
REPOSITORY: dict[str, str | bytes] = {
    "fleetmod.toml": TOML,
    "package.json": '{"name": "acme", "workspaces": ["packages/*"]}\n',
    "packages/app/package.json": '{"name": "@acme/app"}\n',
    # own-adapter
    "packages/app/src/services.ts": f"{EXEC}export function restart() {{\n  {CALL}}}\n",
    "packages/app/src/own.ts": f'{EXEC}import {{ restart }} from "./services.ts";\n'
    f"export function go() {{\n  restart();\n  {CALL}}}\n",
    # unexplained-line
    "packages/app/src/old.ts": f"{EXEC}{CALL}",
    # isolated-declarations
    "packages/iso/package.json": '{"name": "@acme/iso"}\n',
    "packages/iso/tsconfig.json": '{"compilerOptions": {"isolatedDeclarations": true}}\n',
    "packages/iso/src/a.ts": 'export default "/Users/alice/data";\n',
    # in-port
    "packages/node-identity/package.json": '{"name": "@acme/node-identity", "main": "i.ts"}\n',
    "packages/node-identity/i.ts": "export const nodeIdentity: any = {};\n",
    "packages/node-identity/b.ts": 'export const DATA = "/Users/alice/data";\n',
    # port-not-installed
    "packages/app/src/hint.ts": 'console.error("Run `colima start` first");\n',
    # expected-by-test
    "packages/app/src/words.ts": f"{EXEC}export function go() {{\n  try {{\n    {CALL}"
    '  } catch {\n    throw new Error("launchctl refused");\n  }\n}\n',
    "packages/app/src/words.test.ts": 'import { go } from "./words.ts";\n'
    'test("a", () => expect(go).toThrow("launchctl refused"));\n',
    # checked-in
    "packages/app/src/smoke.ts": 'import assert from "node:assert";\n'
    'import { readFileSync } from "node:fs";\n'
    'const list = readFileSync(new URL("../com.acme.plist", import.meta.url), "utf8");\n'
    'assert(list.includes("/Users/alice/acme/run.ts"));\n',
    "packages/app/com.acme.plist": "<plist><string>/Users/alice/acme/run.ts</string></plist>\n",
}
OWN = """id = "own"
title = "a call of f"
family = "process"
class = "call"
pattern = "f($A)"
template = "g($A)"
prose = "Call g."
"""
IN_REPOSITORY = (
    *("own-adapter", "unexplained-line", "isolated-declarations", "in-port"),
    *("port-not-installed", "expected-by-test", "checked-in"),
)


@cache
def _of_rules() -> frozenset[str]:
    """The codes that the examples of the rules meet."""
    refused = (e for rule in load_rules(examples=True) for e in rule.examples if e.refused)
    return frozenset(code for example in refused for code in codes_of(example, RULES))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return open_project(make(tmp_path_factory.mktemp("reasons") / "r", REPOSITORY))


@pytest.fixture(scope="module")
def in_repository(repository: Project) -> set[str]:
    return _codes(audit(repository).findings)


def _codes(findings: Iterable[Finding]) -> set[str]:
    return {finding.reason_code for finding in findings if finding.action == REFUSE}


@pytest.mark.parametrize("code", CODES)
def test_a_reason_is_met(code: str, request: pytest.FixtureRequest) -> None:
    """By its own example, an example of a rule, the repository above, or a test below."""
    reason = reasons.CATALOGUE[code]
    if reason.example and is_code(reason.path):
        assert code in _codes(look(reason.example, reason.path).findings)
    elif reason.example:
        assert code in _codes(languages.look(reason.path, reason.example).findings)
    elif code in IN_REPOSITORY:
        assert code in request.getfixturevalue("in_repository")
    elif code not in _of_rules():
        assert f"test_{code.replace('-', '_')}" in globals()


@pytest.mark.parametrize("code", CODES)
def test_a_reason_explains_itself(code: str) -> None:
    reason = reasons.CATALOGUE[code]
    assert CONSTANTS[code.upper().replace("-", "_")] is reason
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code) and reason and reason.todo
    assert not reason.endswith(".") and reason.todo[0] == reason.todo[0].upper()
    assert not reason.todo.endswith(".")


def test_a_refusal_has_a_reason_of_the_catalogue(in_repository: set[str]) -> None:
    assert _of_rules() | in_repository <= set(CODES)


def test_what_is_accepted_has_no_reason_to_stay() -> None:
    text = "// fleetmod-ignore launchctl-value: a list\nconst TOOLS = ['launchctl'];\n"
    for path, told in (
        ("a.ts", text),
        ("a.sh", "# fleetmod-ignore shell-launchctl: x\nlaunchctl a\n"),
    ):
        found = look(told, path) if is_code(path) else languages.look(path, told)
        assert {(f.action, f.reason_code) for f in found.findings} == {(EXEMPT, "")}


def test_each_constant_has_a_code_of_its_own() -> None:
    assert len(CONSTANTS) == len(reasons.CATALOGUE)


def test_reports_show_the_code(repository: Project) -> None:
    found, sources = audit(repository), read_sources(repository)
    text = audit_text(found, ("packages/app",), configured=True, to_file=True)
    assert "which this file uses: call that [own-adapter]\n" in text
    assert "own-adapter           \u2502        1 \u2502 Call that adapter" in text
    report = report_of(repository, found, sources, "audit")
    assert "| `own-adapter` | 1 | Call that adapter |\n" in markdown.render(report)
    results = json.loads(sarif.render(report))["runs"][0]["results"]
    assert {"reasonCode": "own-adapter"} in [result.get("properties") for result in results]
    items = worklist(found.findings, sources.contents)
    assert ("own-adapter", "Call that adapter") in [(i.reason_code, i.todo) for i in items]
    (own,) = (f for f in found.findings if f.reason_code == "own-adapter")
    diagnostic = _diagnostic(own, Text("\n" * 9 + " " * 99, PositionEncodingKind.Utf8))
    assert diagnostic.message.endswith("call that [own-adapter]")


@pytest.mark.parametrize(
    ("code", "shown"), [("pipeline", 'execSync("launchctl list'), ("quoting", "cp $'/Users/alice")]
)
def test_a_reason_is_explained(code: str, shown: str, tmp_path: Path) -> None:
    ran = CliRunner().invoke(cli, ["-C", str(tmp_path), "explain", code])
    assert ran.exit_code == 0 and shown in ran.output
    assert f"{code}: {reasons.CATALOGUE[code]}\nWhat to do: " in ran.output


def test_a_reason_keeps_its_code_in_other_words() -> None:
    said = pickle.loads(pickle.dumps(reasons.BROWSER("runs in a page")))
    assert (said, said.code, said.todo) == ("runs in a page", "browser", reasons.BROWSER.todo)


def test_no_manifest(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {"fleetmod.toml": TOML, "a.ts": 'const a = "/Users/alice/a";\n'})
    assert _codes(audit(open_project(root)).findings) == {"no-manifest"}


def test_not_selected(tmp_path: Path) -> None:
    own = "/Users/alice/code/acme"
    files: dict[str, str | bytes] = {
        "fleetmod.toml": TOML,
        "package.json": '{"name": "acme"}\n',
        "key.ts": f'export const KEY = "{own}";\n',
        "key.test.ts": 'import { KEY } from "./key";\n'
        f'test("key", () => expect(KEY).toBe("{own}"));\n',
    }
    project = open_project(make(tmp_path / "r", files))
    assert _codes(migrate.plan(project, ("key.ts",)).findings) == {"not-selected"}


def test_fault(repository: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> NoReturn:
        raise migrate.FaultyRewriteError("does not parse")

    monkeypatch.setattr(migrate, "settle", fails)
    found = migrate.plan(repository, ("packages/app/src/services.ts", "**/*.ts")).findings
    assert "fault" in _codes(found)


def test_declined(repository: Project) -> None:
    path = "packages/node-identity/b.ts"
    settings = replace(SETTINGS, declined={path: frozenset((20,))})
    data = str(REPOSITORY[path]).encode()
    assert _codes(scan(path, data, settings, RULES).findings) == {"declined"}


def test_plist_in_use() -> None:
    text = '<plist version="1.0"><dict><key>a</key><string>/Users/alice/a</string></dict></plist>'
    assert _codes(languages.look("a.plist", text, "src/a.ts").findings) == {"plist-in-use"}


def test_publish_script() -> None:
    script = "docker build -t r.io/a .\nnpm test\ndocker push r.io/a\n"
    assert _codes(read(script).file.findings) == {"publish-script"}


def test_one_architecture() -> None:
    file = dockerfile.read(b"FROM node:22\nRUN npm ci --cpu=x64\n", ignores_modules=False)
    (flaw,) = dockerfile.flaws(file)
    assert dockerfile_finding("Dockerfile", file, flaw).reason_code == "one-architecture"


def test_comment_lost(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN)
    found = look("f(/* why */ a);\n", rules=(read_rule(tmp_path / "own.toml"),)).findings
    assert _codes(found) == {"comment-lost"}
