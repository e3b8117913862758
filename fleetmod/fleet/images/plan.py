"""The plan of phase 2: publish scripts and Dockerfiles, findings and edits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from fleetmod import reasons
from fleetmod.errors import FleetmodError
from fleetmod.fleet.images.checks import flaws
from fleetmod.fleet.images.files import ImageFiles
from fleetmod.fleet.images.flaw import Dockerfile, Flaw
from fleetmod.fleet.images.platforms import read_image
from fleetmod.fleet.images.publish import FAMILY
from fleetmod.fleet.images.reference import parse_reference
from fleetmod.fleet.images.registry import NotThere, Registry, Unanswered
from fleetmod.fleet.images.rewrite import RULE
from fleetmod.model import REWRITE, FileChange, Finding, Plan, refuse
from fleetmod.workspace.config import FILE

_NOTES = (
    "The other platform's RUN lines are emulated. Docker Desktop can; plain Linux needs binfmt "
    "once: docker run --privileged --rm tonistiigi/binfmt --install all",
    "A pushed image is no longer in the local store; `docker pull` gets it.",
)


def plan(files: ImageFiles, registry: Registry | None) -> Plan:
    """What `fleetmod images` writes. Without a registry, base images are not asked for.

    Raises FleetmodError where there is neither a publish script nor a Dockerfile.
    """
    if not files.scripts and not files.dockerfiles and not files.builds:
        raise FleetmodError(
            "no build of an image and no Dockerfile here",
            where=FILE,
            todo="Name the scripts that push images under images.publish",
        )
    changes: list[FileChange] = []
    findings: list[Finding] = []
    unproven: list[str] = []
    for path, result in files.results.items():
        findings += result.file.findings
        if result.file.edits:
            changes.append(FileChange(path, result.file.sha256, result.file.edits))
        unproven += [f"{path}:{first} does not parse" for first, _ in result.file.unparsed]
    for path, builds in files.builds.items():
        data = files.contents(path)
        findings += [build.finding(data) for build in builds]
        if edits := sorted({edit for build in builds for edit in build.edits}):
            digest = hashlib.sha256(data).hexdigest()
            changes.append(FileChange(path, digest, tuple(edits)))
    unproven += files.unread
    findings += unpublished(files)
    for path, file in files.dockerfiles.items():
        found = flaws(file)
        findings += [dockerfile_finding(path, file, flaw) for flaw in found]
        edits = sorted({edit for flaw in found for edit in flaw.edits})
        if edits:
            digest = hashlib.sha256(file.data).hexdigest()
            changes.append(FileChange(path, digest, tuple(edits)))
        if registry is not None:
            lacking, unasked = _bases(path, file, registry, files.project.config.images.platforms)
            findings += lacking
            unproven += unasked
    merged = any(f.rule == RULE and f.action == REWRITE for f in findings)
    notes = _NOTES if merged else ()
    return Plan(tuple(changes), tuple(findings), notes, tuple(dict.fromkeys(unproven)))


def unpublished(files: ImageFiles) -> Iterator[Finding]:
    """The Dockerfiles of a repository in which nothing is known to push an image."""
    if files.builds or any(result.images for result in files.results.values()):
        return
    if files.project.config.images.tags:
        return
    why = "nothing here is known to build and push its image"
    write = (
        f"name the script that does under images.publish in {FILE}, or the image under images.tags"
    )
    for path, file in files.dockerfiles.items():
        yield dockerfile_finding(path, file, Flaw("unpublished", 0, 0, 1, why, write))


def dockerfile_finding(path: str, file: Dockerfile, flaw: Flaw) -> Finding:
    """A flaw of a Dockerfile as a finding: rewritten where it has edits, else refused."""
    start = file.data.rfind(b"\n", 0, flaw.start) + 1
    text = file.data[flaw.start : flaw.end].decode("utf-8", "replace").strip()
    found = Finding(
        rule=f"dockerfile-{flaw.check}",
        family=FAMILY,
        cls="image",
        path=path,
        start=flaw.start,
        end=flaw.end,
        line=flaw.line,
        col=flaw.start - start + 1,
        text=text,
        understood=flaw.why,
        action=REWRITE,
        lines=(flaw.line,),
    )
    if flaw.edits:
        return found
    return refuse(found, reasons.ONE_ARCHITECTURE(f"{flaw.why}; write: {flaw.write}"))


def _bases(
    path: str, file: Dockerfile, registry: Registry, platforms: tuple[str, ...]
) -> tuple[list[Finding], list[str]]:
    """The base images that lack a platform, and those that could not be asked for."""
    lacking, unasked = [], []
    for base, flaw in _base_lines(file):
        reference = parse_reference(base)
        if reference is None:
            unasked.append(
                f"{path}:{flaw.line} base image `{base}`: its name is set by an argument"
            )
            continue
        try:
            image = read_image(registry, reference, configs=False)
        except (Unanswered, NotThere) as error:
            unasked.append(f"{path}:{flaw.line} base image `{base}`: {error}")
            continue
        missing = [p for p in platforms if p not in image.platforms]
        if missing:
            why = f"`{base}` has no {' and no '.join(missing)}, only {', '.join(image.platforms)}"
            write = "a tag, or the index's digest, of an image that has every platform"
            found = Flaw(flaw.check, flaw.start, flaw.end, flaw.line, why, write)
            lacking.append(dockerfile_finding(path, file, found))
    return lacking, unasked


def _base_lines(file: Dockerfile) -> Iterator[tuple[str, Flaw]]:
    """Each image that a stage starts from, once, with its place."""
    aliases = {"scratch"}
    for stage in file.stages:
        if stage.base.lower() not in aliases and "BUILDPLATFORM" not in stage.platform:
            at = stage.start
            end = at.start + len(at.code.rstrip())
            yield stage.base, Flaw("base-image", at.start, end, at.line, "", "")
        aliases |= {stage.alias.lower()} - {""}
