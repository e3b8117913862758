"""`fleetmod mcp`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN, FleetmodError


@click.command()
@click.pass_obj
def command(root: Path) -> int:
    """Serve this repository to coding agents by the Model Context Protocol, over standard input and
    output: audit, explain, worklist, check and verify.

    The tools read; none writes to the repository. `verify` runs its type check and tests in a copy.
    """
    try:
        from fleetmod.mcp_server import serve
    except ImportError as error:
        raise FleetmodError(
            "the package mcp is needed to serve agents",
            todo="Install fleetmod with its extra: pip install 'fleetmod[mcp]'",
        ) from error
    serve(root.resolve())
    return CLEAN
