"""Phase 4: the policies allow what is used and nothing else, and the way to Cilium is reviewed."""

from __future__ import annotations

from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.fleet.check import Problem, file_problems, yaml_of
from fleetmod.fleet.network.flannel import facts
from fleetmod.fleet.network.generate import (
    BALANCER,
    CILIUM_POLICIES,
    MIGRATION,
    POLICIES,
    VALUES,
    generate,
)
from fleetmod.fleet.network.prove import prove
from fleetmod.fleet.network.survey import survey
from fleetmod.fleet.validate import not_rendered, object_errors, values_errors
from fleetmod.gates.check import FAILED, PASSED, UNPROVEN_VERDICT, Verdict
from fleetmod.project import Project

TITLE = "network policies allow what is used and nothing else; the way to Cilium is reviewed"


def verdict(project: Project) -> Verdict:
    """The outcome for the repository as it is on the disk; each problem is one of its lines."""
    settings = project.config.cluster
    cluster, graph = survey(project)
    expected = {file.path.rpartition("/")[2]: file for file in generate(cluster, graph, settings)}
    problems: list[Problem] = []
    unproven = list(cluster.unread)
    for file in expected.values():
        problems += file_problems(project.root, file, "fleetmod network")
    objects: list[dict[str, Any]] = []
    charts = project.root / settings.charts if settings.charts else None
    for name in (POLICIES, CILIUM_POLICIES, BALANCER):
        path = expected[name].path
        found, broken = yaml_of(project.root, path)
        problems += broken
        for document in found:
            errors = object_errors(document.data, charts)
            problems += [(path, document.place().line, error) for error in errors]
            objects.append(document.data)
    for name in (VALUES, MIGRATION):
        path = expected[name].path
        found, broken = yaml_of(project.root, path)
        problems += broken
        if found and charts is not None:
            errors = values_errors(found[0].data, charts / "cilium", "kube-system")
            problems += [(path, 0, error) for error in errors]
    problems += [("fleetmod.toml", 0, each) for each in facts(cluster, settings).problems]
    place = expected[POLICIES].path
    try:
        breaches = prove(cluster, graph, objects, settings.clients)
        problems += [(place, 0, str(breach)) for breach in breaches]
    except FleetmodError as error:
        unproven.append(str(error))
    outcome = FAILED if problems else UNPROVEN_VERDICT if unproven else PASSED
    told = tuple(not_rendered(charts))
    return Verdict(*("4", TITLE, outcome, tuple(problems), (), tuple(unproven)), evidence=told)
