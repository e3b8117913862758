"""Whose homes are proposed, and what is found below them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fleetmod.workspace.config import Home
from tests.infer import Files, make, manifest

NOBODY = """
    /Users/Shared/x /home/node/app /home/runner/work /Users/<name>/x /Users/you/Code
    /Users/username/x https://x.org/Users/eve/y /volume1/home/eve/y ../home/eve/y @/home/eve/y
    /users/eve/y "/home/settings" /Users/${name}/x ~/Users/eve/y /home/ubuntu/x /Users/root/x
    C:/Users/eve/x /Users/dev-${id}/x /Users/x/a /Users/John/a /home/REDACTED_USER/src
    "/home/eve/profile" "/home/eve" @/app/[workspaceId]/home/eve/src (group)/home/eve/src
    /home/components/src /home/docs/checkouts/readthedocs.org/x /home/docs/.condarc
""".split()


@pytest.mark.parametrize("text", NOBODY)
def test_nobody_s_home(tmp_path: Path, text: str) -> None:
    config, _ = make(tmp_path, {"a.ts": f"const a = {text}\n"})
    assert config.home.users == ()


@pytest.mark.parametrize("name", ["alice", "bob", "eve"])
def test_a_person_of_examples_is_somebody_where_a_text_begins(tmp_path: Path, name: str) -> None:
    told = f'export const help = "  cp laptop:/home/{name}/src/a.pdf /Users/{name}/src";\n'
    assert make(tmp_path / "a", {"a.ts": told})[0].home.users == ()
    own = f'export const dir = "/Users/{name}/src";\n'
    assert make(tmp_path / "b", {"a.ts": told + own})[0].home.users == (name,)
    assert make(tmp_path / "c", {"a.ts": told.replace(name, "zoe")})[0].home.users == ("zoe",)


def test_the_user_of_an_image_is_nobody(tmp_path: Path) -> None:
    code = {"a.ts": 'export const bin = "/home/web/.local/bin/acme";\n'}
    image = {"Dockerfile": "FROM node:22\nRUN adduser --system web\nUSER web\n"}
    assert make(tmp_path / "a", {**code, **image})[0].home.users == ()
    other = {"Dockerfile": image["Dockerfile"].replace("web", "app")}
    assert make(tmp_path / "b", {**code, **other})[0].home.users == ("web",)


def test_a_list_of_accounts_names_nobody(tmp_path: Path) -> None:
    roots = (
        '["/var/lib/eve/.local/share/eve", "/root/.local/share/eve", "/home/eve/.local/share/eve"]'
    )
    assert make(tmp_path, {"a.ts": f"export const roots = {roots};\n"})[0].home.users == ()
    own = roots.replace("/root/", "/opt/")
    assert make(tmp_path, {"a.ts": f"export const roots = {own};\n"})[0].home.users == ("eve",)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/a.test.ts", 'x("/Users/eve/a")'),
        ("src/A.stories.tsx", 'x("/Users/eve/a")'),
        ("fixtures.ts", 'x("/Users/eve/a")'),
        ("src/a.ts", "// as in /Users/eve/a"),
        ("src/a.ts", "/* as in /Users/eve/a */"),
        ("src/a.ts", "/**\n * as in /Users/eve/a\n */"),
        ("src/a.ts", "go(); // as in /Users/eve/a"),
        ("run.sh", "# as in /Users/eve/a"),
        ("a.plist", "  <!-- /Users/eve/a -->"),
        ("README.md", "`/Users/eve/a`"),
        ("data.json", '{"a": "/Users/eve/a"}'),
        ("lib.rs", 'let a = "/Users/eve/a";'),
    ],
)
def test_what_does_not_elect(tmp_path: Path, path: str, text: str) -> None:
    config, why = make(tmp_path, {path: text})
    assert config.home == Home()
    assert why["home.users"].startswith("no home is known to be a person's; /Users/eve: 1 in ")


LOADED = [
    'const ROOT = "/home/eve/acme";\nconst A = `${ROOT}/dist/a.js`;\nawait import(A);\n',
    'const ROOT = "/home/eve/acme";\nconst a = require(`${ROOT}/dist/a.js`);\n',
    "const A: string = '/Users/eve/acme/dist/a.js';\nconst { a } = await import(A);\n",
]
DATA = [
    'const ROOT = "/home/eve/acme";\nexpect(name(ROOT)).toBe("acme");\n',
    'const ROOT = "/home/eve/acme";\nawait import("./ROOT.js");\n',
]


@pytest.mark.parametrize(
    "text",
    [
        """const form = '<input placeholder="/home/bot-a/.acme" />';\n""",
        """const texts = {\n  "json.placeholder":\n    '[{"home":"/home/bot-a/.acme"}]',\n};\n""",
        "const field = <input placeholder={`/Users/eve/.acme`} />;\n",
    ],
)
def test_the_example_in_a_form_is_nobody_s_home(tmp_path: Path, text: str) -> None:
    config, _ = make(tmp_path, {"src/a.tsx": text})
    assert config.home.users == ()


@pytest.mark.parametrize("text", LOADED)
def test_a_test_that_loads_modules_from_a_home(tmp_path: Path, text: str) -> None:
    config, _ = make(tmp_path, {"tests/a.test.ts": text})
    assert config.home.users == ("eve",)


@pytest.mark.parametrize("text", DATA)
def test_a_test_s_data_elects_nobody(tmp_path: Path, text: str) -> None:
    config, why = make(tmp_path, {"tests/a.test.ts": text})
    assert config.home.users == () and "1 in tests" in why["home.users"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/a.ts", 'x("https://x.y"); x("/Users/eve/a");'),
        ("src/a.cjs", "const a = '/Users/eve'"),
        ("run.sh", "#!/Users/eve/bin/bash"),
        ("a.plist", "<string>/Users/eve/a</string>"),
        ("src/a.ts", 'process.env.HOME ?? "/home/eve"'),
        ("src/a.ts", 'homedir() || "/home/eve"'),
        ("src/a.ts", '"/home/eve/.config/a"'),
        ("src/a.ts", '"/home/eve/Code/a"'),
        ("src/deep/a.ts", '"/home/eve/acme/src/deep/a.ts"'),
    ],
)
def test_what_elects(tmp_path: Path, path: str, text: str) -> None:
    config, _ = make(tmp_path, {path: text})
    assert config.home.users == ("eve",)


def test_a_user_who_is_called_like_nobody(tmp_path: Path) -> None:
    """What code falls back to is somebody's home; else a person is told of the name."""
    config, why = make(tmp_path, {"src/a.ts": 'x("/Users/dev/a")'})
    assert config.home.users == ()
    assert why["home.users"] == "no home is known to be a person's; /Users/dev: 1 in code"
    files = {"src/a.ts": 'x("/Users/dev/a"); process.env.HOME || "/Users/dev"; y("/Users/you/b")'}
    config, why = make(tmp_path, files)
    assert config.home.users == ("dev",)
    assert why["home.users"] == "/Users/dev: 2 in code"


