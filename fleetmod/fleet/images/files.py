"""The files of phase 2 in a repository: publish scripts, Dockerfiles, and which build which."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from fleetmod.errors import FleetmodError
from fleetmod.fleet.images.checks import read
from fleetmod.fleet.images.elsewhere import (
    bake_builds,
    bake_json_builds,
    command_builds,
    compose_builds,
)
from fleetmod.fleet.images.flaw import Dockerfile
from fleetmod.fleet.images.found import Build
from fleetmod.fleet.images.publish import Published, ScriptResult, analyse
from fleetmod.fleet.images.workflows import workflow_builds
from fleetmod.fleet.images.yaml_places import tree
from fleetmod.project import Project
from fleetmod.workspace.config import FILE
from fleetmod.workspace.discover import discover

_NAMED = re.compile(r"(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?|[\w.-]+\.[Dd]ockerfile")
_NOT = re.compile(r".*\.(?:dockerignore|md|sh|ts|js)$")
_INSTALLS = re.compile(rb"\b(?:npm|pnpm|yarn|bun)\b")


@dataclass(frozen=True)
class ImageFiles:
    """What the disk holds of the images; everything is read once, here."""

    project: Project

    @cached_property
    def scripts(self) -> dict[str, bytes]:
        """The scripts of `images.publish`; raises FleetmodError for one that cannot be read."""
        return {path: self._read(path, FILE) for path in self.project.config.images.publish}

    @cached_property
    def dockerfiles(self) -> dict[str, Dockerfile]:
        """Every Dockerfile that discovery finds, parsed."""
        paths = [p for p in self._discovered if _is_dockerfile(p.rpartition("/")[2])]
        made = {}
        for path in paths:
            data = self._read(path, path)
            made[path] = read(data, self._ignores_modules(path, data))
        return made

    @cached_property
    def results(self) -> dict[str, ScriptResult]:
        """What each publish script publishes, and how it can be rewritten."""
        images = self.project.config.images
        return {
            path: analyse(path, data, images.platforms, images.builder, self.bases)
            for path, data in self.scripts.items()
        }

    @cached_property
    def builds(self) -> dict[str, tuple[Build, ...]]:
        """The builds outside of `images.publish` that are pushed, by the files that hold them."""
        found = {}
        for path in self._discovered:
            reader = _reader(path)
            if reader is None or path in self.project.config.images.publish:
                continue
            data = self._read(path, path)
            try:
                made = tuple(reader(path, data, self.project.config.images.platforms))
            except (FleetmodError, UnicodeDecodeError) as error:
                self.unread.append(str(error))
                continue
            if made:
                found[path] = made
        return found

    @cached_property
    def unread(self) -> list[str]:
        """What could not be read of the files that may hold builds; whole once `builds` was."""
        return []

    def contents(self, path: str) -> bytes:
        return self._read(path, path)

    def dockerfile_of(self, image: Published | Build) -> str | None:
        """The path of the Dockerfile that a build reads; None where the script does not tell."""
        spelled = image.dockerfile
        if spelled == "" and image.context is not None:
            spelled = f"{image.context.rstrip('/')}/Dockerfile"
        if not spelled:
            return None
        # what stands before it (the checkout, often) is only known to the shell
        tail = re.split(r"[})]", spelled)[-1].lstrip("/").removeprefix("./")
        ends = [p for p in self.dockerfiles if p == tail or p.endswith(f"/{tail}")]
        if tail in ends and spelled in (tail, f"./{tail}"):
            return tail
        return ends[0] if len(ends) == 1 else None

    def bases(self, image: Published) -> Sequence[str]:
        """The images that the build of `image` starts from, so far as it is known."""
        path = self.dockerfile_of(image)
        return [stage.base for stage in self.dockerfiles[path].stages] if path else []

    @cached_property
    def _discovered(self) -> list[str]:
        return discover(self.project.root, self.project.config)

    def _read(self, path: str, named: str) -> bytes:
        try:
            return (self.project.root / path).read_bytes()
        except OSError as error:
            raise FleetmodError(
                f"{path} cannot be read: {error.strerror}", where=named, todo="Mend images.publish"
            ) from error

    def _ignores_modules(self, path: str, data: bytes) -> bool:
        """Whether the host's node_modules stay out: an ignore file says so, or there are none.

        BuildKit reads `<Dockerfile>.dockerignore`, else the context's own (docs.docker.com,
        "Build context"). The context is the Dockerfile's folder or one above it.
        """
        if not _INSTALLS.search(data):
            return True
        folder = path.rpartition("/")[0]
        names = [f"{path}.dockerignore"]
        while True:
            names.append(f"{folder}/.dockerignore" if folder else ".dockerignore")
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        for name in names:
            file = self.project.root / name
            if file.is_file() and re.search(rb"^[^#!\n]*node_modules", file.read_bytes(), re.M):
                return True
        return False


_Reader = Callable[[str, bytes, Sequence[str]], Iterable[Build]]
_WORKFLOW = re.compile(
    r"(?:.*/)?\.github/(?:workflows/[^/]+|actions/.+/action)\.ya?ml|action\.ya?ml"
)
_COMPOSE = re.compile(r"(?:.*/)?(?:docker-)?compose(?:\.[\w.-]+)?\.ya?ml")
_BAKE = re.compile(r"(?:.*/)?docker-bake(?:\.override)?\.(hcl|json)")
_RECIPES = re.compile(
    r"(?:.*/)?(?:(?:GNU)?[Mm]akefile|[\w.-]+\.mk|[Jj]ustfile|[Tt]askfile\.ya?ml|package\.json)"
)
_IMAGES = re.compile(rb"build-push-action|uses:.*(?:docker|image|container)[\w.-]*\.ya?ml")
_WORDS = re.compile(rb"\b(?:docker|podman|nerdctl|buildah)\b")


def _reader(path: str) -> _Reader | None:
    """What finds the builds of a file, by its name; None for a file of another kind."""
    if _WORKFLOW.fullmatch(path):
        return lambda p, data, wanted: (
            workflow_builds(tree(p, data), wanted) if _IMAGES.search(data) else ()
        )
    if _COMPOSE.fullmatch(path):
        return lambda p, data, wanted: (
            compose_builds(tree(p, data), wanted) if b"build:" in data else ()
        )
    if bake := _BAKE.fullmatch(path):
        read = bake_builds if bake[1] == "hcl" else bake_json_builds
        return lambda p, data, wanted: read(p, data.decode(), wanted)
    if _RECIPES.fullmatch(path) or path.endswith(".sh"):
        return lambda p, data, wanted: (
            command_builds(p, data.decode(), wanted) if _WORDS.search(data) else ()
        )
    return None


def _is_dockerfile(name: str) -> bool:
    return _NAMED.fullmatch(name) is not None and not _NOT.fullmatch(name)
