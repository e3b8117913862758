"""Phase 3: the specs are what the manifests run today, valid, and reviewed."""

from __future__ import annotations

from fleetmod.errors import FleetmodError
from fleetmod.fleet.check import Problem, file_problems, yaml_of
from fleetmod.fleet.manifests.model import Cluster
from fleetmod.fleet.specs.generate import CHARTS, cluster_of, generate
from fleetmod.fleet.specs.stores import stores
from fleetmod.fleet.validate import not_rendered, values_errors
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
        expected = generate(cluster, settings)
    except FleetmodError as error:
        return Verdict("3", TITLE, UNPROVEN_VERDICT, (), (), (str(error), *unproven))
    charts = project.root / settings.charts if settings.charts else None
    for file in expected:
        problems += file_problems(project.root, file, "fleetmod specs")
        chart = next((c for end, c in CHARTS.items() if file.path.endswith(end)), None)
        if chart is None:
            continue
        found, broken = yaml_of(project.root, file.path)
        problems += broken
        if found and charts is not None:
            namespace = _namespace(cluster)
            errors = values_errors(found[0].data, charts / chart, namespace)
            problems += [(file.path, 0, error) for error in errors]
    outcome = FAILED if problems else UNPROVEN_VERDICT if unproven else PASSED
    told = tuple(not_rendered(charts))
    return Verdict(*("3", TITLE, outcome, tuple(problems), (), tuple(unproven)), evidence=told)


def _namespace(cluster: Cluster) -> str:
    return next((store.namespace for store in stores(cluster)), "default")