def test_a_second_user_of_the_code_is_asked_for(tmp_path: Path) -> None:
    """A user is one, whether below /Users or /home; another one may be another person."""
    text = 'a("/Users/bob/x"); b("/home/eve/.x"); c("/Users/eve/x"); d("/home/eve/src");'
    config, why = make(tmp_path, {"src/a.ts": text})
    assert config.home.users == ("eve",)
    assert why["home.users"] == (
        "/Users/eve, /home/eve: 3 in code; /Users/bob: 1 in code; "
        "add bob only if that is another name of the same home"
    )
    assert config.home.fixture == "/Users/fixture"


def test_a_linux_home(tmp_path: Path) -> None:
    files = {
        "package.json": manifest("acme"),
        "src/a.ts": 'x("/home/dev-1/repos/acme/src/a.ts"); y("file:///home/dev-1/z");',
    }
    config, _ = make(tmp_path, files)
    assert config.home.users == ("dev-1",)
    assert config.home.root == "/home/dev-1/repos/acme"
    assert config.home.fixture == "/home/fixture"


SOURCES: Files = {"src/deep/a.ts": "", "src/deep/b.ts": "", "data/x.json": "", "docs/y.md": ""}
_OTHER = "/Users/al/w/other/src/deep"
ROOTS = {
    "two paths below it": (f'"{_OTHER}/a.ts", "{_OTHER}/b.ts"', 1),
    "the same path twice": (f'"{_OTHER}/a.ts", "{_OTHER}/a.ts"', 0),
    "names that every checkout has": ('"/Users/al/w/other/data", "/Users/al/w/other/docs"', 0),
    "the repository's name": ('"/Users/al/w/acme"', 1),
    "its name, and a folder of its own": ('"/Users/al/w/acme/src/none"', 1),
    "its name as a folder of something else": ('"/Users/al/w/acme/eng-1/none"', 0),
    "a longer name": ('"/Users/al/w/acme-wiki/src/deep/a.ts"', 0),
    "a hidden folder": ('"/Users/al/.w/acme", "/Users/al/.w/acme/src/deep/a.ts"', 0),
    "somebody else's": ('"/Users/al/.x"; // /Users/bob/w/acme', 0),
}  # fmt: skip


