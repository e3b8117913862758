"""Every language of a repository: the table, the gate, the migration, the lists of a node."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from tests.languages import look, reasons, rewritten
from tests.repo import commit, fleetmod, make, tree

PLIST = """<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
  <!-- from /Users/alice/notes -->
  <key>Label</key><string>com.acme.api</string>
  <key>ProgramArguments</key><array><string>/Users/alice/Code/acme/run.sh</string></array>
  <key>EnvironmentVariables</key><dict>
    <key>PATH</key><string>/Users/alice/bin:/usr/bin</string>
    <key>V</key><string>/Users/alice/Vault/x</string>
  </dict>
</dict></plist>
"""
TOML = """version = 1
[workspace]
gate = ["packages"]
[home]
users = ["alice"]
root = "/Users/alice/Code/acme"
vault = "/Users/alice/Vault"
[identity]
root_env = "ACME_ROOT"
"""
FILES: dict[str, str | bytes] = {
    "fleetmod.toml": TOML,
    "packages/app/package.json": '{"name": "app"}\n',
    "packages/app/src/a.ts": "export const a = 1;\n",
    "infra/api.plist": PLIST,
    "infra/run.sh": "#!/bin/bash\nexec /Users/alice/bin/x\n",
    "infra/tool": "#!/usr/bin/env bash\ncd /Users/alice/Code/acme\n",
    "infra/main.py": 'TOOL = "/Users/alice/bin/x"\n',
    "README.md": "Run /Users/alice/bin/x with launchctl.\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "r", FILES)


def test_a_list_becomes_a_template() -> None:
    after = rewritten("a.plist", PLIST)
    assert "<!-- from ~/notes -->" in after
    assert "<string>__REPO_ROOT__/run.sh</string>" in after
    assert "<string>__HOME__/bin:/usr/bin</string>" in after
    assert "<string>__VAULT__/x</string>" in after


def test_a_list_of_a_home_elsewhere(root: Path) -> None:
    for path in ("fleetmod.toml", "infra/api.plist", "infra/run.sh", "infra/tool", "infra/main.py"):
        file = root / path
        file.write_text(file.read_text().replace("/Users/alice", "/home/alice"))
    commit(root)
    assert fleetmod(root, "migrate", "--all-languages").code == 0
    assert "<string>__REPO_ROOT__/run.sh</string>" in (root / "infra/api.plist").read_text()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PLIST.replace("</dict></plist>", ""), "is no property list"),
        (PLIST.replace("<key>V<", "<key>/Users/alice/V<"), "a key holds a home path"),
        (PLIST.replace("/usr/bin", "__HOME__/b"), "placeholders beside paths"),
        (PLIST.replace("/Users/alice/bin", "/home/alice/bin"), "more than one home"),
    ],
)
def test_a_list_that_is_no_template_yet_is_refused(text: str, reason: str) -> None:
    assert all(reason in said for said in reasons("a.plist", text))
    assert look("a.plist", text).edits == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("infra/install.sh", "cp infra/api.plist ~/Library/LaunchAgents\n"),
        ("install.sh", "for list in infra/*.plist; do cp $list ~/Library/LaunchAgents; done\n"),
        ("infra/install.sh", 'cp "$(dirname "$0")"/*.plist ~/Library/LaunchAgents\n'),
    ],
)
def test_a_list_that_code_installs_is_refused(root: Path, path: str, code: str) -> None:
    (root / path).write_text(code)
    commit(root)
    ran = fleetmod(root, "migrate", "--all-languages")
    assert ran.code == 1 and f"{path} reads or installs it as it is" in ran.out
    assert (root / "infra/api.plist").read_text() == PLIST


@pytest.mark.parametrize(
    ("path", "code", "kept"),
    [
        ("install.sh", "sudo bash infra/run.sh\n", True),
        ("install.sh", "sudo -E infra/run.sh\n", True),
        ("install.sh", "sudo cp infra/api.plist /Library/LaunchDaemons/\n", True),
        ("install.sh", "sudo -u alice infra/run.sh\n", False),
        ("install.sh", "bash infra/run.sh; sudo ls\n", False),
    ],
)
def test_a_script_that_root_runs_keeps_its_home(
    root: Path, path: str, code: str, kept: bool
) -> None:
    (root / path).write_text(code)
    commit(root)
    fleetmod(root, "migrate", "--all-languages")
    assert ("/Users/alice" in (root / "infra/run.sh").read_text()) == kept


def test_a_list_of_another_folder_is_not_meant(root: Path) -> None:
    (root / "clean.sh").write_text('ls "$HOME"/Library/LaunchAgents/*.plist\n')
    commit(root)
    assert fleetmod(root, "migrate", "--all-languages").code == 0


def test_other_languages_are_reported_with_what_to_do() -> None:
    assert "std::env::var" in reasons("a.rs", 'const A: &str = "/Users/alice/x";')[0]
    assert "render it" in reasons("a.yaml", "a: /Users/alice/x\n")[0]
    assert "os.homedir()" in reasons("a.mjs", 'run("/Users/alice/x");\n')[0]
    assert "platform first" in reasons("a.js", 'run("launchctl list");\n')[0]
    assert "platform first" in reasons("Run.swift", 'run("/bin/launchctl")\n')[0]
    assert reasons("apps/macos/Run.swift", 'run("/bin/launchctl")\n') == []
    assert "homeDirectory" in reasons("apps/macos/Run.swift", 'let a = "/Users/alice/x"\n')[0]
    assert "another kind" in reasons("Dockerfile", "COPY /Users/alice/x /x\n")[0]
    assert reasons("Dockerfile", "WORKDIR /home/alice/app\n") == []
    assert reasons("a.md", "see /Users/alice/x and launchctl\n") == []
    assert reasons("runs.jsonl", '{"cwd": "/Users/alice/x", "ran": "launchctl list"}\n') == []
    assert reasons("a.json", '{"name": "@acme/launchctl-agents", "view": "launchctlView"}') == []
    assert reasons("a.js", 'import { run } from "./launchctl.js";\n') == []
    assert "platform first" in reasons("a.js", 'run("/bin/launchctl", "list");\n')[0]


def test_the_whole_way_on_a_repository(root: Path) -> None:
    units = fleetmod(root, "units").out
    assert fleetmod(root, "gate", "--phase", "1a,1b").code == 0
    gate = fleetmod(root, "gate", "--phase", "portable")
    assert gate.code == 1 and "shell, home: 2 finding(s) in 2 file(s), 0 to mend" in gate.out
    assert fleetmod(root, "migrate").code == 0 and (root / "infra/run.sh").read_text() in str(
        FILES["infra/run.sh"]
    )
    ran = fleetmod(root, "migrate", "--all-languages")
    assert ran.code == 0 and "rewrote 7 finding(s) in 4 file(s)" in ran.out, ran.out
    assert (root / "infra/run.sh").read_text() == '#!/bin/bash\nexec "${HOME:?}/bin/x"\n'
    assert '"${ACME_ROOT:-${HOME:?}/Code/acme}"' in (root / "infra/tool").read_text()
    after = tree(root)
    assert fleetmod(root, "migrate", "--all-languages", "--allow-dirty").code == 0
    assert tree(root) == after
    assert fleetmod(root, "gate", "--phase", "portable").code == 0
    assert fleetmod(root, "units").out == units


@pytest.mark.parametrize(
    ("path", "rule", "text"),
    [
        ("a.sh", "shell-home", "# DIRECTIVE\n\nls /Users/alice/a\n"),
        ("a.sh", "shell-launchctl", "launchctl list  # DIRECTIVE\n"),
        ("a.py", "python-home", 'A = "/Users/alice/a"  # DIRECTIVE\n'),
        ("a.yaml", "other-home", "# DIRECTIVE\na: /Users/alice/a\n"),
        ("a.rs", "other-home", '// DIRECTIVE\n// on\nlet a = "/Users/alice/a";\n'),
        ("a.plist", "plist-home", PLIST.replace("<dict>", "<dict>\n<!-- DIRECTIVE -->", 1)),
    ],
)
def test_a_directive_accepts_a_finding(path: str, rule: str, text: str) -> None:
    file = "-file" if path.endswith("plist") else ""
    told = text.replace("DIRECTIVE", f"fleetmod-ignore{file} {rule}: on the Mac")
    result = look(path, told)
    assert {f.suppressed for f in result.findings if f.rule == rule} == {"on the Mac"}
    assert result.edits == [] and reasons(path, told) == []
    assert (
        "suppresses nothing"
        in reasons(path, told.replace("alice", "bo").replace("launchctl list", "ls"))[0]
    )


@pytest.mark.parametrize("migrated", [False, True])
def test_the_lists_of_a_node(root: Path, tmp_path: Path, migrated: bool) -> None:
    if migrated:
        assert fleetmod(root, "migrate", "--all-languages").code == 0
    out = tmp_path / "out"
    args = ("--output", str(out), "--home", "/Users/bo & co", "--checkout", "/srv/acme")
    assert fleetmod(root, "plists", *args).code == 0
    job = plistlib.loads((out / "api.plist").read_bytes())
    assert job["ProgramArguments"] == ["/srv/acme/run.sh"]
    assert job["EnvironmentVariables"]["PATH"] == "/Users/bo & co/bin:/usr/bin"
    assert job["EnvironmentVariables"]["V"] == "/Users/bo & co/Vault/x"


@pytest.mark.parametrize("form", ["binary", "utf-16"])
def test_a_list_that_is_no_utf_8_is_rendered(form: str, tmp_path: Path) -> None:
    job = plistlib.loads(PLIST.encode())
    binary = plistlib.dumps(job, fmt=plistlib.FMT_BINARY)
    data = binary if form == "binary" else PLIST.replace("UTF-8", "UTF-16").encode("utf-16")
    root = make(tmp_path / "r", {**FILES, "infra/api.plist": data})
    out = tmp_path / "out"
    ran = fleetmod(root, "plists", "--output", str(out), "--home", "/home/al")
    assert ran.code == 0, ran.out + ran.err
    rendered = (out / "api.plist").read_bytes()
    assert rendered.startswith(b"<?xml") and b"/home/al" in rendered and b"/Users/" not in rendered
