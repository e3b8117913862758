"""Phase 3: the specs are what the manifests run today, valid, and reviewed."""

from __future__ import annotations

from fleetmod.errors import FleetmodError
from fleetmod.fleet.check import Problem, file_problems, yaml_of
from fleetmod.fleet.render import left_out
from fleetmod.fleet.specs.generate import CHARTS, NAMED, cluster_of, generate, has_ioredis, placed
from fleetmod.fleet.validate import values_errors
from fleetmod.gates.check import FAILED, PASSED, UNPROVEN_VERDICT, Verdict
from fleetmod.project import Project

TITLE = "specs for highly available state are as the manifests say, valid and reviewed"


def verdict(project: Project) -> Verdict:
    """The outcome for the repository as it is on the disk; each problem is one of its lines."""
    settings = project.config.cluster
    cluster = cluster_of(project)
    unproven = list(cluster.unread)
    problems: list[Problem] = []
    try:
        expected = generate(cluster, settings, has_ioredis(project))
    except FleetmodError as error:
        return Verdict("3", TITLE, UNPROVEN_VERDICT, (), (), (str(error), *unproven))
    charts = project.root / settings.charts if settings.charts else None
    owners = placed(cluster, settings)
    for file in expected:
        problems += file_problems(project.root, file, "fleetmod specs")
        chart = _chart(file.path)
        if not chart:
            continue
        found, broken = yaml_of(project.root, file.path)
        problems += broken
        if found and charts is not None:
            store = owners[file.path]
            release, named = f"{store.name}-ha", NAMED[store.kind](store)
            errors = values_errors(found[0].data, charts / chart, store.namespace, release, named)
            problems += [(file.path, 0, error) for error in errors]
    unproven += left_out(charts, [c for f in expected if (c := _chart(f.path))])
    outcome = FAILED if problems else UNPROVEN_VERDICT if unproven else PASSED
    return Verdict("3", TITLE, outcome, tuple(problems), (), tuple(unproven))


def _chart(path: str) -> str:
    """The chart that a values file is for; "" for notes."""
    return next((chart for end, chart in CHARTS.items() if path.endswith(end)), "")
