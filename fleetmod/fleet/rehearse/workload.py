"""The service that a node runs: started and asked through the process-manager package."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.fleet.rehearse.model import STEPS, WORKLOAD, Node, Run
from fleetmod.fleet.rehearse.namespace import Namespace
from fleetmod.fleet.rehearse.stage import EVENTS, NODE_IDENTITY, entry
from fleetmod.fleet.rehearse.stage import WORKLOAD as FOLDER
from fleetmod.project import PROCESS_MANAGER, Project
from fleetmod.workspace.beneath import Folder

Names = tuple[str, ...]


def run_workload(
    namespace: Namespace,
    project: Project,
    runtime: str,
    names: Sequence[str],
    seconds: int,
    known: Mapping[str, str],
) -> Run:
    """Put the service through the port's verbs, until the probe events of all `names` are there.

    `runtime` is what runs TypeScript on the node, `known` the identity's variables, which the
    service itself has from the user manager.
    """
    node = namespace.node
    manager, who = (entry(node, project, port) for port in (PROCESS_MANAGER, NODE_IDENTITY))
    folder = node.home / FOLDER
    label = f"{project.config.process.label_prefix or 'fleetmod.'}rehearsal"
    unit, told = folder / f"{label}.service", folder / "identity.json"
    said = folder / "said.log"  # there is no journal
    # a whole path, since the manager's services have a PATH of their own (systemd.exec(5))
    words = (runtime, folder / "serve.mjs", who, told)
    start = " ".join(f'"{each}"' for each in words)
    text = (
        f"[Service]\nExecStart={start}\nWorkingDirectory={node.checkout}\n"
        f"StandardOutput=append:{said}\nStandardError=append:{said}\n"
        "[Install]\nWantedBy=default.target\n"
    )
    _write(node, unit, text)
    ask = {
        "entry": str(manager),
        "label": label,
        "unit": str(unit),
        "told": str(told),
        "said": str(said),
        "events": str(EVENTS),
        "nodes": list(names),
        "patienceMs": min(seconds * 500, 30_000),
        "wanted": {
            "nodeId": node.name,
            "homeDir": str(node.home),
            "repoRoot": str(node.checkout),
        },
    }
    driver = (runtime, str(folder / "drive.mjs"), json.dumps(ask))
    return namespace.run("workload", WORKLOAD, driver, seconds, known)


def _write(node: Node, file: Path, text: str) -> None:
    """Write a file below the node's home, which what the node ran may have filled with links."""
    inside = node.outside(file).relative_to(node.stage).as_posix()
    try:
        with (
            Folder.open(node.stage.resolve()) as stage,
            stage.holder(inside) as (folder, name),
        ):
            folder.put(name, text.encode(), (node.uid, node.uid))
    except OSError as error:
        raise FleetmodError(
            f"cannot be written: {error.strerror}", where=str(file), exit_code=UNPROVEN
        ) from error


def read_steps(log: Path, names: Sequence[str]) -> tuple[Names, Names, Names]:
    """The steps that it did, the nodes that it saw, and what is wrong with either."""
    lines = []
    for text in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found = json.loads(text)
        except ValueError:
            continue  # a warning of the runtime's
        if isinstance(found, dict) and "step" in found:
            lines.append(found)
    steps = tuple(str(each["step"]) for each in lines)
    seen = tuple(next((each["seen"] for each in lines if each["step"] == "events"), ()))
    problems = []
    if left := [step for step in STEPS if step not in steps]:
        problems.append(f"the workload did not {' or '.join(left)}")
    if steps and "events" in steps and not set(names) <= set(seen):
        problems.append(f"saw the probe events of {', '.join(seen) or 'no node'} only")
    return steps, seen, tuple(problems)
