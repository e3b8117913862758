"""Valid TypeScript that the parser alone takes for broken."""

from __future__ import annotations

import pytest

from fleetmod.syntax.source import open_source
from tests.scan import look, migrated

ARGUMENTS = [
    'const real = await load<typeof import("../x.js")>();',
    'vi.mock("x", async (orig) => ({ ...(await orig<typeof import("x")>()), a: 1 }));',
    "const c = await vi.importActual<typeof import('x')>(\n  'x',\n);",
    'const d = load<import("x").Y>();',
]


@pytest.mark.parametrize("text", ARGUMENTS)
def test_an_imported_type_as_an_argument_parses(text: str) -> None:
    source = open_source("a.ts", text.encode())
    assert not source.errors()
    assert source.text(source.root).strip() == text


def test_a_file_with_such_a_type_is_migrated() -> None:
    text = 'const at = load<typeof import("x")>();\nexport const home = "/Users/alice/a";\n'
    assert not look(text).unparsed
    assert migrated(text) == (
        'import { nodeIdentity } from "@acme/node-identity";\n\n'
        'const at = load<typeof import("x")>();\n'
        "export const home = `${nodeIdentity.homeDir}/a`;\n"
    )


def test_what_is_broken_stays_broken() -> None:
    assert open_source("a.ts", b'const b = f<typeof import("x">();\n').errors()
