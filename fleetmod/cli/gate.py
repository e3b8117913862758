"""`fleetmod gate`"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetmod.cli.reports import Wanted, deliver, report_options
from fleetmod.errors import FleetmodError

if TYPE_CHECKING:
    from fleetmod.gates.check import Verdict
    from fleetmod.project import Project

# the phases whose proof is not in the code: a module with `verdict(project) -> Verdict`
FLEET = {
    "2": "fleetmod.fleet.images.gate",
    "3": "fleetmod.fleet.specs.gate",
    "4": "fleetmod.fleet.network.gate",
    "5": "fleetmod.fleet.rehearse.gate",
    "host": "fleetmod.host.gate",
    "portable": "fleetmod.languages.gate",
}


@click.command()
@click.option(
    "--phase",
    "phases",
    default="1a,1b",
    show_default=True,
    help="Phases to check, separated by commas, or all.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Phases 1a and 1b: the bare grep must find nothing, accepted or no debt or not.",
)
@click.option("--full", is_flag=True, help="As text, list every line that fails.")
@click.option(
    "--against-baseline",
    "ratchet",
    is_flag=True,
    help="The code's own phases: pass over the debt that the baseline holds.",
)
@report_options
@click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the residual-debt certificate, as --format json prints it.",
)
@click.option(
    "--since",
    "ref",
    metavar="REF",
    help="Fail, too, where fleetmod.toml looks at less, or for less, than it did at this commit; "
    "and tell what debt is new, mended and left since the branches parted.",
)
@click.option("--context", metavar="NAME", help="Phase 5: test the cluster of this context, too.")
@click.option("--node", default="", metavar="NAME", help="Of the cluster, this node only.")
@click.option(
    "--timeout", default=120, show_default=True, help="Seconds for the workload on a node."
)
@click.pass_obj
def command(
    root: Path,
    phases: str,
    strict: bool,
    full: bool,
    ratchet: bool,
    wanted: Wanted,
    certificate: Path | None,
    ref: str | None,
    context: str | None,
    node: str,
    timeout: int,
) -> int:
    """Prove that a phase is done: by grep and by syntax, or by what the phase made.

    \b
    1a  no launchctl in the gate's folders, the process-manager adapter aside
    1b  no hardcoded home path in the gate's folders, node-identity included
    1c  no call, text or path of Colima and Lima, and no address of their machine, outside of
        container-runtime; asked for by --phase 1c
    1d  no checkout and no vault that is looked for below the home folder; asked for by --phase 1d
    2   every published image has every platform, as its registry says
    3   specs for highly available state: as the manifests say, valid, reviewed
    4   network policies: every edge that is used is allowed, nothing else; valid, reviewed
    5   `fleetmod rehearse` passed for exactly these files; with --context, each node of the
        cluster also ran a pod that told its name, and that is gone again
    host      no tool of one platform (plutil, systemctl, …) is run without a platform check, in
              TypeScript, JavaScript, shell scripts, Python and the scripts of a package.json
    portable  no home path and no launchctl outside TypeScript, documents aside

    For phase 1 the plain grep looks in the gate's folders, the syntax tree in the whole scanned
    repository; both must be empty. Lines of the grep that are no debt, or that a directive
    accepts, are passed over and listed with the reason; --strict passes over none. Exit 1 when a
    phase failed, 3 when all that is left could not be parsed, read or asked for: nothing is proven
    then.

    With --against-baseline debt that `fleetmod baseline` has recorded is passed over, too: the gate
    asks that there be no more of it.

    With --since a value of fleetmod.toml that narrows fails (scan, gate, exclude, users, root,
    vault, adapters, rules, vm_addresses), as do a file of these that is gone and code that has
    moved to where nothing looks: whoever means it merges it knowingly. A rule of your own that
    changed is unproven. Other values that changed, and findings newly accepted by a directive, are
    told.
    """
    from fleetmod import families
    from fleetmod.audit import audit
    from fleetmod.check import mark_known
    from fleetmod.cli.output import make_room, save
    from fleetmod.gates.certificate import certify
    from fleetmod.gates.certificate import document as certificate_document
    from fleetmod.gates.check import check, exit_code, parse_phases
    from fleetmod.gates.not_looked_at import begin
    from fleetmod.project import open_project
    from fleetmod.sources import read_sources
    from fleetmod.workspace.changes import head
    from fleetmod.workspace.tree_state import unknown_changes

    make_room(certificate)
    asked = parse_phases(phases, FLEET)
    if (context and "5" not in asked) or (node and not context):
        raise FleetmodError(
            "--context is of phase 5, and --node of --context", todo="Give --phase 5 --context NAME"
        )
    can = [each.phase for each in families.every() if each.strict]
    if strict and not {*can} & {*asked}:
        raise FleetmodError(
            f"--strict is of the phases {' and '.join(can)}", todo=f"Give --phase {','.join(can)}"
        )
    if ratchet and (strict or not all(phase in families.phases() for phase in asked)):
        raise FleetmodError(
            "--against-baseline is of the code's own phases, and not of --strict",
            todo=f"Give --phase {','.join(families.phases())}",
        )
    project = open_project(root)
    groups = begin(project)
    sources = read_sources(project)
    audited = audit(project, sources=sources)
    if ratchet:
        audited = mark_known(project, audited, sources.contents)
    at = head(project.root)
    if at[1] is None and not audited.unreadable:
        why = unknown_changes(project.root, project.search, at[1])
        audited = replace(audited, unreadable=((".git", why),) if why else ())
    verdicts = tuple(
        _on_disk(
            project,
            _beyond_code(
                phase, partial(_fleet, phase, project, context, node, timeout), len(asked) == 1
            ),
        )
        if phase in FLEET
        else check(project, audited, (phase,), strict, ratchet)[0]
        for phase in asked
    )
    compared = None
    if ref is not None:
        from fleetmod.gates.since import since
        from fleetmod.since import compared_since, debt_at, told

        verdicts = (*verdicts, since(project, audited, ref))
        recorded, commit = debt_at(project, ref)
        compared = told(ref, commit, compared_since(project, audited.findings, recorded))
    apart = groups(asked)

    def text(to_file: bool) -> str:
        from fleetmod.report.text import gate_text

        return gate_text(verdicts, to_file, apart, full, compared)

    def document(_: bool) -> str:
        from fleetmod.report.jsonreport import dumps

        return dumps(certificate_document(certify(project, audited, verdicts, apart, at))) + "\n"

    if certificate is not None:
        save(certificate, document(True))
    own = {"text": text, "json": document}
    of = (project, audited, sources, "gate", verdicts)
    deliver(wanted, own, *of, baseline=ratchet, apart=apart, since=compared)
    return exit_code(verdicts)


def _fleet(phase: str, project: Project, context: str | None, node: str, seconds: int) -> Verdict:
    module = import_module(FLEET[phase])
    found: Verdict
    if phase == "5" and context:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that all is cleaned up
        found = module.on_cluster(project, context, node, seconds)
    else:
        found = module.verdict(project)
    return found


def _on_disk(project: Project, verdict: Verdict) -> Verdict:
    """A verdict on every kind of file, which proves nothing where some are not on the disk."""
    from fleetmod.gates.check import PASSED, UNPROVEN_VERDICT
    from fleetmod.workspace.discover import looked_at
    from fleetmod.workspace.tree_state import not_on_disk

    faults = not_on_disk(project.root, project.search, looked_at(project.config))
    if not faults:
        return verdict
    unproven = (*verdict.unproven, *(f"{path} cannot be read: {why}" for path, why in faults))
    outcome = UNPROVEN_VERDICT if verdict.verdict == PASSED else verdict.verdict
    return replace(verdict, verdict=outcome, unproven=tuple(dict.fromkeys(unproven)))


def _beyond_code(phase: str, judge: Callable[[], Verdict], alone: bool) -> Verdict:
    """A phase that is not about TypeScript. What it lacks is an error where it is asked for by
    itself, and unproven in a table of several."""
    from fleetmod.gates.check import UNPROVEN_VERDICT, Verdict

    try:
        return judge()
    except FleetmodError as error:
        if alone:
            raise
        title = import_module(FLEET[phase]).TITLE
        return Verdict(phase, title, UNPROVEN_VERDICT, (), (), (str(error),))
