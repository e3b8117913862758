"""What was refused, or told, by the letters of a name: here it is judged by what it does."""

from __future__ import annotations

import pytest

from fleetmod.model import REFUSE
from tests.scan import look, migrated

CP = 'import { execFileSync, execSync } from "node:child_process";\n'
SHELL = "runs through a shell by its options"


@pytest.mark.parametrize(
    ("options", "shell"),
    [
        ("{ shell: false }", False),
        ("{ shell : false, timeout: 5 }", False),
        ("{\n    shell:\n      false,\n  }", False),
        ("{ shell: undefined }", False),
        ("{ shell: true }", True),
        ('{ "shell": "/bin/zsh" }', True),
        ("{ shell: falsePath }", True),
        ("{ shell }", True),
    ],
)
def test_a_shell_is_asked_for_by_its_value(options: str, shell: bool) -> None:
    text = (
        CP + "export function stop(shell: string, falsePath: string) {\n"
        f'  execFileSync("launchctl", ["bootout", "system/com.acme.api"], {options});\n}}\n'
    )
    reasons = [f.reason for f in look(text).findings if f.action == REFUSE]
    assert any(SHELL in reason for reason in reasons) is shell, reasons
    assert ("processManagerSync.stop(" in migrated(text)) is not shell


CLASS = """import { execFileSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";

export class Agent {
  private readonly folder = "Library/LaunchAgents";
  %s
  unload(): void {
    const file = %s;
    execFileSync("launchctl", ["unload", file]);
  }
}
"""
PLIST = 'join(homedir(), this.folder, "com.acme.api.plist")'
IN_TWO = f"const home = homedir();\n    return {PLIST.replace('homedir()', 'home')};"


@pytest.mark.parametrize(
    ("member", "use", "told"),
    [
        (f"private path(): string {{ return {PLIST}; }}", "this.path()", True),
        (f"path() {{\n    {IN_TWO}\n  }}", "this.path()", True),
        (f"get path() {{\n    {IN_TWO}\n  }}", "this.path", True),
        # what it gives hangs on what it is given, on a branch, or on another class
        (
            "path(n: string) { return join(homedir(), this.folder, n); }",
            'this.path("com.acme.api.plist")',
            False,
        ),
        (f'path() {{ if (this.folder) return "x"; return {PLIST}; }}', "this.path()", False),
        (f"async path() {{ return {PLIST}; }}", "String(this.path())", False),
        ("declare path: () => string;", "this.path()", False),
    ],
)
def test_a_plist_that_a_method_of_the_class_names(member: str, use: str, told: bool) -> None:
    text = CLASS % (member, use)
    moved = migrated(text)
    assert ('stop("com.acme.api")' in moved) is told
    assert ("stop(plistLabel(file))" in moved) is not told


def test_a_method_that_another_class_overrides() -> None:
    member = f"path(): string {{ return {PLIST}; }}"
    text = CLASS % (member, "this.path()")
    text += 'class Other extends Agent { path(): string { return "/tmp/other.plist"; } }\n'
    assert "stop(plistLabel(file))" in migrated(text)


@pytest.mark.parametrize(
    "call",
    [
        'program.command("again").description(TEXT)',
        'yargs.option("all", { describe: TEXT })',
        "z.string().describe(TEXT)",
        "list.subscribe(TEXT)",
        "export const option = { description: TEXT }",
    ],
)
def test_prose_of_a_command_line_is_no_command(call: str) -> None:
    text = call.replace("TEXT", '"Start it by launchctl load again"') + ";\n"
    for finding in look(text).findings:
        assert finding.rule != "launchctl-runnable", finding.reason
        assert "whose effect" not in finding.reason


@pytest.mark.parametrize(
    "call",
    ["runScript(TEXT)", "steps.addScript(TEXT)", "host.command(TEXT)", "invokeShell(TEXT)"],
)
def test_what_runs_keeps_its_command(call: str) -> None:
    text = call.replace("TEXT", '"launchctl kickstart -k system/com.acme.api"') + ";\n"
    assert migrated(text) == text
    assert [f.action for f in look(text).findings] == [REFUSE]


