"""Whether a file that imports a runtime package runs in development only, by who loads it."""

from __future__ import annotations

import json
import posixpath
import re

from fleetmod.project import Project
from fleetmod.testfiles import is_test
from fleetmod.workspace.json_edit import read_object
from fleetmod.workspace.manifest import PackageInfo

# `vitest.config.ts` is vitest's
_CONFIGURES = re.compile(r"([\w-]+?)(?:\.workspace|\.setup)?\.config\.[mc]?[jt]sx?")


def is_development(project: Project, owner: PackageInfo, path: str) -> bool:
    """Whether tests alone load a file, or it configures a tool of the package's development."""
    if is_test(path) or _configures(owner, path):
        return True
    return is_entry(owner, path) is False and _only_tests(project, path)


def _only_tests(project: Project, path: str) -> bool:
    """Whether what loads a file, itself loaded by nobody, is tests; somebody does."""
    graph = project.graph
    above = [*graph.reaching(path)]
    ends = [each for each in above if not graph.importers(each)]
    return bool(ends) and all(map(is_test, ends)) and all(map(graph.is_whole, above))


def is_entry(owner: PackageInfo, path: str) -> bool:
    """Whether the package's manifest names the file in any field, built or not."""
    top = read_object(owner.text, owner.manifest)
    stem = posixpath.splitext(posixpath.basename(path))[0]
    fields = ("main", "module", "browser", "types", "bin", "exports", "imports", "scripts")
    found = (top.last(field) for field in fields)
    said = json.dumps([item.value for item in found if item is not None])
    return stem in re.split(r"[^\w-]+", said) or "*" in said


def _configures(owner: PackageInfo, path: str) -> bool:
    match = _CONFIGURES.fullmatch(posixpath.basename(path))
    item = read_object(owner.text, owner.manifest).last("devDependencies")
    tools = item.value if item is not None and isinstance(item.value, dict) else {}
    return match is not None and match[1] in tools
