"""Tools of one platform in shell scripts and in Python: each example of the rules, and the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.host import python, shell
from fleetmod.host.examples import HostExample, load_examples
from fleetmod.host.nature import surroundings
from fleetmod.host.tools import load_tools
from fleetmod.model import EXEMPT, FileResult
from tests.repo import fleetmod, make

TOOLS = load_tools()
SCANS = {"shell": shell.scan, "python": python.scan}


def found(result: FileResult) -> list[str]:
    return [f.understood.split()[1].rstrip(",") for f in result.findings if f.action != EXEMPT]


@pytest.mark.parametrize("example", load_examples(), ids=lambda e: f"{e.language}: {e.title}")
def test_an_example_of_the_rules(example: HostExample) -> None:
    result = SCANS[example.language](example.path, example.code.encode(), TOOLS)
    assert found(result) == list(example.finds)
    assert result.unparsed == ()
