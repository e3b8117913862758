"""Finds the single-node stores that the manifests run, and what a spec must take over of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fleetmod.fleet.manifests.model import (
    LOAD_BALANCER,
    NODE_PORT,
    Claim,
    Cluster,
    Container,
    Service,
    ServicePort,
    Workload,
)

REDIS, TYPESENSE, INNGEST = "redis", "typesense", "inngest"
_IMAGES = {
    REDIS: ("redis", "valkey", "redis-stack-server"),
    TYPESENSE: ("typesense",),
    INNGEST: ("inngest",),
}
_DEFAULT_PORTS = {REDIS: 6379, TYPESENSE: 8108, INNGEST: 8288}


@dataclass(frozen=True)
class Store:
    """A store as it runs today. `port` is what its clients use; `published` its nodePort or
    LoadBalancer port, with the Service that opens it, or None."""

    kind: str
    workload: Workload
    container: Container
    services: tuple[Service, ...]
    port: int

    @property
    def name(self) -> str:
        return self.workload.name

    @property
    def namespace(self) -> str:
        return self.workload.namespace

    @property
    def claim(self) -> Claim | None:
        return self.workload.claims[0] if self.workload.claims else None

    @property
    def published(self) -> tuple[Service, ServicePort] | None:
        for service in self.services:
            if service.type in (NODE_PORT, LOAD_BALANCER):
                for port in service.ports:
                    if port.number == self.port:
                        return service, port
        return None

    @property
    def address(self) -> str:
        """The name that clients in the namespace use today."""
        return self.services[0].name if self.services else self.name

    def option(self, name: str) -> str | None:
        """The value of a command-line option, as `--name value` or `--name=value`."""
        words = self.container.words
        for index, word in enumerate(words):
            if word == f"--{name}":
                following = words[index + 1] if index + 1 < len(words) else ""
                return "" if following.startswith("--") else following
            if word.startswith(f"--{name}="):
                return word.partition("=")[2]
        return None

    @property
    def options(self) -> dict[str, str]:
        """All long options with their values, "" for one without."""
        words = self.container.words
        names = [word[2:].partition("=")[0] for word in words if word.startswith("--")]
        return {name: self.option(name) or "" for name in names if name}

    def env(self, name: str) -> str | None:
        """The value of a variable; "" where it comes from elsewhere, None where it is not set."""
        found = next((v for v in self.container.env if v.name == name), None)
        return None if found is None else found.value or ""


def stores(cluster: Cluster) -> Iterator[Store]:
    """The stores of a cluster, in the manifests' order."""
    for workload in cluster.workloads:
        for container in workload.containers:
            for kind, images in _IMAGES.items():
                if container.image_name in images:
                    yield _store(cluster, kind, workload, container)


def _store(cluster: Cluster, kind: str, workload: Workload, container: Container) -> Store:
    services = tuple(s for s in cluster.services if workload in cluster.selected(s))
    numbers = [p.number for s in services for p in s.ports]
    usual = _DEFAULT_PORTS[kind]
    port = usual if usual in numbers or not numbers else numbers[0]
    return Store(kind, workload, container, services, port)


def pinned(container: Container) -> bool:
    """Whether an image's tag names one release (`8.2.1`), so that a restart runs the same code."""
    return re.search(r"\d+\.\d+(?:\.\d+)?", container.tag) is not None or "@" in container.image
