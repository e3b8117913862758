"""Which commands `verify` finds, and how they go on after a first failure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleetmod.verify.commands import TYPECHECK, Command, find_commands, package_manager
from fleetmod.verify.compiler import Compiler, compilations
from fleetmod.verify.coverage import typed_files
from fleetmod.verify.outcome import read_outcome
from fleetmod.verify.packages import Package, read_packages
from fleetmod.verify.scripts import going_on, stops_early
from tests.repo import make

A = "packages/a/package.json"
B = "packages/b/package.json"


def found(root: Path) -> list[tuple[str, str]]:
    packages = read_packages(
        root, [p.parent.relative_to(root).as_posix() for p in root.glob("packages/*/package.json")]
    )
    return [(c.folder, c.line) for c in find_commands(root, packages, None, None)]


@pytest.mark.parametrize(
    ("files", "manager", "lines"),
    [
        (
            {"package.json": '{"scripts": {"test": "x", "check-types": "y"}}'},
            "npm",
            [("", "npm run check-types"), ("", "npm run test")],
        ),
        # in each package by itself, so that no failure hides the next one
        (
            {
                "package.json": '{"packageManager": "pnpm@9.0.0"}',
                A: '{"scripts": {"typecheck": "tsc", "test": "vitest"}}',
                B: '{"scripts": {"test:unit": "vitest", "build": "tsc"}}',
            },
            "pnpm",
            [
                ("packages/a", "pnpm run typecheck"),
                ("packages/a", "pnpm run test"),
                ("packages/b", "pnpm run test:unit"),
            ],
        ),
        # yarn and bun stop at the first package that fails
        (
            {
                "package.json": '{"scripts": {"test": "yarn workspaces foreach -Ap run test"}}',
                "yarn.lock": "",
                A: '{"scripts": {"test": "jest"}}',
            },
            "yarn",
            [("packages/a", "yarn run test")],
        ),
        (
            {
                "package.json": """{"scripts": {"test": "bun run --filter '*' test"}}""",
                "bun.lock": "",
                A: '{"scripts": {"test": "bun test"}}',
            },
            "bun",
            [("packages/a", "bun run test")],
        ),
        # through a script that runs a script
        (
            {
                "package.json": '{"scripts": {"test": "npm run all", "all": "turbo run test"}}',
            },
            "npm",
            [("", "npm run all -- --continue --output-logs=full")],
        ),
        ({"package.json": "{}", "bun.lock": ""}, "bun", []),
        (
            {
                "package.json": '{"scripts": {"test": "echo no test specified && exit 1"}}',
                "yarn.lock": "",
            },
            "yarn",
            [],
        ),
        ({"package.json": "not json"}, "npm", []),
    ],
)
def test_commands(
    tmp_path: Path, files: dict[str, str | bytes], manager: str, lines: list[tuple[str, str]]
) -> None:
    root = make(tmp_path / "r", files)
    assert package_manager(root) == manager
    assert found(root) == lines


@pytest.mark.parametrize(
    ("lock", "script", "line"),
    [
        ("package-lock.json", "turbo run test", "npm run test -- --continue --output-logs=full"),
        ("pnpm-lock.yaml", "turbo run test", "pnpm run test --continue --output-logs=full"),
        ("yarn.lock", "turbo test", "yarn run test --continue --output-logs=full"),
        ("bun.lock", "nx run-many -t test", "bun run test --nxBail=false --outputStyle=static"),
        ("yarn.lock", "lerna run test", "yarn run test --no-bail"),
        ("yarn.lock", "npx turbo run test --continue --output-logs=full", "yarn run test"),
        # in the middle of the script
        (
            "pnpm-lock.yaml",
            "pnpm -r test",
            'PATH="$PWD/node_modules/.bin:$PATH" && (pnpm --no-bail -r test)',
        ),
        (
            "package-lock.json",
            "turbo run test -- --coverage",
            'PATH="$PWD/node_modules/.bin:$PATH" && '
            "(turbo run test --continue --output-logs=full -- --coverage)",
        ),
        (
            "package-lock.json",
            "CI=1 turbo run test && echo 'all done'",
            'PATH="$PWD/node_modules/.bin:$PATH" && '
            "(CI=1 turbo run test --continue --output-logs=full && echo 'all done')",
        ),
    ],
)
def test_a_root_script_goes_on(tmp_path: Path, lock: str, script: str, line: str) -> None:
    manifest = json.dumps({"scripts": {"test": script}})
    root = make(tmp_path / "r", {"package.json": manifest, lock: ""})
    assert found(root) == [("", line)]


def test_what_goes_on_already_is_left() -> None:
    for script in (
        "turbo run test --continue=always --output-logs=full",
        "nx run-many -t x --nxBail=false --output-style=static",
        "jest",
    ):
        assert going_on(script).appended == "" and going_on(script).text == ""


def test_what_stops() -> None:
    assert stops_early("a && b") and stops_early("jest --bail") and stops_early("vitest --bail=1")
    assert not stops_early("a; b") and not stops_early("vitest run --bail=0")


def test_the_compilers_that_a_command_comes_down_to(tmp_path: Path) -> None:
    root = make(
        tmp_path / "r",
        {
            "package.json": '{"scripts": {"typecheck": "turbo run check && tsc -p scripts"}}',
            A: '{"scripts": {"check": "npm run types", "types": "tsc -p tsconfig.x.json"}}',
            B: '{"scripts": {"check": "tsc -b", "other": "tsc"}}',
        },
    )
    packages = read_packages(root, ["packages/a", "packages/b"])
    (command,) = find_commands(root, packages, None, None)
    assert {(c.config, c.folder, c.asked) for c in compilations(command, packages)} == {
        ("scripts", "", False),
        ("packages/a/tsconfig.x.json", "packages/a", True),
        ("packages/b/tsconfig.json", "packages/b", True),
    }


@pytest.mark.parametrize(
    ("script", "seen"),
    [
        ("tsc --noEmit", True),
        ("tsc --noEmit || true", True),
        ("tsc --noEmit; exit 0", True),
        ("tsc --noEmit > types.log", True),
        ("tsc --noEmit 2>/dev/null || true", True),
        ("tsc --noEmit | tee types.log", True),
        ("tsc --noEmit > types.log && echo fine", True),
        ("tsc --noEmit > /dev/null || true", False),
        ("tsc --noEmit >/dev/null 2>&1; exit 0", False),
        ("tsc --noEmit &>/dev/null && echo fine || true", False),
        ("tsc --noEmit | grep -c TS", False),
        ("npm run types > /dev/null || true", False),
        ("tsc --version", False),
        ("tsc --showConfig", False),
        ("tsc --noCheck", False),
        ("true", False),
        ("echo tsc --noEmit", False),
    ],
)
def test_a_compiler_is_seen_by_what_it_prints_or_by_its_end(
    script: str, seen: bool, tmp_path: Path
) -> None:
    """What is neither shown nor fails a script has checked no types that anybody knows of."""
    scripts = {"typecheck": script, "types": "tsc"}
    root = make(tmp_path / "r", {"package.json": json.dumps({"scripts": scripts})})
    packages = read_packages(root, [])
    (command,) = find_commands(root, packages, None, None)
    assert bool(compilations(command, packages)) is seen


@pytest.mark.parametrize(
    ("options", "checked"),
    [
        ({}, {"a.ts"}),
        ({"allowJs": True}, {"a.ts"}),
        ({"checkJs": True}, {"a.ts", "b.js"}),
        ({"noCheck": True}, set()),
    ],
)
def test_what_a_compiler_leaves_unchecked_is_not_called_checked(
    options: dict[str, object],
    checked: set[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "tsconfig.json").write_text("{}")
    shown = {"compilerOptions": options}
    listed = "".join(f"{tmp_path.resolve()}/{name}\n" for name in ("a.ts", "b.js"))
    answers = {"--showConfig": json.dumps(shown), "--listFilesOnly": listed}
    compiler = Compiler(tmp_path)
    monkeypatch.setattr(compiler, "_run", lambda _, option: answers[option])
    assert compiler.files("tsconfig.json") == checked
    runs = [(Command(TYPECHECK, "tsc", "", text="tsc"), read_outcome(0, "", ""))]
    (tmp_path / "a.ts").write_text("// @ts-nocheck\n")
    assert typed_files(compiler, runs, [Package("", {})], {"a.ts", "b.js"}) == checked - {"a.ts"}
