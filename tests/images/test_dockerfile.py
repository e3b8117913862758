"""What in a Dockerfile breaks a second architecture, and what does not."""

from __future__ import annotations

import pytest

from fleetmod.edits import render
from fleetmod.fleet.images.checks import flaws, read
from fleetmod.fleet.images.dockerfile import instructions, stages
from tests.repo import FIXTURES

FROM = "FROM node:22\n"
BROKEN = {
    "FROM --platform=linux/amd64 node:22\n": ("platform-pin", 1),
    "FROM --platform=$BUILDPLATFORM node:22\n": ("platform-pin", 1),
    "FROM --platform=${BUILDPLATFORM:-linux/amd64} node:22\n": ("platform-pin", 1),
    "ARG P=linux/amd64\nFROM --platform=$P node:22\n": ("platform-pin", 2),
    (
        "FROM --platform=$BUILDPLATFORM golang AS b\nRUN go build -o /x .\n"
        "FROM debian\nCOPY --from=b /x /x\n"
    ): ("build-platform", 1),
    f"{FROM}RUN curl -fsSL https://x.io/tool-linux-x86_64.tar.gz | tar xz\n": ("arch-download", 2),
    f"{FROM}RUN apt-get update && \\\n  # why\n  wget https://x.io/arm64/t\n": ("arch-download", 4),
    f"{FROM}ADD https://x.io/tool_amd64.deb /tmp/\n": ("arch-download", 2),
    f"{FROM}RUN <<EOF\nset -e\ncurl -O https://x.io/t-aarch64.zip\nEOF\n": ("arch-download", 4),
    f"{FROM}RUN GOOS=linux GOARCH=amd64 go build .\n": ("go-arch", 2),
    f"{FROM}ENV GOARCH arm64\n": ("go-arch", 2),
    f"{FROM}RUN rustup target add x86_64-unknown-linux-musl\n": ("compile-target", 2),
    f"{FROM}RUN cargo build --target aarch64-unknown-linux-gnu\n": ("compile-target", 2),
    f"{FROM}ENV CFLAGS=-march=native\n": ("compile-target", 2),
    f"{FROM}RUN bun build --compile --target=bun-linux-x64 a.ts\n": ("compile-target", 2),
    f"{FROM}RUN dotnet publish -r linux-x64\n": ("compile-target", 2),
    f"{FROM}RUN apt-get install -y libssl3:amd64\n": ("apt-arch", 2),
    f"{FROM}RUN echo 'deb [arch=amd64] https://x.io stable main' > /etc/x\n": ("apt-arch", 2),
    f"{FROM}RUN npm ci --cpu=x64\n": ("native-module", 2),
    f"{FROM}ENV npm_config_arch=arm64\n": ("native-module", 2),
    f"{FROM}RUN npm install @img/sharp-linux-x64\n": ("native-module", 2),
    f"{FROM}COPY node_modules ./node_modules\n": ("native-module", 2),
    f"{FROM}COPY package.json . ./\n": ("native-module", 2),
    f"{FROM}ENV LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2\n": ("library-path", 2),
}
SOUND = [
    "FROM --platform=amd64 a AS x-amd64\nFROM --platform=arm64 a AS x-arm64\nFROM x-$TARGETARCH\n",
    f"{FROM}RUN GOARCH=amd64 go build -o a\nRUN GOARCH=arm64 go build -o b\n",
    "FROM --platform=${TARGETPLATFORM:-linux/amd64} node:22\n",
    "ARG V=22\nFROM --platform=$TARGETPLATFORM node:${V}\n",
    (
        "FROM --platform=$BUILDPLATFORM golang AS b\nARG TARGETARCH\n"
        "RUN GOARCH=$TARGETARCH go build -o /x .\nFROM debian\nCOPY --from=b /x /x\n"
    ),
    "FROM --platform=$BUILDPLATFORM node AS docs\nRUN npm ci && npm run build\nFROM nginx\n",
    f"{FROM}ARG TARGETARCH\nRUN curl -O https://x.io/tool-$TARGETARCH.tgz\n",
    f"{FROM}RUN curl -O https://x.io/tool-$(uname -m).tgz\n",
    f"{FROM}RUN case $A in a) f=x86_64 ;; *) f=aarch64 ;; esac; curl https://x.io/$f.tgz\n",
    f"{FROM}RUN curl -O https://x.io/x64dbg/any.zip # amd64\n",
    f"{FROM}# RUN curl https://x.io/amd64.tgz\n",
    f"{FROM}COPY --from=deps /app/node_modules ./node_modules\n",
    f"{FROM}RUN rm -rf node_modules && npm ci\n",
    f"{FROM}RUN dpkg --add-architecture amd64 && apt-get install -y wine:amd64\n",
    f"{FROM}RUN echo deb [arch=$(dpkg --print-architecture)] https://x.io > /etc/x\n",
]


