"""What manifests say of a cluster, as far as the fleet commands need it. Plain data, no disk."""

from __future__ import annotations

from dataclasses import dataclass, field

from fleetmod.fleet.manifests.read import Document, Place

LOAD_BALANCER, NODE_PORT, CLUSTER_IP = "LoadBalancer", "NodePort", "ClusterIP"


@dataclass(frozen=True)
class EnvVar:
    """A variable of a container. `value` is None where it comes from elsewhere (`source`)."""

    name: str
    value: str | None
    source: str
    place: Place


@dataclass(frozen=True)
class Port:
    """A port that a container declares; `host` is its hostPort, 0 for none."""

    name: str
    number: int
    protocol: str
    host: int


@dataclass(frozen=True)
class Container:
    """`env_from` names the Secrets and ConfigMaps whose every key becomes a variable."""

    name: str
    image: str
    words: tuple[str, ...]  # command and args
    env: tuple[EnvVar, ...]
    env_from: tuple[str, ...]
    ports: tuple[Port, ...]
    resources: dict[str, dict[str, str]]
    place: Place

    @property
    def image_name(self) -> str:
        """The image's repository without registry and tag: `redis` of `x.io/a/redis:7`."""
        return self.repository.rpartition("/")[2]

    @property
    def repository(self) -> str:
        return _split(self.image)[0]

    @property
    def tag(self) -> str:
        """The tag; "" where there is none, which a registry reads as `latest`."""
        return _split(self.image)[1]


@dataclass(frozen=True)
class Claim:
    """Storage that a StatefulSet asks for, by pod."""

    name: str
    size: str
    storage_class: str


@dataclass(frozen=True)
class Workload:
    """Anything that makes pods; `labels` are the pods'."""

    kind: str
    name: str
    namespace: str
    labels: dict[str, str]
    containers: tuple[Container, ...]
    claims: tuple[Claim, ...]
    host_network: bool
    replicas: int
    place: Place
    account: str = ""  # its ServiceAccount, "" where its pods get no token

    @property
    def ports(self) -> tuple[Port, ...]:
        return tuple(port for container in self.containers for port in container.ports)


@dataclass(frozen=True)
class ServicePort:
    """`target` is a container port by number or by name; `node` the nodePort, 0 for none."""

    name: str
    number: int
    target: int | str
    node: int
    protocol: str
    place: Place


@dataclass(frozen=True)
class Service:
    name: str
    namespace: str
    type: str
    selector: dict[str, str]
    ports: tuple[ServicePort, ...]
    external_name: str
    place: Place
    local: bool = False  # externalTrafficPolicy: Local


@dataclass(frozen=True)
class Backend:
    """A Service that an Ingress leads to; `port` by number or by name."""

    ingress: str
    namespace: str
    service: str
    port: int | str
    place: Place


@dataclass(frozen=True)
class Release:
    """A Helm release that only a values file describes; `urls` are the addresses it holds."""

    name: str
    namespace: str
    host_network: bool
    urls: tuple[tuple[str, Place], ...]
    place: Place


@dataclass(frozen=True)
class Cluster:
    """`others` are documents of kinds that make no traffic, policies among them; `unread` are the
    files that could not be read, each with the reason."""

    workloads: tuple[Workload, ...] = ()
    services: tuple[Service, ...] = ()
    backends: tuple[Backend, ...] = ()
    releases: tuple[Release, ...] = ()
    others: tuple[Document, ...] = ()
    unread: tuple[str, ...] = ()
    namespaces: dict[str, dict[str, str]] = field(default_factory=dict)  # with their labels

    def selected(self, service: Service) -> list[Workload]:
        """The workloads whose pods a Service leads to."""
        return [
            w
            for w in self.workloads
            if service.selector
            and w.namespace == service.namespace
            and service.selector.items() <= w.labels.items()
        ]

    def service(self, name: str, namespace: str) -> Service | None:
        return next((s for s in self.services if (s.name, s.namespace) == (name, namespace)), None)


def container_port(workload: Workload, port: ServicePort) -> int:
    """The pods' port behind a Service's port, which is what a NetworkPolicy sees.

    A policy is enforced after the Service's address is translated
    (https://kubernetes.io/docs/concepts/services-networking/network-policies/). 0 for a name that
    no container declares.
    """
    if isinstance(port.target, int):
        return port.target
    return next((p.number for p in workload.ports if p.name == port.target), 0)


def _split(image: str) -> tuple[str, str]:
    bare = image.partition("@")[0]
    head, slash, last = bare.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", tag
