"""Proposes where the runtime packages go, and which folders the gates grep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleetmod.regex import lazy
from fleetmod.testfiles import is_test
from fleetmod.workspace.infer_names import used_packages
from fleetmod.workspace.manifest import PackageInfo
from fleetmod.workspace.schema import Runtime, is_relative

_TYPESCRIPT = lazy(r"\.[cm]?tsx?$")
_SETTINGS = lazy(r"[^/]*\.config\.\w+$|[^/]*\.d\.[cm]?ts$")
_PATTERN = lazy(r"[*?{}\[\]]")
_USUAL = ("packages", "libs", "modules")


def folders(
    globs: Sequence[str], infos: Sequence[PackageInfo], paths: Sequence[str], why: dict[str, str]
) -> tuple[str, tuple[str, ...]]:
    """The folder that the runtime packages go to, and those that the gates grep.

    `globs` are those that the workspace declares, if there is one; `paths` all files.
    """
    parents = list(dict.fromkeys(_parents(globs)))
    inside = {
        parent: [info for info in infos if info.path.rpartition("/")[0] == parent]
        for parent in parents
    }
    parents = [parent for parent in parents if inside[parent]]
    code = _with_typescript(paths)
    if not parents:
        if code:
            why["workspace.gate"] = "TypeScript stands there"
        return Runtime().dir, code or (".",)
    used = used_packages(infos)
    users = {parent: sum(info.name in used for info in inside[parent]) for parent in parents}

    def rank(parent: str) -> tuple[bool, bool, int]:
        usual = parent.rpartition("/")[2] in _USUAL
        return users[parent] > 0, usual, len(inside[parent])

    home = max(parents, key=rank)
    why["runtime.dir"] = f"holds {len(inside[home])} of {len(infos)} packages"
    if not any(users.values()):
        why["workspace.gate"] = "holds packages or TypeScript"
        held = [home] if _within(home, paths) else []  # a gate proves nothing of a folder without
        gate = (".",) if code == (".",) else tuple(dict.fromkeys([*held, *code]))
        return home, tuple(f for f in gate if not _beneath(f, gate)) or (home,)
    gate = tuple(dict.fromkeys([home, *(parent for parent in parents if users[parent])]))
    with_code = [folder for folder in gate if _within(folder, paths)]
    if code and not with_code:
        why["workspace.gate"] = "TypeScript stands there"
        return home, code
    gate = tuple(with_code) or gate
    gate += tuple(_where_most_is(gate, paths))
    counts = ", ".join(f"{parent} {users[parent]}" for parent in gate if parent in users)
    why["workspace.gate"] = f"holds packages that others depend on ({counts})"
    if most := [folder for folder in gate if not users.get(folder)]:
        why["workspace.gate"] += f", or most of the TypeScript ({', '.join(most)})"
    return home, gate


def _where_most_is(gate: Sequence[str], paths: Sequence[str]) -> Iterator[str]:
    """The top folders beside the gate's that hold more code than those do: a gate that passes them
    over would prove next to nothing."""
    code = [path for path in paths if _TYPESCRIPT.search(path) and not is_test(path)]
    inside = sum(path.startswith(tuple(f"{folder}/" for folder in gate)) for path in code)
    tops = {path.partition("/")[0] for path in code if "/" in path}
    for top in sorted(top for top in tops if is_relative(top)):
        holds = sum(path.startswith(f"{top}/") for path in code)
        apart = not any(f"{folder}/".startswith(f"{top}/") for folder in gate)
        if apart and holds > inside:
            yield top


def _parents(globs: Sequence[str]) -> Iterator[str]:
    """The folders whose children are members: `packages` of `packages/*`, and of `packages/cli`
    where each member is named. One named alone may stand in any folder, as `src/utils` does."""
    wanted = [glob.removeprefix("./").rstrip("/") for glob in globs if not glob.startswith("!")]
    named = all("/" in glob and not _PATTERN.search(glob) for glob in wanted)
    parents = [glob.rpartition("/")[0] for glob in wanted]
    for glob, parent in zip(wanted, parents, strict=True):
        several = parents.count(parent) > 1 or parent.rpartition("/")[2] in _USUAL
        whole = glob.rpartition("/")[2] in ("*", "**")
        if (whole or (named and several)) and is_relative(parent) and not _PATTERN.search(parent):
            yield parent


def _beneath(folder: str, others: Sequence[str]) -> bool:
    return any(folder.startswith(f"{other}/") for other in others)


def _within(folder: str, paths: Sequence[str]) -> bool:
    """Whether a folder holds TypeScript."""
    return any(path.startswith(f"{folder}/") and _TYPESCRIPT.search(path) for path in paths)


def _with_typescript(paths: Sequence[str]) -> tuple[str, ...]:
    """The top folders that hold TypeScript other than tests; `.` where the root itself does."""
    tops: set[str] = set()
    for path in paths:
        if _TYPESCRIPT.search(path) and not is_test(path) and not _SETTINGS.fullmatch(path):
            top, slash, _ = path.partition("/")
            tops.add(top if slash else ".")
    usable = sorted(top for top in tops if is_relative(top))
    return (".",) if "." in usable else tuple(usable)
