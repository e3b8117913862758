"""Which ports a migration would install for too little: a package of eight files, for a text.

A port is installed where code that runs calls it. Texts, and files that nothing loads or runs, use
it where it is there anyhow, and by themselves where runtime.install of the configuration says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fleetmod import families, reasons
from fleetmod.importers import is_idle
from fleetmod.model import REWRITE, FileResult
from fleetmod.project import PORTS, Project
from fleetmod.refusal import Reason
from fleetmod.workspace.manifest import owner
from fleetmod.workspace.schema import FILE

_CALLS = ("call", "value", "path", "address")  # classes of rules whose rewrite runs the port
_FORCE = f'or set runtime.install = "always" in {FILE}'
_TEXTS = "{} is not installed for texts alone; word this for every platform by hand, " + _FORCE
_IDLE = (
    "nothing loads or runs this file, and {} is not installed for such files alone; delete the "
    "file, take the value as an argument, " + _FORCE
)


def unearned(
    project: Project,
    results: Mapping[str, FileResult],
    others: Callable[[], Mapping[str, FileResult]],
) -> dict[str, Reason]:
    """The ports that nothing but texts and idle files among some files would use, and why each is
    not installed. `others` gives the results of the repository's other files.

    A port that is in the repository already costs nothing.
    """
    out: dict[str, Reason] = {}
    if project.config.runtime.install == "always":
        return out
    for port in PORTS:
        if port in project.present or not (users := _users(port, results)):
            continue
        calling = [path for path, found in users.items() if _calls(port, found)]
        if any(not _idle(project, path) for path in calling):
            continue
        beyond = _users(port, others())
        if any(_calls(port, found) and not _idle(project, path) for path, found in beyond.items()):
            continue
        why = (_IDLE if calling else _TEXTS).format(project.packages[port])
        out[port] = reasons.PORT_NOT_INSTALLED(why)
    return out


def _users(port: str, results: Mapping[str, FileResult]) -> dict[str, FileResult]:
    """The results of files that would import a port."""
    return {
        path: found
        for path, found in results.items()
        if any(need.package == port for need in found.needs)
    }


def _calls(port: str, result: FileResult) -> bool:
    """Whether more than texts of a file would use a port."""
    return any(
        families.of(each).port == port and each.cls in _CALLS and each.action == REWRITE
        for each in result.findings
    )


def _idle(project: Project, path: str) -> bool:
    info = owner(project.root, path)
    return info is not None and is_idle(project, info, path)
