"""Platforms that are pinned in a Dockerfile, and code that is compiled for one architecture."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fleetmod.fleet.images.dockerfile import Instruction
from fleetmod.fleet.images.flaw import ARCHITECTURE, Dockerfile, Flaw, asks, family, flaw
from fleetmod.model import Edit

_GO = re.compile(r"\bGOARCH[= ](\"?)(?:amd64|arm64)\1(?![\w$])")
_TARGETS = (
    (r"rustup\s+target\s+add\s+(?:x86_64|aarch64)\S*", "derive the target from TARGETARCH"),
    (r"--target[= ](?:x86_64|aarch64)-\S+", "derive the target from TARGETARCH"),
    (r"CARGO_BUILD_TARGET=\S*(?:x86_64|aarch64)\S*", "derive the target from TARGETARCH"),
    (r"-march=(?!armv8-a\b)[\w-]+|-m(?:64|32|avx\w*|sse\w*)\b", "leave the flag out"),
    (r"--target=bun-linux-(?:x64|arm64)\S*", "derive the target from TARGETARCH"),
    (r"(?:-r|--runtime|--os-arch)\s+linux-(?:musl-)?(?:x64|arm64)", "use `-a $TARGETARCH`"),
    (r"-t\s+node\d+-\w+-(?:x64|arm64)", "derive the target from TARGETARCH"),
    (r"target-cpu=(?!generic)[\w-]+", "leave the flag out"),
)
_COMPILES = re.compile(
    r"\b(?:go build|go install|cargo build|gcc|g\+\+|clang|make|node-gyp|npm ci|npm install|"
    r"pnpm (?:install|i)|yarn install|bun install|pip3? install)\b"
)


def pins(file: Dockerfile) -> Iterator[Flaw]:
    """`FROM --platform=` a constant; the build machine's platform in the image that ships."""
    if _tells_apart(file):
        return
    for index, stage in enumerate(file.stages):
        match = re.search(r"[ \t]+--platform=\S+", stage.start.code)
        if not match or "TARGETPLATFORM" in stage.platform:
            continue
        last = index == len(file.stages) - 1
        if "BUILDPLATFORM" not in stage.platform and "$" not in stage.platform:
            edit = Edit(stage.start.start + match.start(), stage.start.start + match.end(), "", "")
            yield flaw(
                *("platform-pin", stage.start, match),
                f"every platform's image gets the {stage.platform} build of `{stage.base}`",
                "leave `--platform` out: the builder asks for the platform it builds",
                edit,
            )
        elif last:
            yield flaw(
                *("platform-pin", stage.start, match),
                "the image that ships has the platform of the machine that builds it",
                "leave `--platform` out of the last FROM",
            )
        else:
            yield from _uncrossed(file, index, match)


def _tells_apart(file: Dockerfile) -> bool:
    """Whether the file has stages or compilations for each architecture, on purpose."""
    heads = [f"{stage.alias} {stage.platform}" for stage in file.stages]
    texts = [*heads, *(m[0] for i in file.instructions for m in _GO.finditer(i.code))]
    found = {family(m[0]) for text in texts for m in ARCHITECTURE.finditer(text)}
    return len(found) > 1


def _uncrossed(file: Dockerfile, index: int, match: re.Match[str]) -> Iterator[Flaw]:
    """A stage on the build platform that compiles or installs without asking for the target."""
    inside = [i for i in file.instructions if i.stage == index]
    runs = [i.code for i in inside if i.name == "RUN"]
    compiles = next((m for code in runs if (m := _COMPILES.search(code))), None)
    if compiles and not any(map(asks, inside)) and _is_copied(file, index):
        yield flaw(
            *("build-platform", file.stages[index].start, match),
            f"`{compiles[0]}` makes code for the build machine here, and a later stage copies it",
            "use TARGETARCH to cross-compile, or leave `--platform=$BUILDPLATFORM` out",
        )


def _is_copied(file: Dockerfile, index: int) -> bool:
    names = {str(index), file.stages[index].alias.lower()} - {""}
    return any(
        flag.partition("=")[2].lower() in names
        for i in file.instructions
        if i.name == "COPY"
        for flag in i.flags
        if flag.startswith("--from=")
    )


def go(file: Dockerfile) -> Iterator[Flaw]:
    """`GOARCH=amd64`: the fix gives the same binary on that platform."""
    for at in () if _tells_apart(file) else file.instructions:
        if at.name in ("RUN", "ENV", "ARG"):
            for match in _GO.finditer(at.code):
                quote = match[1]
                text = f"GOARCH{match[0][6]}{quote}$TARGETARCH{quote}"
                start = at.start + match.start()
                edits = (Edit(start, start + len(match[0]), text, ""), *_declared(file, at))
                yield flaw(
                    *("go-arch", at, match),
                    "compiles for one architecture whatever platform is built",
                    "`ARG TARGETARCH` and `GOARCH=$TARGETARCH`",
                    *(edits if at.name != "ARG" else ()),
                )


def _declared(file: Dockerfile, at: Instruction) -> Iterator[Edit]:
    """`ARG TARGETARCH` above an instruction whose stage does not declare it before."""
    before = [i for i in file.instructions if i.stage == at.stage and i.start < at.start]
    if not any(i.name == "ARG" and re.search(r"\bTARGETARCH\b", i.code) for i in before):
        yield Edit(at.start, at.start, "ARG TARGETARCH\n", "")


def targets(file: Dockerfile) -> Iterator[Flaw]:
    """A compiler's target or instruction set."""
    for at in () if _tells_apart(file) else file.instructions:
        if at.name in ("RUN", "ENV", "ARG") and not asks(at):
            for pattern, write in _TARGETS:
                if match := re.search(pattern, at.code):
                    yield flaw(
                        "compile-target", at, match, f"`{match[0]}` fits one architecture", write
                    )
