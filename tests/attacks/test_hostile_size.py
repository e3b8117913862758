"""Files and settings that are huge, or nest, repeat or multiply without end.

What grows is counted in calls, not in time: twice the input may take little more than twice the
work. What is past a bound is told as not looked at, and the rest of the repository is judged.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

import pytest
from tree_sitter import Node

from fleetmod import together
from fleetmod.baseline import Baseline, compare, stable_ids
from fleetmod.bounds import DEPTH, FINDINGS, LEVELS, LISTED, SIZE
from fleetmod.check import check
from fleetmod.checked_in import names
from fleetmod.edits import render
from fleetmod.fleet.manifests.load import load_cluster
from fleetmod.host import python as host_python
from fleetmod.host import scan as host_typescript
from fleetmod.host import shell as host_shell
from fleetmod.host.tools import load_tools
from fleetmod.languages.findings import Context
from fleetmod.languages.scan import scan as portable
from fleetmod.linear import Pattern
from fleetmod.migrate import difference
from fleetmod.places import HOME
from fleetmod.project import open_project
from fleetmod.scan import scan_all
from fleetmod.sources import read_sources
from fleetmod.syntax.source import Source
from fleetmod.workspace.manifest import owner
from tests.repo import Ran, fleetmod, make
from tests.scan import PATH, SETTINGS, look

pytestmark = pytest.mark.heavy  # large inputs take their time

TOOLS = load_tools(())
SECONDS = 60  # a run of these small repositories takes one or two
RUN = 'import { execFile, execSync } from "node:child_process";\n'
START = 'execSync("launchctl kickstart -k gui/501/com.acme.api");'
KILL = START.replace("kickstart -k", "kill HUP")  # which stays
OTHERS = KILL.replace("api", "web#") + START.replace("api", "api#")
SIGNALS = f"function f(l) {{ execSync(`launchctl kill HUP gui/501/${{l}}`); {START} }}\n"
PROMISED = 'import { promisify } from "node:util";\nconst run = promisify(execFile);\n'


def each(line: str) -> Callable[[int], str]:
    """A text of so many lines, with the number of each in the place of a `#`."""
    return lambda n: RUN + "".join(line.replace("#", str(i)) + "\n" for i in range(n))


WIDE = {
    "comments in a row": (40, each("// /Users/alice/x: launchctl list")),
    "names declared again": (
        60,
        each("function f#(l: string) { const t = l; execSync(`launchctl stop gui/501/${t}`); }"),
    ),
    "results of one name": (
        60,
        lambda n: (
            PROMISED
            + each(
                'export async function f#() { const { stdout } = await run("launchctl", ["list"]); '
                'return stdout.includes("a"); }'
            )(n)
        ),
    ),
    "uses of one name": (150, lambda n: "const launchctl = 1;\n" + "f(launchctl);\n" * n),
    "elements of a list": (150, lambda n: "const a = [" + '"/Users/alice/x", ' * n + "];\n"),
    "constants": (
        300,
        each('const L# = "com.x#"; execSync(`launchctl kickstart -k gui/501/${L#}`);'),
    ),
    "calls": (600, each(f"export async function f#() {{ {START} }}")),
    "calls of one function": (600, lambda n: f"async function f() {{\n{(START + chr(10)) * n}}}\n"),
    "calls of a wrapper": (
        600,
        each("function lc#(c: string) { return execSync(`launchctl ${c}`); }\nlc#('stop com.x');"),
    ),
    "cases": (600, lambda n: RUN + "switch (a) {" + f"case 1: {START} break;\n" * n + "}\n"),
    "calls and texts": (600, each(START + ' console.log("run launchctl stop com.acme.api");')),
    "calls of the machine": (300, each('execSync("colima status");')),
    "handlers": (
        600,
        each(f'async function f#() {{ try {{ {START} }} catch {{ log("launchctl failed"); }} }}'),
    ),
    "homes in a comment": (60, lambda n: "/*\n" + "/Users/alice/x launchctl list\n" * n + "*/\n"),
    "calls within what they call": (
        300,
        lambda n: RUN + "async function f() {\n" + f"{START} f();\n" * n + "}\n",
    ),
    "values given to one name": (
        60,
        lambda n: "let p = '';\n" + 'p = "/Users/alice/x";\n' * n + "f(p);\n",
    ),
    "lists that are looked through": (
        150,
        lambda n: 'const L = ["launchctl list", "rm x", "kill y"];\nL.includes(a);\n' * n,
    ),
    "commands in a list": (
        150,
        lambda n: "const L = [" + '"launchctl list", ' * n + "];\nL.includes(a);\n",
    ),
    "patterns in a list": (150, lambda n: "const L = [" + "/launchctl x/, " * n + "];\n"),
    "patterns of one text": (
        150,
        lambda n: "function f(t: string) {\n" + "if (/launchctl x/.test(t)) g(t);\n" * n + "}\n",
    ),
    "uses of a text before its patterns": (
        150,
        lambda n: (
            "function f(t: string) {\n" + "g(t);\n" * n + "/launchctl x/.test(t);\n" * n + "}\n"
        ),
    ),
    "services, each with a call that stays": (
        150,
        lambda n: RUN + "function f() {\n" + each(OTHERS)(n)[len(RUN) :] + "}\n",
    ),
    "calls that hold the next one back": (
        100,
        lambda n: (
            RUN
            + f"function f() {{\n{KILL}\n"
            + "".join(
                f'execSync("launchctl bootout system/com.acme.api{i} && '
                f'launchctl bootout system/com.acme.api{i + 1}");\n'
                for i in range(n)
            ).replace("api0", "api")
            + "}\n"
        ),
    ),
    "helpers of one function": (
        150,
        lambda n: (
            each(f"function f#() {{ {KILL} {START} }}")(n)
            + "function g() {\n"
            + "".join(f"f{i}();\n" for i in range(n))
            + "}\n"
        ),
    ),
    "helpers of helpers": (
        150,
        lambda n: (
            f"{RUN}function f0() {{ {KILL} }}\n"
            + "".join(f"function f{i + 1}() {{ f{i}(); {START} }}\n" for i in range(n))
        ),
    ),
    "labels that a helper gets": (
        150,
        lambda n: each("function g#() { f('com.x#'); }")(n) + SIGNALS + SIGNALS.replace("f(", "h("),
    ),
    "names of the tool": (300, each("const launchctlPath# = 1; f(launchctlPath#);")),
}


def work(text: str) -> int:
    """How many functions are called to analyse a file."""
    return calls(lambda: look(text))


def calls(act: Callable[[], object]) -> int:
    count = 0

    def called(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def steps(act: Callable[[], object]) -> int:
    """How many instructions Python runs; a loop in one line counts, too."""
    count = 0

    def step(frame: FrameType, event: str, _argument: object) -> Callable[..., object]:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return step

    sys.settrace(step)
    try:
        act()
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("kind", WIDE)
def test_twice_the_text_is_twice_the_work(kind: str) -> None:
    size, text = WIDE[kind]
    look(text(3))  # what is made once
    assert work(text(2 * size)) < 2.2 * work(text(size))


def nested(opening: str, closing: str, ending: str = "") -> Callable[[int], str]:
    return lambda n: RUN + opening * n + '"/Users/alice/x"' + closing * n + ending + ";\n"


NESTED = {
    "sums": lambda n: 'const p = ""' + ' + "/Users/alice/x"' * n + ";\n",
    "sums of calls": lambda n: 'const p = ""' + ' + f("/Users/alice/x")' * n + ";\n",
    "alternatives": lambda n: "const p = a" + ' || "/Users/alice/x"' * n + ";\n",
    "choices": lambda n: "const p = " + 'a ? "/Users/alice/x" : ' * n + "b;\n",
    "calls of results": lambda n: RUN + "run()" + f".then(() => {START[:-1]})" * n + ";\n",
    "branches": lambda n: (
        RUN
        + "async function f() { if (a) {}\n"
        + f'else if (b) {{ {START} f("/Users/alice/x"); }}\n' * n
        + "}\n"
    ),
    "calls": nested("f(", ', "/Users/alice/x")'),
    "arrays": nested("[", ', "/Users/alice/x"]'),
    "objects": nested("x = {a: ", ', b: "/Users/alice/x"}'),
    "elements": nested('<div a="/Users/alice/x">{', "}</div>"),
    "blocks": lambda n: RUN + f"{{ {START}" * n + "}" * n + "\n",
    "functions": lambda n: RUN + f"function f() {{ {START}" * n + "}" * n + "\n",
    "templates": lambda n: "f(" + "`/Users/alice/${" * n + "a" + "}`" * n + ");\n",
}


@pytest.mark.parametrize("kind", NESTED)
def test_what_nests_costs_no_more_than_its_levels(kind: str) -> None:
    """Each finding asks what stands around it; to ask that again at each level is too much."""
    path = PATH.replace(".ts", ".tsx") if kind == "elements" else PATH
    text, size = NESTED[kind], 60
    look(text(3), path)
    assert len(look(text(2 * size), path).findings) >= 2 * size
    once, twice = (calls(lambda n=n: look(text(n), path)) for n in (size, 2 * size))  # type: ignore[misc]
    assert twice < 4.2 * once


def test_a_choice_is_not_read_anew_for_each_of_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one call reads counts here: the square of the text, where each part asks the rest."""
    read, real = 0, Source.squeezed

    def counted(self: Source, node: Node) -> str:
        nonlocal read
        read += node.end_byte - node.start_byte
        return real(self, node)

    monkeypatch.setattr(Source, "squeezed", counted)
    sizes = []
    for size in (100, 200):
        read = 0
        look(NESTED["choices"](size))
        sizes.append(read)
    assert sizes[1] < 4.2 * sizes[0]


