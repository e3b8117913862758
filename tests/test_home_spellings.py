"""A home is found however code spells it, and a route, an address or another word is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleetmod import quick
from fleetmod.model import EXEMPT
from tests.repo import commit, fleetmod, make
from tests.scan import look, migrated

PATHS = 'import path, { join, resolve } from "node:path";\n'
OS = 'import os, { userInfo } from "node:os";\n'

# whoever runs the code: debt whatever reads the name
OWN = [
    "export const p = `/Users/${process.env.USER}/x`;",
    "export const p = `/Users/${process.env['LOGNAME']}/x`;",
    "export const p = `/Users/${process.env.USERNAME ?? 'nobody'}`;",
    "export const p = `/Users/${String(process.env.USER)}/x`;",
    "export const p = `/home/${process.env.USER}/x`;",
    "export const p = `/Users/${Bun.env.USER}/x`;",
    OS + 'export const p = "/Users/" + os.userInfo().username;',
    OS + 'const me = userInfo();\nexport const p = "/Users/" + me.username + "/x";',
    OS + "const { username: me } = userInfo();\nexport const p = `/Users/${me}/x`;",
    OS + "const me = os.userInfo().username;\nexport const p = `/Users/${me}/x`;",
    PATHS + 'export const p = path.join("/Users", process.env.USER!, "x");',
    PATHS + 'export const p = resolve("/Users/", process.env.USER as string);',
    PATHS + 'export const p = join("/", "Users", process.env.USER ?? "", "x");',
    'import { execSync } from "node:child_process";\n'
    'export const p = `/Users/${execSync("whoami").toString().trim()}/x`;',
]
# another value: debt where it is a path of the file system, or names a user
ANYONE = [
    PATHS + 'export const p = (id: string) => join("/Users", id);',
    PATHS + 'export const p = (id: string) => join("/", "Users", id, "x");',
    "export const p = (user: string) => `/Users/${user}/x`;",
    "export const p = (who: Who) => `/Users/${who.username}/x`;",
    'import { readFileSync } from "node:fs";\n'
    "export const p = (id: string) => readFileSync(`/Users/${id}/.netrc`);",
    'import { spawn } from "node:child_process";\n'
    'export const p = (id: string) => spawn("ls", { cwd: `/Users/${id}` });',
    'import { readFileSync } from "node:fs";\n'
    "export const p = (user: string) => readFileSync(`/users/${user}/x`);",
    "export const p = (user: string) => `/uSers/${user}/x`;",
    'import { readFileSync } from "node:fs";\n'
    "export function p(id: string) {\n  const at = `/Users/${id}`;\n  return readFileSync(at);\n}",
]
SPLIT = [
    PATHS + 'export const p = join("/", "users", "alice", "x");',
    PATHS + 'export const p = join(path.sep, "Users", "alice");',
    PATHS + 'export const p = ["", "Users", "alice"].join(path.sep);',
    'import { sep as slash } from "path";\nexport const p = `${slash}Users${slash}alice`;',
    PATHS + 'export const p = join("/Users", "alice", "x");',
    PATHS + 'export const p = path.join("/", "Users", "alice", "x");',
    PATHS + 'export const p = path.posix.join("/", "Users/alice");',
    PATHS + 'export const p = path.resolve("/", "Users", "alice", "x");',
    'export const p = ["", "Users", "alice", "x"].join("/");',
    'const parts = ["", "Users", "alice"];\nexport const p = parts.join("/");',
    'export const p = "/Us" + "ers/alice/x";',
    "export const p = '/U' + 'sers/alice/x';",
    'export const p = "/User" + "s/alice/x";',
    'export const p = "/Us".concat("ers/alice/x");',
    'export const p = "/users" + "/alice/x";',
    'export const p = "/" + "Users" + "/alice/x";',
    'const FOLDER = "/Users";\nexport const p = FOLDER + "/alice/x";',
    'const ME = "alice";\nexport const p = `/Users/${ME}/x`;',
]
RESPELLED = [
    'export const p = "//Users//alice/x";',
    'export const p = "/Users/./alice/x";',
    'export const p = "/./Users/alice//x";',
    'export const p = "/users/alice/x";',
    'export const p = "/USERS/alice";',
    "export const p = `/users/alice/${name}`;",
    'export const p = "file:///users/alice/x";',
    'import { readFileSync } from "node:fs";\nreadFileSync("/users/alice/x");',
    'export const p = "/uSers/alice/x";',
    'export const p = new URL("file:///USers/alice/x");',
    'export const env = { HOME: "/users/alice" };',
]
WINDOWS = [
    r'export const p = "C:\\Users\\alice\\x";',
    r"export const p = `C:\\Users\\alice`;",
    r"export const p = String.raw`C:\Users\alice\x`;",
    'export const p = "C:/Users/alice/x";',
    r'export const p = "d:\\users\\alice";',
    r'export const p = "C:\\Users\\" + "alice";',
    PATHS + r'export const p = path.win32.join("C:\\", "Users", "alice");',
    r'export const p = "\\Users\\alice\\x";',
]
ENCODED = [
    'export const p = "-Users-alice-code-acme";',
    'export const p = join(home, ".claude/projects", "-Users-alice-code");',
    "export const p = `--Users-alice--`;",
    'export const p = "acme://open?path=%2FUsers%2Falice%2Fx";',
    'export const p = "Users%2falice";',
]
# `home-path` itself: an escape, and a file's address
PLAIN = [
    r'export const p = "/\u0055sers/alice/x";',
    r'export const p = "/\x55sers/alice/x";',
    r"export const p = `/\u{55}sers/alice/x`;",
    r'export const p = "/Us\u0065rs\x2falice/x";',
    'export const p = "file:///Users/alice/x";',
]
# of somebody who is not in home.users, as a plain `/Users/bob/x` is
STRANGER = [
    PATHS + 'export const p = join("/", "Users", "bob", "x");',
    PATHS + 'export const p = join("/Users", "bob");',
    'import { readFileSync } from "node:fs";\nreadFileSync("C:\\\\Users\\\\bob\\\\x");',
    'export const p = "/Users/" + "bob/x";',
    'export const p = "PATH=" + "/Users/" + "bob/bin";',
    'export const p = "/Us" + "ers/bob/x";',
    "export const p = '/U' + 'sers/bob/x';",
    'export const p = "/" + "Users" + "/bob/x";',
    'export const p = "/Us".concat("ers/bob/x");',
    'export const p = `${"/Users"}/bob/x`;',
    'export const p = `${"/Us"}ers/bob/x`;',
    'export const p = ["", "Users", "bob", "x"].join("/");',
    'const FOLDER = "/Users";\nexport const p = FOLDER + "/bob/x";',
    'const ME = "bob";\nexport const p = `/Users/${ME}/x`;',
    'export const p = "//Users//bob";',
    'export const p = "/Users/./bob/x";',
    r'export const p = "\x2fUsers\x2fbob";',
    r'export const p = "/\u0055sers/bob/x";',
    r'export const p = "/Use\u{72}s/bob";',
    r'export const p = "C:\\Users\\bob";',
    r"export const p = String.raw`c:\users\bob\x`;",
    'export const p = "-Users-bob-code";',
    'export const p = "-Users-alicent";',
    'export const p = "acme://open?path=%2FUsers%2Fbob%2Fx";',
    'import { readFileSync } from "node:fs";\nreadFileSync("/users/bob/x");',
    'import { readFileSync } from "node:fs";\nreadFileSync("/USERS/bob/x");',
    PATHS + 'export const p = join("/users/bob", "x");',
    # macOS' disk tells no case, and a name may have accents, also as characters of their own
    'export const p = "/uSers/bob/x";',
    'export const p = "/uSERS/bob";',
    'export const p = "/UserS/bob";',
    "export const p = `/USErs/bob/${name}`;",
    'export const p = "/uSers" + "/bob";',
    r'export const p = "C:\\uSers\\bob";',
    'export const p = "/System/Volumes/Data/Users/bob/x";',
    'export const p = "/Users/bj\u00f6rn/x";',
    'export const p = "/Users/alice\u0301/x";',
    # in small letters: joined, looked for, or with what a home alone holds
    PATHS + 'export const p = join("/", "users", "bob");',
    PATHS + "export const p = join('/', 'users', 'bob');",
    PATHS + 'export const p = path.join(\n  "/",\n  "users",\n  "bob",\n);',
    PATHS + 'export const p = resolve("/users", "bob", "x");',
    PATHS + 'export const p = join(path.sep, "users", "bob");',
    PATHS + 'export const p = join("/", "uSers", "bob");',
    'import { readFileSync } from "node:fs";\nreadFileSync("/users" + "/bob");',
    'import { readFileSync } from "node:fs";\nreadFileSync(["", "users", "bob"].join("/"));',
    'import { readFileSync } from "node:fs";\nreadFileSync(new URL("file:///users/bob/x"));',
    'export const p = "/users/bob/Library/LaunchAgents";',
    'export const p = "/users/bob/.ssh/id_rsa";',
]
FOUND = [
    *(("home-user", code) for code in OWN + ANYONE),
    *(("home-split", code) for code in SPLIT),
    *(("home-respelled", code) for code in RESPELLED),
    *(("home-windows", code) for code in WINDOWS),
    *(("home-encoded", code) for code in ENCODED),
    *(("home-path", code) for code in PLAIN),
    *(("home-stranger", code) for code in STRANGER),
]

NONE = [
    # routes and addresses
    'app.get("/users/alice", show);',
    'router.use("/users/alice", show);',
    'fetch("/users/alice");',
    "fetch(`/Users/${user}/items`);",
    "api.get(`/Users/${user}/items`);",
    "this.http.delete<void>(`/Users/${user}`);",
    "await octokit.request('GET /users/alice/repos');",
    "export const url = (user: string) => `${base}/Users/${user}/items`;",
    "export const url = (user: string) => `https://x.example/Users/${user}`;",
    'export const url = "https://x.example/users/alice";',
    'export const endpoint = "/users/alice";',
    "export const route = (id: string) => `/users/${id}`;",
    'export const pattern = "/users/:id";',
    "export const path = (id: string) => `/Users/${id}/items`;",
    "const at = `/Users/${user}`;\nawait axios.get(at);",
    'if (req.url === "/users/alice") show();',
    'if (url.pathname.startsWith("/users/alice")) show();',
    'switch (req.url) { case "/users/alice": show(); }',
    'export const routes = [{ path: "/users/alice", element: page }];',
    "class A { @Get('/users/alice') show() {} }",
    "await page.goto('/users/alice');",
    # modules, other words, other folders
    'import { a } from "./users/alice";',
    'import { a } from "@/users/alice";',
    'export const label = "Users";\nexport const name = "alice";',
    PATHS + 'export const p = join(base, "Users", "alice");',
    PATHS + 'export const p = join("Users", "alice");',
    'export const p = ["Users", "alice"].join(", ");',
    'export const p = "/Us" + "ed/alice/x";',
    'export const p = "s/alice/bob/";',
    'export const p = "//Users//Shared";',
    'export const p = "/users/alicent/x";',
    'export const p = "src/users/alice";',
    # Windows, for everybody and for whoever runs it
    r'export const p = "C:\\Users\\Public\\x";',
    r"export const p = `C:\\Users\\${process.env.USERNAME}\\AppData`;",
    r"export const p = `C:\\Users\\%USERNAME%`;",
    r'export const p = "C:\\Users\\runneradmin\\x";',
    r'export const p = new RegExp("C:\\\\Users\\\\\\w+");',
    # keys of nobody
    'export const p = "-Users-you-code";',
    'export const p = "list-Users-alice";',
    # of others: routes, placeholders, folders of everybody
    'fetch("/Users/" + "bob/items");',
    'app.get("/Users".concat("/bob"), show);',
    'export const url = "/Users/" + "bob";',
    'export const p = "/users/" + "bob/x";',
    'export const p = "/users/search";',
    'export const p = "/USERS/search";',
    'app.get("/uSers/bob", show);',
    'import { a } from "./UserS/bob";',
    'export const keys = ["/", "users", "bob"];',
    'const rows = db.collection("users").where("a", "/");',
    'export const at = ["", "users", "bob"].join("/");',
    PATHS + 'export const p = join(base, "users", "bob");',
    PATHS + 'export const p = join("users", "bob");',
    PATHS + 'router.push(path.posix.join("/", "users", "bob"));',
    PATHS + 'export const href = join("/", "users", "bob");',
    PATHS + "export const p = (id: string) => join('/', 'users', id);",
    "export const route = (user: string) => `/users/${user}/.well-known`;",
    "fetch('/users/bob/.well-known');",
    "export const link = '/users/bob/documents';",
    'const sep = ",";\nexport const p = `${sep}Users${sep}bob`;',
    'import { readFileSync } from "node:fs";\n'
    "export const p = (id: string) => readFileSync(`/users/${id}.json`);",
    'export const p = "/Users/\u4f60/x";',
    PATHS + 'export const p = join(base, "Users", "bob");',
    'export const p = "/Users/" + "Shared/x";',
    'export const p = "/Users/" + "you/x";',
    'export const p = "https://x.example" + "/Users/" + "bob";',
    # what the platform chooses
    "export const p = (user: string) =>\n"
    '  process.platform === "darwin" ? `/Users/${user}` : `/home/${user}`;',
    "export const p = (user: string) => ({ darwin: `/Users/${user}`, linux: `/home/${user}` });",
]


def homes(text: str, path: str = "packages/app/src/example.ts") -> set[str]:
    return {f.rule for f in look(text + "\n", path).findings if f.family == "home"}


@pytest.mark.parametrize(("rule", "code"), FOUND)
def test_every_spelling_is_found(rule: str, code: str) -> None:
    assert homes(code) == {rule}
    assert all(f.action != EXEMPT for f in look(code).findings)


@pytest.mark.parametrize("code", NONE)
def test_what_is_no_home_is_not_found(code: str) -> None:
    assert homes(code) == set()
    assert migrated(code) == code


def test_the_commands_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """audit, check, the hook's short way and gate 1b find the same spellings, and no other."""
    files = {f"packages/app/src/debt{n}.ts": code + "\n" for n, (_, code) in enumerate(FOUND)}
    clean = {f"packages/app/src/clean{n}.ts": code + "\n" for n, code in enumerate(NONE)}
    root = make(
        tmp_path / "r",
        {
            "package.json": '{"name": "acme"}\n',
            "packages/app/package.json": '{"name": "@acme/app"}\n',
            "fleetmod.toml": 'version = 1\n[home]\nusers = ["alice"]\n[runtime]\nscope = "@acme"\n',
            **files,
            **clean,
        },
    )
    every = [str(root / path) for path in (*files, *clean)]
    for command in (["audit"], ["check"], ["check", *every]):
        found = json.loads(fleetmod(root, *command, "--format", "json").out)["findings"]
        assert {f["path"] for f in found} == set(files), command
    gate = json.loads(fleetmod(root, "gate", "--phase", "1b", "--format", "json").out)
    assert gate["phases"][0]["verdict"] == "failed"
    monkeypatch.chdir(root)
    assert not any(quick.is_clean([path]) for path in files)
    for path in files:
        (root / path).unlink()
    commit(root)
    assert fleetmod(root, "gate", "--phase", "1b").code == 0


