"""The TypeScript packages that fleetmod installs: their own tests, their types, their bundles."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from fleetmod.runtime.identity import with_identity
from fleetmod.workspace.config import parse_config
from tests.node import check, node, npm, run
from tests.ports import build, module_name, modules_of, one_file

HERE = Path(__file__).parent
RUNTIME = HERE.parent / "fleetmod" / "runtime"
PACKAGES = ("container-runtime", "node-identity", "process-manager")
SUITES = sorted((HERE / "runtime").glob("*.test.ts"))
# these wait for tools that hang or are slow
SLOW = {"launchctl-races.test.ts", "tools.test.ts"}
SLOW_OF_BUN = {*SLOW, "launchctl-facts.test.ts", "systemctl.test.ts"}


def suites(slow: set[str]) -> pytest.MarkDecorator:
    """The ports' own suites, the slow ones beside the heavy tests."""
    marks = {path: [pytest.mark.heavy] if path.name in slow else [] for path in SUITES}
    params = [pytest.param(path, marks=marks[path]) for path in SUITES]
    return pytest.mark.parametrize("suite", params, ids=lambda path: path.name)


each_package = pytest.mark.parametrize("package", PACKAGES)
PYTHON = {"FLEETMOD_TEST_PYTHON": sys.executable}

CONSUMER = """
import {
  containerRuntime, containerRuntimeSync, resolveEndpoint, type EndpointResolution,
} from "@fleetmod/container-runtime";
import { nodeIdentity, type NodeIdentity } from "@fleetmod/node-identity";
import {
  processManager, processManagerSync, settleSync, type ServiceState,
} from "@fleetmod/process-manager";

const me: NodeIdentity = nodeIdentity;
const state: Promise<ServiceState> = processManager.inspect("dev.example.x");
const code: number = settleSync(() => processManagerSync.stop("dev.example.x")).exitCode;
// @ts-expect-error a label is a string
void processManager.stop(5);
const address: Promise<string | null> = containerRuntime.vmIp();
const healthy: boolean = containerRuntimeSync.isHealthy();
const found: Promise<EndpointResolution> = resolveEndpoint({ localhost: "http://localhost:1" });
export const all = [me.repoRoot, me.platform, state, code, address, healthy, found];
"""

PROGRAM = """
import { createNodeIdentity, nodeIdentity } from "@fleetmod/node-identity";
import { processManager } from "@fleetmod/process-manager";

const unknown = createNodeIdentity({ data: {} });
let message = "";
try {
  message = unknown.repoRoot;
} catch (error) {
  message = (error as Error).message;
}
const { nodeId, repoRoot, vaultPath } = nodeIdentity;
const hint = processManager.hint("list", "");
console.log(JSON.stringify([nodeId, repoRoot, vaultPath, message, hint]));
"""

NAMED = """
version = 1
[home]
users = ["ann"]
root = "/Users/ann/code/acme"
vault = "/Users/ann/Notes"
[identity]
node_env = "ACME_NODE"
root_env = "ACME_ROOT"
vault_env = "ACME_VAULT"
"""


@suites(SLOW)
def test_under_node(suite: Path) -> None:
    done = run(node(), "--test", "--test-reporter=tap", suite, cwd=HERE.parent, env=PYTHON)
    assert done.returncode == 0, done.stdout + done.stderr
    if re.search(r"^# pass 0$", done.stdout, re.MULTILINE):
        reason = re.search(r"# SKIP (.+)", done.stdout)
        assert reason, done.stdout
        pytest.skip(reason[1])


@suites(SLOW_OF_BUN)
def test_under_bun(suite: Path) -> None:
    bun = npm("bun") / ".bin" / "bun"
    # its own bound of 5 seconds a test is for a machine that has nothing else to do
    done = run(bun, "test", "--timeout", "60000", suite, cwd=HERE.parent, env=PYTHON)
    assert done.returncode == 0, done.stdout + done.stderr
    if re.search(r"^ *0 pass$", done.stderr, re.MULTILINE):
        pytest.skip("none of its tests can run here; test_under_node tells why")


@each_package
def test_a_package_is_what_its_modules_build(package: str, tmp_path: Path) -> None:
    """`python -m tests.ports` builds them anew."""
    build(package, tmp_path)
    for part in ("src", "js"):
        assert _texts(tmp_path / part) == _texts(RUNTIME / package / "package" / part)


