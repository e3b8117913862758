"""What is proposed for a repository nobody has described yet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleetmod.workspace.config import (
    Config,
    Home,
    Identity,
    Images,
    Process,
    Runtime,
    Workspace,
)
from tests.infer import Files, make, manifest

PLIST = "<plist><dict><key>Label</key>\n  <string>{}</string></dict></plist>"
WORKSPACE: Files = {
    "pnpm-workspace.yaml": 'packages:\n  - "apps/*"\n  - "libs/*"\n  - "!libs/old"\n',
    "package.json": manifest("acme"),
    "apps/web/package.json": manifest("web", "@acme/core"),
    "apps/api/package.json": manifest("@acme/api", "@acme/util"),
    "libs/core/package.json": manifest("@acme/core", "@acme/util"),
    "libs/util/package.json": manifest("@acme/util"),
    "libs/extra/package.json": manifest("@other/extra"),
    "libs/core/src/paths.ts": (
        'const a = "/Users/alice/Code/acme/libs/core/src/paths.ts";\n'
        "const b = `/Users/alice/Code/acme/apps/${name}`;\n"
        'const c = process.env.VAULT_PATH ?? "/Users/alice/Notes/today.md";\n'
        'const t = process.env.VAULT_TOKEN + process.env["VAULT_TOKEN"];\n'
        'const d = process.env.HOME ?? "/Users/alice";\n'
    ),
    "libs/core/src/agent.ts": (
        "exec(`launchctl kickstart -k gui/${uid}/com.alice.worker`, process.env.HOME);\n"
        'exec("launchctl list com.apple.finder");\n'
    ),
    "libs/core/src/x.test.ts": 'const x = "/Users/bob/a";\n' * 4,
    "infra/run.plist": "<string>/Users/alice/bin</string>",
    "docs/notes.md": "/Users/carol/b " * 15 + "/Users/alice/Notes/libs/x",
    "infra/com.alice.gateway.plist": PLIST.format("com.alice.gateway"),
    "infra/other.plist": PLIST.format("com.alice.system.agent"),
    "infra/homebrew.mxcl.redis.plist": PLIST.format("homebrew.mxcl.redis"),
    "deploy/publish.sh": 'docker build .\ndocker push "$IMAGE"\n',
    "deploy/multi.sh": "set -e; docker buildx build .\n",
    "deploy/local.sh": "# never docker push from here\ndocker build .\n",
}


def test_a_whole_repository(tmp_path: Path) -> None:
    config, why = make(tmp_path, WORKSPACE)
    assert config == Config(
        workspace=Workspace(packages=("apps/*", "libs/*", "!libs/old"), gate=("libs",)),
        home=Home(users=("alice",), root="/Users/alice/Code/acme", vault="/Users/alice/Notes"),
        identity=Identity(root_env="ACME_ROOT", vault_env="VAULT_PATH"),
        process=Process(label_prefix="com.alice."),
        runtime=Runtime(dir="libs", scope="@acme"),
        images=Images(publish=("deploy/multi.sh", "deploy/publish.sh")),
    )
    assert why["home.users"] == (
        "/Users/alice: 5 in code, 1 in documents and data; "
        "/Users/carol: 15 in documents and data; /Users/bob: 4 in tests"
    )
    assert why["home.root"] == "is called like this repository; 1 path below it exists here"
    assert "3 of 5" in why["runtime.scope"]
    assert "3 of 4" in why["process.label_prefix"]
    assert "3 of 6" in why["runtime.dir"]


def of(name: str, repository: object = None) -> str:
    return json.dumps({"name": name, "repository": repository})


HERE, THERE = "https://github.com/acme/tools.git", "github:other/vendored"
SCOPES: dict[str, tuple[list[str], str, str]] = {
    "one of several packages": ([of("a"), of("@other/b"), of("c")], "@tools", "@other"),
    "one, called like the repository": ([of("a"), of("@tools/b")], "@tools", "1 of 2"),
    "one, called like another package": ([of("acme"), of("@acme/b"), of("c")], "@acme", "1 of 3"),
    "two alike, one called like a package": (
        *([of("acme"), of("@acme/b"), of("@other/c")], "@acme", "1 of 3"),
    ),
    "two alike": ([of("@one/a"), of("@two/b")], "@tools", "@one or @two"),
    "most": ([of("@one/a"), of("@one/b"), of("@two/c")], "@one", "2 of 3"),
    "of another repository": (
        [
            *(of("@other/a", THERE), of("@other/b", THERE), of("@one/c", HERE), of("@one/d", HERE)),
            of("@one/e", {"url": "git+ssh://git@github.com/acme/tools.git", "directory": "e"}),
        ],
        *("@one", "3 of 5"),
    ),
    "a fork": ([of("@one/a", HERE), of("@one/b", "me/tools")], "@one", "2 of 2"),
    "the only package": ([of("@one/a")], "@one", "1 of 1"),
}


@pytest.mark.parametrize("case", SCOPES)
def test_the_scope(tmp_path: Path, case: str) -> None:
    manifests, scope, why = SCOPES[case]
    files = {f"packages/{n}/package.json": text for n, text in enumerate(manifests)}
    config, told = make(tmp_path, {"package.json": of("tools"), **files})
    assert config.runtime.scope == scope
    assert why in told["runtime.scope"]


def test_a_foreign_majority(tmp_path: Path) -> None:
    vendored = {f"packages/{n}/package.json": of(f"@other/{n}", THERE) for n in range(3)}
    own = {"packages/own/package.json": of("@one/a"), "packages/cli/package.json": of("@one/b")}
    config, _ = make(tmp_path, {"package.json": of("tools", HERE), **vendored, **own})
    assert config.runtime.scope == "@one"


def test_the_scope_of_the_root(tmp_path: Path) -> None:
    files = {"package.json": of("@acme/root"), "packages/a/package.json": of("a")}
    assert make(tmp_path, files)[0].runtime.scope == "@acme"


def test_a_root_called_like_any(tmp_path: Path) -> None:
    files = {"package.json": of("monorepo"), "packages/a/package.json": of("a")}
    assert make(tmp_path / "My Tools", files)[0].runtime.scope == "@my-tools"


def test_an_empty_repository(tmp_path: Path) -> None:
    root = tmp_path / "My Repo"
    root.mkdir()
    config, why = make(root, {})
    expected = Config(
        workspace=Workspace(gate=(".",)),
        runtime=Runtime(scope="@my-repo"),
        identity=Identity(root_env="MY_REPO_ROOT"),
    )
    assert config == expected
    assert set(why) == {"runtime.scope", "identity.root_env"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("process.env.ACME_ROOT; process.env.WORK_ROOT; process.env.WORK_ROOT", "ACME_ROOT"),
        ("Bun.env['AC_ME_ROOT']", "AC_ME_ROOT"),
        ("process.env.WORK_ROOT", "ACME_ROOT"),
        ("const ACME_ROOT = 1", "ACME_ROOT"),
    ],
)
def test_the_root_variable(tmp_path: Path, source: str, expected: str) -> None:
    config, why = make(tmp_path, {"package.json": manifest("@acme/root"), "a.ts": source})
    assert config.runtime.scope == "@acme"
    assert config.identity.root_env == expected
    assert ("read" in why["identity.root_env"].split()[0]) is ("env" in source and "AC" in source)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["com.acme.worker"], "com.acme."),
        (["com.acme.agent.a", "com.acme.agent.b"], "com.acme.agent."),
        (["com.acme.agent", "com.acme.agent.b"], "com.acme."),
        (["com.acme.agent.x.a"], "com.acme."),
        (["plain"], ""),
    ],
)
def test_the_label_prefix(tmp_path: Path, labels: list[str], expected: str) -> None:
    config, _ = make(tmp_path, {f"{label}.plist": PLIST.format(label) for label in labels})
    assert config.process.label_prefix == expected


def test_labels_of_tests_and_documents(tmp_path: Path) -> None:
    files = {
        "a.test.ts": 'run("launchctl stop com.fake.one"); run("launchctl stop com.fake.two")',
        "notes.md": "launchctl stop com.other.one\nlaunchctl stop com.other.two",
        "Library/com.saved.app.plist": "<key>Size</key><integer>/Users/</integer>",
    }
    assert make(tmp_path, files)[0].process.label_prefix == "com.other."
    config, _ = make(tmp_path, {"src/a.ts": 'run("launchctl stop com.acme.worker")'})
    assert config.process.label_prefix == "com.acme."


def test_a_file_that_looks_like_a_label(tmp_path: Path) -> None:
    config, _ = make(tmp_path, {"src/a.ts": 'run("launchctl load com.acme.plist")'})
    assert config.process.label_prefix == ""


FOLDERS = {
    "a single package": ({"src/a.ts": "", "src/a.test.ts": ""}, "packages", ("src",)),
    "several folders": (
        {"lib/a.mts": "", "bin/b.tsx": "", "test/c.ts": "", "docs/d.md": "", "vite.config.ts": ""},
        "packages",
        ("bin", "lib"),
    ),
    "the root itself": ({"cli.ts": "", "src/a.ts": ""}, "packages", (".",)),
    "packages that nobody declares": (
        {"packages/a/package.json": manifest("a"), "src/a.ts": ""},
        "packages",
        ("src",),
    ),
    "packages that nobody uses": (
        {
            "package.json": '{"workspaces": ["apps/*"]}',
            "apps/a/package.json": "{}",
            "apps/a/a.ts": "",
            "src/a.ts": "",
        },
        "apps",
        ("apps", "src"),
    ),
    "what others use before what is more": (
        {
            "package.json": '{"workspaces": ["apps/*", "./shared/*/"]}',
            "apps/a/package.json": manifest("a", "s"),
            "apps/b/package.json": manifest("b"),
            "shared/s/package.json": manifest("s"),
            "shared/s/s.ts": "",
            "src/a.ts": "",
        },
        "shared",
        ("shared",),
    ),
    "members that are named one by one": (
        {
            "package.json": '{"workspaces": ["apps/web", "packages/one", "./packages/two/"]}',
            "apps/web/package.json": manifest("web", "one"),
            "packages/one/package.json": manifest("one"),
            "packages/two/package.json": manifest("two"),
            "packages/two/two.mts": "",
            "scripts/a.ts": "",
        },
        "packages",
        ("packages",),
    ),
    "a member among the sources": (
        {
            "package.json": '{"workspaces": ["src/utils"]}',
            "src/utils/package.json": manifest("utils"),
            "src/main.ts": "",
        },
        "packages",
        ("src",),
    ),
    "packages without TypeScript": (
        {
            "package.json": '{"workspaces": ["packages/*", "tools/*"]}',
            "packages/a/package.json": manifest("a"),
            "packages/a/index.js": "",
            "tools/b/package.json": manifest("b"),
            "tools/b/b.ts": "",
        },
        "packages",
        ("tools",),
    ),
    "used packages without TypeScript": (
        {
            "package.json": '{"workspaces": ["packages/*", "apps/*"]}',
            "packages/a/package.json": manifest("a"),
            "packages/a/index.js": "",
            "apps/b/package.json": manifest("b", "a"),
            "apps/b/b.ts": "",
        },
        "packages",
        ("apps",),
    ),
    "packages deeper down that nobody declares": (
        {
            "package.json": manifest("acme"),
            "packages/npm/cli/package.json": manifest("@acme/cli"),
            "packages/npm/cli/src/i.ts": "",
            "packages/npm/sdk/package.json": manifest("@acme/sdk"),
            "packages/swift/Kit/Package.swift": "",
        },
        "packages/npm",
        ("packages",),
    ),
    "packages that others use, and more code beside them": (
        {
            "package.json": '{"name": "acme", "workspaces": ["packages/*", "src/web"]}',
            "packages/a/package.json": manifest("a"),
            "packages/a/a.ts": "",
            "src/web/package.json": manifest("web", "a"),
            **{f"src/{n}.ts": "" for n in "ab"},
            **{f"tests/{n}.test.ts": "" for n in "abcdefgh"},
            "tools/a.ts": "",
        },
        "packages",
        ("packages", "src"),
    ),
    "the usual name before what is more": (
        {
            "package.json": '{"workspaces": ["apps/examples/*", "sdk/packages/*", "apps/*"]}',
            **{f"apps/examples/{n}/package.json": manifest(n) for n in "abc"},
            "apps/a/package.json": manifest("app", "one"),
            "sdk/packages/one/package.json": manifest("one", "app"),
            "sdk/packages/two/package.json": manifest("two", "a"),
        },
        "sdk/packages",
        ("sdk/packages", "apps/examples", "apps"),
    ),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_the_folders(tmp_path: Path, case: str) -> None:
    files, runtime, gate = FOLDERS[case]
    config, _ = make(tmp_path, files)
    assert config.runtime.dir == runtime
    assert config.workspace.gate == gate


@pytest.mark.parametrize("workspaces", [["pkgs/*"], {"packages": ["pkgs/*"]}])
def test_workspaces_of_a_manifest(tmp_path: Path, workspaces: object) -> None:
    top = json.dumps({"name": "acme", "workspaces": workspaces})
    config, _ = make(tmp_path, {"package.json": top, "pkgs/a/package.json": manifest("a")})
    assert config.workspace.packages == ("pkgs/*",)
    assert config.workspace.gate == ("pkgs",)
    assert config.runtime.dir == "pkgs"
    assert config.runtime.scope == "@acme"
