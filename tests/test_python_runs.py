"""Modules still run once they are rewritten, under every Python that is here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache

import pytest

from tests.languages import look, reasons, rewritten

ODD = "\ufeff"  # a byte order mark


@cache
def pythons() -> tuple[str, ...]:
    """This Python, and the older and newer ones that are on PATH."""
    found = {sys.version_info[:2]: sys.executable}
    for minor in range(9, 16):
        program = shutil.which(f"python3.{minor}")
        ask = [program, "-c", "import sys; print(sys.version_info[1])"] if program else []
        if ask and subprocess.run(ask, capture_output=True, text=True).stdout == f"{minor}\n":
            found.setdefault((3, minor), str(program))
    return tuple(found.values())


MODULES = {
    "a path before the import of pathlib": (
        'import sys\nsys.path.insert(0, "/Users/alice/lib")\nfrom pathlib import Path\n'
        'print(sys.path[0], Path("/x"))\n'
    ),
    "a path before the import of os": (
        'import sys\nROOT = "/Users/alice/a"\nimport os\nprint(ROOT, os.sep)\n'
    ),
    "no docstring": 'print("in /Users/alice/a")\nimport sys\n',
    "a shebang": '#!/usr/bin/env python3\nprint("/Users/alice/a")\n',
    "an f-string is no docstring": 'f"{1}"\nprint("/Users/alice/a")\n',
    "a docstring of two parts": (
        '("a" "b")\nfrom __future__ import annotations\nX = "/Users/alice"\nprint(X, __doc__)\n'
    ),
    "a cookie and a future": (
        '# -*- coding: utf-8 -*-\n# ours\n\n"""Doc."""\n\nfrom __future__ import annotations\n\n'
        'import json\nimport sys\n\nX = "/Users/alice/é"\nprint(ascii(X), __doc__, json)\n'
    ),
    "statements on one line": 'import sys; X = "/Users/alice/a"; import os\nprint(X)\n',
    "a mark in front": ODD + 'X = "/Users/alice/a"\nprint(X)\n',
    "a mark and a docstring": ODD + '"""/Users/alice."""\nX = "/Users/alice/a"\nprint(X)\n',
    "carriage returns": '"""Doc."""\r\nimport sys\r\nX = "/Users/alice/a"\r\nprint(X)\r\n',
    "a call in a field": (
        "print(f\"{len('/Users/alice/*.md'.split('/'))} {'file:///Users/alice/'.upper()}\")\n"
    ),
    "a whole path in a field": "print(f\"{'/Users/alice/a'.upper()} {'/Users/alice'}\")\n",
    "a root in a field": "print(f\"{'in /Users/alice/Code/acme/x'.upper()}\")\n",
    "a field in three quotes": "print(f'''{len(\"/Users/alice/*.md\")} /Users/alice/x''')\n",
    "a field that is a key": 'D = {"/Users/alice/a b": 1}\nprint(f"{D[\'/Users/alice/a b\']}")\n',
    "a type": (
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from pathlib import Path\n"
        'def f(p: Path | None = None) -> str:\n    return "/Users/alice/a"\nprint(f())\n'
    ),
    "a try": (
        "try:\n    from pathlib import Path\nexcept ImportError:\n    Path = str\n"
        'print(str(Path("/Users/alice/a")))\n'
    ),
    "a parameter called Path": (
        'from pathlib import Path\ndef f(Path):\n    return "/Users/alice/a"\nprint(f(1), Path)\n'
    ),
    "a loop over Path": (
        'from pathlib import Path\nfor Path in (1,):\n    print("/Users/alice/a")\n'
    ),
    "Path, imported inside": (
        'def g():\n    from pathlib import Path\n    return Path("/Users/alice/a")\nprint(g())\n'
        'print("/Users/alice/b")\n'
    ),
    "os, imported inside": (
        'def g():\n    import os\n    return "/Users/alice/a"\nprint(g(), "/Users/alice/b")\n'
    ),
    "a newline before": 'print("\\n/Users/alice/a")\nX = "/Users/alice/b"\nprint(X)\n',
    "a newline before, in an f-string": 'x = 1\nprint(f"\\n/Users/alice/a {x}\\t/Users/alice/b")\n',
    "a sum": 'X = "/opt:" + "/Users/alice/a"\nprint(X)\n',
    "percent": 'print("/Users/alice/%s and {x}" % "a")\n',
    "another alias": "from pathlib import Path as P\nprint(P('/Users/alice/a').name)\n",
}


def output(python: str, home: str, text: str) -> str:
    env = {"HOME": home, "PATH": os.environ["PATH"]}
    command = [python, "-W", "ignore", "-"]
    done = subprocess.run(command, env=env, input=text.encode(), capture_output=True)
    assert done.returncode == 0, (python, done.stderr.decode(), text)
    return done.stdout.decode()


@pytest.mark.parametrize("name", MODULES)
def test_the_module_prints_the_same(name: str) -> None:
    before = MODULES[name]
    after = rewritten("a.py", before)
    assert after != before
    for python in pythons():
        told = output(python, "/Users/alice", before)
        assert output(python, "/Users/alice", after) == told
        assert output(python, "/home/bob", after)


@pytest.mark.parametrize(
    "binding",
    [
        "with open('x') as os:\n    pass",
        "a, os = 1, 2",
        "os: int = 1",
        "if (os := 1):\n    pass",
        "try:\n    pass\nexcept Exception as os:\n    pass",
        "class os:\n    pass",
        "def os():\n    pass",
        "for os in (1,):\n    pass",
        "x = [os for os in (1,)]",
        "import posix as os",
        "del os",
        "match 1:\n    case os:\n        pass",
    ],
)
def test_another_os_is_left(binding: str) -> None:
    code = f'import os\n{binding}\nX = "/Users/alice/a"\n'
    assert rewritten("a.py", code) == code
    assert ["another `os`" in said for said in reasons("a.py", code)] == [True]


@pytest.mark.parametrize(
    "binding",
    [
        "with a as Path:\n    pass",
        "class Path:\n    pass",
        "a, Path = b",
        "del Path",
        "Path: int = 1",
    ],
)
def test_another_path_is_not_taken(binding: str) -> None:
    code = f'from pathlib import Path\n{binding}\nX = "/Users/alice/a"\n'
    assert "Path.home" not in rewritten("a.py", code)
    assert 'os.path.expanduser("~/a")' in rewritten("a.py", code)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import json\nimport sys\n", "import json\nimport os\nimport sys\n"),
        ("import json\nfrom x import y\n", "import json\nimport os\nfrom x import y\n"),
        ("from json import y\n", "import os\nfrom json import y\n"),
        ("import numpy\n", "import os\n\nimport numpy\n"),
        ("import abc\n\nimport numpy\n", "import abc\nimport os\n\nimport numpy\n"),
        ("# ours\n\n# why\nimport sys\n", "# ours\n\nimport os\n# why\nimport sys\n"),
        ('"""Doc."""\n\nimport sys\n', '"""Doc."""\n\nimport os\nimport sys\n'),
        ("import os.path\nimport sys\n", "import os.path\nimport sys\n"),
    ],
)
def test_the_import_stands_where_isort_puts_it(before: str, after: str) -> None:
    code = f'{before}\nX = "/Users/alice/a"\n'
    assert rewritten("a.py", code).startswith(after)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ('"""A path.\n\n>>> f()\n\'/Users/alice/a\'\n"""\nX = "/Users/alice/a"\n', "test data"),
        ('# /// script\n# dependencies = ["a @ file:///Users/alice/a"]\n# ///\n', "as it stands"),
        ('"""Usage: x [--at=/Users/alice/a]"""\nimport docopt\n', "as it stands"),
    ],
)
def test_what_a_program_reads_is_left(code: str, reason: str) -> None:
    assert rewritten("a.py", code) == code
    assert reason in reasons("a.py", code)[0]


def test_a_docstring_that_names_the_tool_runs_nothing() -> None:
    assert reasons("a.py", '"""Asks launchctl."""\n') == []


def test_a_comment_beside_the_lines_of_a_script_is_no_part_of_them() -> None:
    code = "# /// script\n# dependencies = []\n# ///\n\n# of /Users/alice\nX = 1\n"
    assert "# of ~\n" in rewritten("a.py", code)


def test_one_literal_is_refused_and_not_its_file() -> None:
    code = 'A = "\\n/Users/alice/a"\nB = "/Users/alice/b"\n'
    assert [f.action for f in look("a.py", code).findings] == ["refuse", "rewrite"]
    assert "fault" not in " ".join(reasons("a.py", code))
