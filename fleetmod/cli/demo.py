"""`fleetmod demo`"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from fleetmod.cli.output import echo, echo_text
from fleetmod.errors import CLEAN, FleetmodError


def bundled_monorepo() -> Path:
    """The demo monorepo, in a wheel or in a checkout."""
    packaged = Path(__file__).parent.parent / "_data" / "demo"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "fixtures" / "demo"


@click.command()
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Work in DIR instead of a new folder for temporary files.",
)
def command(keep: Path | None) -> int:
    """Run audit, migrate, gate and report on a bundled monorepo, each as you would type it.

    The monorepo stays where it is, with the pages: the last lines say where.
    """
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise FleetmodError("is not empty", where=str(keep), todo="Name a new folder")
        return _run(keep)
    return _run(Path(tempfile.mkdtemp(prefix="fleetmod-demo-")) / "monorepo")


def _run(folder: Path) -> int:
    shutil.copytree(bundled_monorepo(), folder, dirs_exist_ok=True)
    identity = ["-c", "user.name=demo", "-c", "user.email=demo@example.com"]
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "before"]):
        try:
            subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise FleetmodError("the demo needs git", todo="Install git") from error
    # What each step is expected to answer: the debt is there before, and gone after.
    steps = (
        (["init", "--force"], 0),
        (["audit"], 1),
        (["audit", "--format", "html", "--output", str(folder / "debt.html")], 1),
        (["migrate", "--dry-run"], 0),
        (["migrate", "--allow-dirty"], 0),
        (["gate", "--phase", "1a,1b", "--certificate", str(folder / "certificate.json")], 0),
        (["audit", "--format", "markdown", "--output", str(folder / "report.md")], 0),
    )
    for arguments, expected in steps:
        echo("")
        echo(f"$ fleetmod {' '.join(arguments)}")
        done = subprocess.run([sys.executable, "-m", "fleetmod", "-C", str(folder), *arguments])
        if done.returncode != expected:
            raise FleetmodError(
                f"`fleetmod {arguments[0]}` answered {done.returncode}, not {expected}",
                where=str(folder),
                todo="Report it",
                exit_code=1,
            )
    echo_text(f"\n{(folder / 'report.md').read_text(encoding='utf-8')}\n")
    echo("The monorepo had debt; the gates prove that none is left.")
    echo(f"Its debt before, as a page:  {folder / 'debt.html'}")
    echo(f"What changed:                git -C {folder} diff")
    echo("Next: `fleetmod init` in a monorepo of yours.")
    return CLEAN
