"""What fleetmod knows of one repository: the tables and keys of its `fleetmod.toml`.

Every key has a default, so `Config()` is a whole configuration. A field's metadata says what it
may hold: `expects` in words, `ok` as a test of one string (for lists: of each element).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fleetmod.workspace.above import FILE as FILE

BASELINE = ".fleetmod-baseline"
VERSION = 1

_T = TypeVar("_T")


def _key(default: _T, expects: str, ok: Callable[[str], bool]) -> _T:
    # typed as the default, as `field` itself is in the standard library's stubs
    made: Any = field(default=default, metadata={"expects": expects, "ok": ok})
    return made  # type: ignore[no-any-return]


def _pattern(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


def _is_line(text: str) -> bool:
    """Whether the text can stand in a path, a report and a UTF-8 file."""
    return re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", text) is None


def is_glob(text: str) -> bool:
    return bool(text.strip().removeprefix("!")) and _is_line(text)


def _is_folder(text: str) -> bool:
    return bool(text.strip()) and _is_line(text)


def is_relative(text: str) -> bool:
    return (
        _is_folder(text)
        and not text.startswith(("/", "~"))
        and "\\" not in text
        and ".." not in text.split("/")
    )


def _is_relative_or_none(text: str) -> bool:
    return text == "" or is_relative(text)


def _is_absolute(text: str) -> bool:
    parts = text.split("/")
    return parts[0] == "" and len(parts) > 1 and not {"", ".", ".."} & set(parts[1:])


def _is_absolute_or_none(text: str) -> bool:
    return text == "" or _is_absolute(text)


def _is_cidr(text: str) -> bool:
    """Whether the text is an IPv4 network, no bit of a host set."""
    import ipaddress

    try:
        return "/" in text and bool(ipaddress.IPv4Network(text))
    except ValueError:
        return False


def _is_range(text: str) -> bool:
    import ipaddress

    first, dash, last = text.partition("-")
    try:
        between = bool(dash) and ipaddress.IPv4Address(first) <= ipaddress.IPv4Address(last)
    except ValueError:
        return False
    return text == "" or between or _is_cidr(text)


_is_env_name = _pattern(r"[A-Za-z_][A-Za-z0-9_]*")
_is_user = _pattern(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_is_vm_address = _pattern(r"192\.168(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){2}")
is_scope = _pattern(r"@[a-z0-9~_-][a-z0-9._~-]*")
_is_label_start = _pattern(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*)?")

_is_platform = _pattern(r"[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9.]+)?")
_is_builder = _pattern(r"[A-Za-z][A-Za-z0-9_.-]*")
_is_image = _pattern(r"[A-Za-z0-9][\w.:/@-]*")

_GLOB = "a glob like 'packages/*'"
_FOLDER = "a folder below the repository, like 'packages'"
_is_address = _pattern(r"(?:[A-Za-z0-9.-]+:\d{1,5})?")
_is_port = _pattern(r"[1-9]\d{0,4}")
_is_namespace = _pattern(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?")
_is_setting = _pattern(r"[A-Za-z_][A-Za-z0-9_]*=[^\x00-\x1f\x7f]*")
_is_edge = _pattern(r"[a-z0-9.-]+ -> [a-z0-9./*-]+:\d{1,5}")

_CIDR = "a network like '10.244.0.0/16'"
_ENV = "the name of an environment variable, like 'NODE_ID'"
_ABSOLUTE = "an absolute path without a slash at its end, like '/Users/alice/Code/acme'"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Which folders and files are looked at."""

    packages: tuple[str, ...] = _key(("packages/*",), _GLOB, is_glob)
    scan: tuple[str, ...] = _key((".",), _FOLDER, is_relative)
    gate: tuple[str, ...] = _key(("packages",), _FOLDER, is_relative)
    exclude: tuple[str, ...] = _key((), _GLOB, is_glob)
    rules: tuple[str, ...] = _key(
        (), "a folder", lambda text: bool(text.strip()) and _is_line(text)
    )


@dataclass(frozen=True, slots=True)
class Home:
    """Whose home folder is spelled out in the code, and what stands below it."""

    users: tuple[str, ...] = _key((), "a user name without a slash, like 'alice'", _is_user)
    root: str = _key("", f"{_ABSOLUTE}, or ''", _is_absolute_or_none)
    vault: str = _key("", f"{_ABSOLUTE}, or ''", _is_absolute_or_none)
    fixture: str = _key("/Users/fixture", _ABSOLUTE, _is_absolute)


@dataclass(frozen=True, slots=True)
class Identity:
    """The environment variables that a node's identity is read from."""

    node_env: str = _key("NODE_ID", _ENV, _is_env_name)
    root_env: str = _key("REPO_ROOT", _ENV, _is_env_name)
    vault_env: str = _key("VAULT_PATH", _ENV, _is_env_name)