def test_the_home_of_whoever_runs_it_is_looked_up() -> None:
    code = (
        PATHS + "const user = process.env.USER;\n"
        "export const a = `${user}: /Users/${user}/x and /Users/${user}`;\n"
        'export const b = join("/Users/", user!, "x");\n'
        'export const c = ("/Users/" + user) + "/x";\n'
    )
    after = migrated(code)
    assert "`${user}: ${nodeIdentity.homeDir}/x and ${nodeIdentity.homeDir}`" in after
    assert 'join(nodeIdentity.homeDir, "x")' in after
    assert '(nodeIdentity.homeDir) + "/x"' in after


@pytest.mark.parametrize(
    "code",
    [
        PATHS + 'export const p = join("/", "Users", process.env.USER!);',
        'export const p = "PATH=/Users/" + process.env.USER + "/bin";',
        "export const p = ssh(host, `ls /Users/${process.env.USER}`);",
        "export const p = `//Users/${process.env.USER}/x`;",
    ],
)
def test_what_is_no_plain_lookup_is_refused(code: str) -> None:
    assert homes(code) == {"home-user"}
    assert migrated(code) == code


def test_a_key_in_a_test_follows_the_code_that_spells_it(tmp_path: Path) -> None:
    """A test that expects a key of the code under test is rewritten with it; others are data."""
    test = 'test("key", () => expect(dir()).toContain("-Users-alice-code"));\n'
    root = make(
        tmp_path / "r",
        {
            "package.json": '{"name": "acme", "workspaces": ["packages/*"]}\n',
            "packages/app/package.json": '{"name": "@acme/app"}\n',
            "packages/other/package.json": '{"name": "@acme/other"}\n',
            "fleetmod.toml": 'version = 1\n[home]\nusers = ["alice"]\n[runtime]\nscope = "@acme"\n',
            "packages/app/src/dir.ts": 'export const dir = () => "/x/-Users-alice-code";\n',
            "packages/app/src/dir.test.ts": test,
            "packages/other/src/dir.test.ts": test,
        },
    )
    assert fleetmod(root, "migrate").code == 0
    key = '${nodeIdentity.homeDir.replace(/\\//g, "-")}-code'
    assert f"`/x/{key}`" in (root / "packages/app/src/dir.ts").read_text()
    assert f"`{key}`" in (root / "packages/app/src/dir.test.ts").read_text()
    assert (root / "packages/other/src/dir.test.ts").read_text() == test


@pytest.mark.parametrize("code", [*RESPELLED, *WINDOWS, *ENCODED, *STRANGER, *ANYONE])
def test_test_data_in_other_spellings_is_left(code: str) -> None:
    found = look(code, "packages/app/src/example.test.ts").findings
    assert all(f.action == EXEMPT for f in found)


def test_what_does_not_parse_is_unproven_where_it_names_a_user() -> None:
    """A hint such as `/users/` alone says nothing of a line that is not understood."""
    assert not look('const a = ((( "/users/bob" "\\x1b" ;\n').unparsed
    assert look('const a = ((( "/users/alice" ;\n').unparsed