LOADS = """
export async function load() {
  const file = "/Library/LaunchAgents/com.acme.api.plist";
  execFileSync("launchctl", ["bootstrap", `gui/${ID}`, file]);
}
"""


@pytest.mark.parametrize(
    ("head", "asked", "own"),
    [
        ("", 'execSync("id -u").toString().trim()', True),
        ('import { execSync as ask } from "child_process";\n', 'ask("id -u").toString()', True),
        (
            'function sh(c: string) { return execSync(c, { encoding: "utf8" }).trim(); }\n',
            'sh("id -u")',
            True,
        ),
        # a name tells nothing of what a function does
        ('import { execute } from "./remote";\n', 'execute("id -u").trim()', False),
        ("function execAs(c: string) { return lookup[c]; }\n", 'execAs("id -u")', False),
        ("", 'regex.exec("id -u").trim()', False),
    ],
)
def test_who_asks_for_the_own_id(head: str, asked: str, own: bool) -> None:
    text = migrated(CP + head + LOADS.replace("${ID}", "${" + asked + "}"))
    # another's domain is handed on as it is
    assert ('.load("com.acme.api")' in text) is own
    assert (".load(`gui/${" + asked + "}/com.acme.api`, { source: file })" in text) is not own


SEES = 'export const home = "/Users/alice/notes";\nexport const title = go(() => document.title);\n'


@pytest.mark.parametrize(
    ("head", "path", "browser"),
    [
        ('/// <reference lib="dom" />\nimport { readFileSync } from "node:fs";\n', "cli.ts", False),
        ('import { spawn } from "child_process";\n', "cli.ts", False),
        ("#!/usr/bin/env node\n", "cli.ts", False),
        ("#!/usr/bin/env bun\n", "cli.ts", False),
        # a bundler gives a stand-in for `path`; a framework's page has parts for either side
        ('import { join } from "path";\n', "view.ts", True),
        ('import { join } from "node:path";\n', "view.ts", True),
        ('import { readFileSync } from "node:fs";\n', "page.tsx", True),
        ('import React from "react";\nimport fs from "fs";\n', "page.ts", True),
        ('"use client";\nimport fs from "fs";\n', "page.ts", True),
        ("", "view.ts", True),
    ],
)
def test_a_program_that_drives_a_browser_is_none(head: str, path: str, browser: bool) -> None:
    found = look(head + SEES, f"packages/app/src/{path}").findings
    assert any("browser code" in f.reason for f in found) is browser


@pytest.mark.parametrize(
    ("target", "label"),
    [
        ('"gui/501/Acme Backup Agent"', '"gui/501/Acme Backup Agent"'),
        ('"system/Acme Sync"', '"system/Acme Sync"'),
        ("`gui/501/Acme ${name} Agent`", "`gui/501/Acme ${name} Agent`"),
        ('"gui/501/ Acme"', None),
        ('"gui/501/Acme "', None),
    ],
)
def test_a_label_may_have_spaces_inside(target: str, label: str | None) -> None:
    text = (
        CP + "export function restart(name: string) {\n"
        f'  execFileSync("launchctl", ["kickstart", "-k", {target}]);\n}}\n'
    )
    reasons = [f.reason for f in look(text).findings if f.action == REFUSE]
    if label is None:
        assert any("a space" in reason for reason in reasons), reasons
    else:
        assert f"processManagerSync.restart({label})" in migrated(text)


def test_a_quoted_word_of_a_shell_line_is_one_label() -> None:
    text = CP + "execSync(`launchctl kickstart -k 'gui/501/Acme Agent'`);\n"
    assert 'processManagerSync.restart("gui/501/Acme Agent")' in migrated(text)
    split = CP + "execSync(`launchctl kickstart -k gui/501/Acme Agent`);\n"
    assert any(f.action == REFUSE for f in look(split).findings)