def test_too_many_levels_are_not_looked_at() -> None:
    deep = 300
    chain = 'const p = ""' + ' + f("/Users/alice/x")' * deep + ";\n"
    result = look(chain * (2 * LEVELS // deep**2 + 1))
    assert not result.findings
    assert f"nest {LEVELS:,} levels in all" in result.unproven[0]


@pytest.mark.parametrize("kind", ["every second line", "one line again and again", "all new"])
def test_long_texts_are_compared_in_time(kind: str) -> None:
    size = 20_000
    old = [f"line {n}\n" for n in range(size)]
    new = [f"new {n}\n" if n % 2 else line for n, line in enumerate(old)]
    if kind == "one line again and again":
        old, new = ["}\n"] * size, ["}\n", "x\n"] * size
    elif kind == "all new":
        new = [f"new {n}\n" for n in range(size)]
    before, after = "".join(old).encode(), "".join(new).encode()
    count = 0

    def step(_frame: FrameType, _event: str, _argument: object) -> Callable[..., object]:
        nonlocal count
        count += 1
        assert count < 100 * size
        return step

    sys.settrace(step)
    try:
        edits = difference(before, after)
    finally:
        sys.settrace(None)
    assert render(before, edits) == after
    assert len(edits) == (size // 2 if kind == "every second line" else 1)


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(12)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "holds more than 200,000 values, with what its aliases repeat"),
        ("a: &a [*a]\n", "nests too deeply"),
        ("a: " + "[" * 5000 + "]" * 5000 + "\n", "nests too deeply"),
        ("a: &a {b: 1}\nc:\n  <<: [x]\n", "merges what is no mapping"),
        ("a: b\n" + "# x\n" * 1_000_001, "files of more than"),
    ],
)
def test_a_manifest_without_end_is_told_as_not_read(tmp_path: Path, text: str, why: str) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
    make(tmp_path / "r", {"k8s/a.yaml": service, "k8s/b.yaml": text})
    found = load_cluster(tmp_path / "r", ("k8s",))
    assert [each.name for each in found.services] == ["a"]
    (told,) = found.unread
    assert told.startswith("k8s/b.yaml") and why in told


