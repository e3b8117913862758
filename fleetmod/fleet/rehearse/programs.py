"""The programs of this machine that a node is given: runtimes and package managers."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from fleetmod.errors import UNPROVEN, FleetmodError

FOLDER = Path("/opt/fleetmod")  # on the node
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
_NAMES = ("node", "bun", "deno", "npm", "npx", "pnpm", "pnpx", "yarn", "corepack", "git")
_SHARED = tuple(Path(each) for each in ("/usr", "/bin", "/sbin", "/nix", "/snap"))
_STRIPS_TYPES = (22, 18)  # the version of Node from which on it runs TypeScript without a flag


def given(names: Iterable[str] = ()) -> Iterator[tuple[str, Path, str]]:
    """`show` or `link`, what, and where, for each program that the node would not find by itself.

    A script stands in a package, which it needs; so that comes along as a whole. `names` are asked
    for besides the usual ones.
    """
    for name in dict.fromkeys((*_NAMES, *names)):
        found = shutil.which(name)
        if found is None:
            continue
        real = _real(name, Path(found).resolve())
        place = str(FOLDER / "bin" / name).lstrip("/")
        if any(real.is_relative_to(folder) for folder in _SHARED):
            if not any(found.startswith(f"{each}/") for each in SYSTEM_PATH.split(":")):
                yield "link", real, place
        elif package := _package(real):
            inside = FOLDER / "packages" / name
            yield "show", package, str(inside).lstrip("/")
            yield "link", inside / real.relative_to(package), place
        else:
            yield "show", real, place


def typescript_runtime(prefers_bun: bool) -> str:
    """The path on a node of what runs the packages, which are TypeScript: Node or Bun.

    Raises FleetmodError where this machine has neither.
    """
    works = [name for name, ok in (("node", _strips_types()), ("bun", shutil.which("bun"))) if ok]
    if not works:
        raise FleetmodError(
            "nothing on PATH runs TypeScript",
            todo="Install Node 22.18 or newer, or Bun",
            exit_code=UNPROVEN,
        )
    name = "bun" if prefers_bun and "bun" in works else works[0]
    place = f"{FOLDER}/bin/{name}"
    if any(where == place.lstrip("/") for _, _, where in given()):
        return place
    return shutil.which(name, path=SYSTEM_PATH) or place


def _strips_types() -> bool:
    node = shutil.which("node")
    if node is None:
        return False
    done = subprocess.run([node, "--version"], capture_output=True, text=True)
    found = re.match(r"v(\d+)\.(\d+)\.", done.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= _STRIPS_TYPES


def _real(name: str, found: Path) -> Path:
    """The program itself where a version manager, or an environment of Python's, has a script in
    its place: that would look for its own files."""
    if name not in ("node", "bun") or not _is_script(found) or _package(found):
        return found
    done = subprocess.run([found, "-p", "process.execPath"], capture_output=True, text=True)
    real = Path(done.stdout.strip())
    return real.resolve() if real.is_absolute() and real.is_file() else found


def _package(file: Path) -> Path | None:
    """The npm package that a script is in; None for a program of its own."""
    if not _is_script(file):
        return None
    return next((each for each in file.parents if (each / "package.json").is_file()), None)


def _is_script(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(2) == b"#!"
