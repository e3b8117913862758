"""The launchd jobs among a repository's files."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from fleetmod.fleet.units.convert import Node, convert
from fleetmod.fleet.units.model import Converted
from fleetmod.languages.plist import is_job_text
from fleetmod.languages.template import expand, folders_of
from fleetmod.places import Places
from fleetmod.workspace.config import Config
from fleetmod.workspace.discover import discover

_PROGRAM = {"Program", "ProgramArguments", "BundleProgram"}


def convert_repository(root: Path, config: Config, node: Node) -> list[Converted]:
    """Every launchd job of the repository, sorted by path; property lists of other kinds are not.

    A file that cannot be read, and a second plist of one label, are refused.
    """
    home = config.home
    places = Places(home.users, home.root, home.vault)
    done: list[Converted] = []
    taken: dict[str, str] = {}
    for each in _converted(root, config, places, node):
        first = taken.setdefault(each.units[0].name, each.source) if each.units else each.source
        if first == each.source:
            done.append(each)
        else:
            done.append(replace(each, units=(), refused=f"{first} has the same label"))
    return done


def jobs(root: Path, config: Config, places: Places) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each launchd job with its path; what cannot be read, and other property lists, are not."""
    for source, job in _read(root, config, places):
        if isinstance(job, dict):
            yield source, job


def _converted(root: Path, config: Config, places: Places, node: Node) -> Iterator[Converted]:
    for source, job in _read(root, config, places):
        if isinstance(job, str):
            yield Converted(source, refused=job)
        else:
            yield convert(source, job, places, node)


def _read(root: Path, config: Config, places: Places) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Each job, or why its file cannot be read."""
    # the placeholders of a template stand for the folders that the units are made without
    folders = folders_of(places)
    for source in discover(root, config):
        if not source.endswith(".plist"):
            continue
        try:
            data = (root / source).read_bytes()
        except OSError as error:
            yield source, f"cannot be read: {error.strerror}"
            continue
        try:
            job = plistlib.loads(expand(data, folders))
        # plistlib lets many errors through: of expat, of dates, of numbers, of nesting
        except Exception as error:
            if is_job_text(data):  # a list of another kind, or of the old style, is none of ours
                yield source, f"is no property list: {error or type(error).__name__}"
        else:
            if isinstance(job, dict) and "Label" in job and not _PROGRAM.isdisjoint(job):
                yield source, job