@pytest.mark.parametrize(
    "path", ["other/package.json", "pnpm-workspace.yaml", "other/tsconfig.json"]
)
def test_a_manifest_that_is_too_large_is_told_as_not_looked_at(tmp_path: Path, path: str) -> None:
    """The module graph lacks what it says, wherever it stands."""
    config = {"fleetmod.toml": 'version = 1\n[workspace]\ngate = ["packages"]\n'}
    root = make(tmp_path / "r", {**config, "packages/a/src/a.ts": "export {};\n", path: "{}\n"})
    with (root / path).open("a") as file:
        file.write("#" * SIZE)
    for command in ("audit", "check", "gate"):
        ran = fleetmod(root, command)
        told = " ".join(ran.out.split())
        assert ran.code == 3 and path in told and "are not looked at" in told, ran


def scripts(kind: str, n: int) -> None:
    """A script or module with so many calls and homes, as the gates of phases to come see it."""
    shell, python = "cp /Users/alice/x y; pbcopy\n", 'subprocess.run(["pbcopy"])\n'
    typescript = 'execSync("pbcopy");\n'
    if kind == "shell, host":
        host_shell.scan("a.sh", (shell * n).encode(), TOOLS)
    elif kind == "shell, portable":
        portable("a.sh", (shell * n).encode(), Context(SETTINGS.places, {HOME: "HOME"}))
    elif kind == "Python, a list":
        text = "import os\na = [" + '"/Users/alice/x", ' * n + "]\n"
        portable("a.py", text.encode(), Context(SETTINGS.places, {HOME: "HOME"}))
    elif kind == "Python, portable":
        text = "import os\n" + 'f("/Users/alice/x")\n' * n
        portable("a.py", text.encode(), Context(SETTINGS.places, {HOME: "HOME"}))
    elif kind == "Python, host":
        host_python.scan("a.py", ("import subprocess\n" + python * n).encode(), TOOLS)
    else:
        host_typescript.scan("a.ts", (RUN + typescript * n).encode(), TOOLS)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        *(("shell, host", 400), ("shell, portable", 400), ("Python, host", 400)),
        *(("TypeScript, host", 400), ("Python, portable", 100), ("Python, a list", 100)),
    ],
)
def test_twice_the_script_is_twice_the_work(kind: str, size: int) -> None:
    scripts(kind, 3)
    assert calls(lambda: scripts(kind, 2 * size)) < 2.2 * calls(lambda: scripts(kind, size))


