"""A script before and after, with the builder's creation left out of sight."""

from __future__ import annotations

from fleetmod.edits import render
from fleetmod.fleet.images.publish import ScriptResult, analyse

PLATFORMS = ("linux/arm64", "linux/amd64")
BUILDX = "buildx build --platform linux/arm64,linux/amd64 --builder multi --push"


def read(script: str) -> ScriptResult:
    return analyse("publish.sh", script.encode(), PLATFORMS, "multi")


def rewritten(script: str) -> str:
    """The script with its edits made; a second run must find nothing to do."""
    first = read(script)
    after = render(script.encode(), first.file.edits)
    again = analyse("publish.sh", after, PLATFORMS, "multi")
    assert again.file.edits == (), render(after, again.file.edits).decode()
    return after.decode()


def merged(script: str) -> str:
    """`rewritten`, the new command short as `BUILDX` and without the builder's creation."""
    lines = rewritten(script).replace(BUILDX, "BUILDX").splitlines(keepends=True)
    shown = [
        line
        for line in lines
        if " buildx inspect multi " not in line and "buildx create" not in line
    ]
    return "".join(shown)


def reason(script: str) -> str:
    """Why the script's one image is refused; the script stays as it is."""
    result = read(script)
    assert result.file.edits == ()
    (finding,) = result.file.findings
    assert finding.action == "refuse"
    return finding.reason
