"""From an address to the pods that answer there."""

from __future__ import annotations

from dataclasses import dataclass

from fleetmod.fleet.manifests.model import (
    LOAD_BALANCER,
    NODE_PORT,
    Cluster,
    Service,
    ServicePort,
    Workload,
    container_port,
)
from fleetmod.fleet.network.model import PORT_FORWARD


@dataclass(frozen=True)
class Answer:
    """A workload that answers at an address, its pods' port, and how a host comes there."""

    workload: Workload
    port: int
    protocol: str
    service: Service | None
    via: str = ""


def by_name(cluster: Cluster, host: str, namespace: str) -> Service | None:
    """The Service that a DNS name means to a pod in `namespace`; None for other names.

    `NAME`, `NAME.NAMESPACE`, `….svc` and `….svc.cluster.local`, and a StatefulSet's pod before it
    (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/).
    """
    bare = host.rstrip(".").removesuffix(".cluster.local")
    explicit = bare.endswith(".svc")
    parts = bare.removesuffix(".svc").split(".")
    if len(parts) == 1:
        return cluster.service(parts[0], namespace)
    if len(parts) == 2:
        found = cluster.service(parts[0], parts[1])
        return found or (cluster.service(parts[1], namespace) if not explicit else None)
    return cluster.service(parts[1], parts[2]) if len(parts) == 3 else None


def answers(cluster: Cluster, service: Service, port: int | str) -> list[Answer]:
    """Who answers behind a Service's port, by number or by name."""
    return [
        Answer(workload, inner, p.protocol, service)
        for p in service.ports
        if port in (p.number, p.name)
        for workload in cluster.selected(service)
        if (inner := container_port(workload, p))
    ]


def from_outside(cluster: Cluster, port: int) -> list[Answer]:
    """Who answers on `localhost:PORT` of a machine outside of pods.

    A nodePort first, then a LoadBalancer's port, then a hostPort, then a Service's port, which can
    only be reached by `kubectl port-forward`; the first kind that fits counts.
    """
    kinds: list[list[Answer]] = [[], [], [], []]
    for service in cluster.services:
        for p in service.ports:
            if p.node == port and service.type in (NODE_PORT, LOAD_BALANCER):
                kinds[0] += _reached(cluster, service, p, f"NodePort {port}")
            if p.number == port and service.type == LOAD_BALANCER:
                kinds[1] += _reached(cluster, service, p, f"LoadBalancer {port}")
            if p.number == port:
                kinds[3] += _reached(cluster, service, p, PORT_FORWARD)
    for workload in cluster.workloads:
        for declared in workload.ports:
            if declared.host == port:
                via = f"hostPort {port}"
                kinds[2].append(Answer(workload, declared.number, declared.protocol, None, via))
    return next((found for found in kinds if found), [])


def published(cluster: Cluster) -> list[tuple[Answer, ServicePort]]:
    """Everything that NodePort and LoadBalancer Services open to the outside."""
    return [
        (answer, p)
        for service in cluster.services
        if service.type in (NODE_PORT, LOAD_BALANCER)
        for p in service.ports
        for answer in _reached(
            cluster,
            service,
            p,
            f"NodePort {p.node}" if service.type == NODE_PORT and p.node else service.type,
        )
    ]


def _reached(cluster: Cluster, service: Service, port: ServicePort, via: str) -> list[Answer]:
    return [
        Answer(workload, inner, port.protocol, service, via)
        for workload in cluster.selected(service)
        if (inner := container_port(workload, port))
    ]
