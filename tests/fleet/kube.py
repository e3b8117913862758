"""A Kubernetes API for kubectl: discovery, nodes and pods, a scheduler, and a kubelet that runs
what a pod's container asks for on this machine.

It speaks HTTP as the API server does (Kubernetes API Concepts; API discovery), checks each pod
against the published schema, and knows nothing of fleetmod.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest

SCHEMA = "1.31"
_RESOURCES = [
    {"name": "nodes", "singularName": "", "namespaced": False, "kind": "Node"},
    {"name": "pods", "singularName": "", "namespaced": True, "kind": "Pod"},
    {"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod"},
]
_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def node(
    name: str, *taints: tuple[str, str], ready: bool = True, arch: str = _ARCH
) -> dict[str, Any]:
    """A node as the API shows one; a taint is its key and its effect."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": f"{name}.lan"}},
        "spec": {"taints": [{"key": key, "effect": effect} for key, effect in taints]},
        "status": {
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "nodeInfo": {"architecture": arch, "operatingSystem": "linux"},
        },
    }


class Cluster:
    """What the API holds. `images` are those that can be pulled; `deleted` counts what went."""

    def __init__(
        self, *nodes: dict[str, Any], images: tuple[str, ...] = ("busybox:stable",)
    ) -> None:
        self.nodes = {each["metadata"]["name"]: each for each in nodes}
        self.images = images
        self.pods: dict[str, dict[str, Any]] = {}
        self.logs: dict[str, str] = {}
        self.created: list[dict[str, Any]] = []
        self.lies = ""  # a name that the kubelet gives in place of the node's own

    def create(self, pod: dict[str, Any]) -> dict[str, Any]:
        kubernetes_validate.validate(pod, SCHEMA, strict=True)
        name = pod["metadata"]["name"]
        self.created.append(json.loads(json.dumps(pod)))
        pod["status"] = {"phase": "Pending"}
        self.pods[name] = pod
        place = next((n for n in self.nodes.values() if _fits(pod, n)), None)
        if place is None:
            message = f"0/{len(self.nodes)} nodes are available"
            condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
            pod["status"]["conditions"] = [{**condition, "message": message}]
        else:
            pod["spec"]["nodeName"] = place["metadata"]["name"]
            self._run(pod)
        return pod

    def _run(self, pod: dict[str, Any]) -> None:
        """What a kubelet does, with the programs of this machine for those of the image."""
        container = pod["spec"]["containers"][0]
        if container["image"] not in self.images:
            waiting = {"reason": "ErrImagePull", "message": "not found"}
            pod["status"]["containerStatuses"] = [{"state": {"waiting": waiting}}]
            return
        env = {"PATH": os.environ["PATH"]}
        for variable in container.get("env", []):
            assert variable["valueFrom"]["fieldRef"]["fieldPath"] == "spec.nodeName"
            env[variable["name"]] = self.lies or pod["spec"]["nodeName"]
        done = subprocess.run(container["command"], env=env, capture_output=True, text=True)
        self.logs[pod["metadata"]["name"]] = done.stdout
        pod["status"]["phase"] = "Failed" if done.returncode else "Succeeded"


def _fits(pod: dict[str, Any], place: dict[str, Any]) -> bool:
    """Whether the scheduler may put a pod on a node: by its name, and by the taints."""
    affinity = pod["spec"]["affinity"]["nodeAffinity"]
    term = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"][0]
    names = next(f["values"] for f in term["matchFields"] if f["key"] == "metadata.name")
    tolerated = {(each["key"], each["effect"]) for each in pod["spec"].get("tolerations", [])}
    taints = {(each["key"], each["effect"]) for each in place["spec"]["taints"]}
    return place["metadata"]["name"] in names and taints <= tolerated


class _Api(BaseHTTPRequestHandler):
    cluster: Cluster

    def do_GET(self) -> None:
        cluster, path = self.cluster, urlsplit(self.path).path
        name = path.split("/")[6] if path.startswith("/api/v1/namespaces/default/pods/") else ""
        if path == "/api":
            self._answer({"kind": "APIVersions", "versions": ["v1"]})
        elif path == "/apis":
            self._answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": []})
        elif path == "/api/v1":
            verbs = ["create", "delete", "get", "list"]
            resources = [{**each, "verbs": verbs} for each in _RESOURCES]
            self._answer({"kind": "APIResourceList", "groupVersion": "v1", "resources": resources})
        elif path == "/api/v1/nodes":
            items = list(cluster.nodes.values())
            self._answer({"kind": "NodeList", "apiVersion": "v1", "metadata": {}, "items": items})
        elif name in cluster.pods and path.endswith("/log"):
            self._send(200, cluster.logs[name].encode(), "text/plain")
        elif name in cluster.pods:
            self._answer(cluster.pods[name])
        else:
            self._refuse(404, "NotFound", f'pods "{name}" not found')

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self._answer(self.cluster.create(body), 201)
        except kubernetes_validate.ValidationError as error:
            self._refuse(422, "Invalid", error.message)

    def do_DELETE(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pod = self.cluster.pods.pop(urlsplit(self.path).path.split("/")[6], None)
        if pod is None:
            self._refuse(404, "NotFound", "pods not found")
        else:
            self._answer(pod)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _refuse(self, code: int, reason: str, message: str) -> None:
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
        self._answer({**status, "reason": reason, "message": message, "code": code}, code)

    def _answer(self, document: dict[str, Any], code: int = 200) -> None:
        self._send(code, json.dumps(document).encode(), "application/json")

    def _send(self, code: int, data: bytes, kind: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def served(cluster: Cluster, folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which kubectl's context `acme` is this cluster."""
    if shutil.which("kubectl") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("kubectl is not installed")
        pytest.skip("kubectl is not installed")
    handler = type("Api", (_Api,), {"cluster": cluster})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "acme", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}
        ],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "acme", "context": {"cluster": "acme", "user": "me"}}],
    }
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    try:
        yield {"KUBECONFIG": str(file), "HOME": str(folder)}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
