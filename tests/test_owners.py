"""Who owns a file, by CODEOWNERS."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.workspace.owners import owners_of, read_owners

TEXT = """# who looks after what
* @acme/all
*.ts @ts   # code
/packages/cli/ @acme/cli eve@example.com
docs @docs
/packages/cli/README.md
/my\\ files/ @odd
!packages/app @nobody
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("package.json", ("@acme/all",)),
        ("packages/app/src/a.ts", ("@ts",)),
        ("packages/cli/src/a.ts", ("@acme/cli", "eve@example.com")),
        ("packages/cli/README.md", ()),
        ("a/docs/b.ts", ("@docs",)),
        ("other/packages/cli/a.ts", ("@ts",)),
        ("my files/a.js", ("@odd",)),
    ],
)
def test_the_last_line_that_fits_decides(path: str, owners: tuple[str, ...]) -> None:
    assert read_owners(TEXT)(path) == owners


def test_a_section_of_gitlab_has_owners_of_its_own() -> None:
    owners = read_owners("[App][2] @app\nsrc/\nsrc/x.ts @eve\n^[Docs]\ndocs/\n")
    assert [owners(path) for path in ("src/a.ts", "src/x.ts", "docs/a")] == [
        ("@app",),
        ("@eve",),
        (),
    ]


@pytest.mark.parametrize("pattern", ["**/" * 30 + "a", "/" + "*a" * 40, "[", "x[", "\\", "[x] ["])
def test_no_pattern_breaks_or_takes_long(pattern: str) -> None:
    owners = read_owners(f"{pattern} @me\n")
    assert owners("a/" * 60 + "a" * 200 + "b") in ((), ("@me",))


def test_the_first_file_that_is_there_counts(tmp_path: Path) -> None:
    assert owners_of(tmp_path)("a") == ()
    (tmp_path / "CODEOWNERS").write_text("* @b\n")
    assert owners_of(tmp_path)("a") == ("@b",)
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/CODEOWNERS").write_bytes(b"\xff")
    assert owners_of(tmp_path)("a") == ("@b",)
