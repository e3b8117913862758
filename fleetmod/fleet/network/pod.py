"""Where one workload's pods connect to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fleetmod.fleet.manifests.model import Cluster, EnvVar, Workload
from fleetmod.fleet.manifests.read import Place
from fleetmod.fleet.network.api_server import is_api_server
from fleetmod.fleet.network.model import Evidence
from fleetmod.fleet.network.resolve import Answer, answers, by_name, from_outside
from fleetmod.fleet.network.uses import LOCAL, Use, parse_url, without_password

# What Docker, Podman and Lima call the machine that containers run on.
_MACHINE = ("host.docker.internal", "host.containers.internal", "host.lima.internal")


@dataclass
class Targets:
    """`inside`: who answers, why, whether that is assumed; `outside`: host and port likewise."""

    inside: list[tuple[Answer, list[Evidence], bool]] = field(default_factory=list)
    outside: list[tuple[str, int, list[Evidence], bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def pod_targets(
    cluster: Cluster,
    workload: Workload,
    uses: Sequence[Use],
    reads: Mapping[str, Mapping[str, int]],
) -> Targets:
    """What a workload connects to by its variables, its command line and its own code.

    `uses` and `reads` are those of the files that its image holds.
    """
    found = Targets()
    env = {v.name: v for container in workload.containers for v in container.env}
    sources = [s for container in workload.containers for s in container.env_from]
    for text, place, what in _addresses(workload, env):
        _take(found, cluster, workload, text, [Evidence(place, what)], reads)
    dead: list[Use] = []
    for use in uses:
        evidence = [Evidence(Place(use.path, use.line), use.text)]
        hidden = next((env[n].source for n in use.env if n in env and env[n].value is None), "")
        if not hidden and not any(n in env for n in use.env) and use.env and sources:
            hidden = sources[0]
        if any(n in env and env[n].value is not None for n in use.env):
            continue  # the variable's own address counts
        if hidden and (use.host in LOCAL or by_name(cluster, use.host, workload.namespace)):
            why = f"{use.text} (in the pod {' or '.join(use.env)} comes from {hidden})"
            for answer in _by_port(cluster, workload, use):
                found.inside.append((answer, [Evidence(evidence[0].place, why)], True))
        elif use.host in LOCAL:
            dead.append(use)
        else:
            address = (use.scheme, use.host, use.port)
            _take_host(found, cluster, workload, address, evidence, not use.connects)
    _take_secrets(found, cluster, workload, env, reads)
    if reached := [use for use in dead if from_outside(cluster, use.port)]:
        own = {port.number for port in workload.ports}
        reached = [use for use in reached if use.port not in own]
        lines: dict[str, list[str]] = {}
        for use in reached:
            lines.setdefault(use.path, []).append(str(use.line))
        places = "; ".join(f"{path}:{', '.join(of)}" for path, of in lines.items())
        if reached:
            found.notes.append(
                f"{workload.place}: in a pod of {workload.name} localhost is the pod itself, so "
                f"these reach nothing there: {places}"
            )
    return found


def _addresses(workload: Workload, env: Mapping[str, EnvVar]) -> Iterator[tuple[str, Place, str]]:
    """The addresses in a workload's variables (X_HOST with X_PORT, too) and command line."""
    for name, variable in env.items():
        value = variable.value or ""
        port = env.get(name.removesuffix("HOST") + "PORT") if name.endswith("HOST") else None
        if port is not None and port.value and "://" not in value and ":" not in value:
            value = f"{value}:{port.value}"
        yield value, variable.place, f"{name}={without_password(value)}"
    for container in workload.containers:
        for word in container.words:
            value = word.partition("=")[2] if word.startswith("-") else word
            yield value, container.place, without_password(word)


def _take(
    found: Targets,
    cluster: Cluster,
    workload: Workload,
    text: str,
    evidence: list[Evidence],
    reads: Mapping[str, Mapping[str, int]],
) -> None:
    parsed = parse_url(text, any_scheme=True)
    if parsed is not None:
        name = evidence[0].what.partition("=")[0]
        readers = [
            Evidence(Place(path, names[name]), f"reads {name}")
            for path, names in sorted(reads.items())
            if name in names
        ]
        _take_host(found, cluster, workload, parsed, [*evidence, *readers])


def _take_host(
    found: Targets,
    cluster: Cluster,
    workload: Workload,
    address: tuple[str, str, int],
    evidence: list[Evidence],
    assumed: bool = False,
) -> None:
    _, host, port = address
    service = by_name(cluster, host, workload.namespace)
    if service is not None and service.external_name:
        found.outside.append((service.external_name, port, evidence, assumed))
    elif service is not None:
        at = answers(cluster, service, port)
        found.inside += [(answer, evidence, False) for answer in at]
        if not at:
            found.notes.append(
                f"{evidence[0].place}: {service.name} has no port {port} that a pod answers"
            )
    elif is_api_server(host):
        found.outside.append((host, port, evidence, False))
    elif host in _MACHINE:
        found.notes.append(
            f"{evidence[0].place}: {host}:{port} is a process on the machine below a container; "
            "name who calls it, at its real address, in cluster.edges"
        )
    elif _is_name(host):
        found.outside.append((host, port, evidence, assumed))
    elif host not in LOCAL and not host[:1].isdigit():
        found.notes.append(
            f"{evidence[0].place}: {host} is no Service that this repository describes"
        )


def _is_name(host: str) -> bool:
    """Whether a host is a public DNS name; example hosts of documents are none (RFC 2606)."""
    top = host.rpartition(".")[2]
    reserved = host.endswith(
        ("example.com", "example.org", "example.net", ".local", ".svc", ".internal")
    )
    return "." in host and top.isalpha() and not reserved and top not in ("test", "invalid")


def _by_port(cluster: Cluster, workload: Workload, use: Use) -> list[Answer]:
    return [a for a in from_outside(cluster, use.port) if a.workload is not workload]


def _take_secrets(
    found: Targets,
    cluster: Cluster,
    workload: Workload,
    env: Mapping[str, EnvVar],
    reads: Mapping[str, Mapping[str, int]],
) -> None:
    """A variable that a Secret fills, called like one Service: REDIS_URL and the Service redis."""
    for name, variable in env.items():
        ending = name.rpartition("_")[2]
        if variable.value is not None or ending not in ("URL", "URI", "HOST", "DSN", "ADDR"):
            continue
        called = name[: -len(ending) - 1].replace("_", "-").lower()
        services = [
            s
            for s in cluster.services
            if s.namespace == workload.namespace and s.name in (called, called.split("-")[0])
        ]
        for service in services:
            for port in service.ports[:1]:
                why = Evidence(variable.place, f"{name} from {variable.source}")
                found.inside += [
                    (answer, [why], True) for answer in answers(cluster, service, port.number)
                ]