DEEP_OTHERS = {
    "a.sh": ("portable", "if true; then\n" * 3000 + "cp /Users/alice/x y\n" + "fi\n" * 3000),
    "b.sh": ("host", "if true; then\n" * 3000 + "pbcopy\n" + "fi\n" * 3000),
    "a.py": ("portable", "x = " + "(" * 3000 + '"/Users/alice/x"' + ")" * 3000 + "\n"),
    "b.py": ("portable", 'x = "/Users/alice/x"' + ' + "a"' * 3000 + "\n"),
    "packages/app/src/b.ts": (
        "host",
        RUN + "if (a) {}\n" + 'else if (b) { execSync("pbcopy"); }\n' * 3000,
    ),
}


@pytest.mark.parametrize("path", DEEP_OTHERS)
def test_what_nests_too_deeply_is_told_in_every_language(tmp_path: Path, path: str) -> None:
    phase, text = DEEP_OTHERS[path]
    ran = run(make(tmp_path / "r", {**CLEAN, path: text}), "gate", "--phase", phase)
    assert ran.code == 3, ran
    assert f"nests deeper than {DEPTH} levels" in " ".join(ran.out.split())


DEEP = {
    "templates": lambda n: "export const p = " + "`${" * n + '"/Users/alice"' + "}`" * n + ";\n",
    "branches": lambda n: "if (a) {}\n" + 'else if (b) { f("/Users/alice/x"); }\n' * n,
    "calls of results": lambda n: "a" + '.b("/Users/alice/x")' * n + ";\n",
    "choices": lambda n: "const p = " + 'a ? "/Users/alice/x" : ' * n + "b;\n",
    "sums": lambda n: 'const p = ""' + ' + "/Users/alice/x"' * n + ";\n",
}


