"""Whether a file that imports a runtime package runs in development only, or not at all, by who
loads it."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase

from fleetmod.project import Project
from fleetmod.regex import lazy
from fleetmod.testfiles import is_test
from fleetmod.workspace.discover import candidates
from fleetmod.workspace.json_edit import read_object, texts_of
from fleetmod.workspace.managers import folders_above
from fleetmod.workspace.manifest import PackageInfo, owner
from fleetmod.workspace.tsconfig import read_config, read_text
from fleetmod.workspace.wiring import is_published

# `vitest.config.ts` is vitest's
_CONFIGURES = re.compile(r"([\w-]+?)(?:\.workspace|\.setup)?\.config\.[mc]?[jt]sx?")
_NAMING = ("main", "module", "browser", "types", "bin", "exports", "imports", "scripts")
_BUILT = lazy(r"^(?:dist|lib|build|out)/")
_BUILT_ENDS = (".js", ".mjs", ".cjs", ".d.ts")
_PROGRAM = "tsconfig*.json"
_DOCUMENTS = (".md", ".mdx", ".txt", ".rst", ".adoc", ".html")
# folders that keep what is over; a file there counts as idle only where nothing names it, too
_PAST = {
    *("archive", "archived", "archives", "attic", "deprecated", "graveyard", "obsolete"),
    *("prototype", "prototypes", "scratch", "spike", "spikes"),
}
_DOCUMENTED = {"doc", "docs", "documentation"}


def is_development(project: Project, owner: PackageInfo, path: str) -> bool:
    """Whether a package needs what a file imports for its development alone: tests alone load the
    file, or it configures a tool, or it is no part of the package that is published."""
    if is_test(path) or _configures(owner, path):
        return True
    if is_entry(owner, path):
        return False
    return _only_tests(project, path) or (is_published(owner) and is_apart(project, owner, path))


def is_idle(project: Project, owner: PackageInfo, path: str) -> bool:
    """Whether nothing loads or runs a file that stands in a folder of what is over."""
    return _stands_in_past(owner, path) and is_apart(project, owner, path)


def is_apart(project: Project, owner: PackageInfo, path: str) -> bool:
    """Whether a file is no part of a package's program: nothing loads or names it, and the
    package's own compiler leaves it out, or it stands in a folder of what is over."""
    if is_test(path) or is_entry(owner, path) or project.graph.importers(path):
        return False
    if not _stands_in_past(owner, path) and _is_compiled(project, owner, path) is not False:
        return False
    return not _is_named(project, path)


def is_entry(owner: PackageInfo, path: str) -> bool:
    """Whether the package's manifest names the file in any field, built or not."""
    top = read_object(owner.text, owner.manifest)
    stem = posixpath.splitext(posixpath.basename(path))[0]
    inside = posixpath.relpath(path, owner.path or ".")
    for item in filter(None, map(top.last, _NAMING)):
        for text in texts_of(item.value):
            words = text.split()
            if stem in re.split(r"[^\w-]+", text) or any(_spans(word, inside) for word in words):
                return True
    return False


def _spans(pattern: str, inside: str) -> bool:
    """Whether a pattern with `*` may mean a file of the package, built or not."""
    start, star, rest = pattern.strip("\"'").partition("*")
    end = rest.rpartition("*")[2].rpartition("/")[2]
    below = _BUILT.sub("", start.removeprefix("./"))
    fits = not end or inside.endswith(end) or end in _BUILT_ENDS
    return bool(star) and fits and inside.startswith((below, f"src/{below}"))


def _only_tests(project: Project, path: str) -> bool:
    """Whether what loads a file, itself loaded by nobody, is tests; somebody does. A program that a
    test loads, too, is one all the same: a manifest names it."""
    graph = project.graph
    above = [*graph.reaching(path)]
    ends = [each for each in above if not graph.importers(each)]
    only = bool(ends) and all(map(is_test, ends)) and all(map(graph.is_whole, above))
    return only and not any(_is_program(project, each) for each in above if not is_test(each))


def _is_program(project: Project, path: str) -> bool:
    of = owner(project.root, path)
    return of is not None and is_entry(of, path)


def _configures(owner: PackageInfo, path: str) -> bool:
    match = _CONFIGURES.fullmatch(posixpath.basename(path))
    item = read_object(owner.text, owner.manifest).last("devDependencies")
    tools = item.value if item is not None and isinstance(item.value, dict) else {}
    return match is not None and match[1] in tools


def _is_compiled(project: Project, owner: PackageInfo, path: str) -> bool | None:
    """Whether a tsconfig of the package takes a file in; None where none says what it takes."""
    files = project.search.listed or ()
    for folder in folders_above(posixpath.dirname(path)):
        if not f"{folder}/".startswith(f"{owner.path}/" if owner.path else ""):
            return None
        here = (posixpath.split(each) for each in files)
        named = [name for at, name in here if at == folder and fnmatchcase(name, _PROGRAM)]
        places = [posixpath.join(folder, name) for name in named]
        read = [read_config(lambda at: read_text(project.root, at), each) for each in places]
        found = [each for each in read if each is not None]
        if found and all(each.include is not None or each.files is not None for each in found):
            return any(each.takes(path) for each in found)
        if found:
            return None
    return None


def _is_named(project: Project, path: str) -> bool:
    """Whether any code, script or configuration spells a file's name; documents run nothing."""
    base = posixpath.basename(path)
    stem = posixpath.splitext(base)[0]
    names = [base.encode(), *(f"{stem}{end}".encode() for end in _BUILT_ENDS[:-1])]
    # what stands beside it in a folder of what is over runs no more than it does
    past = [f"{at}/" for at in folders_above(path) if _is_past(at)]
    beside = past[-1] if past else path
    others = [
        each
        for each in project.search.listed or ()
        if not each.startswith(beside) and not each.lower().endswith(_DOCUMENTS)
    ]
    return bool(candidates(project.root, others, names, project.search).hits)


def _stands_in_past(owner: PackageInfo, path: str) -> bool:
    """Whether a file stands in a folder of what is over, or among its package's documents, which
    tell how things were; a program of theirs is a package of its own, or `docs/.tool`."""
    folders = folders_above(posixpath.dirname(path))
    inside = posixpath.relpath(path, owner.path or ".").split("/")[:-1]
    documents = bool(_DOCUMENTED & {*inside}) and not any(n.startswith(".") for n in inside)
    return documents or any(map(_is_past, folders))


def _is_past(folder: str) -> bool:
    return folder.rpartition("/")[2].lower() in _PAST
