"""From YAML documents to a `Cluster`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fleetmod.fleet.manifests.model import (
    CLUSTER_IP,
    Backend,
    Claim,
    Cluster,
    Container,
    EnvVar,
    Port,
    Service,
    ServicePort,
    Workload,
)
from fleetmod.fleet.manifests.read import Document, Key, get, items, mapping

# Where the pod's template stands, by kind (https://kubernetes.io/docs/concepts/workloads/).
_TEMPLATES: dict[str, tuple[Key, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}


def parse(found: Iterable[Document]) -> Cluster:
    """The cluster that some documents describe; a `List` counts as its items.

    What is described a second time, as a Kustomize patch does it, is not taken in but named among
    what is unread: only Kustomize knows what comes of it.
    """
    seen: set[tuple[str, str, str]] = set()
    unread: list[str] = []
    workloads: list[Workload] = []
    services: list[Service] = []
    backends: list[Backend] = []
    others: list[Document] = []
    namespaces: dict[str, dict[str, str]] = {}
    for document in found:
        for at, data in _flat(document):
            kind = data.get("kind")
            named = (str(kind), namespace_of(data), name_of(data))
            if named in seen and (kind in _TEMPLATES or kind in ("Service", "Ingress")):
                place = document.place(*at, "metadata", "name")
                unread.append(f"{place}: {kind} {named[2]} is described twice")
                continue
            seen.add(named)
            if kind in _TEMPLATES:
                workloads.append(_workload(document, at, data))
            elif kind == "Service":
                services.append(_service(document, at, data))
            elif kind == "Ingress":
                backends += _backends(document, at, data)
            else:
                others.append(document)
                if kind == "Namespace":
                    namespaces[name_of(data)] = _strings(mapping(data, "metadata", "labels"))
    for namespace in [*(w.namespace for w in workloads), *(s.namespace for s in services)]:
        namespaces.setdefault(namespace, {})
    return Cluster(
        tuple(workloads),
        tuple(services),
        tuple(backends),
        (),
        tuple(others),
        tuple(unread),
        namespaces,
    )


def name_of(data: dict[str, Any]) -> str:
    return str(get(data, "metadata", "name") or "")


def namespace_of(data: dict[str, Any]) -> str:
    return str(get(data, "metadata", "namespace") or "default")


def _flat(document: Document) -> Iterator[tuple[tuple[Key, ...], dict[str, Any]]]:
    if not isinstance(document.data, dict):
        return
    if document.data.get("kind") == "List":
        yield from ((("items", i), item) for i, item in items(document.data, "items"))
    else:
        yield (), document.data


def _strings(data: dict[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in data.items()}


def _workload(document: Document, at: tuple[Key, ...], data: dict[str, Any]) -> Workload:
    where = _TEMPLATES[data["kind"]]
    pod = mapping(data, *where, "spec")
    containers = tuple(
        _container(document, (*at, *where, "spec", group, i), item)
        for group in ("initContainers", "containers")
        for i, item in items(pod, group)
    )
    claims = tuple(
        Claim(
            name_of(claim),
            str(get(claim, "spec", "resources", "requests", "storage") or ""),
            str(get(claim, "spec", "storageClassName") or ""),
        )
        for _, claim in items(data, "spec", "volumeClaimTemplates")
    )
    replicas = get(data, "spec", "replicas")
    return Workload(
        data["kind"],
        name_of(data),
        namespace_of(data),
        _strings(mapping(data, *where, "metadata", "labels")),
        containers,
        claims,
        pod.get("hostNetwork") is True,
        replicas if isinstance(replicas, int) else 1,
        document.place(*at, "metadata", "name"),
        "" if pod.get("automountServiceAccountToken") is False else _account(pod),
    )


def _account(pod: dict[str, Any]) -> str:
    return str(pod.get("serviceAccountName") or pod.get("serviceAccount") or "default")


def _container(document: Document, at: tuple[Key, ...], data: dict[str, Any]) -> Container:
    words = [*(data.get("command") or []), *(data.get("args") or [])]
    sources = tuple(
        f"{kind} {name}"
        for _, item in items(data, "envFrom")
        for key, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap"))
        if (name := get(item, key, "name"))
    )
    ports = tuple(
        Port(
            str(item.get("name") or ""),
            int(item["containerPort"]),
            str(item.get("protocol") or "TCP"),
            int(item.get("hostPort") or 0),
        )
        for _, item in items(data, "ports")
        if isinstance(item.get("containerPort"), int)
    )
    resources = {
        kind: _strings(mapping(data, "resources", kind))
        for kind in ("requests", "limits")
        if mapping(data, "resources", kind)
    }
    return Container(
        str(data.get("name") or ""),
        str(data.get("image") or ""),
        tuple(map(str, words)),
        tuple(_env(document, (*at, "env", i), item) for i, item in items(data, "env")),
        sources,
        ports,
        resources,
        document.place(*at, "image"),
    )


def _env(document: Document, at: tuple[Key, ...], data: dict[str, Any]) -> EnvVar:
    source = ""
    for key, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        if reference := mapping(data, "valueFrom", key):
            source = f"{kind} {reference.get('name')}, key {reference.get('key')}"
    if "valueFrom" in data:
        value = None
        source = source or "the pod's own fields"
    else:
        value = str(data.get("value") or "")
    place = document.place(*at, "value") if value else document.place(*at)
    return EnvVar(str(data.get("name") or ""), value, source, place)


def _service(document: Document, at: tuple[Key, ...], data: dict[str, Any]) -> Service:
    ports = tuple(
        ServicePort(
            str(item.get("name") or ""),
            int(item["port"]),
            item.get("targetPort") or int(item["port"]),
            int(item.get("nodePort") or 0),
            str(item.get("protocol") or "TCP"),
            document.place(*at, "spec", "ports", i, "port"),
        )
        for i, item in items(data, "spec", "ports")
        if isinstance(item.get("port"), int)
    )
    return Service(
        name_of(data),
        namespace_of(data),
        str(get(data, "spec", "type") or CLUSTER_IP),
        _strings(mapping(data, "spec", "selector")),
        ports,
        str(get(data, "spec", "externalName") or ""),
        document.place(*at, "metadata", "name"),
        get(data, "spec", "externalTrafficPolicy") == "Local",
    )


def _backends(document: Document, at: tuple[Key, ...], data: dict[str, Any]) -> Iterator[Backend]:
    """The Services of an Ingress (networking.k8s.io/v1), those of its rules and its default."""
    places: list[tuple[Key, ...]] = [("spec", "defaultBackend", "service")]
    for i, rule in items(data, "spec", "rules"):
        for j, _ in items(rule, "http", "paths"):
            places.append(("spec", "rules", i, "http", "paths", j, "backend", "service"))
    for keys in places:
        if service := mapping(data, *keys):
            port = get(service, "port", "number") or get(service, "port", "name") or 0
            yield Backend(
                name_of(data),
                namespace_of(data),
                str(service.get("name") or ""),
                port,
                document.place(*at, *keys, "name"),
            )
