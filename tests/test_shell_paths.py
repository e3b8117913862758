"""Home paths in shell scripts: quoting in each context, checked by the shells themselves."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from fleetmod.model import EXEMPT, REWRITE
from tests.languages import look, reasons, rewritten

BASH = "#!/usr/bin/env bash\n"
STRICT = "#!/bin/bash -eu\n"  # it stops where HOME is unset


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("exec /Users/alice/bin/x serve", 'exec "$HOME/bin/x" serve'),
        ("X=/Users/alice/bin/x", 'X="$HOME/bin/x"'),
        ('X="/Users/alice/my files"', 'X="$HOME/my files"'),
        ("X='/Users/alice/my files'", 'X="$HOME/my files"'),
        ("X='$a /Users/alice/b'", "X='$a '\"$HOME\"'/b'"),
        ("cp /Users/alice/*.txt /tmp", 'cp "$HOME"/*.txt /tmp'),
        ("cat /Users/alice/a\\ b", 'cat "$HOME"/a\\ b'),
        ('PATH="/Users/alice/bin:/usr/bin:$PATH"', 'PATH="$HOME/bin:/usr/bin:$PATH"'),
        ("PATH=/Users/alice/bin:$PATH", 'PATH="$HOME"/bin:$PATH'),
        ("PATH=/a:/Users/alice/b:/Users/alice/c", 'PATH="/a:$HOME/b:$HOME/c"'),
        ("cd /Users/alice/Code/acme/infra", 'cd "${ACME_ROOT:-$HOME/Code/acme}/infra"'),
        (
            "cd /Users/alice/Code/acme 2>/dev/null",
            'cd "${ACME_ROOT:-$HOME/Code/acme}" 2>/dev/null',
        ),
        ("cp -R /Users/alice/Code/acme to/x", 'cp -R "${ACME_ROOT:-$HOME/Code/acme}" to/x'),
        (
            "docker run -v /Users/alice/a:/home/alice/a img /home/alice/b",
            'docker run -v "$HOME/a:/home/alice/a" img /home/alice/b',
        ),
        ("cd /Users/alice/Code/acme-wiki", 'cd "$HOME/Code/acme-wiki"'),
        ('R="${R:-/Users/alice/Code/acme}"', 'R="${R:-${ACME_ROOT:-$HOME/Code/acme}}"'),
        ('R="${ACME_ROOT:-/Users/alice/Code/acme}"', 'R="${ACME_ROOT:-$HOME/Code/acme}"'),
        ("R=${R:-/Users/alice/x}", 'R=${R:-"$HOME"/x}'),
        ("V=/Users/alice/Vault", 'V="${VAULT_PATH:-$HOME/Vault}"'),
        ("cat <<X\n/Users/alice/a\nX", "cat <<X\n$HOME/a\nX"),
        ("cat <<X\n$(ls /Users/alice/a)\nX", 'cat <<X\n$(ls "$HOME/a")\nX'),
        ('echo "$(cat /Users/alice/a)"', 'echo "$(cat "$HOME/a")"'),
        ("case $1 in /Users/alice/*) ;; esac", 'case $1 in "$HOME"/*) ;; esac'),
        ("a=(/Users/alice/a '/Users/alice/b')", 'a=("$HOME/a" "$HOME/b")'),
        ('S="unix:///Users/alice/.s.sock"', 'S="unix://$HOME/.s.sock"'),
        ('printf "a\\n/Users/alice/b"', 'printf "a\\n$HOME/b"'),
        ("alias x='cd /Users/alice/x && ls'", "alias x='cd $HOME/x && ls'"),
        ("trap 'rm -f /Users/alice/x' EXIT", "trap 'rm -f $HOME/x' EXIT"),
        ("alias x='cd \"/Users/alice/x\"'", "alias x='cd \"'\"$HOME\"'/x\"'"),
        ("# needs /Users/alice/bin/x", "# needs ~/bin/x"),
        ('# . "/Users/alice/x.sh"', '# . "$HOME/x.sh"'),
        ("# $('/Users/alice/bin/x' hook)", '# $("$HOME/bin/x" hook)'),
        ("# env A=/Users/alice/x /Users/alice/y", "# env A=$HOME/x ~/y"),
        ("export HOME=/Users/alice", "export HOME=~"),
        ('HOME="/Users/alice"', "HOME=~"),
    ],
)
def test_a_path_in_its_quotes(before: str, after: str) -> None:
    assert rewritten("a.sh", f"{STRICT}{before}\n") == f"{STRICT}{after}\n"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("cat <<'X'\n/Users/alice/a\nX", "whose end is quoted"),
        ("cat <<\\X\n/Users/alice/a\nX", "whose end is quoted"),
        ("echo $'/Users/alice/a'", "use plain quotes"),
        ("HOME=/tmp/x\ncat /Users/alice/a", "sets HOME to something else"),
        (': "${HOME:=/Users/alice}"', "the default of HOME itself"),
        ('[ "$EUID" -ne 0 ] && exit 1\nls /Users/alice/a', "root has another HOME"),
        ("if [[ $(id -u) != 0 ]]; then exit; fi\nls /Users/alice/a", "root has another HOME"),
        ("# shellcheck source=/Users/alice/a.sh", "read as it stands"),
        ("if then /Users/alice/a", "does not parse"),
    ],
)
def test_what_no_shell_would_expand_is_refused(code: str, reason: str) -> None:
    text = f"{BASH}{code}\n"
    assert [reason in said for said in reasons("a.sh", text)] == [True]
    assert rewritten("a.sh", text) == text


def test_test_data_stays_with_its_expectation() -> None:
    text = f'{BASH}[ "$(slug /Users/alice/a)" = users-alice-a ]\n'
    assert ["test data" in said for said in reasons("tests/slug.sh", text)] == [True]
    assert reasons("scripts/slug.sh", text) == []


def test_a_plain_sh_keeps_the_home_that_it_sets() -> None:
    assert "only bash" in reasons("a.sh", "#!/bin/sh\nHOME=/Users/alice\n")[0]
    assert reasons("a.sh", "#!/Users/alice/bin/bash\n") == [
        "a line that is read as it stands; write it without the home"
    ]


@pytest.mark.parametrize(
    "code",
    [
        "ssh mac cat /Users/alice/a",
        "ssh mac <<X\ncat /Users/alice/a\nX",
        "docker exec c ls /Users/alice/a",
        "docker run -w /home/alice/app img",
        "docker run -v /srv/data:/home/alice/data img",
        "docker run --mount type=bind,src=/srv,target=/home/alice img",
        "curl https://x.io/Users/alice/a",
        'ls "$NAS/Users/alice/a"',
    ],
)
def test_the_home_of_another_host_is_no_debt(code: str) -> None:
    (finding,) = look("a.sh", f"{BASH}{code}\n").findings
    assert finding.action == EXEMPT


def test_a_root_of_the_script_s_own_is_not_read() -> None:
    text = f"{BASH}ACME_ROOT=$(pwd)\ncd /Users/alice/Code/acme\n"
    assert 'cd "${HOME:?}/Code/acme"' in rewritten("a.sh", text)


def test_calls_of_launchctl_are_reported_unless_the_platform_is_asked() -> None:
    text = (
        f"{BASH}# launchctl restarts it\nsudo launchctl list\n"
        'if [ "$(uname)" = Darwin ]; then\n  launchctl list\nfi\n'
    )
    found = sorted(look("a.sh", text).findings, key=lambda f: f.line)
    assert [(f.line, f.action) for f in found] == [(2, "exempt"), (3, "refuse"), (5, "exempt")]


@pytest.mark.parametrize(
    "code",
    [
        'OS=$(uname -s)\nif [ "$OS" = Linux ]; then systemctl restart x; else launchctl list; fi',
        '[ "$(uname)" = Darwin ] || exit 0\nlaunchctl list',
        "command -v launchctl >/dev/null || exit 0\nlaunchctl list",
        "command_exists launchctl || return 1\nlaunchctl list",
        'if [ "$(uname)" = Darwin ]; then echo "stop it: launchctl stop x"; fi',
        'case "$(uname)" in Darwin) load ;; esac\nload() { launchctl load x; }',
    ],
)
def test_every_check_that_the_host_gate_knows_counts_for_launchctl(code: str) -> None:
    assert {f.action for f in look("a.sh", f"{BASH}{code}\n").findings} == {EXEMPT}
    other = code.replace("Darwin", "?").replace("Linux", "Darwin").replace("?", "Linux")
    if "command" not in code:
        assert reasons("a.sh", f"{BASH}{other}\n") != []


SCRIPT = """#!SHELL
set -eu
X=/Users/alice/bin/x
R="${OTHER:-/Users/alice/Code/acme}/infra"
P='/Users/alice/a b'
Q='cost $5 in /Users/alice/c'
PATH="/Users/alice/bin:$PATH"
show() { for each in "$@"; do printf '<%s>\\n' "$each"; done; }
show "$X" "$R" "$P" "$Q" "${PATH%%:*}" /Users/alice/d "/Users/alice"/e ${N:-/Users/alice/f}
cat <<EOT
/Users/alice/g and $(echo /Users/alice/h)
EOT
cat <<'EOT'
$X
EOT
case /Users/alice/i in /Users/alice/*) show inside ;; esac
"""


@pytest.mark.parametrize("shell", ["bash", "sh", "dash", "zsh"])
@pytest.mark.parametrize("home", ["/Users/alice", "/home/bob", "/home/bob smith"])
def test_the_shells_read_the_same_paths(shell: str, home: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    before = SCRIPT.replace("SHELL", program)
    after = rewritten("a.sh", before)
    assert "/Users/alice" not in after

    def run(text: str, home: str) -> str:
        file = tmp_path / "a.sh"
        file.write_text(text)
        assert subprocess.run([program, "-n", str(file)]).returncode == 0
        env = {"PATH": os.environ["PATH"], "HOME": home}
        done = subprocess.run([program, str(file)], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run(after, home) == run(before, home).replace("/Users/alice", home)


def test_the_checkout_may_be_elsewhere(tmp_path: Path) -> None:
    after = rewritten("a.sh", f"{BASH}echo /Users/alice/Code/acme/infra\n")
    env = {"PATH": os.environ["PATH"], "HOME": "/home/bob", "ACME_ROOT": "/srv/my acme"}
    done = subprocess.run(["bash", "-c", after], env=env, capture_output=True, text=True)
    assert done.stdout == "/srv/my acme/infra\n"


def test_a_home_that_is_forced_is_the_runner_s_own_without_one() -> None:
    text = f'{BASH}export HOME="/Users/alice"\necho "$HOME"\n'
    assert look("a.sh", text).findings[0].action == REWRITE
    env = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["bash", "-uc", rewritten("a.sh", text)], env=env, capture_output=True, text=True
    )
    assert done.stdout.strip() == pwd.getpwuid(os.getuid()).pw_dir


def test_shellcheck_has_nothing_to_say() -> None:
    after = rewritten(
        "a.sh",
        SCRIPT.replace("SHELL", "/bin/bash").replace(" ${N:-", ' "${N:-').replace("/f}", '/f}"'),
    )
    done = subprocess.run(
        [Path(sysconfig.get_path("scripts"), "shellcheck"), "-S", "warning", "-"],
        input=after,
        capture_output=True,
        text=True,
    )
    assert done.stdout == ""
