"""tsc, under every option that decides how a package's types and modules are found.

Nothing is skipped (`skipLibCheck` is off), and what tsc makes is run by the oldest Node.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.matrix import MODULE, PRINTS, find_ports, says
from tests.node import check, node, node_of, npm

pytestmark = pytest.mark.heavy

STRICT = {
    "strict": True,
    "noUncheckedIndexedAccess": True,
    "exactOptionalPropertyTypes": True,
    "target": "es2022",
    "declaration": True,
    "skipLibCheck": False,
}
FLAGS = ("isolatedDeclarations", "verbatimModuleSyntax", "erasableSyntaxOnly")
# how a package's modules are compiled and found, and the type of the package
MODULES: dict[str, tuple[str, dict[str, Any]]] = {
    "commonjs": ("old", {"module": "commonjs", "moduleResolution": "node10"}),
    "node16 commonjs": ("old", {"module": "node16"}),
    "node16 module": ("app", {"module": "node16"}),
    "nodenext commonjs": ("old", {"module": "nodenext"}),
    "nodenext module": ("app", {"module": "nodenext"}),
    "bundler": ("app", {"module": "esnext", "moduleResolution": "bundler"}),
    "preserve": ("app", {"module": "preserve"}),
}


def compiled(place: Path, options: dict[str, Any], text: str, name: str = "main.ts") -> None:
    """Compile one module of a package into `dist`."""
    (place / "src").mkdir(exist_ok=True)
    for each in (place / "src").iterdir():
        each.unlink()
    (place / "src" / name).write_text(text)
    paths = {"rootDir": "src", "outDir": "dist", "types": ["node"]}
    config = {"compilerOptions": STRICT | paths | options, "include": ["src"]}
    (place / "tsconfig.json").write_text(json.dumps(config))
    modules = npm("typescript", "@types/node")
    tsc = modules / "typescript" / "bin" / "tsc"
    check(node(), tsc, "-p", ".", "--typeRoots", modules / "@types", cwd=place)


@pytest.mark.parametrize("how", ["linked", "copied"])
@pytest.mark.parametrize("case", MODULES)
def test_modules(root: Path, case: str, how: str) -> None:
    app, options = MODULES[case]
    place = find_ports(root, how, app)
    for flags in ({}, dict.fromkeys(FLAGS, True)):
        if flags and app == "old":
            flags = {**flags, "verbatimModuleSyntax": False}  # below, with `import x = require()`
        compiled(place, options | flags, MODULE + PRINTS)
        says(root, node_of("18"), "dist/main.js", cwd=place)


@pytest.mark.parametrize("module", ["commonjs", "node16", "nodenext"])
def test_verbatim_commonjs(root: Path, module: str) -> None:
    text = MODULE.replace("export async", "async")
    for name in ("nodeIdentity", "processManager", "containerRuntime"):
        port = {"n": "node-identity", "p": "process-manager", "c": "container-runtime"}[name[0]]
        line = f'import {{ {name} }} from "@acme/{port}";\n'
        text = text.replace(line, f'import {name}Port = require("@acme/{port}");\n')
        text = text.replace(name + ".", f"{name}Port.{name}.").replace(
            f"= {name};", f"= {name}Port.{name};"
        )
    place = find_ports(root, "copied", "old")
    options = {"module": module, "verbatimModuleSyntax": True, "erasableSyntaxOnly": False}
    if module == "commonjs":
        options["moduleResolution"] = "node10"
    compiled(place, options, text + PRINTS)
    says(root, node_of("18"), "dist/main.js", cwd=place)


def test_a_commonjs_module_of_a_package_of_modules(root: Path) -> None:
    place = find_ports(root, "copied", "app")
    compiled(place, {"module": "node16"}, MODULE + PRINTS, "main.cts")
    says(root, node_of("18"), "dist/main.cjs", cwd=place)