@dataclass(frozen=True, slots=True)
class Process:
    """How this repository's services are called."""

    label_prefix: str = _key("", "the start of a label, like 'com.alice.', or ''", _is_label_start)
    adapters: tuple[str, ...] = _key((), _GLOB, is_glob)
    every_node: tuple[str, ...] = _key((), "a label, or a glob like 'com.alice.*'", is_glob)


@dataclass(frozen=True, slots=True)
class Container:
    """Where this repository's container runtime is reached, on the machine it was written on."""

    # macOS's vmnet gives the addresses of 192.168.0.0/16 (vmnet.framework, shared mode)
    vm_addresses: tuple[str, ...] = _key((), "an address like '192.168.64.2'", _is_vm_address)
    adapters: tuple[str, ...] = _key((), _GLOB, is_glob)


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where the runtime packages go, and under which npm scope."""

    dir: str = _key("packages", _FOLDER, is_relative)
    scope: str = _key("@fleet", "an npm scope that begins with '@', like '@acme'", is_scope)
    install: str = _key("calls", "'calls' or 'always'", lambda text: text in ("calls", "always"))


@dataclass(frozen=True, slots=True)
class Images:
    """The scripts that publish container images, and what the images must have."""

    publish: tuple[str, ...] = _key((), "a file below the repository", is_relative)
    platforms: tuple[str, ...] = _key(
        ("linux/arm64", "linux/amd64"), "a platform like 'linux/arm64'", _is_platform
    )
    builder: str = _key("multiarch", "a name for a buildx builder, like 'multiarch'", _is_builder)
    tags: tuple[str, ...] = _key(
        (), "an image in a registry, like 'ghcr.io/acme/api:latest'", _is_image
    )


@dataclass(frozen=True, slots=True)
class Cluster:
    """The Kubernetes cluster that the manifests are for."""

    manifests: tuple[str, ...] = _key(("k8s",), _FOLDER, is_relative)
    platform: str = _key("other", "'talos' or 'other'", lambda text: text in ("talos", "other"))
    nodes: str = _key(
        "", "'machines', 'containers' or ''", lambda text: text in ("machines", "containers", "")
    )
    endpoint: str = _key("", "host:port like '192.168.1.10:6443', or ''", _is_address)
    node_subnets: tuple[str, ...] = _key((), _CIDR, _is_cidr)
    api: str = _key("", "host:port of the API server as each node reaches it, or ''", _is_address)
    cni: str = _key(
        "flannel", "'flannel', 'cilium' or 'other'", lambda t: t in ("flannel", "cilium", "other")
    )
    specs: str = _key("cluster-specs", _FOLDER, is_relative)
    pod_cidr: str = _key("10.244.0.0/16", _CIDR, _is_cidr)
    service_cidr: str = _key("10.96.0.0/12", _CIDR, _is_cidr)
    vxlan_port: str = _key("8472", "a UDP port like '8472'", _is_port)
    cilium_cidr: str = _key("10.245.0.0/16", _CIDR, _is_cidr)
    client_source: str = _key("dsr", "'dsr' or 'snat'", lambda text: text in ("dsr", "snat"))
    clients: tuple[str, ...] = _key(
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"), _CIDR, _is_cidr
    )
    edges: tuple[str, ...] = _key((), "an edge like 'api -> mail.example.com:443'", _is_edge)
    ingress_namespace: str = _key("", "a namespace, or ''", _is_namespace)
    lb_range: str = _key("", "'192.168.1.240/28', '192.168.1.240-192.168.1.250' or ''", _is_range)
    charts: str = _key("", "a folder below the repository, or ''", _is_relative_or_none)


@dataclass(frozen=True, slots=True)
class Rehearse:
    """What a second node starts when it is rehearsed, and what it needs for that."""

    install: str = _key("", "a shell command in one line, or ''", _is_line)
    commands: tuple[str, ...] = _key((), "a shell command in one line", _is_folder)
    env: tuple[str, ...] = _key((), "a variable with its value, like 'API_KEY=none'", _is_setting)
    image: str = _key("busybox:stable", "an image in a registry with a shell", _is_image)


@dataclass(frozen=True, slots=True)
class Config:
    """A whole `fleetmod.toml`."""

    version: int = VERSION
    workspace: Workspace = field(default_factory=Workspace)
    home: Home = field(default_factory=Home)
    identity: Identity = field(default_factory=Identity)
    process: Process = field(default_factory=Process)
    container: Container = field(default_factory=Container)
    runtime: Runtime = field(default_factory=Runtime)
    images: Images = field(default_factory=Images)
    cluster: Cluster = field(default_factory=Cluster)
    rehearse: Rehearse = field(default_factory=Rehearse)


TABLES: dict[str, type[Any]] = {
    "workspace": Workspace,
    "home": Home,
    "identity": Identity,
    "process": Process,
    "container": Container,
    "runtime": Runtime,
    "images": Images,
    "cluster": Cluster,
    "rehearse": Rehearse,
}
