"""Reads images from a registry over HTTP (OCI distribution spec 1.1, and Docker's of 2015)."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fleetmod import __version__
from fleetmod.fleet.images.credentials import Credentials, NoCredentials, find_credentials
from fleetmod.fleet.images.reference import Reference

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ACCEPT = ", ".join((*INDEXES, *MANIFESTS))
_LIMIT = 8_000_000  # bytes; registries take no manifest over 4 MiB
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class Unanswered(Exception):
    """The registry did not tell; the message says why and what to do, and holds no secret."""


class NotThere(Exception):
    """The registry answers that it has no such image."""


class _KeepsSecrets(urllib.request.HTTPRedirectHandler):
    """Follows redirects (blobs often lie elsewhere) without the registry's authorization."""

    def redirect_request(
        self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str
    ) -> Any:
        made = super().redirect_request(req, fp, code, msg, headers, newurl)
        if made is not None and made.host != req.host:
            made.remove_header("Authorization")
        return made


@dataclass
class Registry:
    """Answers for one run. `seconds` is the time for one answer; a dead host is asked once."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    seconds: float = 10.0
    _authorization: dict[tuple[str, str], str] = field(default_factory=dict)
    _dead: dict[str, str] = field(default_factory=dict)
    _plain: set[str] = field(default_factory=set)

    def manifest(self, reference: Reference) -> dict[str, Any]:
        """The manifest or index of an image, as JSON; raises NotThere and Unanswered."""
        return self._json(reference, f"manifests/{reference.which}", _ACCEPT)

    def config(self, reference: Reference, digest: str) -> dict[str, Any]:
        """An image's config, which has its `os` and `architecture`."""
        return self._json(reference, f"blobs/{digest}", "*/*")

    def _json(self, reference: Reference, what: str, accept: str) -> dict[str, Any]:
        host = reference.api
        if host in self._dead:
            raise Unanswered(self._dead[host])
        body = self._get(reference, what, accept)
        try:
            found = json.loads(body)
        except ValueError as error:
            raise Unanswered(f"{host} does not answer as a registry (no JSON)") from error
        if not isinstance(found, dict):
            raise Unanswered(f"{host} does not answer as a registry (no JSON object)")
        return found

    def _get(self, reference: Reference, what: str, accept: str) -> bytes:
        url = f"/v2/{reference.path}/{what}"
        key = (reference.api, reference.path)
        for _ in range(2):
            headers = {"Accept": accept}
            if authorization := self._authorization.get(key):
                headers["Authorization"] = authorization
            try:
                return self._fetch(reference, url, headers)
            except urllib.error.HTTPError as error:
                if error.code != 401 or authorization:
                    raise self._explained(reference, error) from None
                challenge = error.headers.get("WWW-Authenticate", "")
                self._authorization[key] = self._authorize(reference, challenge)
        raise Unanswered(f"{reference.host} keeps asking who we are")

    def _fetch(self, reference: Reference, url: str, headers: dict[str, str]) -> bytes:
        host = reference.api
        # docker, too, falls back to plain HTTP for registries on loopback (docs, "insecure")
        schemes = ["http"] if host in self._plain else ["https"]
        if reference.on_loopback and schemes == ["https"]:
            schemes = ["https", "http"]
        for scheme in schemes:
            try:
                body = self._open(
                    urllib.request.Request(f"{scheme}://{host}{url}", headers=headers)
                )
            except urllib.error.HTTPError:
                if scheme == "http":
                    self._plain.add(host)
                raise
            except (OSError, http.client.HTTPException) as error:
                if scheme == schemes[-1]:
                    reason = getattr(error, "reason", None) or error
                    self._dead[host] = (
                        f"{host} cannot be reached ({reason}); try again where it can be"
                    )
                    raise Unanswered(self._dead[host]) from error
                continue
            if scheme == "http":
                self._plain.add(host)
            return body
        raise AssertionError("one scheme at least")

    def _open(self, request: urllib.request.Request) -> bytes:
        request.add_header("User-Agent", f"fleetmod/{__version__}")
        opener = urllib.request.build_opener(_KeepsSecrets)
        with opener.open(request, timeout=self.seconds) as answer:
            body: bytes = answer.read(_LIMIT)
            return body

    def _explained(self, reference: Reference, error: urllib.error.HTTPError) -> Exception:
        if error.code == 404:
            return NotThere(f"{reference} is not in the registry")
        if error.code in (401, 403):
            return Unanswered(
                f"{reference.host} does not let us read {reference.path} (HTTP {error.code}); "
                f"run `docker login {reference.host}` with a user who may"
            )
        if error.code == 429:
            return Unanswered(f"{reference.host} asks us to come later (HTTP 429); log in, or wait")
        return Unanswered(f"{reference.host} answers HTTP {error.code} for {reference}")

    def _authorize(self, reference: Reference, challenge: str) -> str:
        """What to send for a `WWW-Authenticate` (distribution spec, "Token authentication")."""
        try:
            known = find_credentials(reference.host, self.environment)
        except NoCredentials as error:
            raise Unanswered(str(error)) from error
        scheme = challenge.partition(" ")[0].lower()
        if scheme == "basic":
            if known is None or not known.user:
                raise Unanswered(
                    f"{reference.host} wants a user; run `docker login {reference.host}`"
                )
            return _basic(known)
        if scheme != "bearer":
            raise Unanswered(f"{reference.host} asks for an unknown kind of authorization")
        return self._token(reference, dict(_CHALLENGE.findall(challenge)), known)

    def _token(self, reference: Reference, asked: dict[str, str], known: Credentials | None) -> str:
        realm = asked.get("realm", "")
        if not re.match(r"https://|http://(?:localhost|127\.)", realm):
            raise Unanswered(f"{reference.host} names no safe place to get a token from")
        scope = asked.get("scope") or f"repository:{reference.path}:pull"
        fields = {"service": asked.get("service", ""), "scope": scope}
        if known is not None and known.token:
            fields |= {
                "grant_type": "refresh_token",
                "client_id": "fleetmod",
                "refresh_token": known.token,
            }
            data = urllib.parse.urlencode(fields).encode()
            request = urllib.request.Request(realm, data=data)
        else:
            joint = "&" if "?" in realm else "?"
            request = urllib.request.Request(f"{realm}{joint}{urllib.parse.urlencode(fields)}")
            if known is not None:
                request.add_header("Authorization", _basic(known))
        try:
            answer = json.loads(self._open(request))
            token = answer.get("token") or answer.get("access_token")
        except urllib.error.HTTPError as error:
            raise Unanswered(
                f"{reference.host} gives no token (HTTP {error.code}); "
                f"run `docker login {reference.host}`"
            ) from None
        except (OSError, ValueError, AttributeError, http.client.HTTPException) as error:
            raise Unanswered(f"the token service of {reference.host} does not answer") from error
        if not token:
            raise Unanswered(f"the token service of {reference.host} gives no token")
        return f"Bearer {token}"


def _basic(known: Credentials) -> str:
    packed = base64.b64encode(f"{known.user}:{known.secret}".encode()).decode()
    return f"Basic {packed}"