@each_package
def test_a_maintainer_builds_a_package_by_tsc(package: str, tmp_path: Path) -> None:
    folder = tmp_path / package
    _copy(package, folder)
    before = _texts(folder / "js")
    for name in before:
        (folder / "js" / name).unlink()
    _tsc(folder)
    made = {module_name(name): text for name, text in _texts(folder / "js").items()}
    assert {"index.mjs", "index.d.mts"} <= made.keys()
    assert made["index.mjs"] == before["index.mjs"]
    assert made["index.d.mts"] == before["index.d.mts"]


@each_package
def test_a_package_is_a_dozen_files_at_most(package: str) -> None:
    assert len(_texts(RUNTIME / package / "package")) <= 12


@pytest.mark.parametrize("package", ["container-runtime", "process-manager"])
def test_the_declarations_tell_of_every_wait_and_how_to_change_it(package: str) -> None:
    """In the table at the port, a row each."""
    declared = (RUNTIME / package / "package/js/index.d.mts").read_text()
    table = "\n".join(line for line in declared.splitlines() if line.startswith(" * |"))
    code = "".join(modules_of(package).values())
    variables = set(re.findall(r'variable\("(\w+)"\)', code))
    options = set(re.findall(r"^ +(\w+Ms)\?: number;", declared, re.M))
    assert len(variables) >= 2 and {"timeoutMs"} < options
    assert not {name for name in variables | options if name not in table}


@each_package
def test_the_examples_of_tests_pass(package: str, tmp_path: Path) -> None:
    readme = (RUNTIME / package / "package/README.md").read_text()
    examples = [code for code in re.findall(r"```ts\n(.+?)```", readme, re.S) if "assert." in code]
    names = "import { createNodeIdentity } from '@fleetmod/node-identity';\n"
    _workspace(tmp_path, "")
    for number, code in enumerate(examples):
        script = tmp_path / f"example{number}.ts"
        imports = "import assert from 'node:assert/strict';\n"
        script.write_text(imports + ("" if "import " in code else names) + code)
        check(node(), script, cwd=tmp_path)
    assert len(examples) == 1


def test_two_modules_that_declare_one_name_are_no_one_file() -> None:
    modules = {"index.ts": 'export { a } from "./a.ts";\nconst b = 1;\n', "a.ts": "const b = 2;\n"}
    with pytest.raises(ValueError, match=r"b is declared in a\.ts and in index\.ts"):
        one_file(modules)


@pytest.mark.parametrize(
    ("module", "resolution", "kind"),
    [
        ("nodenext", "nodenext", "module"),
        ("nodenext", "nodenext", "commonjs"),
        ("node16", "node16", "commonjs"),
        ("commonjs", "node10", "commonjs"),
        ("esnext", "bundler", "module"),
        ("preserve", "bundler", "commonjs"),
    ],
)
def test_dependents_type_check(module: str, resolution: str, kind: str, tmp_path: Path) -> None:
    _workspace(tmp_path, CONSUMER, kind)
    _configure(tmp_path, module=module, moduleResolution=resolution, isolatedDeclarations=False)
    _tsc(tmp_path)


@pytest.mark.parametrize("how", ["linked", "copied"])
@pytest.mark.parametrize("kind", ["module", "commonjs"])
def test_a_node_that_runs_no_typescript_runs_them(kind: str, how: str, tmp_path: Path) -> None:
    """As below node_modules, where a package manager, `pnpm deploy` or an image copies them."""
    _workspace(tmp_path, "", kind)
    if how == "copied":
        for link in (tmp_path / "node_modules" / "@fleetmod").iterdir():
            link.unlink()
            _copy(link.name, link)
    names = ", ".join(f'"@fleetmod/{package}"' for package in PACKAGES)
    load = "await import(name)" if kind == "module" else "require(name)"
    (tmp_path / "run.js").write_text(
        f"for (const name of [{names}]) console.log(Object.keys({load}).length > 0);\n"
    )
    old = "--no-experimental-strip-types"
    assert check(node(), old, "run.js", cwd=tmp_path).split() == ["true"] * len(PACKAGES)


