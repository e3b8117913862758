"""How long fleetmod takes beside ripgrep and ast-grep, as ratios of whole processes in one run.

    python -m tests.benchmarks.speed REPOSITORY [--large MONOREPO] [--files 50000 200000]

REPOSITORY is a git checkout with debt, MONOREPO a big one with little; copies of it make the larger
trees. `rg` and `ast-grep` (PyPI: ast-grep-cli) must be on PATH. Nothing is written into either.
An audit is measured twice: the first one of a tree, and one that finds all files as the last one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 7
STAGED = 400  # files of one commit
CODE = (".ts", ".tsx", ".mts", ".cts")
FLEETMOD = (str(Path(sys.executable).parent / "fleetmod"),)
# what ripgrep and ast-grep look for, as fleetmod's own rules do
TEXTS = ("launchctl", "/Users/", "/home/")
RULES = Path(__file__).parent / "ast-grep.yml"


@dataclass(frozen=True)
class Measured:
    """The fastest of some runs, in seconds, and the largest memory of any, in MiB."""

    seconds: float
    memory: float


def environment(cache: Path | None) -> dict[str, str]:
    """Python's compiled files are there, as after every installation, whatever is set here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {"FLEETMOD_CACHE_DIR": str(cache or "")}


def measure(
    command: Sequence[str], folder: Path, rounds: int = ROUNDS, cache: Path | None = None
) -> Measured:
    """Run a command some times; its output goes nowhere, its exit code may be anything."""
    best, memory = float("inf"), 0.0
    for _ in range(rounds):
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(cache),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, _, usage = os.wait4(process.pid, 0)
        best = min(best, time.perf_counter() - start)
        memory = max(memory, usage.ru_maxrss / 1024)
    return Measured(best, memory)


def show(name: str, got: Measured, base: Measured, of: str, target: str) -> None:
    ratio = got.seconds / base.seconds
    print(f"{name:<42} {got.seconds * 1000:9.1f} ms {ratio:6.2f}x {of:<20} target {target}")


def audits(name: str, folder: Path, targets: tuple[str, str], rounds: int = ROUNDS) -> None:
    """The audit of a tree beside the raw search and beside equivalent rules."""
    patterns = [part for text in TEXTS for part in ("-e", text)]
    globs = [part for suffix in CODE for part in ("-g", f"*{suffix}")]
    rg = measure(("rg", "--no-config", "-F", *patterns, *globs, "."), folder, rounds)
    sg = measure(("ast-grep", "scan", "--rule", str(RULES), "--json=stream", "."), folder, rounds)
    command = (*FLEETMOD, "audit", "--format", "json")
    first = measure(command, folder, rounds)
    with tempfile.TemporaryDirectory() as cache:
        measure(command, folder, 1, Path(cache))
        again = measure(command, folder, rounds, Path(cache))
    memory = max(first.memory, again.memory)
    print(f"\n{name}: {count(folder)} files, audit at most {memory:.0f} MiB")
    for kind, audit in (("first audit", first), ("audit again", again)):
        show(kind, audit, rg, "ripgrep", targets[0])
        show(f"  ast-grep's six rules beside the {kind}", sg, audit, "audit", targets[1])


def hooks(folder: Path) -> None:
    """`check` of a clean file and of one with debt, beside the bare interpreter."""
    bare = measure((sys.executable, "-I", "-c", "pass"), folder, 3 * ROUNDS)
    (folder / "clean.ts").write_text("export const one = 1;\n")
    (folder / "debt.ts").write_text(
        'import { execFileSync } from "node:child_process";\n'
        'export async function stop() {\n  execFileSync("launchctl", ["stop", "x.y"]);\n}\n'
    )
    print(f"\nhook, beside a bare interpreter of {bare.seconds * 1000:.1f} ms")
    for name, target in (("clean.ts", "3x"), ("debt.ts", "7x")):
        got = measure((*FLEETMOD, "check", name), folder, 3 * ROUNDS)
        show(f"check {name}", got, bare, "python -I -c pass", target)


def migration(folder: Path) -> None:
    audit = measure((*FLEETMOD, "audit", "--format", "json"), folder, 3)
    plan = measure((*FLEETMOD, "migrate", "--dry-run"), folder, 3)
    show("migrate --dry-run", plan, audit, "audit", "3x")


