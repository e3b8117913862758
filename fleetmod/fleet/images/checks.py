"""What in a Dockerfile breaks a second architecture: one function a check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fleetmod.fleet.images.dockerfile import Instruction, Stage, instructions, stages
from fleetmod.model import Edit

_X86 = r"x86[_-]64|amd64|x64|i[3-6]86"
_ARM = r"aarch64|arm64(?:v8)?|armv[67]l?|armhf"
ARCHITECTURE = re.compile(rf"(?<![A-Za-z0-9])(?:{_X86}|{_ARM})(?![A-Za-z0-9])", re.I)
# how a build asks which architecture it is for
_ASKS = re.compile(
    r"TARGETARCH|TARGETPLATFORM|TARGETVARIANT|BUILDARCH|uname\s+-\w*m|--print-architecture"
    r"|--print-arch\b|process\.arch|\barch\b\s*[)`]|rpm --eval"
)
_FETCH = re.compile(r"\b(?:curl|wget|aria2c|fetch)\b|https?://")
_URL = re.compile(r"https?://\S+|\S+\.(?:tar\.\w+|tgz|zip|deb|rpm|apk|AppImage)\b")
_GO = re.compile(r"\bGOARCH[= ](\"?)(?:amd64|arm64)\1(?![\w$])")
_APT = re.compile(r"(?<=[\w+.-]):(amd64|arm64)\b")
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
_COMPILES = re.compile(
    r"\b(?:go build|go install|cargo build|gcc|g\+\+|clang|make|node-gyp|npm ci|npm install|"
    r"pnpm (?:install|i)|yarn install|bun install|pip3? install)\b"
)


@dataclass(frozen=True)
class Flaw:
    """One finding: the check's id, its byte range, why it breaks, what to write, and the fix."""

    check: str
    start: int
    end: int
    line: int
    why: str
    write: str
    edits: tuple[Edit, ...] = field(default=())


@dataclass(frozen=True)
class Dockerfile:
    """A parsed Dockerfile; `ignores_modules` says that .dockerignore leaves out node_modules."""

    data: bytes
    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    ignores_modules: bool = True


def read(data: bytes, ignores_modules: bool = True) -> Dockerfile:
    """The bytes of a Dockerfile, parsed."""
    found = instructions(data)
    return Dockerfile(data, tuple(found), tuple(stages(found)), ignores_modules)


def flaws(file: Dockerfile) -> list[Flaw]:
    """All that breaks a second architecture, in source order."""
    found = [flaw for check in CHECKS for flaw in check(file)]
    return sorted(found, key=lambda flaw: (flaw.start, flaw.check))


def _flaw(
    check: str, at: Instruction, match: re.Match[str], why: str, write: str, *edits: Edit
) -> Flaw:
    start, end = at.start + match.start(), at.start + match.end()
    line = at.line + at.code.count("\n", 0, match.start())
    return Flaw(check, start, end, line, why, write, edits)