@pytest.mark.parametrize("case", ROOTS)
def test_the_root(tmp_path: Path, case: str) -> None:
    text, found = ROOTS[case]
    files = {**SOURCES, "package.json": manifest("@x/acme"), "src/main.ts": text}
    config, why = make(tmp_path, files)
    assert bool(config.home.root) is bool(found)
    assert config.home.root in ("", "/Users/al/w/other", "/Users/al/w/acme")
    assert found or "home.root" not in why or why["home.root"].startswith("perhaps /Users/al/w/")


def test_the_root_is_called_like_the_remote(tmp_path: Path) -> None:
    for args in (["init", "-q"], ["remote", "add", "origin", "git@example.com:team/acme.git"]):
        subprocess.run(["git", *args], cwd=tmp_path, check=True)
    config, _ = make(tmp_path, {"src/a.ts": '"/Users/al/w/acme"', "package.json": manifest("x")})
    assert config.home.root == "/Users/al/w/acme"


VAULTS = {
    "a folder": ("VAULT_DIR", "process.env.VAULT_DIR"),
    "any word before it": ("OBSIDIAN_VAULT_PATH", "process.env.OBSIDIAN_VAULT_PATH"),
    "notes": ("NOTES_HOME", "process.env.NOTES_HOME"),
    "no folder": ("VAULT_PATH", "process.env.VAULT_ORIGIN + process.env.VAULT_BIND"),
    "a token": ("VAULT_PATH", "process.env.VAULT_TOKEN_PATH"),
    "before it": ("BRAIN", 'process.env.BRAIN ?? "/Users/al/Vault"; process.env.VAULT_DIR'),
    "before a join": (
        "BRAIN",
        'process.env.BRAIN?.trim() || path.join(os.homedir(), "Vault"); process.env.VAULT_DIR',
    ),
    "before a template": ("BRAIN", "process.env.BRAIN || `${HOME}/Vault`; process.env.VAULT_DIR"),
    "the last of a chain": (
        "BRAIN",
        'process.env.VAULT_DIR || process.env.BRAIN ||\n  "/Users/al/Vault"',
    ),
    "before another folder": ("VAULT_DIR", 'process.env.VAULT_DIR; process.env.X || join(a, "b")'),
}  # fmt: skip