def reports(folder: Path) -> None:
    """The other reports and gates beside the text audit, all without what an earlier run kept."""
    audit = measure((*FLEETMOD, "audit"), folder, 3)
    for form in ("sarif", "html"):
        report = measure((*FLEETMOD, "audit", "--format", form), folder, 3)
        show(f"audit --format {form}", report, audit, "audit", "1.5x")
    portable = measure((*FLEETMOD, "gate", "--phase", "portable"), folder, 3)
    show("gate --phase portable", portable, audit, "audit", "2x")
    three = measure((*FLEETMOD, "gate", "--phase", "1a,1b,1c"), folder, 3)
    every = measure((*FLEETMOD, "gate", "--phase", "all"), folder, 3)
    show("gate --phase all", every, three, "gate 1a,1b,1c", "4x")


def staged(folder: Path) -> None:
    """`check` of many changed files from the index, beside the same files from the disk."""
    listed = subprocess.run(["git", "ls-files"], cwd=folder, capture_output=True, text=True)
    paths = [path for path in listed.stdout.splitlines() if path.endswith(CODE)][:STAGED]
    for path in paths:
        with (folder / path).open("a") as file:
            file.write("// changed\n")
    subprocess.run(["git", "add", "-u"], cwd=folder, check=True)
    by_name = measure((*FLEETMOD, "check", *paths), folder, 3)
    index = measure((*FLEETMOD, "check", "--staged", *paths), folder, 3)
    show(f"check --staged of {len(paths)} files", index, by_name, "by name", "2x")


def count(folder: Path) -> int:
    listed = subprocess.run(["git", "ls-files"], cwd=folder, capture_output=True, text=True)
    return len(listed.stdout.splitlines())


def checkout(repository: Path, target: Path) -> Path:
    """A copy of what git tracks, as a repository of its own."""
    shutil.copytree(
        repository, target, symlinks=True, ignore=shutil.ignore_patterns(".git", "node_modules")
    )
    return commit(target)


def replicated(source: Path, target: Path, files: int) -> Path:
    """Copies of a tree side by side, until there are so many files."""
    total, index = 0, 0
    each = max(count(source), 1)
    while total < files:
        shutil.copytree(
            source,
            target / "packages" / f"copy{index}",
            symlinks=True,
            ignore=shutil.ignore_patterns(".git"),
        )
        total, index = total + each, index + 1
    (target / "package.json").write_text('{"name": "large", "workspaces": ["packages/*"]}\n')
    return commit(target)


def commit(root: Path) -> Path:
    """Everything below `root` as one commit, with a configuration: else each audit proposes one."""
    if not (root / "fleetmod.toml").exists():
        subprocess.run([*FLEETMOD, "init"], cwd=root, stdout=subprocess.DEVNULL)
    for command in (("init", "-q"), ("add", "-A")):
        subprocess.run(["git", *command], cwd=root, check=True)
    author = ("-c", "user.name=b", "-c", "user.email=b@example.com")
    subprocess.run(["git", *author, "commit", "-qm", "x"], cwd=root, check=True)
    return root


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("repository", type=Path)
    parser.add_argument("--large", type=Path)
    parser.add_argument("--files", type=int, nargs="*", default=[])
    given = parser.parse_args()
    missing = [tool for tool in ("rg", "ast-grep") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"{', '.join(missing)} is not on PATH")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        reference = checkout(given.repository, work / "reference")
        audits("reference", reference, ("9x", "at least 2.5x"))
        migration(reference)
        reports(reference)
        staged(reference)
        hook = work / "hook"
        hook.mkdir()
        (hook / "package.json").write_text('{"name": "hook"}\n')
        hooks(commit(hook))
        if given.large:
            large = checkout(given.large, work / "large")
            audits("large", large, ("1.5x", "-"), 3)
            for files in given.files:
                tree = replicated(large, work / f"large{files}", files)
                audits(f"large x {files}", tree, ("1.5x", "-"), 3)
                shutil.rmtree(tree)


if __name__ == "__main__":
    main()
