"""`fleetmod lsp`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN, FleetmodError


@click.command()
@click.pass_obj
def command(root: Path) -> int:
    """Serve findings and fixes to an editor, over standard input and output.

    Findings are of the text as it is in the editor. A quick fix mends one finding, imports,
    package.json and the port's package included. It needs `pip install 'fleetmod[lsp]'`.
    """
    try:
        from fleetmod.lsp.server import make_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise FleetmodError(
            "the language server needs pygls", todo="Run `pip install 'fleetmod[lsp]'`"
        ) from error
    make_server(root).start_io()
    return CLEAN
