"""What a Dockerfile fetches, copies or names for one architecture."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fleetmod.fleet.images.flaw import ARCHITECTURE, Dockerfile, Flaw, asks, family, flaw
from fleetmod.model import Edit

_FETCH = re.compile(r"\b(?:curl|wget|aria2c|fetch)\b|https?://")
_URL = re.compile(r"https?://\S+|\S+\.(?:tar\.\w+|tgz|zip|deb|rpm|apk|AppImage)\b")
_APT = re.compile(r"(?<=[\w+.-]):(amd64|arm64)\b")
_NPM = re.compile(
    r"--(?:cpu|arch|target_arch|target-arch)[= ](?:x64|arm64|ia32)\b"
    r"|npm_config_(?:target_)?arch[= ](?:x64|arm64|ia32)\b"
    r"|@[\w-]+/[\w.-]*linux-(?:x64|arm64)[\w-]*(?:@\S+)?"
    r"|\bprebuilds/linux-(?:x64|arm64)\b"
)
_NODE = re.compile(
    r"\b(?:npm|npx|pnpm|yarn|bun|node|node-gyp|prebuild-install|electron)\b|prebuilds"
)
_LIBRARY = re.compile(r"/(?:usr/)?lib(?:64)?/(?:(?:x86_64|aarch64)-linux-gnu|ld-linux-[\w-]+\.so)")


def downloads(file: Dockerfile) -> Iterator[Flaw]:
    """A URL or an archive's name with one architecture in it."""
    for at in file.instructions:
        if at.name not in ("RUN", "ADD") or not _FETCH.search(at.code) or asks(at):
            continue
        if len({family(m[0]) for m in ARCHITECTURE.finditer(at.code)}) > 1:
            continue  # it tells the architectures apart
        for url in _URL.finditer(at.code):
            match = ARCHITECTURE.search(at.code, url.start(), url.end())
            if match:
                named = match[0].lower()
                write = (
                    "`ARG TARGETARCH` and `$TARGETARCH` in its place, if the project publishes both"
                    if named in ("amd64", "arm64")
                    else "`ARG TARGETARCH`, and a `case` that names the file of each architecture"
                )
                yield flaw(
                    *("arch-download", at, match),
                    f"downloads the {match[0]} file for every platform",
                    write,
                )
                break


def packages(file: Dockerfile) -> Iterator[Flaw]:
    """Debian packages and sources of one architecture."""
    for at in file.instructions:
        if at.name != "RUN":
            continue
        if re.search(r"\bapt(?:-get)?\s[^&;|]*install\b", at.code) and "--add-arch" not in at.code:
            for match in _APT.finditer(at.code):
                start = at.start + match.start()
                yield flaw(
                    *("apt-arch", at, match),
                    f"installs the {match[1]} package on every platform",
                    "leave the architecture out: apt takes the image's own",
                    Edit(start, start + len(match[0]), "", ""),
                )
        if listed := re.search(r"\[[^\]]*\barch=(?:amd64|arm64)\b[^\]]*\]", at.code):
            yield flaw(
                *("apt-arch", at, listed),
                "the package source has one architecture only",
                "`arch=$(dpkg --print-architecture)`",
            )


def modules(file: Dockerfile) -> Iterator[Flaw]:
    """Native modules of the host, or of a named architecture."""
    for at in file.instructions:
        named = _NPM.search(at.code) if at.name in ("RUN", "ENV", "COPY") else None
        if named and not asks(at) and (at.name != "RUN" or _NODE.search(at.code)):
            yield flaw(
                *("native-module", at, named),
                f"`{named[0]}` asks for native modules of one architecture",
                "leave it out: the package manager takes the image's own",
            )
        if at.name not in ("COPY", "ADD") or any(f.startswith("--from=") for f in at.flags):
            continue
        sources = at.body.split()[:-1]
        copied = re.search(r"\S*\bnode_modules\b\S*", at.code)
        if copied and any("node_modules" in source for source in sources):
            yield flaw(
                *("native-module", at, copied),
                "copies modules that were installed, and compiled, on the host",
                "install them in the image, and put node_modules into .dockerignore",
            )
        elif not file.ignores_modules and {".", "./"} & set(sources):
            everything = re.search(r"(?<=\s)\.\S*", at.code)
            if everything:
                yield flaw(
                    *("native-module", at, everything),
                    "copies the host's node_modules, too: no .dockerignore leaves them out",
                    "put `**/node_modules` into .dockerignore",
                )


def libraries(file: Dockerfile) -> Iterator[Flaw]:
    """Paths that one architecture has."""
    for at in file.instructions:
        if at.name in ("RUN", "ENV", "COPY", "ADD", "CMD", "ENTRYPOINT") and not asks(at):
            match = _LIBRARY.search(at.code)
            if match and len({family(m[0]) for m in ARCHITECTURE.finditer(at.code)}) < 2:
                yield flaw(
                    *("library-path", at, match),
                    f"`{match[0]}` exists on one architecture only",
                    "`/usr/lib/$(uname -m)-linux-gnu`, or let the loader find it",
                )