@pytest.mark.parametrize("text", BROKEN)
def test_broken(text: str) -> None:
    found = flaws(read(text.encode(), ignores_modules=False))
    assert [(flaw.check, flaw.line) for flaw in found] == [BROKEN[text]]


@pytest.mark.parametrize("text", SOUND)
def test_sound(text: str) -> None:
    assert flaws(read(text.encode(), ignores_modules=False)) == []


FIXED = {
    "FROM --platform=linux/amd64 node:22 AS a\n": "FROM node:22 AS a\n",
    f"{FROM}RUN apt-get install -y a:amd64 b\n": f"{FROM}RUN apt-get install -y a b\n",
    f"{FROM}RUN GOARCH=amd64 go build\n": (
        f"{FROM}ARG TARGETARCH\nRUN GOARCH=$TARGETARCH go build\n"
    ),
    f"{FROM}ARG TARGETARCH\nENV GOARCH=amd64\n": f"{FROM}ARG TARGETARCH\nENV GOARCH=$TARGETARCH\n",
    f"{FROM}# é\nRUN GOARCH=arm64 go a && GOARCH=arm64 go b\n": (
        f"{FROM}# é\nARG TARGETARCH\nRUN GOARCH=$TARGETARCH go a && GOARCH=$TARGETARCH go b\n"
    ),
}


@pytest.mark.parametrize("text", FIXED)
def test_fixed(text: str) -> None:
    data = text.encode()
    edits = sorted({edit for flaw in flaws(read(data)) for edit in flaw.edits})
    after = render(data, edits)
    assert after.decode() == FIXED[text]
    assert flaws(read(after)) == []


PARSED = [
    "# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN b `\n  c\n",
    'ARG A=1\n\nFROM --platform=linux/amd64 a:${A} AS b\n  run x \\\n\n# c\n   y\nCMD ["a"]\n',
    "FROM a\nRUN <<EOF cat > x\nFROM c\nEOF\nCOPY --link <<A <<-'B' /x/\nRUN\nA\n\tb\n\tB\nUSER c",
    "FROM a\r\nRUN b \\\r\n  c\r\nENV A=b\r\n",
    "from a\ncopy --from=b --link x y\nHEALTHCHECK --interval=5s CMD x\nONBUILD RUN y\n",
]


@pytest.mark.parametrize("text", PARSED)
def test_the_parser_agrees_with_buildkits_own(text: str) -> None:
    moby = pytest.importorskip("dockerfile", reason="BuildKit's parser has no wheel here")
    ours = instructions(text.encode())
    theirs = moby.parse_string(text)
    assert [(i.name, i.line) for i in ours] == [(c.cmd.upper(), c.start_line) for c in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        if mine.name not in ("HEALTHCHECK", "ONBUILD"):
            assert mine.flags == other.flags


def test_stages_and_their_names() -> None:
    found = stages(instructions(b"ARG V=3\nFROM a:${V:-1} AS One\nFROM $B\nFROM one\n"))
    assert [(s.base, s.alias) for s in found] == [("a:3", "One"), ("$B", ""), ("one", "")]


def test_the_image_that_rehearses_can_be_built_for_every_platform() -> None:
    data = (FIXTURES.parent / "reports/rehearse.Dockerfile").read_bytes()
    assert flaws(read(data)) == []
