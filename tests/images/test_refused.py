"""What is left as it is, and why."""

from __future__ import annotations

import pytest

from tests.images.rewriting import read, reason

PAIR = "docker build -t r.io/a .\ndocker push r.io/a\n"
CASES = {
    "docker build -t r.io/a .\ndocker run --rm r.io/a test\ndocker push r.io/a\n": "`docker run`",
    f"{PAIR}docker inspect -f x r.io/a:latest\n": "`docker inspect` needs the image",
    f"{PAIR}docker images r.io/a\n": "lists local images",
    f"{PAIR}docker image ls\n": "lists local images",
    f"{PAIR}docker save r.io/a | ssh host docker load\n": "`docker save` needs the image",
    f"{PAIR}docker rmi r.io/a\n": "`docker rmi` needs the image",
    f"{PAIR}docker trust sign r.io/a\n": "`docker trust sign` needs the image",
    f"{PAIR}tag_and_push_image r.io/a\n": "which is not defined here, may need it",
    f"{PAIR}docker manifest create r.io/b r.io/a r.io/c\n": "a manifest list by itself",
    "docker build -t r.io/a:amd64 .\ndocker push r.io/a:amd64\n": "is for amd64",
    "docker build -f Dockerfile.arm64 -t r.io/a .\ndocker push r.io/a\n": "is for arm64",
    "docker build --build-arg ARCH=x64 -t r.io/a .\ndocker push r.io/a\n": "is for x64",
    "docker build ${X:+-t dev} -t r.io/a .\ndocker push r.io/a\n": "holds tags",
    f"{PAIR}docker compose -f x.yml up -d\n": "takes the image from the local store",
    "docker build -t r.io/a .\n[ $DRY ] && exit 0\ndocker push r.io/a\n": "may end the script",
    f"{PAIR}kind load docker-image r.io/a\n": "`kind load` needs the image",
    f"{PAIR}k3d image import r.io/a\n": "`k3d image` needs the image",
    f"{PAIR}trivy image r.io/a\n": "`trivy image` needs the image",
    f'{PAIR}scan() {{ docker run --rm "$1"; }}\n': "may need it in the local store",
    f"{PAIR}skopeo copy docker-daemon:r.io/a dir:x\n": "reads the local image store",
    "docker build -t r.io/a .\nnpm test\ndocker push r.io/a\n": "line 2 runs `npm test`",
    "docker build -t r.io/a:$V .\nV=2\ndocker push r.io/a:$V\n": "sets $V",
    "docker build -t r.io/a .\nif [ $? -ne 0 ]; then exit 1; fi\ndocker push r.io/a\n": "`$?`",
    "docker build -t r.io/a .\n[ -n $CI ] && docker push r.io/a\n": "`[ -n $CI ]` decides whether",
    "docker build -t r.io/a . && npm test && docker push r.io/a\n": "`npm test` decides whether",
    "docker build -t r.io/a . && npm test\ndocker push r.io/a\n": "`npm test` decides whether",
    "[ $NEW ] && docker build -t r.io/a .\ndocker push r.io/a\n": "`[ $NEW ]` decides whether",
    "[ $OLD ] || docker build -t r.io/a .\ndocker push r.io/a\n": "when another command failed",
    "docker build -t r.io/a .\nif [ $CI ]; then docker push r.io/a; fi\n": "different blocks",
    "if docker build -t r.io/a .; then docker push r.io/a; fi\n": "is a condition",
    "docker build -t r.io/a .\nuntil docker push r.io/a; do sleep 1; done\n": "while statement",
    "docker build -t r.io/a . | tee log\ndocker push r.io/a\n": "pipeline",
    "docker build -t r.io/a .\ndocker push r.io/a > log\n": "goes to a file",
    "docker build -t r.io/a .\ndocker push r.io/a || true\n": "handle their failures differently",
    "docker build -t r.io/a . || exit 1\ndocker push r.io/a || exit 2\n": "failures differently",
    "docker build -t r.io/a . || echo no\ndocker push r.io/a\n": "and the script goes on",
    "docker build -t r.io/a -t dev .\ndocker push r.io/a\n": "would publish `dev`, too",
    'docker build "$@" -t r.io/a .\ndocker push r.io/a\n': "only known at run time",
    'A=(-t dev)\ndocker build "${A[@]}" -t r.io/a .\ndocker push r.io/a\n': "holds tags",
    "docker build --platform $P -t r.io/a .\ndocker push r.io/a\n": "`--platform` is only known",
    "docker build --iidfile id -t r.io/a .\ndocker push r.io/a\n": "`--iidfile`",
    "docker build --network host -t r.io/a .\ndocker push r.io/a\n": "`--network`",
    "docker --config x build -t r.io/a .\ndocker push r.io/a\n": "`--config` hides buildx",
    "DOCKER_BUILDKIT=0 docker build -t r.io/a .\ndocker push r.io/a\n": "`DOCKER_BUILDKIT=0`",
    "docker build -t localhost:5000/a .\ndocker push localhost:5000/a\n": "on this machine",
    "docker build -t base .\ndocker build --build-arg B=base -t r.io/a .\ndocker push r.io/a\n": (
        "builds on `base`"
    ),
    "podman build -t r.io/a .\npodman push r.io/a\n": "podman has no buildx",
    "docker compose build\ndocker compose push\n": "compose builds it",
    "docker push r.io/a\n": "no build in the same function",
    "b() { docker build -t r.io/a .; }\np() { docker push r.io/a; }\nb; p\n": "no build in",
    "cd app && docker build -t r.io/a .\ndocker login r.io\ndocker push r.io/a\n": "put it before",
}


@pytest.mark.parametrize("script", CASES)
def test_refused(script: str) -> None:
    assert CASES[script] in reason(script)


def test_a_script_that_does_not_parse_is_unproven() -> None:
    result = read("if docker build -t a .\ndocker push a\n")
    assert result.file.edits == ()
    assert result.file.unparsed != ()


def test_one_refusal_leaves_the_other_image() -> None:
    result = read(f"{PAIR}docker build -t r.io/b .\ndocker push r.io/b\ndocker run r.io/b\n")
    assert [finding.action for finding in result.file.findings] == ["rewrite", "refuse"]
