"""Which commands type-check and test a repository, read from its own manifests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fleetmod.verify.packages import Package, program
from fleetmod.verify.scripts import Call, calls, going_on, script_of, stops_early
from fleetmod.workspace.disk import read_plain
from fleetmod.workspace.managers import manager_of

TYPECHECK, TEST = "typecheck", "test"
_NAMES = {
    TYPECHECK: ("typecheck", "type-check", "check-types", "check:types", "types", "tsc"),
    TEST: ("test", "test:unit", "tests"),
}
_DEPTH = 3  # `test` that runs `test:all` that runs …


@dataclass(frozen=True)
class Command:
    """A shell command in a folder; `kind` is `typecheck` or `test`, `why` says where it was found.

    `text` is what it comes down to, with the scripts' own words. `stops` tells that what stands
    behind a first failure does not run.
    """

    kind: str
    line: str
    why: str
    folder: str = ""
    text: str = ""
    given: bool = False
    stops: bool = False


def find_commands(
    root: Path, packages: Sequence[Package], typecheck: str | None, test: str | None
) -> tuple[Command, ...]:
    """The commands to run: those given ("" for none), else the scripts that the repository has."""
    out: list[Command] = []
    for kind, given in ((TYPECHECK, typecheck), (TEST, test)):
        if given is None:
            out += _scripts(package_manager(root), packages, kind)
        elif given:
            out.append(Command(kind, given, "as given", "", given, True, stops_early(given)))
    return tuple(out)


def package_manager(root: Path) -> str:
    """`npm`, `pnpm`, `yarn` or `bun`."""
    return manager_of(root, "")


def _scripts(manager: str, packages: Sequence[Package], kind: str) -> list[Command]:
    root = packages[0]
    for name in _NAMES[kind]:
        if name in root.scripts:
            return _root_script(manager, packages, kind, name)
    return [
        _in_package(manager, package, kind, name)
        for package in packages[1:]
        for name in [n for n in _NAMES[kind] if n in package.scripts][:1]
    ]


def _root_script(manager: str, packages: Sequence[Package], kind: str, name: str) -> list[Command]:
    root, first = packages[0], name
    for _ in range(_DEPTH):
        found = calls(root.scripts[name])
        inner = script_of(found[0], root.scripts) if len(found) == 1 else ""
        if not inner or found[0].everywhere or found[0].words[-1] != inner:
            break
        name = inner
    text, why = root.scripts[name], f"scripts.{first} of package.json"
    if len(found) == 1 and (task := _each(found[0], packages)):
        # yarn and bun stop at the first package that fails
        return [
            _in_package(manager, package, kind, task)
            for package in packages[1:]
            if task in package.scripts
        ]
    more = going_on(text)
    line, stops = f"{manager} run {name}", stops_early(more.text or text)
    if more.appended:
        line += f" -- {more.appended}" if manager == "npm" else f" {more.appended}"
    elif more.text:
        before = f"{manager} run pre{name} && " if f"pre{name}" in root.scripts else ""
        line = f'{before}PATH="$PWD/node_modules/.bin:$PATH" && ({more.text})'
    return [Command(kind, line, why, "", text, stops=stops)]


def _each(call: Call, packages: Sequence[Package]) -> str:
    """The script that yarn or bun runs in every package, without a choice among them."""
    words = call.words[1:]
    yarn = call.name == "yarn" and words[:1] == ("workspaces",)
    if not yarn and not (call.name == "bun" and {"--filter=*", "*"} & set(words)):
        return ""
    task = words[-1]
    chosen = any(w.startswith(("--include", "--exclude", "--from", "--since")) for w in words)
    known = any(task in package.scripts for package in packages[1:])
    return task if known and not chosen else ""


def _in_package(manager: str, package: Package, kind: str, name: str) -> Command:
    text = package.scripts[name]
    why = f"scripts.{name} of {package.folder}/package.json"
    return Command(
        kind, f"{manager} run {name}", why, package.folder, text, stops=stops_early(text)
    )


def own_compiler(root: Path, config: str) -> Command | None:
    """A type check of one tsconfig file by the repository's own TypeScript, if it is installed."""
    compiler = program(root, config.rpartition("/")[0], "tsc")
    if compiler is None:
        return None
    line = f"{compiler} --noEmit -p {config}"
    return Command(TYPECHECK, line, f"no script checks what {config} takes in", "", line)


def own_runner(
    root: Path,
    packages: Sequence[Package],
    package: Package,
    tests: Sequence[str],
) -> Command | None:
    """The tests of a package without a script for them, by the runner that its dependencies or its
    tests name; `tests` are its test files, relative to the root."""
    named = package.dependencies | packages[0].dependencies
    up = "../" * (package.folder.count("/") + bool(package.folder))
    line = ""
    for runner, words in (("vitest", "vitest run"), ("jest", "jest")):
        path = program(root, package.folder, runner)
        if runner in named and path is not None:
            line = f"{up}{path.removesuffix(runner)}{words}"
            break
    texts = [_text(root / path) for path in tests]
    if not line and any("bun:test" in text for text in texts):
        line = "bun test"
    if not line and any("node:test" in text for text in texts):
        line = "node --test"
    if not line and package_manager(root) == "bun":
        line = "bun test"  # it runs tests of jest and vitest, too
    if not line:
        return None
    where = package.folder or "the root"
    return Command(TEST, line, f"no script runs the tests of {where}", package.folder, line)


def _text(path: Path) -> str:
    try:
        return read_plain(path).decode("utf-8", "replace")
    except OSError:
        return ""
