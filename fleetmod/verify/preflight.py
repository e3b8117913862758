"""What stands in the way of a repository's commands, told before any of them runs."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from semantic_version import NpmSpec, Version

from fleetmod.verify.commands import package_manager
from fleetmod.verify.packages import Package
from fleetmod.workspace.copy import MODULES
from fleetmod.workspace.disk import read_plain

# files that name a Node, and what switches to it
_PINS = {".nvmrc": "nvm install", ".node-version": "fnm use --install-if-missing"}
_VERSION = re.compile(r"\bv?(\d+)(?:\.(\d+))?(?:\.(\d+))?\b")
_TOOL_VERSIONS = re.compile(r"^(?:nodejs|node)[ \t]+(\S+)", re.M)
_OUTSIDE = '"packageLocation": "../'  # in .pnp.cjs: the archives of yarn's global cache
_SECONDS = 120  # a manager may fetch the version of itself that the repository names
ENVIRONMENT = {"COREPACK_ENABLE_DOWNLOAD_PROMPT": "0", "CI": "1", "NO_COLOR": "1"}


def in_the_way(
    root: Path, packages: Sequence[Package], folders: Sequence[str], managed: bool
) -> list[str]:
    """One sentence for each thing that is missing or another version, with what to run.

    `folders` are those of the packages that matter, `managed` whether a package manager is to run
    something.
    """
    manager = package_manager(root)
    out = list(_node(root, packages[0], manager))
    if managed:
        out += _manager(root, packages[0], manager)
    return out + list(_installed(root, packages, {"", *folders}, manager))


def _node(root: Path, package: Package, manager: str) -> Iterator[str]:
    asked, key = _range(package, "node")
    pin, where, switch = _pinned(root, package)
    if not asked and not pin:
        return
    code, output = _ask(root, ["node", "--version"])
    here = _VERSION.search(output) if code == 0 else None
    if here is None:
        if manager != "bun":
            yield f"node cannot be run: {_last(output)}; install Node {pin or asked}"
        return
    version = ".".join(part or "0" for part in here.groups())
    if asked:
        if not _fits(version, asked):
            wanted = pin or _lowest(asked)
            yield (
                f'node is {version}, and {key} of package.json asks for "{asked}": run '
                f"`{switch or f'nvm install {wanted}'}` and this again"
            )
    elif pin and version.split(".")[0] != pin.split(".")[0]:
        yield f"node is {version}, and {where} asks for {pin}: run `{switch}` and this again"


def _pinned(root: Path, package: Package) -> tuple[str, str, str]:
    """The Node that a file pins, the file, and what switches to it; a name like `lts/*` is none."""
    for name, switch in _PINS.items():
        if match := re.match(r"\s*v?(\d+(?:\.\d+)*)\b", _text(root / name)):
            return match[1], name, switch
    volta = package.manifest.get("volta")
    if isinstance(volta, dict) and (match := _VERSION.match(str(volta.get("node", "")))):
        return match[0], "volta.node of package.json", f"volta install node@{match[0]}"
    if (tool := _TOOL_VERSIONS.search(_text(root / ".tool-versions"))) and _VERSION.match(tool[1]):
        return tool[1], ".tool-versions", "mise install"
    return "", "", ""


def _manager(root: Path, package: Package, manager: str) -> Iterator[str]:
    named = re.match(r"(\w+)@(\d+)([\w.-]*)", str(package.manifest.get("packageManager", "")))
    asked = named[2] + named[3] if named is not None and named[1] == manager else ""
    get = f"npm install --global {manager}@{asked or 'latest'}"
    if manager in ("pnpm", "yarn"):
        get = f"corepack enable` or `{get}"
    code, output = _ask(root, [manager, "--version"])
    if code == 127:
        yield f"{manager}, the repository's package manager, is not found: run `{get}`"
        return
    here = _VERSION.search(output.strip().splitlines()[-1]) if output.strip() else None
    if code != 0 or here is None:
        yield f"{manager} does not start here: {_last(output)}; run `{get}`, or mend what it names"
        return
    version = ".".join(part or "0" for part in here.groups())
    if asked and here[1] != asked.split(".")[0]:
        yield (
            f'{manager} is {version}, and packageManager of package.json asks for "{manager}@'
            f'{asked}": run `{get}`'
        )
    wanted, key = _range(package, manager)
    if wanted and not _fits(version, wanted):
        yield (
            f'{manager} is {version}, and {key} of package.json asks for "{wanted}": '
            f"run `npm install --global {manager}@'{wanted}'`"
        )


def _installed(
    root: Path, packages: Sequence[Package], folders: set[str], manager: str
) -> Iterator[str]:
    """What the packages in `folders` declare and Node would not find from there."""
    if (root / ".pnp.cjs").exists():  # yarn keeps them in archives
        if _OUTSIDE in _text(root / ".pnp.cjs"):
            yield (
                "yarn keeps the dependencies outside of the repository (Plug'n'Play), where a copy "
                "of it does not find them: run `yarn config set nodeLinker node-modules && yarn "
                "install`"
            )
        return
    declared = {name for package in packages for name in package.dependencies}
    own = {package.name for package in packages}
    anywhere = any((root / package.folder / MODULES).is_dir() for package in packages)
    if declared - own and not anywhere:
        yield f"the dependencies are not installed: run `{manager} install`"
        return
    for package in packages:
        if package.folder not in folders:
            continue
        lacking = sorted(n for n in package.dependencies if not _found(root / package.folder, n))
        if lacking:
            more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
            place = package.folder or "the root"
            yield (
                f"{', '.join(lacking[:3])}{more} of {place} "
                f"{'are' if len(lacking) > 1 else 'is'} not installed: run `{manager} install`"
            )


def _found(folder: Path, name: str) -> bool:
    return any((above / MODULES / name).exists() for above in (folder, *folder.parents))


def _range(package: Package, tool: str) -> tuple[str, str]:
    """The versions of a tool that package.json asks for, and the key that does; npm runs no script
    against devEngines."""
    engines, strict = package.manifest.get("engines"), package.manifest.get("devEngines")
    key = "runtime" if tool == "node" else "packageManager"
    listed = strict.get(key) if isinstance(strict, dict) else None
    for each in listed if isinstance(listed, list) else [listed]:
        if isinstance(each, dict) and each.get("name") == tool:
            asked = each.get("version")
            if isinstance(asked, str) and each.get("onFail") not in ("warn", "ignore"):
                return asked.strip(), f"devEngines.{key}"
    asked = engines.get(tool) if isinstance(engines, dict) else None
    return (asked.strip() if isinstance(asked, str) else ""), f"engines.{tool}"


def _fits(version: str, asked: str) -> bool:
    """Whether a version is in an npm range; a range that cannot be read asks for nothing."""
    try:
        spec = NpmSpec(re.sub(r"([<>=^~])\s+", r"\1", asked))
        return bool(spec.match(Version(version)))
    except ValueError:
        return True


def _lowest(asked: str) -> str:
    match = _VERSION.search(asked)
    return match[0].removeprefix("v") if match is not None else asked


def _ask(root: Path, words: Sequence[str]) -> tuple[int, str]:
    """What a program answers; 127 where there is none."""
    try:
        done = subprocess.run(
            words,
            cwd=root,
            env={**os.environ, **ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        return 127, f"{words[0]} is not found"
    except (OSError, subprocess.TimeoutExpired) as error:
        return 126, str(error)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def _last(output: str) -> str:
    """The lines that say what is wrong, on one line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    told = [line for line in lines if re.search(r"error|unsupported|not ", line, re.I)]
    return " / ".join((told or lines or ["it says nothing"])[:3])


def _text(path: Path) -> str:
    try:
        return read_plain(path).decode("utf-8", "replace")
    except OSError:
        return ""
