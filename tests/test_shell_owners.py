"""Whose a path of a shell script is: what another host, a container or root takes stays."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fleetmod.model import EXEMPT, REFUSE, REWRITE
from tests.languages import look, reasons, rewritten

BASH = "#!/bin/bash -u\n"


def judged(code: str, path: str = "a.sh") -> list[str]:
    """What becomes of each home path of a script, in source order."""
    found = (f for f in look(path, f"{BASH}{code}\n").findings if f.family == "home")
    return [f.action for f in sorted(found, key=lambda f: f.start)]


@pytest.mark.parametrize(
    "code",
    [
        'HOST=mini\nscp ./x "$HOST:/Users/alice/b"',
        'rsync -a ./ "${PI_USER}@${HOST}:/Users/alice/app/"',
        'DEST="$HOST:/Users/alice/app"\nrsync -a ./ "$DEST"',
        'DEST="mini:/Users/alice/app"; scp x "$DEST"',
        "scp ./x 192.168.1.20:/Users/alice/b",
        'rsync -a ./ "[fe80::1]:/Users/alice/b"',
        "rsync -a ./ [fe80::1]:/Users/alice/b",
        'scp x "$HOST":/Users/alice/b',
        "scp -P 22 x $HOST:/Users/alice/b",
        "sshfs pi:/Users/alice /mnt",
        "rsync --rsync-path=/Users/alice/bin/rsync a pi:b",
        "/usr/bin/ssh mini ls /Users/alice/a",
        "timeout 5 ssh mini ls /Users/alice/a",
        "sudo -u bob ssh -o BatchMode=yes -p 22 mini 'ls /Users/alice/a'",
        "sshpass -p x ssh mini 'ls /Users/alice/a'",
        'SSH="ssh -i key bob@mini"\n$SSH "ls /Users/alice/a"',
        'SSH_OPTS="-o BatchMode=yes -i key"\nssh $SSH_OPTS mini "ls /Users/alice/a"',
        'OPTS=(-i key -p 22)\nssh "${OPTS[@]}" "$HOST" "ls /Users/alice/a"',
        '"$SSH" mini "ls /Users/alice/a"',
        'run() { ssh "$PI" "$1"; }\nrun "ls /Users/alice/a"',
        'run() { ssh "$PI" "$@"; }\nrun ls /Users/alice/a',
        'run() { ssh "$1" "${@:2}"; }\nrun mini ls /Users/alice/a',
        'run() { local h="$1"; shift; ssh "$h" "$*"; }\nrun mini ls /Users/alice/a',
        'run() { local cmd="$1"; ssh "$PI" "set -e; $cmd"; }\nrun "ls /Users/alice/a"',
        'both() { run "$1"; }\nrun() { ssh mini "$1"; }\nboth "ls /Users/alice/a"',
        'DIR=/Users/alice/app\nssh mini "cd $DIR && ls"\nrsync -a x/ "mini:$DIR/"',
        'DIR=/Users/alice/app\nLOGS="$DIR/logs"\nssh mini "ls $LOGS"',
        'for d in /Users/alice/a /Users/alice/b; do ssh mini "ls $d"; done',
        "ssh mini bash -s <<X\nls /Users/alice/a\nX",
        "ssh mini <<X\nls /Users/alice/a\nX",
        'ssh mini bash <<< "ls /Users/alice/a"',
        "cat <<X | ssh mini bash\nls /Users/alice/a\nX",
        'echo "ls /Users/alice/a" | ssh mini bash',
        'ssh mini "$(cat <<X\nls /Users/alice/a\nX\n)"',
        "alias there='ssh mini ls /Users/alice/a'",
        "bash -c 'ssh mini ls /Users/alice/a'",
        "docker exec c ls /Users/alice/a",
        "docker --context box exec -it c sh -c 'ls /home/alice/a'",
        "docker compose -f x.yml exec web ls /home/alice/a",
        "docker-compose run --rm web ls /home/alice/a",
        "sudo podman run --rm -w /home/alice/a img",
        "nerdctl run -e APP=/home/alice/a img",
        "kubectl -n x exec pod -- ls /home/alice/a",
        "kubectl cp a pod:/home/alice/a",
        "docker cp a box:/home/alice/a",
        "docker build --build-arg APP=/home/alice/app .",
        "docker buildx build --build-arg=APP=/home/alice/app .",
        "cat > Dockerfile.gen <<X\nFROM node\nWORKDIR /home/alice/app\nX",
        'tee "$OUT/Dockerfile" <<X\nWORKDIR /home/alice/app\nX',
        "docker build - <<X\nWORKDIR /home/alice/app\nX",
        "cat <<X | docker build -\nWORKDIR /home/alice/app\nX",
        'echo "WORKDIR /home/alice/app" >> Dockerfile',
        "docker exec -i c sh <<X\nls /home/alice/a\nX",
        "chroot /mnt ls /home/alice/a",
        "limactl shell box ls /Users/alice/a",
        "multipass exec box -- ls /home/alice/a",
        'DOCKER="sudo docker"\n$DOCKER exec c ls /home/alice/a',
    ],
)
def test_what_another_host_or_a_container_takes_is_no_debt(code: str) -> None:
    assert set(judged(code)) == {EXEMPT}
    assert rewritten("a.sh", f"{BASH}{code}\n") == f"{BASH}{code}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ssh -i /Users/alice/k mini true", 'ssh -i "$HOME/k" mini true'),
        ("ssh mini true && ls /Users/alice/a", 'ssh mini true && ls "$HOME/a"'),
        ("ssh mini true; ls /Users/alice/a", 'ssh mini true; ls "$HOME/a"'),
        ("ssh mini cat x > /Users/alice/a", 'ssh mini cat x > "$HOME/a"'),
        ("ssh mini bash < /Users/alice/a", 'ssh mini bash < "$HOME/a"'),
        ("scp /Users/alice/a mini:b", 'scp "$HOME/a" mini:b'),
        ("rsync -a /Users/alice/a/ $H:/srv", 'rsync -a "$HOME/a/" $H:/srv'),
        (
            'rsync -e "ssh -i /Users/alice/k" a mini:b',
            'rsync -e "ssh -i $HOME/k" a mini:b',
        ),
        ('K=/Users/alice/k\nssh -i "$K" mini true', 'K="$HOME/k"\nssh -i "$K" mini true'),
        (
            'O=(-i /Users/alice/k)\nssh "${O[@]}" mini true',
            'O=(-i "$HOME/k")\nssh "${O[@]}" mini true',
        ),
        ("tar -C /Users/alice/a -c . | ssh mini tar x", 'tar -C "$HOME/a" -c . | ssh mini tar x'),
        ('PATH="$PATH:/Users/alice/bin"', 'PATH="$PATH:$HOME/bin"'),
        ('java -cp "$CP:/Users/alice/a.jar" X', 'java -cp "$CP:$HOME/a.jar" X'),
        ('D=/opt\nX="$D:/Users/alice/b"\nuse "$X"', 'D=/opt\nX="$D:$HOME/b"\nuse "$X"'),
        (
            "docker run --env-file /Users/alice/e img",
            'docker run --env-file "$HOME/e" img',
        ),
        (
            "docker compose run --rm -v /Users/alice/d:/home/alice/d web ls /home/alice/d",
            'docker compose run --rm -v "$HOME/d:/home/alice/d" web ls /home/alice/d',
        ),
        (
            "docker compose -f /Users/alice/x.yml up",
            'docker compose -f "$HOME/x.yml" up',
        ),
        ("docker build -f /Users/alice/D /Users/alice/c", 'docker build -f "$HOME/D" "$HOME/c"'),
        ("kubectl apply -f /Users/alice/x.yml", 'kubectl apply -f "$HOME/x.yml"'),
        ('say() { echo "$1"; }\nsay /Users/alice/a', 'say() { echo "$1"; }\nsay "$HOME/a"'),
        ('run() { "$@"; }\nrun ls /Users/alice/a', 'run() { "$@"; }\nrun ls "$HOME/a"'),
        ('export F="-I/Users/alice/i -L/Users/alice/l"', 'export F="-I$HOME/i -L$HOME/l"'),
        ("cc -I/Users/alice/i x.c", 'cc "-I$HOME/i" x.c'),
        ('HOME="${HOME:-/srv}"', 'HOME="${HOME:-/srv}"'),
        (
            "sudo tee /etc/x >/dev/null <<X\nA=/Users/alice/a\nX",
            "sudo tee /etc/x >/dev/null <<X\nA=$HOME/a\nX",
        ),
    ],
)
def test_this_host_s_side_is_rewritten(before: str, after: str) -> None:
    assert rewritten("a.sh", f"{BASH}{before}\n") == f"{BASH}{after}\n"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ('D=/Users/alice/a\nls "$D"\nssh mini "ls $D"', "here and on another host"),
        ('X="$BOX:/Users/alice/a"\nuse "$X"', "may be another host"),
        ('use "box:/Users/alice/a"', "may be another host"),
        ("REMOTE_DIR=/Users/alice/app", "named for another machine"),
        ("kubectl apply -f - <<X\npath: /Users/alice/a\nX", "goes to a cluster"),
        ("cat > /tmp/u <<X\nE=/Users/alice/a\nX\nscp /tmp/u mini:u", "is copied to another host"),
        ('if [ "$(whoami)" != root ]; then exit; fi\nls /Users/alice/a', "root has another HOME"),
        ("[[ $(id -un) == root ]] || exit\nls /Users/alice/a", "root has another HOME"),
        ("(( EUID == 0 )) || exit\nls /Users/alice/a", "root has another HOME"),
        ("[ ${EUID:-$(id -u)} -ne 0 ] && exit\nls /Users/alice/a", "root has another HOME"),
        ('me=$(id -u)\nif test "$me" -ne 0; then exit; fi\nls /Users/alice/a', "another HOME"),
        ('case "$USER" in root) ;; *) exit ;; esac\nls /Users/alice/a', "another HOME"),
        ("ls /home/alice/a", "may be another machine's"),
        ("[ -d /home/alice ] && ls", "may be another machine's"),
        (
            "if [ -d /Users/alice ]; then a; elif [ -d /home/alice ]; then b; fi",
            "another machine's",
        ),
        (r"sed 's/\/Users\/alice\//~\//'", "the slashes are escaped"),
        (r'echo "${1/#\/Users\/alice/~}"', "the slashes are escaped"),
    ],
)
def test_what_may_be_either_is_refused(code: str, reason: str) -> None:
    assert reasons("a.sh", f"{BASH}{code}\n") and all(
        reason in said for said in reasons("a.sh", f"{BASH}{code}\n")
    )
    assert rewritten("a.sh", f"{BASH}{code}\n") == f"{BASH}{code}\n"


def test_a_home_of_the_other_kind_elsewhere_holds_nothing_back() -> None:
    code = f"{BASH}ls /Users/alice/a\nssh pi ls /home/alice/a  # of /home/alice\n"
    assert 'ls "$HOME/a"' in rewritten("a.sh", code) and reasons("a.sh", code) == []


def test_a_default_of_home_leaves_the_rest_to_home() -> None:
    code = f'{BASH}HOME="${{HOME:-/Users/alice}}"\nLOG=/Users/alice/log\n'
    assert rewritten("a.sh", code).endswith('LOG="$HOME/log"\n')
    assert ["the default of HOME itself" in said for said in reasons("a.sh", code)] == [True]


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ('cd /Users/alice/a && bun test "$1"', REWRITE),
        ('[ "$(home)" = /Users/alice ] || exit 1', REFUSE),
        ('out=$(slug /Users/alice/a)\n[ "$out" = users-alice-a ]', REFUSE),
        ("slug /Users/alice/a | diff - /Users/alice/b", REFUSE),
    ],
)
def test_a_script_that_is_named_like_a_test(code: str, action: str) -> None:
    assert set(judged(code, "hooks/run-unit-test.sh")) == {action}
    assert set(judged(code, "tests/run.sh")) == {REFUSE}


def test_what_the_grammar_does_not_know_takes_its_own_statement_only() -> None:
    code = "X=/Users/alice/a\necho ${(f)$(ls /Users/alice/b)} )\nY=/Users/alice/c\n"
    result = look("a.zsh", code)
    assert result.problem
    found = {f.line: f.action for f in result.findings}
    assert found[1] == REWRITE and found[2] == REFUSE


SCRIPT = """#!SHELL
X=/Users/alice/bin/x
rm -f /Users/alice/a
cat <<END
/Users/alice/b
END
"""


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh"])
def test_a_script_without_a_home_stops_before_it_takes_the_root(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    file = tmp_path / "a.sh"
    file.write_text(rewritten("a.sh", SCRIPT.replace("SHELL", program)))
    done = subprocess.run([program, str(file)], env={}, capture_output=True, text=True)
    if shell == "zsh":  # it looks the home up where the environment has none
        assert done.returncode == 0 and f"{Path.home()}/b" in done.stdout
    else:
        assert done.returncode != 0 and "HOME" in done.stderr and done.stdout == ""
    env = {"HOME": "/home/bob", "PATH": os.environ["PATH"]}
    done = subprocess.run([program, str(file)], env=env, capture_output=True, text=True)
    assert done.stdout == "/home/bob/b\n"


@pytest.mark.parametrize(
    "check",
    [
        "set -eu",
        "set -o nounset",
        ': "${HOME:?}"',
        '[ -n "$HOME" ] || exit 1',
        'if [ -z "${HOME:-}" ]; then exit 1; fi',
        "HOME=/Users/alice",
    ],
)
def test_a_script_that_checks_its_home_needs_no_check_more(check: str) -> None:
    assert 'exec "$HOME/x"' in rewritten("a.bash", f"{check}\nexec /Users/alice/x\n")
    assert 'exec "${HOME:?}/x"' in rewritten("a.bash", "set -e\nset +u\nexec /Users/alice/x\n")


def test_a_comment_stays_beside_a_path_that_stays() -> None:
    code = f"{BASH}# of /Users/alice/a\nssh mini ls /Users/alice/a\n"
    assert rewritten("a.sh", code) == code and reasons("a.sh", code) == []


def test_a_home_below_another_root_as_well_is_refused() -> None:
    code = f'{BASH}ls "$MNT/Users/alice/a"\necho "makes /Users/alice"\n'
    assert rewritten("a.sh", code) == code
    assert ["below another root" in said for said in reasons("a.sh", code)] == [True]


def test_a_home_that_is_set_later_is_not_there_yet() -> None:
    code = "A=/Users/alice/a\nHOME=/Users/alice\nB=/Users/alice/b\n"
    assert rewritten("a.bash", code) == 'A="${HOME:?}/a"\nHOME=~\nB="$HOME/b"\n'
