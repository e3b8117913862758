"""Phase 4: the policies allow what is used and nothing else, and the way to Cilium is reviewed."""

from __future__ import annotations

from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.fleet.check import Problem, file_problems, yaml_of
from fleetmod.fleet.manifests.read import Place, get
from fleetmod.fleet.network.api_server import refused
from fleetmod.fleet.network.flannel import facts
from fleetmod.fleet.network.generate import (
    BALANCER,
    CILIUM_POLICIES,
    MIGRATION,
    POLICIES,
    VALUES,
    generate,
    left_behind,
)
from fleetmod.fleet.network.prove import prove
from fleetmod.fleet.network.survey import survey
from fleetmod.fleet.render import left_out
from fleetmod.fleet.talos_nodes import in_containers
from fleetmod.fleet.validate import object_errors, values_errors
from fleetmod.gates.check import FAILED, PASSED, UNPROVEN_VERDICT, Verdict
from fleetmod.project import Project

TITLE = "network policies allow what is used and nothing else; the way to Cilium is reviewed"


def verdict(project: Project) -> Verdict:
    """The outcome for the repository as it is on the disk; each problem is one of its lines."""
    settings = project.config.cluster
    cluster, graph = survey(project)
    files = generate(cluster, graph, settings, in_containers(project))
    expected = {file.path.rpartition("/")[2]: file for file in files}
    problems: list[Problem] = []
    unproven = list(cluster.unread)
    for file in files:
        problems += file_problems(project.root, file, "fleetmod network")
    for path in left_behind(project.root, settings):
        problems.append((path, 0, f"would be deployed from there; move it to {settings.specs}/"))
    objects: list[dict[str, Any]] = []
    charts = project.root / settings.charts if settings.charts else None
    for name in (POLICIES, CILIUM_POLICIES, BALANCER):
        if name not in expected:
            continue
        path = expected[name].path
        found, broken = yaml_of(project.root, path)
        problems += broken
        for document in found:
            errors = object_errors(document.data, charts)
            problems += [(path, document.place().line, error) for error in errors]
            objects.append(document.data)
    keeps_source = settings.cni == "cilium" and settings.client_source == "dsr"
    for name in (VALUES, MIGRATION):
        if name not in expected:
            continue
        path = expected[name].path
        found, broken = yaml_of(project.root, path)
        problems += broken
        if found and name == VALUES:
            keeps_source = get(found[0].data, "loadBalancer", "mode") == "dsr"
        if found and charts is not None:
            errors = values_errors(found[0].data, charts / "cilium", "kube-system")
            problems += [(path, 0, error) for error in errors]
    if settings.cni != "cilium":
        problems += [("fleetmod.toml", 0, each) for each in facts(cluster, settings).problems]
    place = expected[POLICIES].path
    of_others = ((d.place(), d.data) for d in cluster.others if isinstance(d.data, dict))
    own = ((Place(place, 0), each) for each in objects)
    problems += [(place, 0, each) for each in refused([*of_others, *own], settings)]
    try:
        breaches = prove(cluster, graph, objects, settings.clients, keeps_source)
        problems += [(place, 0, str(breach)) for breach in breaches]
    except FleetmodError as error:
        unproven.append(str(error))
    unproven += left_out(charts, ["cilium"] if VALUES in expected else [])
    outcome = FAILED if problems else UNPROVEN_VERDICT if unproven else PASSED
    return Verdict("4", TITLE, outcome, tuple(problems), (), tuple(unproven))
