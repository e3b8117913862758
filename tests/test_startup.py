"""What is slow to import is imported only where it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LIGHT = """
import sys
import fleetmod.cli
{load}
print([m for m in ("rich", "tree_sitter", "libcst", "json") if m in sys.modules])
"""


@pytest.mark.parametrize(
    ("load", "loaded"),
    [("", "[]"), ("fleetmod.cli.cli.main(['--help'], standalone_mode=False)", "[]")],
)
def test_help_loads_nothing_heavy(load: str, loaded: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT.format(load=load)], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == loaded, done.stderr


AUDIT = """
import sys
from fleetmod.cli import cli
cli.main(['-C', sys.argv[1], 'audit', '--format', 'json'], standalone_mode=False)
print([m for m in ("rich", "jinja2", "pygls", "xml", "fleetmod.trend") if m in sys.modules])
"""


def test_an_audit_loads_the_printer_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, str(tmp_path)], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
