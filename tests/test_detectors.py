"""A regular expression that looks for the tool's name is the same one after its rewrite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.node import check, node
from tests.scan import migrated

LITERALS = [
    r"/launchctl/",
    r"/launchctl.*worker/i",
    r"/\blaunchctl\b(?=\s+(?:load|unload))/gimsuy",
    r"/^\/bin\/launchctl$|[/]launchctl/m",
    r"/`launchctl \${2}\w+`|\`[${]x}/",
    r"/[^launchctl]+/v",
    r"/(?<launchctl>x)\k<launchctl>\\launchctl/u",
    r"/launchctl\u{1F680}\x41\n\t\0[\b]|é🚀launchctl+?/u",
    r"/\launchctl/",
    r"/$launchctl\$/",
]


@pytest.mark.parametrize("literal", LITERALS)
def test_source_and_flags_stay(literal: str, tmp_path: Path) -> None:
    after = migrated(f"export const pattern = {literal};\n")
    first, _, made = after.partition("export const pattern = ")
    assert 'import { MACOS_SERVICE_TOOL } from "@acme/process-manager";' in first
    assert "launchctl" not in after and "launch[" not in after
    (tmp_path / "a.mjs").write_text(
        f"const MACOS_SERVICE_TOOL = 'launchctl'; const made = {made}"
        f"const was = {literal};"
        "console.log(JSON.stringify([[made.source, made.flags], [was.source, was.flags]]));"
    )
    is_now, was = json.loads(check(node(), "a.mjs", cwd=tmp_path))
    assert is_now == was


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return/launchctl/.test(text)", "return new RegExp(`${MACOS_SERVICE_TOOL}`).test(text)"),
        (
            "return !/launchctl/.test(text)",
            "return !new RegExp(`${MACOS_SERVICE_TOOL}`).test(text)",
        ),
    ],
)
def test_it_stands_apart_from_the_word_before(before: str, after: str) -> None:
    text = migrated(f"export function old(text: string) {{ {before}; }}\n")
    assert after in text


def test_the_port_exports_the_name() -> None:
    port = Path(__file__).parent.parent / "fleetmod/runtime/process-manager/src"
    program = "import { MACOS_SERVICE_TOOL } from './index.ts'; console.log(MACOS_SERVICE_TOOL);"
    options = ("--input-type=module", "-e", program)
    assert check(node(), *options, cwd=port).split() == ["launchctl"]
