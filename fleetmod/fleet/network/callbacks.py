"""Addresses that a workload gives out so that another calls it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fleetmod.fleet.manifests.model import Cluster, EnvVar, Workload
from fleetmod.fleet.network.model import Evidence
from fleetmod.fleet.network.resolve import Answer, answers, by_name
from fleetmod.fleet.network.uses import parse_url


@dataclass(frozen=True)
class Callback:
    """`source` calls the workload on its pods' `port`."""

    source: Workload
    port: int
    evidence: tuple[Evidence, ...]


def callbacks(cluster: Cluster, workload: Workload) -> Iterator[Callback]:
    """Who calls a workload at its own address that it finds in a variable.

    That is whom it reaches by another variable of the same family: with INNGEST_BASE_URL of a
    server and INNGEST_SERVE_HOST of its own Service, the server calls back (the Inngest SDK's
    serve host is the address that it registers, https://www.inngest.com/docs/sdk/environment-variables).
    """
    env = [v for container in workload.containers for v in container.env if v.value]
    for own in env:
        for answer in _answers(cluster, workload, own):
            if answer.workload is not workload:
                continue
            for other in env:
                if other is own or _family(other) != _family(own):
                    continue
                for server in _answers(cluster, workload, other):
                    if server.workload is not workload:
                        yield Callback(
                            server.workload,
                            answer.port,
                            (
                                Evidence(own.place, f"{own.name}={own.value} is given to it"),
                                Evidence(other.place, f"{other.name}={other.value}"),
                            ),
                        )


def _family(variable: EnvVar) -> str:
    return variable.name.partition("_")[0]


def _answers(cluster: Cluster, workload: Workload, variable: EnvVar) -> list[Answer]:
    parsed = parse_url(variable.value or "", any_scheme=True)
    if parsed is None:
        return []
    service = by_name(cluster, parsed[1], workload.namespace)
    return answers(cluster, service, parsed[2]) if service is not None else []
