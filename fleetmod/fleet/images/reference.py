"""An image's name in a registry (distribution/reference: `[host/]path[:tag][@digest]`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

HUB = "docker.io"
_NAME = re.compile(
    r"(?P<path>[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-f]{32,}))?"
)
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d+)?")


@dataclass(frozen=True)
class Reference:
    """`host` is as the credentials know it, `which` is a tag or a digest."""

    host: str
    path: str
    which: str

    def __str__(self) -> str:
        return f"{self.host}/{self.path}{'@' if ':' in self.which else ':'}{self.which}"

    @property
    def api(self) -> str:
        """The host that answers: Docker Hub's is another one than its name."""
        return "registry-1.docker.io" if self.host == HUB else self.host

    @property
    def on_loopback(self) -> bool:
        name = re.sub(r":\d+$", "", self.host)
        return name in ("localhost", "[::1]") or name.startswith("127.")


def parse_reference(text: str) -> Reference | None:
    """A reference with docker's defaults put in; None where the text is none."""
    first, slash, rest = text.partition("/")
    named = slash and ("." in first or ":" in first or first == "localhost")
    host, path = (first, rest) if named else (HUB, text)
    if host in ("index.docker.io", "registry-1.docker.io"):
        host = HUB
    match = _NAME.fullmatch(path)
    if not match or not _HOST.fullmatch(host):
        return None
    name = match["path"]
    if host == HUB and "/" not in name:
        name = f"library/{name}"
    return Reference(host, name, match["digest"] or match["tag"] or "latest")
