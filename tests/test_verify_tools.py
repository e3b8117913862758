"""`verify` with real tools: npm, pnpm, yarn, turbo, tsc, vitest, prettier, eslint, oxlint,
dprint."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.node import bin_folder, check, npm, npm_cli
from tests.repo import Ran, commit, fleetmod, git, make

pytestmark = pytest.mark.heavy

HOME = 'export const dir = "/Users/alice/data";\n'
TSCONFIG = json.dumps(
    {
        "compilerOptions": {
            "target": "es2022",
            "module": "nodenext",
            "strict": True,
            "noEmit": True,
            "allowImportingTsExtensions": True,
            "skipLibCheck": True,
            "types": [],
        },
        "include": ["src"],
    }
)
PASSES = 'import test from "node:test";\ntest("adds %s", () => {});\n'
FAILS = 'import test from "node:test";\ntest("adds %s", () => { throw new Error("no"); });\n'


@pytest.fixture
def path(tmp_path: Path) -> Mapping[str, str]:
    """An environment with node, npm and whatever a test puts into the folder `bin`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder, "node", f'exec "{bin_folder() / "node"}" "$@"')
    program(folder, "npm", f'exec "{bin_folder() / "node"}" "{npm_cli()}" "$@"')
    return {"PATH": f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin", "HOME": str(tmp_path)}


def program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def package(name: str, **fields: object) -> str:
    return json.dumps({"name": name, "type": "module", **fields})


def install(root: Path, modules: Path, members: Mapping[str, str]) -> None:
    """Link installed packages, and the workspace's own, into a repository."""
    (root / "node_modules").mkdir()
    for entry in modules.iterdir():
        (root / "node_modules" / entry.name).symlink_to(entry)
    for name, folder in members.items():
        link = root / "node_modules" / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(os.path.relpath(root / folder, link.parent))
    (root / ".gitignore").write_text("node_modules\n.turbo\n")
    fleetmod(root, "init")
    commit(root)


def monorepo(tmp_path: Path, scripts: Mapping[str, str], tools: list[str], **root: object) -> Path:
    """Three packages: `a` fails its tests and its type check, `b` and `c` hold debt."""
    files: dict[str, str | bytes] = {
        "package.json": package(
            "acme",
            private=True,
            workspaces=["packages/*"],
            scripts=dict(scripts),
            devDependencies=dict.fromkeys(tools, "*"),
            **root,
        ),
        "package-lock.json": "{}",
        "turbo.json": '{"tasks": {"test": {}, "typecheck": {"dependsOn": ["^typecheck"]}}}',
    }
    own = {"test": "node --test", "typecheck": "tsc --noEmit -p ."}
    for name in "abc":
        files |= {
            f"packages/{name}/package.json": package(f"@acme/{name}", version="1.0.0", scripts=own),
            f"packages/{name}/tsconfig.json": TSCONFIG,
            f"packages/{name}/src/x.ts": HOME if name != "a" else "export const n: number = '';\n",
            f"packages/{name}/x.test.js": (FAILS if name == "a" else PASSES) % name,
        }
    repo = make(tmp_path / "repo", files)
    install(repo, npm(*tools), {f"@acme/{name}": f"packages/{name}" for name in "abc"})
    return repo


def test_turbo_goes_on_after_the_first_failure(tmp_path: Path, path: Mapping[str, str]) -> None:
    scripts = {"test": "turbo run test"}
    root = monorepo(tmp_path, scripts, ["turbo"], packageManager="npm@11.0.0")
    worse = (
        'import test from "node:test";\nimport { readFileSync } from "node:fs";\n'
        'test("spells", () => { if (!readFileSync("src/x.ts", "utf8").includes("/Users/"))'
        ' throw new Error("no"); });\n'
    )
    (root / "packages/c/x.test.js").write_text(worse)
    commit(root)
    before = git(root, "status", "--porcelain")
    ran = fleetmod(root, "migrate", "--verify", env=path)
    assert ran.code == 1, ran.out + ran.err
    assert "before: npm run test -- --continue --output-logs=full" in ran.out
    # `a` fails, and the packages behind it ran all the same
    assert "failing test: @acme/c: spells" in ran.out
    assert "2 are in packages whose tests ran" in ran.out
    assert "nothing was written" in ran.out and git(root, "status", "--porcelain") == before


def test_pnpm_goes_on_after_the_first_failure(tmp_path: Path, path: Mapping[str, str]) -> None:
    scripts = {"test": "pnpm -r test", "typecheck": "pnpm -r typecheck"}
    root = monorepo(tmp_path, scripts, ["pnpm", "typescript"])
    (root / "package-lock.json").unlink()
    (root / "pnpm-workspace.yaml").write_text("packages: [packages/*]\nverifyDepsBeforeRun: false")
    commit(root)
    pnpm = npm("pnpm", "typescript") / "pnpm/bin/pnpm.cjs"
    program(tmp_path / "bin", "pnpm", f'exec node "{pnpm}" "$@"')
    ran = fleetmod(root, "verify", env=path)
    assert ran.code == 0, ran.out + ran.err
    assert "pnpm --no-bail -r test" in ran.out
    assert (
        "Of 2 rewritten files, 2 are type-checked and 2 are in packages whose tests ran" in ran.out
    )


@pytest.mark.parametrize(
    ("yarn", "program_of", "scripts"),
    [
        ("yarn", "yarn/bin/yarn.js", "yarn workspaces run {}"),
        ("@yarnpkg/cli-dist", "@yarnpkg/cli-dist/bin/yarn.js", "yarn workspaces foreach -A run {}"),
    ],
)
def test_yarn_goes_on_after_the_first_failure(
    tmp_path: Path, path: Mapping[str, str], yarn: str, program_of: str, scripts: str
) -> None:
    """The classic one, and the one with workspaces of its own way."""
    script = npm(yarn, "typescript") / program_of
    program(tmp_path / "bin", "yarn", f'exec node "{script}" "$@"')
    own = {name: scripts.format(name) for name in ("test", "typecheck")}
    root = monorepo(tmp_path, own, ["typescript"])
    (root / "package-lock.json").unlink()
    (root / "yarn.lock").write_text("")
    env = {**path, "YARN_ENABLE_TELEMETRY": "0", "YARN_NODE_LINKER": "node-modules"}
    if yarn != "yarn":  # it runs nothing without a lockfile of its own
        fields = json.loads((root / "package.json").read_text()) | {"devDependencies": {}}
        (root / "package.json").write_text(json.dumps(fields))
        (root / ".gitignore").write_text("node_modules\n.yarn\n")
        shutil.rmtree(root / "node_modules")
        check(tmp_path / "bin/yarn", "install", "--no-immutable", cwd=root, env=env)
    commit(root)
    ran = fleetmod(root, "verify", "--typecheck", "", env=env)
    assert ran.code == 0, ran.out + ran.err
    assert "before: yarn run test in packages/c" in ran.out
    assert "2 are in packages whose tests ran" in ran.out
    # one that does not start proves nothing, and its last lines are told
    program(tmp_path / "bin", "yarn", '[ "$1" = --version ] && echo 1.22.0 && exit; exit 1')
    ran = fleetmod(root, "verify", "--typecheck", "", env=env)
    assert ran.code == 3 and "named no test that fails and no error" in ran.out, ran.out


def test_each_package_without_a_script_in_the_root(tmp_path: Path, path: Mapping[str, str]) -> None:
    root = monorepo(tmp_path, {}, ["typescript"])
    ran = fleetmod(root, "verify", env=path)
    assert ran.code == 0, ran.out + ran.err
    assert "before: npm run test in packages/c (scripts.test of packages/c/package.json)" in ran.out
    assert "npm run test (3 packages)" in ran.out
    assert "2 are type-checked and 2 are in packages" in ran.out


def test_a_package_manager_that_refuses(tmp_path: Path, path: Mapping[str, str]) -> None:
    scripts = {"test": "pnpm -r test", "typecheck": "pnpm -r typecheck"}
    root = monorepo(tmp_path, scripts, ["typescript"], packageManager="pnpm@9.1.0")
    refuses = 'echo "Usage Error: This project is configured to use yarn"; exit 1'
    program(tmp_path / "bin", "pnpm", refuses)
    ran = fleetmod(root, "verify", env=path)
    assert ran.code == 3, ran.out
    assert "pnpm does not start here: Usage Error: This project is configured" in ran.out
    assert "before:" not in ran.out  # nothing is run in vain
    # one that tells its version and then refuses is seen when it does
    answers = f'[ "$1" = --version ] && echo 9.1.0 && exit; {refuses}'
    program(tmp_path / "bin", "pnpm", answers)
    ran = fleetmod(root, "migrate", "--verify", env=path)
    assert ran.code == 3 and "nothing was written" in ran.out, ran.out
    assert "named no test that fails and no error (before the migration):\n    Usage" in ran.out
    assert "after:" not in ran.out


def test_what_no_script_sees(tmp_path: Path, path: Mapping[str, str]) -> None:
    """The nearest tsconfig, and the runner that the dependencies name."""
    files: dict[str, str | bytes] = {
        "package.json": package("acme", private=True, workspaces=["packages/*"]),
        "package-lock.json": "{}",
    }
    for name in ("a", "b"):
        files |= {
            f"packages/{name}/package.json": package(
                f"@acme/{name}", devDependencies={"vitest": "*", "typescript": "*"}
            ),
            f"packages/{name}/tsconfig.json": TSCONFIG,
            f"packages/{name}/src/x.ts": HOME,
            f"packages/{name}/src/index.ts": 'export * from "./x.ts";\n',
        }
    files["packages/a/src/x.test.ts"] = (
        'import { expect, it } from "vitest";\nimport { dir } from "./index.ts";\n'
        'it("ends", () => { expect(dir.endsWith("/data")).toBe(true); });\n'
    )
    files["packages/b/old/y.ts"] = HOME  # in no tsconfig
    root = make(tmp_path / "repo", files)
    install(root, npm("typescript", "vitest"), {"@acme/a": "packages/a", "@acme/b": "packages/b"})
    ran = fleetmod(root, "verify", "--require", "types=60,tests=30,reached=30", env=path)
    assert ran.code == 0, ran.out + ran.err
    assert "no script checks what packages/a/tsconfig.json takes in" in ran.out
    assert "no script runs the tests of packages/a" in ran.out
    assert (
        "Of 3 rewritten files, 2 are type-checked and 1 is in packages whose tests ran; a test "
        "imports 1."
    ) in ran.out
    assert "not type-checked: packages/b/old/y.ts" in ran.out
    assert "in no package whose tests ran: packages/b/old/y.ts, packages/b/src/x.ts" in ran.out
    ran = fleetmod(root, "verify", "--require", "types=100%", env=path)
    assert ran.code == 3 and "types cover 67 % of the rewritten files" in ran.out


def test_an_error_that_is_in_no_file(tmp_path: Path, path: Mapping[str, str]) -> None:
    root = monorepo(tmp_path, {}, ["typescript"])
    for name in "abc":
        file = root / f"packages/{name}/tsconfig.json"
        file.write_text(file.read_text().replace('"types": []', '"types": ["nowhere"]'))
    commit(root)
    ran = fleetmod(root, "verify", "--test", "", env=path)
    # it is there before and after, and TypeScript checks no file while it is
    assert ran.code == 3, ran.out
    assert "stopped at `@acme/a: error TS2688: Cannot find type definition file" in ran.out
    assert "after:" not in ran.out


def test_linters_and_formatters(tmp_path: Path, path: Mapping[str, str]) -> None:
    tools = ["eslint", "prettier"]
    root = make(
        tmp_path / "repo",
        {
            "package.json": package(
                "acme",
                private=True,
                workspaces=["packages/*"],
                scripts={"lint": "eslint .", "format": "prettier --check ."},
                devDependencies=dict.fromkeys(tools, "*"),
            )
            + "\n",
            "package-lock.json": "{}",
            # by a parser that needs no installation: the code is JavaScript as it stands
            "eslint.config.js": "export default [{ files: ['**/*.ts'], rules: "
            "{ 'no-template-curly-in-string': 2, quotes: 0, 'no-undef': 2, "
            "'no-restricted-imports': [2, '@acme/node-identity'] } }];\n",
            ".prettierrc": '{"singleQuote": true, "bracketSpacing": false}\n',
            "packages/a/package.json": package("@acme/a") + "\n",
            "packages/a/x.ts": "export const dir = '/Users/alice/data';\nunknown();\n",
        },
    )
    install(root, npm(*tools), {"@acme/a": "packages/a"})
    ran = fleetmod(root, "verify", "--typecheck", "", "--test", "", env=path)
    assert ran.code == 0, ran.out + ran.err
    # what was wrong before is not new
    assert "x.ts: no-undef" not in ran.out
    assert "packages/a/x.ts: no-restricted-imports: '@acme/node-identity' import" in ran.out
    assert "packages/a/x.ts: format: not formatted" in ran.out
    assert "to mend them: prettier --write packages/a/x.ts" in ran.out
    assert "packages/node-identity: " not in ran.out  # which the migration keeps prettier from


def test_oxlint_and_dprint(tmp_path: Path, path: Mapping[str, str]) -> None:
    tools = ["oxlint", "dprint", "@dprint/typescript"]
    modules = npm(*tools)
    plugin = modules / "@dprint/typescript/plugin.wasm"
    root = make(
        tmp_path / "repo",
        {
            "package.json": package(
                "acme",
                private=True,
                workspaces=["packages/*"],
                scripts={"lint": "oxlint", "format": "dprint check"},
                devDependencies=dict.fromkeys(tools, "*"),
            ),
            "package-lock.json": "{}",
            ".oxlintrc.json": json.dumps(
                {"rules": {"no-debugger": "error", "no-template-curly-in-string": "error"}}
            ),
            "dprint.json": json.dumps({"typescript": {}, "plugins": [str(plugin)]}),
            "packages/a/package.json": package("@acme/a"),
            "packages/a/x.ts": f"debugger;\n{HOME}",
        },
    )
    install(root, modules, {"@acme/a": "packages/a"})
    ran = fleetmod(root, "verify", "--typecheck", "", "--test", "", env=path)
    assert ran.code == 0, ran.out + ran.err
    assert "oxlint: nothing new in " in ran.out  # the debugger was there before
    assert "packages/node-identity: format: not formatted (" in ran.out
    assert "to mend them: dprint fmt packages/" in ran.out


def test_a_snapshot_is_told(tmp_path: Path, path: Mapping[str, str]) -> None:
    root = make(
        tmp_path / "repo",
        {
            "package.json": package("acme"),
            "src/x.ts": HOME,
            "src/x.test.ts": 'import { dir } from "./x.ts";\n',
            "src/__snapshots__/x.test.ts.snap": "exports[`x 1`] = `/Users/alice/data`;\n",
        },
    )
    fleetmod(root, "init")
    commit(root)
    ran = told(root, path)
    assert (
        "left behind: src/__snapshots__/x.test.ts.snap:1 still spells /Users/alice/data, and "
        "src/x.ts looks it up now"
    ) in ran.out


def told(root: Path, env: Mapping[str, str]) -> Ran:
    return fleetmod(root, "verify", "--typecheck", "", "--test", "echo '(pass) x'", env=env)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            {"package.json": '{"engines": {"node": ">=98"}}'},
            'and engines.node of package.json asks for ">=98": run `nvm install 98`',
        ),
        ({".nvmrc": "v12.1.0\n"}, "and .nvmrc asks for 12.1.0: run `nvm install` and this again"),
        ({".node-version": "12"}, "and .node-version asks for 12: run `fnm use"),
        ({".tool-versions": "python 3.12\nnodejs 12.1.0\n"}, "asks for 12.1.0: run `mise install"),
        (
            {"package.json": '{"volta": {"node": "12.1.0"}}'},
            "asks for 12.1.0: run `volta install node@12.1.0`",
        ),
        (
            {"package.json": '{"packageManager": "npm@5.0.1", "scripts": {"test": "true"}}'},
            'asks for "npm@5.0.1": run `npm install --global npm@5.0.1`',
        ),
        (
            {"package.json": '{"devEngines": {"runtime": {"name": "node", "version": ">=98"}}}'},
            'and devEngines.runtime of package.json asks for ">=98": run `nvm install 98`',
        ),
        (
            {
                "package.json": '{"devEngines": {"packageManager": [{"name": "npm", '
                '"version": "<5"}]}, "scripts": {"test": "true"}}'
            },
            "and devEngines.packageManager of package.json asks for",
        ),
        (
            {"package.json": '{"engines": {"npm": "<5"}, "scripts": {"test": "true"}}'},
            "and engines.npm of package.json asks for",
        ),
        (
            {"package.json": '{"packageManager": "yarn@4.0.1", "scripts": {"test": "true"}}'},
            "yarn, the repository's package manager, is not found: run `corepack enable` or",
        ),
        (
            {"package.json": '{"dependencies": {"left-pad": "*"}}'},
            "the dependencies are not installed: run `npm install`",
        ),
        (
            {
                "package.json": '{"dependencies": {"left-pad": "*", "here": "*"}}',
                "node_modules/here/package.json": "{}",
            },
            "left-pad of the root is not installed: run `npm install`",
        ),
    ],
)
def test_what_is_in_the_way_is_told_before(
    tmp_path: Path, path: Mapping[str, str], files: dict[str, str | bytes], says: str
) -> None:
    root = make(tmp_path / "repo", {"package.json": "{}", "src/x.ts": HOME, **files})
    ran = fleetmod(root, "verify", env=path)
    assert ran.code == 3, ran.out
    assert f"{says}" in ran.out and "before:" not in ran.out
    assert "Verdict: unproven." in ran.out


@pytest.mark.parametrize(
    "files",
    [
        {"package.json": '{"engines": {"node": ">=20 || ^18.2.0"}}'},
        {
            "package.json": '{"devEngines": {"runtime": '
            '{"name": "node", "version": ">=98", "onFail": "warn"}}}'
        },
        {".nvmrc": "lts/*\n"},
        {"package.json": '{"engines": {"node": ">= 20.0.0"}}', ".nvmrc": "12\n"},
    ],
)
def test_what_fits_is_not_in_the_way(
    tmp_path: Path, path: Mapping[str, str], files: dict[str, str | bytes]
) -> None:
    root = make(tmp_path / "repo", {"package.json": "{}", "src/x.ts": HOME, **files})
    assert "in the way" not in told(root, path).out


def test_anyway(tmp_path: Path, path: Mapping[str, str]) -> None:
    root = make(tmp_path / "repo", {"package.json": "{}", "src/x.ts": HOME, ".nvmrc": "12"})
    test = ["--typecheck", "", "--test", "echo '(pass) x'"]
    assert fleetmod(root, "verify", *test, env=path).code == 3
    ran = fleetmod(root, "verify", *test, "--anyway", env=path)
    assert ran.code == 0 and "all the same: node is" in ran.out
