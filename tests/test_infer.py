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
    parse_config,
    render_config,
)
from fleetmod.workspace.infer import propose

Files = dict[str, str]


def make(root: Path, files: Files) -> tuple[Config, dict[str, str]]:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    config, why = propose(root)
    assert parse_config(render_config(config, why)) == config
    return config, why


def manifest(name: str, *uses: str) -> str:
    return json.dumps({"name": name, "dependencies": dict.fromkeys(uses, "workspace:*")})


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
    assert "6 times" in why["home.users"]
    assert "/Users/bob" in why["home.users"]
    assert "3 of 6" in why["runtime.scope"]
    assert "3 of 4" in why["process.label_prefix"]
    assert "3 of 6" in why["runtime.dir"]


def test_an_empty_repository(tmp_path: Path) -> None:
    root = tmp_path / "My Repo"
    root.mkdir()
    config, why = make(root, {})
    expected = Config(runtime=Runtime(scope="@my-repo"), identity=Identity(root_env="MY_REPO_ROOT"))
    assert config == expected
    assert set(why) == {"runtime.scope", "identity.root_env"}


@pytest.mark.parametrize(
    "text",
    [
        *("/Users/Shared/x", "/home/node/app", "/home/runner/work", "/Users/<name>/x"),
        *(
            "/Users/you/Code",
            "/Users/username/x",
            "https://x.org/Users/eve/y",
            "/volume1/home/eve/y",
        ),
        *("../home/eve/y", "@/home/eve/y", "/users/eve/y", '"/home/settings"', "/Users/${name}/x"),
        *("~/Users/eve/y", "/home/ubuntu/x", "/Users/root/x", "C:/Users/eve/x"),
    ],
)
def test_nobody_s_home(tmp_path: Path, text: str) -> None:
    config, _ = make(tmp_path, {"a.ts": f"const a = {text}\n"})
    assert config.home.users == ()


def test_a_linux_home(tmp_path: Path) -> None:
    files = {"src/a.ts": 'x("/home/dev-1/work/app/src/a.ts"); y("file:///home/dev-1/z");'}
    config, _ = make(tmp_path, files)
    assert config.home.users == ("dev-1",)
    assert config.home.root == "/home/dev-1/work/app"
    assert config.home.fixture == "/home/fixture"


def test_the_root_is_what_most_paths_prove(tmp_path: Path) -> None:
    text = (
        'a("/Users/al/Docs/src"); b("/Users/al/Docs/src"); c("/Users/al/w/app-wiki/x/y.ts");\n'
        'd("/Users/al/w/app/src/deep/a.ts"); e("/Users/al/w/app.");\n'
    )
    config, why = make(tmp_path, {"src/deep/a.ts": text})
    assert config.home.root == "/Users/al/w/app"
    assert why["home.root"].startswith("1 path")


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


@pytest.mark.parametrize("workspaces", [["pkgs/*"], {"packages": ["pkgs/*"]}])
def test_workspaces_of_a_manifest(tmp_path: Path, workspaces: object) -> None:
    top = json.dumps({"name": "acme", "workspaces": workspaces})
    config, _ = make(tmp_path, {"package.json": top, "pkgs/a/package.json": manifest("a")})
    assert config.workspace.packages == ("pkgs/*",)
    assert config.workspace.gate == ("pkgs",)
    assert config.runtime.dir == "pkgs"
    assert config.runtime.scope == "@acme"
