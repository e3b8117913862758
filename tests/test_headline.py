"""The one line that a finding says: the problem, the thing itself, and the remedy."""

from __future__ import annotations

import pytest

from fleetmod.headline import headline
from tests.scan import look


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            'const at = "/Users/alice/Code/acme/src";',
            "Hard-coded home path /Users/alice/Code/acme/src: use nodeIdentity.repoRoot",
        ),
        (
            'import { execSync } from "node:child_process";\n'
            'execSync("launchctl stop com.acme.api");',
            'launchctl call `execSync("launchctl stop com.acme.api")`: '
            "let the process-manager port stop com.acme.api",
        ),
        (
            'export const tool = "launchctl";',
            "launchctl as a value `launchctl`: ",
        ),
    ],
)
def test_a_finding_says_the_problem_first(code: str, said: str) -> None:
    lines = [headline(finding) for finding in look(f"{code}\n").findings]
    assert len(lines) == 1 and lines[0].startswith(said)
