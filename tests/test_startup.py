"""What is slow to import is imported only where it is used."""

from __future__ import annotations

import subprocess
import sys

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