@pytest.mark.parametrize("kind", DEEP)
def test_what_nests_too_deeply_is_not_looked_at(kind: str) -> None:
    result = look(DEEP[kind](3000))
    assert not result.findings and not result.edits
    (told,) = result.unproven
    assert f"{PATH}:1-" in told and f"nests deeper than {DEPTH} levels" in told


def test_control_what_people_nest_is_looked_at() -> None:
    assert len(look(DEEP["branches"](100)).edits) > 100


def test_too_many_findings_are_not_looked_at() -> None:
    result = look('f("/Users/alice/x");\n' * (FINDINGS + 1))
    assert not result.findings
    assert f"more than {FINDINGS:,} findings" in result.unproven[0]


FILES: dict[str, str | bytes] = {
    "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
    "packages/app/package.json": '{"name": "@acme/app"}\n',
    "packages/app/src/a.ts": 'export const p = "/Users/alice/x";\n',
    "fleetmod.toml": 'version = 1\n[home]\nusers = ["alice"]\n',
}
CLEAN = FILES | {"packages/app/src/a.ts": "export const p = 1;\n"}


def run(root: Path, *args: str, memory: int = 0) -> Ran:
    """fleetmod within a time that nothing here needs, and so many bytes of memory."""

    def limit() -> None:
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    done = subprocess.run(
        [sys.executable, "-m", "fleetmod", "-C", str(root), *args],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        timeout=SECONDS,
        preexec_fn=limit,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def test_one_file_does_not_end_the_run(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {**FILES, "packages/app/src/z.ts": DEEP["templates"](3000)})
    ran = run(root, "gate", "--phase", "1b")
    assert ran.code == 1 and "packages/app/src/a.ts:1" in ran.out  # the other one's debt
    assert "packages/app/src/z.ts:1-2 nests deeper than" in ran.out
    (root / "packages/app/src/a.ts").write_text("export const p = 1;\n")
    assert run(root, "gate", "--phase", "1b").code == 3


@pytest.mark.parametrize("command", [("audit",), ("check",), ("gate", "--phase", "1a,1b")])
def test_a_huge_file_is_told_and_never_held(tmp_path: Path, command: tuple[str, ...]) -> None:
    line = b'export const p = "/Users/alice/x"; // launchctl list\n'
    root = make(tmp_path / "r", {**CLEAN, "packages/app/src/z.ts": line * 1_000_000})
    ran = run(root, *command, memory=400_000_000)
    assert ran.code == 3
    told = " ".join(ran.out.split()) + ran.err
    assert f"has 53,000,000 bytes, and files of more than {SIZE:,} are not looked at" in told


def test_control_a_huge_file_without_a_trigger_is_clean(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {**CLEAN, "packages/app/src/z.ts": b"export {};\n" * 1_000_000})
    assert run(root, "gate", "--phase", "1a,1b", memory=400_000_000).code == 0


@pytest.mark.parametrize("glob", ["**/" * 30 + "zzz", "**/a/" * 20 + "zzz", "*a" * 30 + "b"])
def test_a_glob_is_matched_in_bounded_time(tmp_path: Path, glob: str) -> None:
    deep = "packages/app/src/" + "a/" * 28 + "a" * 40 + ".ts"
    config = f'version = 1\n[workspace]\nexclude = ["{glob}"]\n[home]\nusers = ["alice"]\n'
    files = {**CLEAN, deep: FILES["packages/app/src/a.ts"], "fleetmod.toml": config}
    assert run(make(tmp_path / "r", files), "audit").code == 1


MANY = ", ".join(f'"a{i}/*"' for i in range(LISTED + 1))
MANY_FILES: dict[str, dict[str, str | bytes]] = {
    "a configuration of many bytes": {"fleetmod.toml": "# x\n" * 100_000},
    "a list of many globs": {"fleetmod.toml": f"[workspace]\nexclude = [{MANY}]\n"},
    "a key of many parts": {"fleetmod.toml": "a." * 60_000 + "b = 1\n"},
    "a quoted key of many parts": {"fleetmod.toml": "[" + '"a b" . ' * 20_000 + "b]\n"},
    "a rule with a key of many parts": {
        "fleetmod.toml": '[workspace]\nrules = ["rules"]\n',
        "rules/a.toml": "a." * 60_000 + "b = 1\n",
    },
    "a workspace of many globs": {"package.json": f'{{"workspaces": [{MANY}]}}'},
    "a workspace of many lines": {
        "pnpm-workspace.yaml": "packages:\n" + "  - a/*\n" * (LISTED + 1)
    },
    "a workspace of many bytes": {"pnpm-workspace.yaml": "# x\n" * 1_500_000},
    "a manifest of many bytes": {"packages/app/package.json": " " * (SIZE + 1) + "{}"},
    "a tsconfig of many patterns": {"packages/app/tsconfig.json": f'{{"exclude": [{MANY}]}}'},
    "a tsconfig of many bytes": {"packages/app/tsconfig.json": " " * (SIZE + 1) + "{}"},
    "an ignore list of many bytes": {".prettierrc": "{}", ".prettierignore": "x\n" * SIZE},
}


@pytest.mark.parametrize("kind", MANY_FILES)
def test_a_configuration_without_end_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    root = make(tmp_path / "r", FILES | MANY_FILES[kind])
    ran = run(root, "migrate", "--dry-run", memory=1_500_000_000)
    (told,) = ran.err.splitlines()
    assert ran.code == 2 and not ran.out
    assert "more than" in told or "too many parts" in told
    assert any(path in told for path in MANY_FILES[kind]) or "packages/app" in told


def test_control_what_people_write_is_read(tmp_path: Path) -> None:
    """Long texts with dots are no keys, and half as many globs are not too many."""
    globs = ", ".join(f'"a{i}.b.c/*.d.ts"' for i in range(LISTED // 2))
    dotted = "'" + "a." * 100 + "'"
    config = f"{FILES['fleetmod.toml']!s}[workspace]\nexclude = [{globs}, {dotted}]\n"
    root = make(tmp_path / "r", {**FILES, "fleetmod.toml": config})
    assert run(root, "audit").code == 1


def test_a_manifest_is_not_read_anew_for_each_file_of_its_package(tmp_path: Path) -> None:
    def planned(files: int) -> int:
        names = json.dumps(
            {"name": "@acme/app", "dependencies": {f"a{i}": "1" for i in range(400)}}
        )
        code = {f"packages/app/src/f{i}.ts": FILES["packages/app/src/a.ts"] for i in range(files)}
        root = make(tmp_path / str(files), {**FILES, **code, "packages/app/package.json": names})
        return calls(lambda: [owner(root, path) for path in code])

    planned(1)
    assert planned(40) < planned(20) + 20 * 400  # no call for each dependency of each file


def test_braces_do_not_multiply(tmp_path: Path) -> None:
    workspace = json.dumps({"name": "acme", "workspaces": ["{a,b}" * 24]})
    root = make(tmp_path / "r", {**CLEAN, "package.json": workspace})
    (root / "fleetmod.toml").unlink()
    ran = run(root, "audit")
    assert ran.code == 2 and "stand for more than 1000 patterns" in ran.err
    assert len(ran.err.splitlines()) == 1


RULE = """id = "acme"
title = "x"
family = "home"
class = "x"
triggers = ["aaaa"]
query = '''((string) @debt (#match? @debt "PATTERN"))'''
prose = "x"
refusal = "x"
"""


def with_rule(root: Path, pattern: str, code: str) -> Path:
    config = f'{FILES["fleetmod.toml"]}[workspace]\nrules = ["rules"]\n'
    rule = RULE.replace("PATTERN", pattern)
    files = {"fleetmod.toml": config, "rules/acme.toml": rule, "packages/app/src/a.ts": code}
    return make(root, {**CLEAN, **files})


SLOW = [
    "^.(a+)+$",
    "(a|aa)+$",
    "^.(a{0,9}){20}$",
    "a.*a.*a.*b",
    "a+b",
    "a.*b",
    "a?" * 30 + "a" * 30,
]


@pytest.mark.parametrize("pattern", [*SLOW, "(?:a|a)" * 30 + "b"])
def test_a_search_for_any_pattern_ends(tmp_path: Path, pattern: str) -> None:
    """Each of these takes Python's engine the square of the line, or a power of the pattern."""
    ran = run(with_rule(tmp_path / "r", pattern, f"f('{'a' * 300_000}');\nf('aaaab');\n"), "check")
    assert ran.code in (0, 1) and not ran.err, ran


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=a)a+", "looks around"),
        (r"(a)\\1", "refers back"),
        ("((a{99}){99}){99}", "stands for"),
    ],
)
@pytest.mark.parametrize("between", [" @debt ", "@debt", " ; x\n @debt ; x\n "])
def test_a_pattern_that_may_never_end_is_refused(
    tmp_path: Path, pattern: str, why: str, between: str
) -> None:
    root = with_rule(tmp_path / "r", pattern, f"export const s = '{'a' * 60}';\n")
    rule = root / "rules/acme.toml"
    rule.write_text(rule.read_text().replace(" @debt ", between))
    ran = run(root, "audit")
    assert ran.code == 2 and "so a search for it may never end" in ran.err and why in ran.err
    assert "rules/acme.toml:6" in ran.err and len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("pattern", "finds"),
    [("^.a+", 1), ("(?:aa|bb) *", 1), (r"\\d{1,3}(?:\\.\\d{1,3}){3}", 0), ("a.*b", 0)],
)
def test_control_a_pattern_finds_what_it_did(tmp_path: Path, pattern: str, finds: int) -> None:
    assert run(with_rule(tmp_path / "r", pattern, "f('aaaa');\n"), "check").code == finds


