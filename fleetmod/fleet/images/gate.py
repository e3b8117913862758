"""Gate 2: every published image has every platform, as its registry says."""

from __future__ import annotations

from collections.abc import Iterator

from fleetmod.errors import FleetmodError
from fleetmod.fleet.images.checks import flaws
from fleetmod.fleet.images.deployed import deployed
from fleetmod.fleet.images.files import ImageFiles
from fleetmod.fleet.images.found import Build
from fleetmod.fleet.images.plan import dockerfile_finding, unpublished
from fleetmod.fleet.images.platforms import read_image
from fleetmod.fleet.images.publish import Published
from fleetmod.fleet.images.reference import Reference, parse_reference
from fleetmod.fleet.images.registry import NotThere, Registry, Unanswered
from fleetmod.gates.check import FAILED, PASSED, UNPROVEN_VERDICT, Verdict
from fleetmod.model import EXEMPT, Finding
from fleetmod.project import Project
from fleetmod.workspace.config import FILE

TITLE = "every image that is published or deployed has every platform in its registry"


def verdict(project: Project, registry: Registry | None = None) -> Verdict:
    """The verdict on a repository: its scripts, its Dockerfiles, and what the registry shows."""
    files = ImageFiles(project)
    wanted = [plain(platform) for platform in project.config.images.platforms]
    names, unproven = image_names(files)
    evidence: list[str] = []
    failures: list[str] = []
    asked = registry or Registry()
    for reference in names:
        try:
            image = read_image(asked, reference)
        except NotThere as error:
            failures.append(str(error))
            continue
        except Unanswered as error:
            unproven.append(f"{reference}: {error}")
            continue
        shown = ", ".join(image.platforms) or "no platform"
        if not image.index:
            failures.append(f"{reference} is a single image of {shown}, and no index")
            continue
        evidence.append(f"{reference}: {shown}")
        own = {plain(platform): plain(config) for platform, config in image.platforms.items()}
        for platform in wanted:
            if platform not in own:
                failures.append(f"{reference} has no {platform}")
            elif own[platform] not in ("", platform):
                failures.append(
                    f"{reference} says {platform}, and the image under it is {own[platform]}"
                )
    findings = tuple(_findings(files))
    failed = bool(failures or findings)
    verdict = FAILED if failed else UNPROVEN_VERDICT if unproven else PASSED
    return Verdict(
        *("2", TITLE, verdict, (), findings, tuple(unproven)),
        failures=tuple(failures),
        evidence=tuple(evidence),
    )


def image_names(files: ImageFiles) -> tuple[list[Reference], list[str]]:
    """The images to ask for, published ones and those that manifests, values and compose files
    deploy, and what hinders asking for more.

    A build's tags are one index under several names, so one constant name of a build proves it.
    """
    named: dict[Reference, None] = {}
    unproven = [
        f"{path}:{first} does not parse"
        for path, result in files.results.items()
        for first, _ in result.file.unparsed
    ]
    tags = files.project.config.images.tags
    for tag in tags:
        reference = parse_reference(tag)
        if reference is None:
            raise FleetmodError(f"`{tag}` in images.tags is no image's name", where=FILE)
        named[reference] = None
    for path, result in files.results.items():
        for image in result.images:
            known = [r for name in image.names if name and (r := parse_reference(name))]
            named |= dict.fromkeys(known)
            if not known and not tags:
                unproven.append(
                    f"{path}:{image.line} what {' and '.join(image.spelled)} is, only the shell "
                    f"knows; name the image under images.tags in {FILE}"
                )
    for path, builds in files.builds.items():
        for build in builds:
            known = [r for name in build.names if name and (r := parse_reference(name))]
            named |= dict.fromkeys(known)
            if not known and not tags:
                unproven.append(
                    f"{path}:{build.line} what {' and '.join(build.spelled)} is, only that tool "
                    f"knows; name the image under images.tags in {FILE}"
                )
    unproven += files.unread
    published = set(named)
    for found in deployed(files.project):
        if found.reference is None:
            unproven.append(f"{found.place}: {found.problem}")
        elif found.reference not in published:
            named[found.reference] = None
    if not named and not unproven:
        unproven.append(
            f"nothing is known to be published; name scripts under images.publish or images "
            f"under images.tags in {FILE}"
        )
    return list(named), unproven


def plain(platform: str) -> str:
    """A platform without the variant that is its architecture's default (containerd/platforms)."""
    return platform.removesuffix("/v8") if platform.startswith("linux/arm64/") else platform


def _findings(files: ImageFiles) -> Iterator[Finding]:
    """What is left in the publish scripts, and in the Dockerfiles that they build.

    Where a script does not tell its Dockerfile, all of them count.
    """
    for path, builds in files.builds.items():
        found = (build.finding(files.contents(path)) for build in builds)
        yield from (f for f in found if f.action != EXEMPT)
    yield from unpublished(files)
    images: list[Published | Build] = []
    for result in files.results.values():
        images += result.images
    images += [build for builds in files.builds.values() for build in builds]
    for result in files.results.values():
        yield from (f for f in result.file.findings if f.action != EXEMPT)
    built = [files.dockerfile_of(image) for image in images]
    counted = files.dockerfiles if None in built else dict.fromkeys(p for p in built if p)
    for path in counted:
        file = files.dockerfiles[path]
        yield from (dockerfile_finding(path, file, flaw) for flaw in flaws(file))
