"""Which platforms an image in a registry really has."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleetmod.fleet.images.reference import Reference
from fleetmod.fleet.images.registry import INDEXES, Registry, Unanswered

_BUILDX_SECONDS = 60


@dataclass(frozen=True)
class Image:
    """`platforms` maps each platform (`linux/amd64`) to what the image's own config says it is.

    The config's value is "" where it was not read. `index` tells an index (a manifest list) from
    a single image.
    """

    platforms: dict[str, str]
    index: bool


def read_image(registry: Registry, reference: Reference, configs: bool = True) -> Image:
    """An image's platforms; raises NotThere and Unanswered.

    Where the registry does not answer us, `docker buildx imagetools` is asked, if it is there.
    """
    try:
        found = registry.manifest(reference)
    except Unanswered:
        raw = _imagetools(reference, registry.environment)
        if raw is None:
            raise
        found, configs = raw, False
    if not is_index(found):
        digest = str(_mapping(found, "config").get("digest", ""))
        own = _spelled(registry.config(reference, digest)) if digest else ""
        return Image({own or "an unknown platform": own}, index=False)
    platforms: dict[str, str] = {}
    for entry in found.get("manifests") or []:
        platform = _spelled(_mapping(entry, "platform"))
        # attestations stand in the index as images of `unknown/unknown`
        # (docs.docker.com/build/metadata/attestations/attestation-storage)
        if not platform or platform.startswith("unknown/"):
            continue
        digest = str(entry.get("digest", ""))
        platforms[platform] = _own(registry, reference, digest) if configs and digest else ""
    return Image(platforms, index=True)


def is_index(found: dict[str, Any]) -> bool:
    """Whether a manifest is an OCI index or Docker's manifest list (`mediaType` is optional)."""
    kind = found.get("mediaType")
    return kind in INDEXES or (kind is None and "manifests" in found)


def _own(registry: Registry, reference: Reference, digest: str) -> str:
    manifest = registry.manifest(Reference(reference.host, reference.path, digest))
    config = str(_mapping(manifest, "config").get("digest", ""))
    return _spelled(registry.config(reference, config)) if config else ""


def _spelled(platform: Mapping[str, Any]) -> str:
    """`os/architecture`, and the variant where it is no default (containerd/platforms)."""
    system, arch = platform.get("os"), platform.get("architecture")
    variant = platform.get("variant")
    if not system or not arch:
        return ""
    known = {("arm64", "v8"), ("amd64", "v1")}
    tail = f"/{variant}" if variant and (arch, variant) not in known else ""
    return f"{system}/{arch}{tail}"


def _mapping(found: Any, key: str) -> dict[str, Any]:
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, dict) else {}


def _imagetools(reference: Reference, environment: Mapping[str, str]) -> dict[str, Any] | None:
    """What `docker buildx imagetools inspect --raw` gives; None where it is of no help."""
    docker = shutil.which("docker", path=environment.get("PATH"))
    if docker is None:
        return None
    command = [docker, "buildx", "imagetools", "inspect", "--raw", str(reference)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=_BUILDX_SECONDS,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
        )
        found = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return found if isinstance(found, dict) and is_index(found) else None
