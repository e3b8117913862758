"""Which commands type-check and test a repository, read from its own manifests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TYPECHECK = ("typecheck", "type-check", "check-types", "check:types", "types", "tsc")
_TEST = ("test", "test:unit", "tests")
_LOCKS = (
    ("pnpm-lock.yaml", "pnpm"),
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
    ("yarn.lock", "yarn"),
    ("package-lock.json", "npm"),
)


@dataclass(frozen=True)
class Command:
    """A shell command; `kind` is `typecheck` or `test`, `why` says where the command was found."""

    kind: str
    line: str
    why: str


def find_commands(root: Path, typecheck: str | None, test: str | None) -> tuple[Command, ...]:
    """The commands to run: those given ("" for none), else those that the repository has."""
    out = []
    for kind, given, names in (("typecheck", typecheck, _TYPECHECK), ("test", test, _TEST)):
        if given is not None:
            found = Command(kind, given, "as given") if given else None
        else:
            found = _scripts(root, kind, names) or _fallback(root, kind)
        if found is not None:
            out.append(found)
    return tuple(out)


def package_manager(root: Path) -> str:
    """The package manager: by the `packageManager` field, else by the lock file."""
    declared = str(_manifest(root / "package.json").get("packageManager", "")).split("@")[0]
    if declared in ("pnpm", "bun", "yarn", "npm"):
        return declared
    return next((name for lock, name in _LOCKS if (root / lock).exists()), "npm")


def _scripts(root: Path, kind: str, names: tuple[str, ...]) -> Command | None:
    manager = package_manager(root)
    scripts = _manifest(root / "package.json").get("scripts")
    if isinstance(scripts, dict):
        for name in names:
            # npm's own placeholder fails always
            if name in scripts and "no test specified" not in str(scripts[name]):
                return Command(kind, f"{manager} run {name}", f"scripts.{name} of package.json")
    for name in names:
        if any(name in _member_scripts(path) for path in sorted(root.glob("*/*/package.json"))):
            return Command(kind, _everywhere(manager, name), f"scripts.{name} of the packages")
    return None


def _everywhere(manager: str, script: str) -> str:
    """Run a script in every package that has it."""
    return {
        "pnpm": f"pnpm -r --no-bail --if-present run {script}",
        "bun": f"bun run --filter '*' {script}",
        "yarn": f"yarn workspaces run {script}",
        "npm": f"npm run {script} --workspaces --if-present",
    }[manager]


def _fallback(root: Path, kind: str) -> Command | None:
    compiler = root / "node_modules/.bin/tsc"
    if kind == "typecheck" and (root / "tsconfig.json").exists() and compiler.exists():
        return Command(kind, "node_modules/.bin/tsc --noEmit -p .", "tsconfig.json")
    if kind == "test" and package_manager(root) == "bun":
        return Command(kind, "bun test", "the lock file is bun's")
    return None


def _member_scripts(path: Path) -> dict[str, Any]:
    scripts = _manifest(path).get("scripts")
    return scripts if isinstance(scripts, dict) and "node_modules" not in path.parts else {}


def _manifest(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