@pytest.mark.parametrize("pattern", SLOW)
def test_twice_the_line_is_twice_the_search(pattern: str) -> None:
    once, twice = ("a" * size for size in (2_000, 4_000))
    assert steps(lambda: Pattern(pattern).found_in(twice)) < 2.2 * steps(
        lambda: Pattern(pattern).found_in(once)
    )


def nested(size: int) -> str:
    return f"export const a = {' + '.join([repr('f' * size)] * 190)};\n"


AROUND = (("((string)", "((binary_expression)"), ("aaaa", "fff"))


@pytest.mark.parametrize("size", [10, 2_000])
def test_a_pattern_for_what_nests_is_looked_for_once_and_not_without_end(
    tmp_path: Path, size: int
) -> None:
    """Each level holds the whole text of those in it, and a query comes by from every place."""
    root = with_rule(tmp_path / "r", "f+.*x", nested(size))
    rule = root / "rules/acme.toml"
    for before, after in AROUND:
        rule.write_text(rule.read_text().replace(before, after))
    ran = run(root, "check")
    assert (ran.code, "the patterns of rules" in ran.out) == ((0, False), (3, True))[size > 10]


SAME = 'f("/Users/alice/x");\n'
FOUND = {
    "in one function": lambda n: f"function f() {{\n{SAME * n}}}\n",
    "in functions of many names": lambda n: "".join(
        f"function f{i}() {{ {SAME.strip()} }}\n" for i in range(n)
    ),
}


