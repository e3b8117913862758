"""Questions to the repository's own TypeScript: which files a tsconfig takes in, and what imports
what."""

from __future__ import annotations

import json
import posixpath
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fleetmod.filekinds import is_javascript
from fleetmod.verify.commands import Command
from fleetmod.verify.packages import Package, program
from fleetmod.verify.scripts import Call, calls, script_of, tasks_of
from fleetmod.workspace.copy import MODULES
from fleetmod.workspace.managers import folders_above

_COMPILERS = ("tsc", "vue-tsc", "tsgo")
# with one of these it checks no types (tsc --all), in small letters as it takes them
_OTHERWISE = frozenset(
    "-v --version -h --help -? --all --init --showconfig --listfilesonly --nocheck".split()
)
_SECONDS, _DEPTH = 300, 4
_CONFIG = "tsconfig.json"
_TEMPORARY = "tsconfig.fleetmod-verify.json"
_DEFAULTS = {"module": "preserve", "moduleResolution": "bundler", "jsx": "preserve"}


@dataclass(frozen=True)
class Compilation:
    """One compiler run of a script: its tsconfig, and the folder of the package whose script it is.

    `asked` tells that another program decides whether it runs (turbo, `pnpm -r`).
    """

    config: str
    folder: str
    asked: bool


def compilations(command: Command, packages: Sequence[Package]) -> tuple[Compilation, ...]:
    """The compiler runs that a command comes down to, through scripts that run scripts."""
    owner = next((p for p in packages if p.folder == command.folder), packages[0])
    return tuple(dict.fromkeys(_of(command.text, owner, packages, False, _DEPTH)))


def _of(
    text: str, package: Package, packages: Sequence[Package], asked: bool, depth: int
) -> Iterator[Compilation]:
    for call in calls(text) if depth else ():
        words = call.words
        if call.name in ("npm", "pnpm", "yarn", "bun") and words[1:2] and words[1] in _COMPILERS:
            call = Call(words[1:], call.ends[1:], call.hidden)
        if call.hidden or (call.name in _COMPILERS and not _checks(call)):
            continue
        if call.name in _COMPILERS:
            for config in _configs(call.words):
                place = posixpath.normpath(posixpath.join(package.folder, config))
                yield Compilation(place, package.folder, asked)
        elif call.everywhere:
            for task in script_everywhere(call, packages) or tasks_of(call):
                for each in packages:
                    if task in each.scripts and each.scripts[task] != text:
                        yield from _of(each.scripts[task], each, packages, True, depth - 1)
        elif name := script_of(call, package.scripts):
            yield from _of(package.scripts[name], package, packages, asked, depth - 1)


def _checks(call: Call) -> bool:
    return not _OTHERWISE & {word.lower() for word in call.words[1:]}


def script_everywhere(call: Call, packages: Sequence[Package]) -> tuple[str, ...]:
    """The script that a package manager runs in many packages."""
    scripts = {name: "" for package in packages for name in package.scripts}
    found = script_of(call, scripts)
    if not found:
        found = next((word for word in reversed(call.words) if word in scripts), "")
    return (found,) if found else ()


def _configs(words: Sequence[str]) -> list[str]:
    """The tsconfig files that a `tsc` is given, or the one that it finds."""
    rest = list(words[1:])
    for index, word in enumerate(rest):
        if word in ("-p", "--project") and rest[index + 1 :]:
            return [rest[index + 1]]
        if word.startswith("--project="):
            return [word.partition("=")[2]]
    if {"-b", "--build"} & set(rest):
        return [word for word in rest if not word.startswith("-") and word != "true"] or [_CONFIG]
    return [_CONFIG]


@dataclass
class Compiler:
    """Asks in `root`, a copy of the repository; the answers are kept."""

    root: Path
    _files: dict[str, frozenset[str] | None] = field(default_factory=dict)

    def files(self, config: str) -> frozenset[str] | None:
        """The repository's files whose types a tsconfig's program checks, with those of what it
        references;
        None where TypeScript is not installed or does not answer."""
        config = self._config(config)
        if config not in self._files:
            self._files[config] = None  # a circle of references ends here
            self._files[config] = self._ask(config)
        return self._files[config]

    def _config(self, path: str) -> str:
        return posixpath.join(path, _CONFIG) if (self.root / path).is_dir() else path

    def _ask(self, config: str) -> frozenset[str] | None:
        shown = self._run(config, "--showConfig")
        listed = self._run(config, "--listFilesOnly")
        if listed is None:
            return None
        try:
            raw = json.loads(shown or "{}")
        except ValueError:
            raw = {}
        options = raw.get("compilerOptions") if isinstance(raw, dict) else None
        files = self._own(listed)
        if isinstance(options, dict):
            if options.get("noCheck"):
                files = frozenset()
            elif not options.get("checkJs"):
                files = frozenset(path for path in files if not is_javascript(path))
        for each in raw.get("references", []) if isinstance(raw, dict) else []:
            place = posixpath.normpath(posixpath.join(posixpath.dirname(config), each["path"]))
            files |= self.files(place) or frozenset()
        return files

    def nearest(self, path: str) -> str | None:
        """The nearest tsconfig.json above a file, or one beside it by another name, that takes the
        file in; None for none."""
        for folder in folders_above(posixpath.dirname(path)):
            place = self.root / folder
            others = sorted(p.name for p in place.glob("tsconfig.*.json") if p.name != _TEMPORARY)
            for name in (_CONFIG, *others):
                config = posixpath.join(folder, name)
                if (place / name).is_file() and path in (self.files(config) or ()):
                    return config
        return None

    def reached(self, folder: str, tests: Sequence[str]) -> frozenset[str] | None:
        """The repository's files that the tests of a package import, directly or not."""
        above = [f for f in folders_above(folder) if (self.root / f / _CONFIG).is_file()]
        place = above[0] if above else folder
        options: dict[str, object] = {"noEmit": True, "allowJs": True, "composite": False}
        options |= {"incremental": False, "declaration": False, "allowImportingTsExtensions": True}
        document: dict[str, object] = {"include": [], "references": []}
        if above:
            document["extends"] = f"./{_CONFIG}"
        else:
            options |= _DEFAULTS
        document["files"] = [posixpath.relpath(test, place or ".") for test in tests]
        document["compilerOptions"] = options
        file = self.root / place / _TEMPORARY
        file.write_text(json.dumps(document), encoding="utf-8")
        try:
            listed = self._run(posixpath.join(place, _TEMPORARY), "--listFilesOnly")
        finally:
            file.unlink()
        return None if listed is None else self._own(listed)

    def _own(self, listed: str) -> frozenset[str]:
        top = f"{self.root.resolve().as_posix()}/"
        return frozenset(
            path
            for line in listed.splitlines()
            if line.startswith(top)
            and (path := line.removeprefix(top))
            and MODULES not in path.split("/")
        )

    def _run(self, config: str, option: str) -> str | None:
        compiler = program(self.root, posixpath.dirname(config), "tsc")
        if compiler is None or not (self.root / config).is_file():
            return None
        try:
            done = subprocess.run(
                [self.root / compiler, "-p", config, option],
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        text = done.stdout.decode("utf-8", "replace")
        return text if done.returncode == 0 or "error TS" in text else None
