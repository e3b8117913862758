"""A real registry on loopback (Debian's docker-registry), and images of our own pushed to it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

needs_registry = pytest.mark.skipif(
    not (shutil.which("docker-registry") and shutil.which("skopeo")),
    reason="needs docker-registry and skopeo (Debian packages of these names)",
)
USER, PASSWORD = "dockhand", "open sesame"
# `htpasswd -nbB dockhand 'open sesame'`; the registry takes bcrypt only
_HTPASSWD = f"{USER}:$2b$05$FI8kSw0R4o40NHZ6HpuJqeOpVaf38h4PObwrxGJjHnwvzopXVyUji\n"
_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@dataclass(frozen=True)
class Served:
    """A running registry: `host` is HOST:PORT, `user` is USER:PASSWORD or empty."""

    host: str
    user: str
    folder: Path

    def push(self, layout: Path, name: str, *options: str) -> str:
        """Push an OCI layout with everything in it by skopeo; its name in the registry."""
        where = f"{self.host}/{name}"
        given = ["--dest-creds", self.user] if self.user else []
        subprocess.run(
            [
                *("skopeo", "--insecure-policy", "copy", "--quiet", "--all", *options, *given),
                *("--dest-tls-verify=false", f"oci:{layout}", f"docker://{where}"),
            ],
            check=True,
            capture_output=True,
        )
        return where


@contextmanager
def serve(folder: Path, protected: bool = False) -> Iterator[Served]:
    """Run a registry on a free port of 127.0.0.1 until the block ends."""
    folder.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    passwords = folder / "htpasswd"
    passwords.write_text(_HTPASSWD)
    auth = f"auth: {{htpasswd: {{realm: test, path: {passwords}}}}}\n" if protected else ""
    config = folder / "config.yml"
    config.write_text(
        "version: 0.1\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n{auth}"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(config)], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}/v2/", folder)
            yield Served(f"127.0.0.1:{port}", f"{USER}:{PASSWORD}" if protected else "", folder)
        finally:
            process.terminate()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
    raise AssertionError((folder / "log").read_text())


def layout(
    folder: Path,
    platforms: dict[str, str],
    attested: bool = True,
    index: bool = True,
) -> Path:
    """An OCI image layout (image-spec, image-layout): an index as buildx pushes it.

    `platforms` maps what the index says to what the image's own config says; `attested` adds an
    attestation manifest of `unknown/unknown` for each image; without `index`, only the first image.
    """
    folder.mkdir(parents=True)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    images = [_image(folder, said, own) for said, own in platforms.items()]
    if index and attested:
        images += [_attestation(folder, image) for image in images]
    top = images[0]
    if index:
        document = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": images}
        top = _blob(folder, _INDEX, json.dumps(document).encode())
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [top]}))
    return folder


def _image(folder: Path, said: str, own: str) -> dict[str, Any]:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        info = tarfile.TarInfo("platform")
        info.size = len(own)
        tar.addfile(info, io.BytesIO(own.encode()))
    layer = packed.getvalue()
    system, architecture = own.split("/")[:2]
    config = {
        "os": system,
        "architecture": architecture,
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        "config": {},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _blob(folder, _CONFIG, json.dumps(config).encode()),
        "layers": [_blob(folder, _LAYER, gzip.compress(layer, mtime=0))],
    }
    names = dict(zip(("os", "architecture", "variant"), said.split("/"), strict=False))
    return _blob(folder, _MANIFEST, json.dumps(manifest).encode()) | {"platform": names}


def _attestation(folder: Path, image: dict[str, Any]) -> dict[str, Any]:
    statement = _blob(folder, "application/vnd.in-toto+json", b"{}")
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _blob(folder, _CONFIG, json.dumps({"of": image["digest"]}).encode()),
        "layers": [statement],
    }
    return _blob(folder, _MANIFEST, json.dumps(manifest).encode()) | {
        "platform": {"os": "unknown", "architecture": "unknown"},
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": image["digest"],
        },
    }


def _blob(folder: Path, kind: str, data: bytes) -> dict[str, Any]:
    digest = _digest(data)
    file = folder / "blobs" / "sha256" / digest.removeprefix("sha256:")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return {"mediaType": kind, "digest": digest, "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
