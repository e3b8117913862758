"""Which commands a second node is to start, as a repository's packages tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.infer import Files, make

ROOT: Files = {"package.json": '{"name": "acme", "workspaces": ["packages/*"]}'}


def package(**fields: object) -> Files:
    return {**ROOT, "packages/cli/package.json": json.dumps({"name": "cli", **fields})}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (ROOT, ()),
        (
            {**package(bin="./src/cli.ts"), "packages/cli/src/cli.ts": "#!/usr/bin/env bun\n"},
            ("bun packages/cli/src/cli.ts --help",),
        ),
        # a build makes it
        (package(bin={"acme": "dist/cli.js"}), ("node packages/cli/dist/cli.js --help",)),
        (
            {**package(bin={"a": "a.ts", "b": "a.ts"}), "packages/cli/a.ts": "", "bun.lock": ""},
            ("bun packages/cli/a.ts --help",),
        ),
        (
            {**package(bin={"a": "bin/a b"}), "packages/cli/bin/a b": "#!/bin/sh\n"},
            ("./'packages/cli/bin/a b' --help",),
        ),
        (package(bin=[7]), ()),
        (package(bin={"a": None}), ()),
    ],
)
def test_each_program_is_started_for_its_help(
    tmp_path: Path, files: Files, expected: tuple[str, ...]
) -> None:
    config, why = make(tmp_path, files)
    assert config.rehearse.commands == expected
    assert ("rehearse.commands" in why) == bool(expected)