def test_the_tests_type_check(tmp_path: Path) -> None:
    _configure(
        tmp_path,
        files=[str(suite) for suite in SUITES],
        allowImportingTsExtensions=True,
        resolveJsonModule=True,
        module="esnext",
        moduleResolution="bundler",
    )
    _tsc(tmp_path)


@pytest.mark.parametrize("bundler", ["esbuild-esm", "esbuild-cjs", "bun", "bun-compile"])
def test_a_bundle_keeps_names_and_defaults(bundler: str, tmp_path: Path) -> None:
    source, elsewhere = tmp_path / "source", tmp_path / "elsewhere"
    elsewhere.mkdir()
    _workspace(source, PROGRAM)
    for code in (source / "node-identity").glob("js/index.*s"):
        code.write_text(with_identity(code.read_text(), parse_config(NAMED)))
    command = _bundle(bundler, source, elsewhere)
    shutil.rmtree(source)

    home = {"HOME": str(tmp_path), "PROCESS_MANAGER": "systemctl"}
    unknown, hint = (
        "this node's repoRoot is not known; set REPO_ROOT",
        "systemctl --user list-units --all",
    )
    named = {**home, "ACME_NODE": "anvil", "ACME_ROOT": "/srv/acme", "ACME_VAULT": "/srv/notes"}
    said = json.loads(check(*command, cwd=tmp_path, env=named))
    assert said == ["anvil", "/srv/acme", "/srv/notes", unknown, hint]
    anvil = {**home, "ACME_NODE": "anvil"}
    done = run(*command, cwd=tmp_path, env=anvil)
    assert f"the default {tmp_path}/code/acme is not there; set ACME_ROOT" in done.stderr
    (tmp_path / "code/acme").mkdir(parents=True)
    said = json.loads(check(*command, cwd=tmp_path, env=anvil))
    assert said == ["anvil", f"{tmp_path}/code/acme", f"{tmp_path}/Notes", unknown, hint]


def _bundle(bundler: str, source: Path, target: Path) -> list[str | Path]:
    """Bundle the workspace's program into `target`; gives the command that runs it."""
    if bundler.startswith("esbuild"):
        form = bundler.removeprefix("esbuild-")
        out = target / f"program.{'mjs' if form == 'esm' else 'cjs'}"
        esbuild = npm("esbuild") / ".bin" / "esbuild"
        flags = ("--bundle", "--platform=node", f"--format={form}", f"--outfile={out}")
        check(esbuild, "consumer.ts", *flags, cwd=source)
        return [node(), out]
    bun = npm("bun") / ".bin" / "bun"
    if bundler == "bun":
        out = target / "program.js"
        check(bun, "build", "consumer.ts", "--target=bun", f"--outfile={out}", cwd=source)
        return [bun, out]
    out = target / "program"
    check(bun, "build", "consumer.ts", "--compile", f"--outfile={out}", cwd=source)
    return [out]


def _copy(package: str, folder: Path) -> None:
    ignored = shutil.ignore_patterns("node_modules")
    shutil.copytree(RUNTIME / package / "package", folder, ignore=ignored)


def _workspace(root: Path, program: str, kind: str = "module") -> None:
    """A program beside the packages, linked as a workspace links them."""
    scope = root / "node_modules" / "@fleetmod"
    scope.mkdir(parents=True)
    for package in PACKAGES:
        _copy(package, root / package)
        (scope / package).symlink_to(root / package)
    (root / "package.json").write_text(json.dumps({"type": kind}))
    (root / "consumer.ts").write_text(program)


def _configure(folder: Path, files: list[str] | None = None, **options: object) -> None:
    strict = {"strict": True, "noEmit": True, "target": "es2022", "noUncheckedIndexedAccess": True}
    config = {
        "compilerOptions": {**strict, "types": ["node"], **options},
        "files": files or ["consumer.ts"],
    }
    (folder / "tsconfig.json").write_text(json.dumps(config))


def _tsc(folder: Path) -> None:
    modules = npm("typescript", "@types/node")
    tsc = modules / "typescript" / "bin" / "tsc"
    check(node(), tsc, "-p", ".", "--typeRoots", modules / "@types", cwd=folder)


def _texts(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}
