"""Builds and pushes that become one command, and what of the script stays."""

from __future__ import annotations

import pytest

from tests.images.rewriting import merged, read, rewritten

CASES = {
    "a pair": (
        "docker build -t r.io/a:1 .\ndocker push r.io/a:1\n",
        "docker BUILDX -t r.io/a:1 .\n",
    ),
    "what is between is said first, and a login happens first": (
        """\
# the comment goes with the build
docker build \\
  -f "$ROOT/Dockerfile" \\
  -t "$IMAGE" \\
  -t "$LATEST" \\
  "$ROOT"

echo "Pushing $IMAGE"
if [ -n "$TOKEN" ]; then echo "$TOKEN" | docker login r.io --password-stdin; fi
docker push "$IMAGE"
docker push "${LATEST}" # both
echo done
""",
        """\
echo "Pushing $IMAGE"
if [ -n "$TOKEN" ]; then echo "$TOKEN" | docker login r.io --password-stdin; fi
# the comment goes with the build
docker BUILDX \\
  -f "$ROOT/Dockerfile" \\
  -t "$IMAGE" \\
  -t "$LATEST" \\
  "$ROOT" # both
echo done
""",
    ),
    "a chain keeps its ends": (
        "cd app && docker build -t r.io/a . && docker push r.io/a:latest && ./roll.sh || exit 1\n",
        "cd app && docker BUILDX -t r.io/a . && ./roll.sh || exit 1\n",
    ),
    "a chain that begins with a login": (
        "aws ecr get-login-password | docker login r.io && docker build -t a . &&"
        " docker tag a r.io/a && docker push r.io/a\n",
        "aws ecr get-login-password | docker login r.io && docker BUILDX -t r.io/a .\n",
    ),
    "a chain over lines": (
        "docker build -t r.io/a:1 . && \\\n  docker push r.io/a:1 && \\\n  echo done\n",
        "docker BUILDX -t r.io/a:1 . && \\\n  echo done\n",
    ),
    "names that docker tag gave": (
        """\
docker build --tag "app:$V" --build-arg A=b .
docker tag "app:$V" "$REPO:$V"
docker tag "app:$V" "$REPO:latest"
docker push "$REPO:$V"
docker push "$REPO:latest"
""",
        'docker BUILDX --tag "$REPO:$V" --tag "$REPO:latest" --build-arg A=b .\n',
    ),
    "a name that is given later, sometimes": (
        """\
docker build -t "r.io/a:$V" .
docker push "r.io/a:$V"

if [ "$2" = latest ]; then
  docker tag "r.io/a:$V" r.io/a:latest
  docker push r.io/a:latest
fi
""",
        """\
docker BUILDX -t "r.io/a:$V" .

if [ "$2" = latest ]; then
  docker buildx imagetools create --tag r.io/a:latest "r.io/a:$V"
fi
""",
    ),
    "a function and a loop": (
        """\
publish() {
  docker build -t "r.io/$1" "$1"
  docker push "r.io/$1"
}
for s in a b; do
  docker build -t "q.io/$s" "$s"; docker push "q.io/$s"
done
""",
        """\
publish() {
  docker BUILDX -t "r.io/$1" "$1"
}
for s in a b; do
  docker BUILDX -t "q.io/$s" "$s"
done
""",
    ),
    "a group that changes the folder": (
        "(cd app && docker build -t r.io/a .)\ndocker push r.io/a\n",
        "(cd app && docker BUILDX -t r.io/a .)\n",
    ),
    "docker by a variable, under sudo, with options of its own": (
        """\
DOCKER=${DOCKER:-docker}
sudo "$DOCKER" --context far image build -tr.io/a .
sudo "$DOCKER" --context far image push -q r.io/a >/dev/null
""",
        """\
DOCKER=${DOCKER:-docker}
sudo "$DOCKER" --context far BUILDX -tr.io/a .
""",
    ),
    "the platform and the output that were there": (
        "docker buildx build \\\n  --load \\\n  --platform linux/amd64 \\\n  -t r.io/a \\\n  .\n"
        "docker push r.io/a\n",
        "docker BUILDX \\\n  -t r.io/a \\\n  .\n",
    ),
    "the handler of the build": (
        "docker build -t r.io/a . || exit 1\necho pushing\ndocker push r.io/a || exit 1\n",
        "echo pushing\ndocker BUILDX -t r.io/a . || exit 1\n",
    ),
    "the handler of the push": (
        'docker build -t r.io/a .\ndocker push r.io/a || { echo "no" >&2; exit 1; }\n',
        'docker BUILDX -t r.io/a . || { echo "no" >&2; exit 1; }\n',
    ),
    "a condition of both": (
        "if docker build -t r.io/a . && docker push r.io/a; then echo ok; fi\n",
        "if docker BUILDX -t r.io/a .; then echo ok; fi\n",
    ),
    "two images, built before either is pushed": (
        "docker build -t r.io/a a\ndocker build -t r.io/b b\ndocker push r.io/a\n"
        "docker push r.io/b\n",
        "docker BUILDX -t r.io/a a\ndocker BUILDX -t r.io/b b\n",
    ),
    "options of an array that holds no outputs": (
        'ARGS=(--pull)\nARGS+=(--build-arg "A=$1")\ndocker build "${ARGS[@]}" -t r.io/a .\n'
        "docker push r.io/a\n",
        'ARGS=(--pull)\nARGS+=(--build-arg "A=$1")\ndocker BUILDX "${ARGS[@]}" -t r.io/a .\n',
    ),
    "what else runs in docker": (
        "docker run --rm alpine:3 true\ndocker build -t r.io/a .\ndocker push r.io/a\n"
        "docker system prune -f\n",
        "docker run --rm alpine:3 true\ndocker BUILDX -t r.io/a .\ndocker system prune -f\n",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_merged(case: str) -> None:
    before, after = CASES[case]
    assert merged(before) == after


UNTOUCHED = {
    "no push": "docker build -t a .\ndocker run a\n",
    "both platforms already": (
        "docker buildx build --platform linux/amd64,linux/arm64 --push -t r.io/a .\n"
    ),
    "text about docker": "echo 'docker build -t a . && docker push a'\n# docker push a\n",
}


@pytest.mark.parametrize("case", UNTOUCHED)
def test_untouched(case: str) -> None:
    result = read(UNTOUCHED[case])
    assert result.file.edits == ()
    assert all(finding.action == "exempt" for finding in result.file.findings)


def test_a_build_that_pushes_gets_its_platforms() -> None:
    before = "docker buildx build --push -t r.io/a .\n"
    after = "docker buildx build --platform linux/arm64,linux/amd64 --builder multi --push"
    assert f"{after} -t r.io/a .\n" in rewritten(before)


def test_a_builder_of_the_script_is_kept() -> None:
    create = "docker buildx create --use --name mine\n"
    build = "docker build -t r.io/a .\ndocker push r.io/a\n"
    new = "docker buildx build --platform linux/arm64,linux/amd64 --push -t r.io/a .\n"
    assert rewritten(create + build) == create + new


def test_the_builder_is_created_once_before_a_loop() -> None:
    before = (
        'for s in a b; do\n  docker build -t "r.io/$s" "$s"\n  docker push "r.io/$s"\ndone\n'
        "docker build -t r.io/c c\ndocker push r.io/c\n"
    )
    after = rewritten(before)
    assert after.startswith(
        "docker buildx inspect multi >/dev/null 2>&1 ||\n"
        "  docker buildx create --name multi --driver docker-container >/dev/null\n"
        "for s in a b; do\n"
    )
    assert after.count("buildx create") == 1


def test_a_docker_config_of_its_own_gets_the_plugin() -> None:
    before = (
        'export DOCKER_CONFIG="$(mktemp -d)"\ndocker login r.io\n'
        "docker build -t r.io/a .\ndocker push r.io/a\n"
    )
    after = rewritten(before)
    config = after.index("export DOCKER_CONFIG")
    assert (
        after.index("docker info --format") < config < after.index("ln -sf") < after.index("login")
    )


def test_a_script_with_carriage_returns_keeps_them() -> None:
    after = rewritten("docker build -t r.io/a .\r\ndocker push r.io/a\r\necho done\r\n")
    assert after.endswith("-t r.io/a .\r\necho done\r\n")