@pytest.mark.parametrize("kind", FOUND)
@pytest.mark.parametrize("record", ["the same", "of a file that is gone", "of other symbols"])
@pytest.mark.parametrize("version", [1, 2])
def test_twice_the_baseline_is_twice_the_work(version: int, record: str, kind: str) -> None:
    def compared(size: int) -> int:
        found = look(FOUND[kind](size)).findings
        entries = [own for own, _ in stable_ids(found)]
        gone = record == "of a file that is gone"
        if gone:
            entries = [each._replace(path="gone.ts") for each in entries]
        elif record == "of other symbols":
            entries = [e._replace(symbol=f"{e.symbol}.g{i}") for i, e in enumerate(entries)]
        recorded = Baseline(tuple(entries), version)
        return steps(lambda: compare(found, recorded, lambda _: not gone, lambda f: f.digest))

    compared(3)
    assert compared(240) < 2.2 * compared(120)


@pytest.mark.parametrize("kind", ["on lines of their own", "on one line"])
def test_twice_the_new_debt_is_twice_the_work(tmp_path: Path, kind: str) -> None:
    def checked(size: int) -> int:
        line = SAME if kind == "on lines of their own" else SAME.replace("\n", " ")
        root = make(tmp_path / str(size), {**FILES, "packages/app/src/a.ts": line * size + "\n"})
        project = open_project(root)
        contents = {"packages/app/src/a.ts": (root / "packages/app/src/a.ts").read_bytes()}
        return steps(lambda: check(project, contents))

    checked(3)
    sizes = (150, 300) if kind == "on lines of their own" else (1_000, 2_000)
    once, twice = map(checked, sizes)
    assert twice < 2.3 * once