@pytest.mark.parametrize("case", VAULTS)
def test_the_vault_variable(tmp_path: Path, case: str) -> None:
    name, text = VAULTS[case]
    spelled = 'const vault = "/Users/al/Vault";\n'
    config, _ = make(tmp_path, {"src/a.ts": spelled + text, "a.test.ts": "process.env.TEST_VAULT"})
    assert config.home.vault == "/Users/al/Vault"
    assert config.identity.vault_env == name


def test_the_variable_before_the_root(tmp_path: Path) -> None:
    text = 'process.env.WHERE ?? "/Users/al/w/acme"; process.env.ACME_ROOT; process.env.ACME_ROOT'
    config, why = make(tmp_path, {"src/a.ts": text, "package.json": manifest("acme")})
    assert config.identity.root_env == "WHERE"
    assert why["identity.root_env"] == "stands before it 1 time"


def test_a_user_of_an_image_is_no_host_s(tmp_path: Path) -> None:
    code = 'export const HOSTED_HOME = "/home/eve/.local";\n'
    image = "FROM debian\nRUN useradd --create-home eve\nWORKDIR /home/eve\n"
    files: Files = {"src/a.ts": code, "images/Dockerfile": image}
    config, why = make(tmp_path / "a", files)
    assert config.home == Home() and "/home/eve" in why["home.users"]
    mac: Files = {**files, "src/b.ts": code.replace("/home", "/Users")}
    assert make(tmp_path / "b", mac)[0].home.users == ("eve",)


@pytest.mark.parametrize(
    ("code", "users"),
    [
        ('x("-v", `${home}/.acme:/home/zoe/.acme:ro`);', ()),
        ('export const CONTAINER_HOME = "/home/zoe/.acme";', ()),
        ('export const a = { sandboxDir: env.X ?? "/home/zoe/.acme" };', ()),
        ('run("docker exec box cat /home/zoe/.acme");', ()),
        ('run("chown -R zoe:zoe /home/zoe/.acme");', ()),
        ('run("docker run -v /home/zoe/.acme:/acme box");', ("zoe",)),
        ('x("/usr/bin:/home/zoe/.local/bin");', ("zoe",)),
        ('export const home = "/home/zoe/.acme";', ("zoe",)),
    ],
)
def test_a_home_of_a_container_is_no_host_s(
    tmp_path: Path, code: str, users: tuple[str, ...]
) -> None:
    assert make(tmp_path, {"src/a.ts": f"{code}\n"})[0].home.users == users


MADE = """export const image = `FROM debian
RUN apt-get install -y git && useradd -m -s /bin/bash eve \\\\
  && mkdir /srv/acme
`;
export const target = "/home/eve/.config";
"""


def test_an_account_that_the_code_makes_is_no_host_s(tmp_path: Path) -> None:
    config, why = make(tmp_path / "a", {"src/a.ts": MADE})
    assert config.home == Home() and "/home/eve" in why["home.users"]
    script: Files = {
        "setup.sh": "adduser --disabled-password eve; chown eve /home/eve\n",
        "src/a.ts": 'export const target = "/home/eve/.config";\n',
    }
    assert make(tmp_path / "b", script)[0].home == Home()
    other = MADE.replace("bash eve", "bash adam")
    assert make(tmp_path / "c", {"src/a.ts": other})[0].home.users == ("eve",)
    told: Files = {"README.md": script["setup.sh"], "src/a.ts": script["src/a.ts"]}
    assert make(tmp_path / "d", told)[0].home.users == ("eve",)


@pytest.mark.parametrize(
    "name", ["mock", "Mock", "fake-user", "dummy", "placeholder", "__USERNAME__", "MAC_USER"]
)
def test_a_name_that_stands_for_nobody_is_no_user(tmp_path: Path, name: str) -> None:
    code = f'export const info = {{ homeDir: "/Users/{name}", cwd: "/Users/{name}/work" }};\n'
    config, _ = make(tmp_path, {"package.json": "{}", "src/electron.ts": code})
    assert config.home.users == ()
