"""Dockerfiles and Next.js configurations that name packages name the new ones, too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.attacks import CONTROL
from tests.install import CALL, PM, migrated, repo

FOLDER = "packages/process-manager"
TOP = '{"private": true, "workspaces": ["packages/*", "apps/*"], "engines": {"node": ">=24"}}'
FILES = {
    "package.json": TOP,
    "packages/core/package.json": '{"name": "@acme/core", "private": true}',
    "packages/core/src/a.ts": CALL,
    "packages/ui/package.json": '{"name": "@acme/ui", "private": true}',
    "apps/api/package.json": json.dumps(
        {"name": "api", "private": True, "dependencies": {"@acme/core": "*"}}
    ),
}
CORE = "COPY --from=deps /app/packages/core /app/packages/core"


@pytest.mark.parametrize(
    ("lines", "added"),
    [
        ([CORE], CORE.replace("packages/core", FOLDER)),
        (["COPY packages/core packages/core"], f"COPY {FOLDER} {FOLDER}"),
        (
            ["COPY --chown=node:node packages/core/ ./packages/core/"],
            f"COPY --chown=node:node {FOLDER}/ ./{FOLDER}/",
        ),
        # through the workspace: api depends on core
        (["COPY ./apps/api ./apps/api"], "COPY ./apps/api ./apps/api"),
        (
            ["COPY packages/core/package.json packages/core/", "RUN npm ci", "COPY . ."],
            f"COPY {FOLDER}/package.json {FOLDER}/",
        ),
        pytest.param(["COPY packages/ui packages/ui"], "", marks=CONTROL),
        pytest.param(
            ["COPY packages packages", CORE.replace("--from=deps ", "")], "", marks=CONTROL
        ),
        pytest.param(["COPY . .", "COPY packages/core packages/core"], "", marks=CONTROL),
        pytest.param(["COPY packages/*/package.json ./", "RUN true"], "", marks=CONTROL),
    ],
)
def test_a_stage_that_copies_by_name(tmp_path: Path, lines: list[str], added: str) -> None:
    text = "\n".join(["FROM node:24", "WORKDIR /app", *lines, "CMD node x", ""])
    root = repo(tmp_path, {**FILES, "Dockerfile": text})
    out = migrated(root).out
    after = (root / "Dockerfile").read_text().splitlines()
    new = [line for line in after if line not in text.splitlines()]
    if added == lines[0]:  # of another folder: it cannot be the same line
        assert new == [f"COPY ./{FOLDER} ./{FOLDER}"]
    else:
        assert new == [added] * bool(added)
        assert not added or after.index(added) == 3
    assert "Dockerfile" not in out.partition("To look at")[2]


@pytest.mark.parametrize(
    "line",
    ["COPY packages/core packages/ui ./packages/", "COPY packages/core/dist ./dist"],
)
def test_a_line_that_has_no_like_is_told(tmp_path: Path, line: str) -> None:
    text = f"FROM node:24\n{line}\n"
    root = repo(tmp_path, {**FILES, "apps/api/Dockerfile": text})
    out = migrated(root).out
    assert (root / "apps/api/Dockerfile").read_text() == text
    assert f"apps/api/Dockerfile:2 copies packages/core, which needs {FOLDER} now" in out


def test_a_stage_of_its_own(tmp_path: Path) -> None:
    text = f"FROM a AS deps\nCOPY . .\nFROM b\n{CORE}\n"
    root = repo(tmp_path, {**FILES, "docker/api.Dockerfile": text})
    migrated(root)
    new = CORE.replace("packages/core", FOLDER)
    assert (root / "docker/api.Dockerfile").read_text() == text + new + "\n"


def test_a_repository_of_one_package(tmp_path: Path) -> None:
    text = "FROM node:24\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY src ./src\n"
    root = repo(tmp_path, {"package.json": '{"name": "app"}', "src/a.ts": CALL, "Dockerfile": text})
    migrated(root)
    added = f"COPY package*.json ./\nCOPY {FOLDER} ./{FOLDER}\n"
    assert (root / "Dockerfile").read_text() == text.replace("COPY package*.json ./\n", added)


def test_who_imports_it_decides_the_field(tmp_path: Path) -> None:
    helper = CALL.replace("function go", "function helper")
    files = {
        "package.json": '{"name": "app", "version": "1.0.0", "devDependencies": {"b": "1"}}',
        "src/lib/helper.ts": helper,
        "src/a.test.ts": 'import { helper } from "./lib/helper";\nhelper();\n',
    }
    root = repo(tmp_path, files)
    out = migrated(root).out
    manifest = json.loads((root / "package.json").read_text())
    assert list(manifest["devDependencies"]) == [PM, "b"]
    assert "dependencies" not in manifest
    assert "must bundle its new dependencies" not in out


@pytest.mark.parametrize(
    "also",
    [
        {"src/main.ts": 'import { helper } from "./lib/helper";\nhelper();\n'},
        {"package.json": '{"name": "app", "exports": "./src/lib/helper.ts"}'},
        {"src/a.test.ts": "export {};\n"},
    ],
)
def test_control_what_may_run_needs_it_at_run_time(tmp_path: Path, also: dict[str, str]) -> None:
    files = {
        "package.json": '{"name": "app"}',
        "src/lib/helper.ts": CALL.replace("function go", "function helper"),
        "src/a.test.ts": 'import { helper } from "./lib/helper";\nhelper();\n',
    }
    root = repo(tmp_path, {**files, **also})
    migrated(root)
    assert PM in json.loads((root / "package.json").read_text())["dependencies"]


@pytest.mark.parametrize(
    ("build", "more", "field"),
    [
        ("tsup src/a.ts", "", "devDependencies"),
        ("bun build src/a.ts --outdir dist", '"bin": {"a": "dist/a.js"}', "devDependencies"),
        (
            "rm -rf dist && esbuild --bundle src/a.ts --outfile=dist/a.js",
            '"main": "dist/a.js"',
            "devDependencies",
        ),
        ("ncc build src/a.ts -o ./dist", '"exports": {".": "./dist/index.js"}', "devDependencies"),
        ("bun build src/a.ts --outdir dist --packages external", '"bin": "dist/a.js"', ""),
        ("esbuild --bundle src/a.ts --outdir=dist --external:ws", '"bin": "dist/a.js"', ""),
        ("esbuild src/a.ts --outdir=dist", '"bin": "dist/a.js"', ""),
        ("bun build src/a.ts --outdir site", '"bin": "dist/a.js"', ""),
        (
            "bun build src/a.ts --outdir dist",
            '"bin": "dist/a.js", "exports": "./src/a.ts"',
            "",
        ),
        ("tsc -p .", '"bin": "dist/a.js"', ""),
        pytest.param(
            "bun build src/a.ts --outdir dist",
            '"private": true, "bin": "dist/a.js"',
            "dependencies",
            marks=CONTROL,
        ),
    ],
)
def test_a_published_package_that_a_bundler_builds(
    build: str, more: str, field: str, tmp_path: Path
) -> None:
    """What nothing takes in stands in one file below the package's own sources."""
    package = '{"name": "app", "version": "1.0.0", "scripts": {"build": "%s"}%s}'
    text = package % (build, f", {more}" if more else "")
    root = repo(tmp_path, {"package.json": text, "src/a.ts": CALL})
    out = migrated(root).out
    manifest = json.loads((root / "package.json").read_text())
    assert (PM in manifest.get(field, {})) is bool(field)
    assert ("is published and built with" in out) is (field == "devDependencies")
    assert (root / "src/fleetmod/process-manager.ts").is_file() is not bool(field)


def test_a_dependency_of_development_that_runs_now_is_told(tmp_path: Path) -> None:
    files = {"package.json": '{"name": "app"}', "src/a.test.ts": CALL}
    root = repo(tmp_path, files)
    migrated(root)
    (root / "src/main.ts").write_text(CALL)
    from tests.repo import fleetmod

    out = fleetmod(root, "migrate", "--allow-dirty").out
    assert f"package.json names {PM} for development, and code that runs imports it now" in out