def _pins(file: Dockerfile) -> Iterator[Flaw]:
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
            yield _flaw(
                *("platform-pin", stage.start, match),
                f"every platform's image gets the {stage.platform} build of `{stage.base}`",
                "leave `--platform` out: the builder asks for the platform it builds",
                edit,
            )
        elif last:
            yield _flaw(
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
    found = {_family(m[0]) for text in texts for m in ARCHITECTURE.finditer(text)}
    return len(found) > 1


def _uncrossed(file: Dockerfile, index: int, match: re.Match[str]) -> Iterator[Flaw]:
    """A stage on the build platform that compiles or installs without asking for the target."""
    inside = [i for i in file.instructions if i.stage == index and i.name == "RUN"]
    text = "\n".join(i.code for i in file.instructions if i.stage == index)
    compiles = next((m for i in inside if (m := _COMPILES.search(i.code))), None)
    if compiles and not _ASKS.search(text) and _is_copied(file, index):
        yield _flaw(
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


def _downloads(file: Dockerfile) -> Iterator[Flaw]:
    """A URL or an archive's name with one architecture in it."""
    for at in file.instructions:
        if at.name not in ("RUN", "ADD") or not _FETCH.search(at.code) or _asks(at):
            continue
        if len({_family(m[0]) for m in ARCHITECTURE.finditer(at.code)}) > 1:
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
                yield _flaw(
                    *("arch-download", at, match),
                    f"downloads the {match[0]} file for every platform",
                    write,
                )
                break


def _asks(at: Instruction) -> bool:
    return _ASKS.search(at.code) is not None


def _family(name: str) -> str:
    return "x86" if re.fullmatch(_X86, name, re.I) else "arm"


def _go(file: Dockerfile) -> Iterator[Flaw]:
    """`GOARCH=amd64`: the fix gives the same binary on that platform."""
    for at in () if _tells_apart(file) else file.instructions:
        if at.name in ("RUN", "ENV", "ARG"):
            for match in _GO.finditer(at.code):
                quote = match[1]
                text = f"GOARCH{match[0][6]}{quote}$TARGETARCH{quote}"
                start = at.start + match.start()
                edits = (Edit(start, start + len(match[0]), text, ""), *_declared(file, at))
                yield _flaw(
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


def _targets(file: Dockerfile) -> Iterator[Flaw]:
    """A compiler's target or instruction set."""
    for at in () if _tells_apart(file) else file.instructions:
        if at.name in ("RUN", "ENV", "ARG") and not _asks(at):
            for pattern, write in _TARGETS:
                if match := re.search(pattern, at.code):
                    yield _flaw(
                        "compile-target", at, match, f"`{match[0]}` fits one architecture", write
                    )


def _packages(file: Dockerfile) -> Iterator[Flaw]:
    """Debian packages and sources of one architecture."""
    for at in file.instructions:
        if at.name != "RUN":
            continue
        if re.search(r"\bapt(?:-get)?\s[^&;|]*install\b", at.code) and "--add-arch" not in at.code:
            for match in _APT.finditer(at.code):
                start = at.start + match.start()
                yield _flaw(
                    *("apt-arch", at, match),
                    f"installs the {match[1]} package on every platform",
                    "leave the architecture out: apt takes the image's own",
                    Edit(start, start + len(match[0]), "", ""),
                )
        if listed := re.search(r"\[[^\]]*\barch=(?:amd64|arm64)\b[^\]]*\]", at.code):
            yield _flaw(
                *("apt-arch", at, listed),
                "the package source has one architecture only",
                "`arch=$(dpkg --print-architecture)`",
            )


def _modules(file: Dockerfile) -> Iterator[Flaw]:
    """Native modules of the host, or of a named architecture."""
    for at in file.instructions:
        named = _NPM.search(at.code) if at.name in ("RUN", "ENV", "COPY") else None
        if named and not _asks(at) and (at.name != "RUN" or _NODE.search(at.code)):
            yield _flaw(
                *("native-module", at, named),
                f"`{named[0]}` asks for native modules of one architecture",
                "leave it out: the package manager takes the image's own",
            )
        if at.name not in ("COPY", "ADD") or any(f.startswith("--from=") for f in at.flags):
            continue
        sources = at.body.split()[:-1]
        copied = re.search(r"\S*\bnode_modules\b\S*", at.code)
        if copied and any("node_modules" in source for source in sources):
            yield _flaw(
                *("native-module", at, copied),
                "copies modules that were installed, and compiled, on the host",
                "install them in the image, and put node_modules into .dockerignore",
            )
        elif not file.ignores_modules and {".", "./"} & set(sources):
            everything = re.search(r"(?<=\s)\.\S*", at.code)
            if everything:
                yield _flaw(
                    *("native-module", at, everything),
                    "copies the host's node_modules, too: no .dockerignore leaves them out",
                    "put `**/node_modules` into .dockerignore",
                )


def _libraries(file: Dockerfile) -> Iterator[Flaw]:
    """Paths that one architecture has."""
    for at in file.instructions:
        if at.name in ("RUN", "ENV", "COPY", "ADD", "CMD", "ENTRYPOINT") and not _asks(at):
            match = _LIBRARY.search(at.code)
            if match and len({_family(m[0]) for m in ARCHITECTURE.finditer(at.code)}) < 2:
                yield _flaw(
                    *("library-path", at, match),
                    f"`{match[0]}` exists on one architecture only",
                    "`/usr/lib/$(uname -m)-linux-gnu`, or let the loader find it",
                )


CHECKS: tuple[Callable[[Dockerfile], Iterator[Flaw]], ...] = (
    *(_pins, _downloads, _go, _targets, _packages, _modules, _libraries),
)
