"""The tools that coding agents call. Each is the command of its name, in a process of its own, so
that an agent reads what a person does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import anyio
from mcp.server import MCPServer

from fleetmod import __version__
from fleetmod.errors import CLEAN, DEBT, UNPROVEN, USAGE

_INSTRUCTIONS = """\
fleetmod finds what ties a TypeScript monorepo to one Mac: calls of launchctl and Colima, and
hard-coded home paths. Begin with `worklist`: each item says what stands in the code, why fleetmod
does not rewrite it, which calls of the ports may take its place, and what must hold. Change the
code, then run `check` on the files that you changed, and at last `verify`. Do not silence a finding
with a directive unless a person says so.
"""
_SAID = {
    CLEAN: "clean",
    DEBT: "debt is left, or something is worse",
    USAGE: "wrong usage or configuration",
    UNPROVEN: "unproven",
}


def serve(root: Path) -> None:
    """Answer an agent on standard input and output until it leaves."""
    make_server(root).run("stdio")


def make_server(root: Path) -> MCPServer:
    """A server for the repository at `root`."""
    server = MCPServer("fleetmod", version=__version__, instructions=_INSTRUCTIONS)

    async def run(*words: str) -> str:
        done = await anyio.run_process(
            [sys.executable, "-m", "fleetmod", "-C", str(root), *words],
            check=False,
            stdin=subprocess.DEVNULL,
            cwd=root,
        )
        said = "".join(part.decode("utf-8", "replace") for part in (done.stdout, done.stderr))
        code = done.returncode
        return f"exit code {code}: {_SAID.get(code, 'stopped')}\n{said}"

    @server.tool()
    async def audit() -> str:
        """All debt of the repository as JSON: place, rule, what it means, what becomes of it."""
        return await run("audit", "--format", "json")

    @server.tool()
    async def explain(rule: str = "") -> str:
        """What a rule looks for and what it makes of it, or what a refusal's reason (a code such as
        `output-read`) means and what to do about it; the list of the rules without one."""
        return await run("explain", *(["--", rule] if rule else []))

    @server.tool()
    async def worklist(service: str = "", path: str = "") -> str:
        """What is left to mend by hand, as JSON: the code, why it stays, the port calls that may
        take its place, what must hold, the command that accepts it. Of one service (its label) or
        of files that match a glob, if asked."""
        only = [f"--service={service}"] if service else []
        only += [f"--path={path}"] if path else []
        return await run("worklist", "--format", "json", *only)

    @server.tool()
    async def check(files: list[str] | None = None) -> str:
        """New debt of some files or folders, beyond what the baseline holds, with what to write
        instead; of the whole repository without any."""
        return await run("check", "--", *(files or []))

    @server.tool()
    async def verify() -> str:
        """The repository's own type check and tests before and after what `fleetmod migrate` would
        do, in a copy. It takes minutes."""
        return await run("verify")

    return server
