"""What is handed over: the worklist, and the server for agents with its real client."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from tests.repo import fleetmod, make

REPORTS = Path(__file__).parent.parent / "reports"
PATH = "packages/app/src/services.ts"
CODE = """import { execFileSync, spawnSync } from "node:child_process";
const LABEL = "com.acme.mail";
export function state() {
  return execFileSync("launchctl", ["print", `system/${LABEL}`], { encoding: "utf8" });
}
export function other() {
  return spawnSync("launchctl", ["kickstart", "-k", "system/com.acme.api"]);
}
export async function stop() {
  execFileSync("launchctl", ["stop", "com.acme.mail"]);
}
export function disabled() {
  return execFileSync("launchctl", ["print-disabled", "gui/501"]); // ``` stays
}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(
        tmp_path / "r",
        {
            "package.json": '{"name": "r"}\n',
            "fleetmod.toml": "version = 1\n",
            "packages/app/package.json": '{"name": "app", "type": "module"}\n',
            PATH: CODE,
        },
    )


def items(root: Path, *options: str) -> list[dict[str, Any]]:
    ran = fleetmod(root, "worklist", "--format", "json", *options)
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    jsonschema.validate(document, json.loads((REPORTS / "worklist.schema.json").read_text()))
    found: list[dict[str, Any]] = document["items"]
    return found


def test_each_refusal_is_a_brief_and_services_stand_together(root: Path) -> None:
    found = items(root)
    assert [(i["service"], i["line"]) for i in found] == [
        *(("com.acme.api", 7), ("com.acme.mail", 4), ("", 13))
    ]
    mail = found[1]
    assert mail["code"][mail["line"] - mail["first"]].startswith("  return execFileSync")
    assert any(each.startswith("processManager.inspect(label: string)") for each in mail["allowed"])
    assert "fields of `inspect(label)`" in mail["problem"] and mail["symbol"] == "state"
    assert items(root, "--service", "com.acme.mail") == [mail]
    assert items(root, "--path", "packages/other/*") == []
    audited = json.loads(fleetmod(root, "audit", "--format", "json").out)["findings"]
    assert len(found) == sum(f["action"] == "refuse" for f in audited)


@pytest.mark.parametrize("recorded", [False, True])
def test_the_command_that_accepts_it_tells_it_until_it_is_done(root: Path, recorded: bool) -> None:
    if recorded:
        fleetmod(root, "baseline")
    (command,) = {item["accept"] for item in items(root)}
    words = command.split()
    assert words[0] == "fleetmod"
    words = [str(root / word) if word == PATH and not recorded else word for word in words[1:]]
    assert f"{PATH}:7" in fleetmod(root, *words).out
    (root / PATH).write_text("export const done = true;\n")
    assert f"{PATH}:7" not in fleetmod(root, *words).out


def test_the_markdown_says_the_same(root: Path) -> None:
    text = fleetmod(root, "worklist").out
    assert text.startswith("# Worklist: 3 findings for a person\n\n## `com.acme.api`\n")
    assert " 7 >   return spawnSync(" in text
    assert text.count("- `processManager.inspect(label: string)") == 1
    assert "````ts\n" in text  # code with a fence of its own stays inside
    (root / PATH).write_text("export const done = true;\n")
    assert "Nothing is left to mend by hand." in fleetmod(root, "worklist").out


def test_an_agent_does_the_work(root: Path) -> None:
    """By the protocol's own client, over a process of its own."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "fleetmod", "-C", str(root), "mcp"]
    )

    async def work() -> None:
        async with Client(server, read_timeout_seconds=120) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert tools == {"audit", "explain", "worklist", "check", "verify"}

            async def ask(tool: str, **arguments: Any) -> tuple[str, str]:
                told = await client.call_tool(tool, arguments)
                assert not told.is_error, told
                head, _, rest = told.content[0].text.partition("\n")  # type: ignore[union-attr]
                return head, rest

            head, rest = await ask("worklist", service="com.acme.api")
            assert head.startswith("exit code 0")
            (item,) = json.loads(rest)["items"]
            assert item["path"] == PATH
            head, rest = await ask("explain", rule=item["rule"])
            assert head.startswith("exit code 0") and "launchctl exists on macOS only" in rest
            head, rest = await ask("check", files=[PATH])
            assert head.startswith("exit code 1") and f"{PATH}:7" in rest
            (root / PATH).write_text("export const done = true;\n")
            head, rest = await ask("check", files=[PATH])
            assert (head, rest) == ("exit code 0: clean", "No new debt.\n")
            assert json.loads((await ask("audit"))[1])["findings"] == []
            assert (await ask("check", files=["--fix"]))[0].startswith("exit code 2")
            assert (await ask("verify"))[0].startswith("exit code")

    asyncio.run(work())