def test_a_long_line_is_not_shown_for_each_of_its_findings(tmp_path: Path) -> None:
    code = SAME.replace("\n", " ") * 3_000 + "\n"
    root = make(tmp_path / "r", {**FILES, "packages/app/src/a.ts": code})
    ran = run(root, "check", memory=600_000_000)
    assert ran.code == 1 and len(ran.out) < 20 * len(code)


def test_settings_of_a_long_line(tmp_path: Path) -> None:
    """A workspace's entry with many blanks, and a tsconfig whose comments never close."""
    members = f"packages:\n  - a{' ' * 200_000}b\n  - 'packages/*'\n"
    files = {
        **FILES,
        "pnpm-workspace.yaml": members,
        "packages/app/tsconfig.json": "/*" * 400_000,
    }
    assert run(make(tmp_path / "r", files), "migrate", "--dry-run").code == 0


@pytest.mark.parametrize("command", [("check",), ("audit",), ("migrate", "--dry-run")])
@pytest.mark.parametrize("tracked", [True, False])
def test_links_in_a_circle_are_not_followed(
    tmp_path: Path, tracked: bool, command: tuple[str, ...]
) -> None:
    root = tmp_path / "r"
    (root / "packages/app/src").mkdir(parents=True)
    (root / "packages/app/src/up").symlink_to("../..")
    (root / "packages/app/src/self").symlink_to("self")
    (root / "packages/app/src/all.ts").symlink_to("a.ts")
    make(root, FILES)
    if not tracked:
        subprocess.run(["rm", "-rf", root / ".git"], check=True)
    ran = run(root, *command)
    assert ran.code in (0, 1) and "packages/app/src/a.ts" in ran.out
    assert "src/up/" not in ran.out and "all.ts" not in ran.out


def test_folders_may_nest_without_end(tmp_path: Path) -> None:
    root = tmp_path / "r"
    for path, content in CLEAN.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(str(content))
    inside = root / f"packages/app/src/{'a/' * 1400}"
    subprocess.run(["mkdir", "-p", inside], check=True)  # Python's own way to is by recursion
    try:
        (inside / "x.ts").write_text(str(FILES["packages/app/src/a.ts"]))
        ran = run(root, "check")
        assert ran.code == 1 and "/a/a/x.ts" in ran.out
    finally:
        subprocess.run(["rm", "-rf", root], check=True)


def test_no_code_is_read_anew_for_each_test_and_file_of_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a test may read a file is asked of the code that names one, once for all tests."""
    asked = []

    def counted(path: str, data: Iterable[bytes]) -> bool:
        found = list(data)
        asked.append(len(found))
        return names(path, found)

    monkeypatch.setattr(together, "names_file", counted)
    files: dict[str, str | bytes] = {
        "package.json": '{"name": "acme", "private": true}\n',
        "fleetmod.toml": 'version = 1\n[workspace]\ngate = ["src"]\n[home]\nusers = ["sam"]\n',
        "src/read.ts": "export const read = (name: string) => Bun.file(`data/${name}`);\n",
    }
    for n in range(20):
        at = "/Users/sam/acme"
        files[f"src/t{n}.test.ts"] = f'import "./read";\nexpect(at("{at}")).toBe("{at}/x");\n'
        files[f"data/{n}.json"] = f'{{"at": "{at}"}}\n'
    project = open_project(make(tmp_path / "r", files))
    results = scan_all(project, read_sources(project))
    held = [f for result in results for f in result.findings if "spells it as well" in f.reason]
    assert len(held) == 40
    assert sum(asked) < 100
