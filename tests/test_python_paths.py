"""Home paths in Python become lookups in the file's style; Python itself checks the values."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from fleetmod.model import EXEMPT, REFUSE
from tests.languages import look, reasons, rewritten


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('import os\nX = "/Users/alice/bin/x"', 'import os\nX = os.path.expanduser("~/bin/x")'),
        ("X = '/Users/alice'", "import os\n\nX = os.path.expanduser('~')"),
        (
            '"""Doc."""\nfrom __future__ import annotations\n\nX = "/Users/alice/b"',
            '"""Doc."""\nfrom __future__ import annotations\n\nimport os\n\n'
            'X = os.path.expanduser("~/b")',
        ),
        (
            'from pathlib import Path\nX = Path("/Users/alice/b").name',
            'from pathlib import Path\nX = (Path.home() / "b").name',
        ),
        (
            'import pathlib\nX = pathlib.Path("/Users/alice/b")',
            'import pathlib\nX = pathlib.Path.home() / "b"',
        ),
        (
            'from pathlib import Path\nX = "/Users/alice/b"',
            'from pathlib import Path\nX = str(Path.home() / "b")',
        ),
        (
            'import os\nX = "/Users/alice/Code/acme/a/b"',
            "import os\nX = os.path.join("
            'os.environ.get("ACME_ROOT") or os.path.expanduser("~/Code/acme"), "a/b")',
        ),
        (
            'import os\nP = "/opt/bin:/Users/alice/bin"',
            "import os\nP = f\"/opt/bin:{os.path.expanduser('~')}/bin\"",
        ),
        (
            "import os\nP = f'{P} --in /Users/alice/b'",
            "import os\nP = f'{P} --in {os.path.expanduser(\"~\")}/b'",
        ),
        (
            'import os\nJ = \'{"a": "/Users/alice/b"}\'',
            'import os\nJ = f\'{{"a": "{os.path.expanduser("~")}/b"}}\'',
        ),
        ('import os\nX = os.path.expanduser("/Users/alice/b")', None),
        (
            'def f():\n    import os\n    return "/Users/alice/b"',
            'def f():\n    import os\n    return os.path.expanduser("~/b")',
        ),
        ("# see /Users/alice/b\n", "# see ~/b\n"),
        ('"""Reads /Users/alice/b."""\n', '"""Reads ~/b."""\n'),
        ('"""/Users/alice/b"""\n', '"""~/b"""\n'),
        ('"""x --at=/Users/alice/b"""\n', '"""x --at=$HOME/b"""\n'),
    ],
)
def test_a_path_in_the_style_of_its_file(before: str, after: str | None) -> None:
    expected = after if after is not None else before.replace("/Users/alice", "~")
    assert rewritten("a.py", before) == expected


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ('X = b"/Users/alice/b"', "bytes"),
        ('X: Literal["/Users/alice/b"] = y', "must be a literal"),
        ('match x:\n    case "/Users/alice/b":\n        pass', "must be a literal"),
        ('def f(os):\n    return "/Users/alice/b"', "another `os`"),
        ('X = "a\\n/Users/alice/b"', "escapes beside the path"),
        ('from x import os\nX = "/Users/alice/b"', "another `os`"),
        ('def f():\n    x = "/Users/alice/b"\n    import os', "imports `os` for itself"),
        ('def f():\n    if y:\n        import os\n    x = "/Users/alice/b"', "for itself"),
    ],
)
def test_what_has_no_safe_lookup_is_refused(code: str, reason: str) -> None:
    assert [reason in said for said in reasons("a.py", code)] == [True]
    assert rewritten("a.py", code) == code


@pytest.mark.parametrize(
    "code",
    [
        'run("ssh mac ls /Users/alice/b", shell=True)',
        'run(["ssh", "mac", "ls", "/Users/alice/b"])',
        'run(["docker", "exec", "box", "ls", "/home/alice/b"])',
    ],
)
def test_the_home_of_another_host_is_no_debt(code: str) -> None:
    assert [f.action for f in look("a.py", code).findings] == [EXEMPT]
    assert rewritten("a.py", code) == code


def test_test_data_stays_with_its_expectation() -> None:
    code = 'assert slug("/Users/alice/a") == "users-alice-a"\n'
    assert ["test data" in said for said in reasons("tests/test_slug.py", code)] == [True]
    assert rewritten("tests/test_slug.py", code) == code


def test_calls_of_launchctl_are_reported() -> None:
    code = (
        "import subprocess, sys\n# launchctl\n"
        'subprocess.run(["launchctl", "list"])\n'
        'if sys.platform == "darwin":\n    subprocess.run("launchctl list", shell=True)\n'
        'def stop():\n    if sys.platform != "darwin":\n        return\n'
        '    subprocess.run(["launchctl", "stop"])\n'
    )
    found = sorted(look("a.py", code).findings, key=lambda f: f.line)
    assert [f.action for f in found] == [EXEMPT, REFUSE, EXEMPT, EXEMPT]
    assert found[1].understood == "runs launchctl"


def test_a_file_that_does_not_parse_is_not_proven() -> None:
    result = look("a.py", 'print "/Users/alice"\n')
    assert "does not parse" in result.problem and not result.edits


MODULE = '''"""Tools of /Users/alice."""
from __future__ import annotations

import subprocess

TOOL = "/Users/alice/bin/tool"
ROOT = "/Users/alice/Code/acme/infra"
PATHS = "/opt/bin:/Users/alice/bin:/Users/alice/.local/bin"
JOINED = ("a/b:" "/Users/alice/b")
MADE = "{}/x and {{y}} /Users/alice/c".format(TOOL)
FIELDS = f"{TOOL!r} in /Users/alice/d"
SLASH = ["/Users/alice/", "/Users/alice/h/", "/Users/alice/Code/acme/"]
KEYS = {"/Users/alice/e": ["/Users/alice/f"]}


def find(at="/Users/alice/g"):
    return at


for each in (TOOL, ROOT, PATHS, JOINED, MADE, FIELDS, SLASH, KEYS, find()):
    print(each)
'''


@pytest.mark.parametrize("style", ["import subprocess", "from pathlib import Path"])
@pytest.mark.parametrize("home", ["/Users/alice", "/home/bob"])
def test_python_reads_the_same_paths(home: str, style: str) -> None:
    before = MODULE.replace("import subprocess", style)
    after = rewritten("a.py", before)
    assert "/Users/alice" not in after

    def run(text: str) -> str:
        env = {"PATH": os.environ["PATH"], "HOME": home}
        done = subprocess.run([sys.executable, "-c", text], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run(after) == run(before).replace("/Users/alice", home)
