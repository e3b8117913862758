"""What a check tells of a type, where the rewritten call stands in a closure: tsc is the judge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.node import node, npm, run
from tests.scan import migrated

PORT = Path(__file__).parent.parent / "fleetmod/runtime/process-manager/package"
HEAD = 'import { spawnSync } from "node:child_process";\n'
UNIT = "interface Unit { label: string | null; on?: { label?: string } }\n"
RUN = 'const seen = spawnSync("launchctl", ["list", {}]);\n  return seen.status === 0;'
CHECKS = {
    "if": "if (!unit.label) return false;",
    "comparison": "if (unit.label === null) return false;",
    "throw": "if (unit.label == null) throw new Error('none');",
    "assignment": 'unit.label = "com.acme.a";',
    "switch": "switch (unit.label) { case null: return false; }",
    "assertion": "given(unit.label);",
}
ASSERTION = "function given(it: string | null): asserts it is string { if (!it) throw it; }\n"


def compiles(folder: Path, text: str) -> str:
    """What tsc --strict says of a file that uses the port."""
    modules = folder / "node_modules"
    (modules / "@acme").mkdir(parents=True)
    (modules / "@acme/process-manager").symlink_to(PORT)
    (folder / "a.ts").write_text(text)
    options = {
        **{"strict": True, "noEmit": True, "module": "nodenext", "target": "es2022"},
        **{"allowImportingTsExtensions": True, "skipLibCheck": True, "types": ["node"]},
        "typeRoots": [str(npm("@types/node") / "@types")],
    }
    config = {"compilerOptions": options, "files": ["a.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(config))
    (folder / "package.json").write_text('{"type": "module"}')
    tsc = npm("typescript") / "typescript" / "bin" / "tsc"
    return run(node(), tsc, "-p", ".", cwd=folder).stdout


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_a_property_that_a_check_narrows(tmp_path: Path, check: str) -> None:
    code = f"{HEAD}{UNIT}{ASSERTION}export function seen(unit: Unit): boolean {{\n  {check}\n"
    text = migrated(code + f"  {RUN.format('unit.label')}\n}}\n")
    assert "const label = unit.label;" in text
    assert compiles(tmp_path, text) == ""


def test_a_variable_that_is_assigned(tmp_path: Path) -> None:
    code = f"{HEAD}export function seen(label: string | null): boolean {{\n"
    code += f"  label ??= 'com.acme.a';\n  {RUN.format('label')}\n}}\n"
    text = migrated(code)
    assert "const label2 = label;" in text
    assert compiles(tmp_path, text) == ""


def test_two_in_one_block_get_names_of_their_own(tmp_path: Path) -> None:
    code = f"{HEAD}{UNIT}export function seen(a: Unit, b: Unit): boolean {{\n"
    code += "  if (!a.label || !b.label) return false;\n"
    code += '  const one = spawnSync("launchctl", ["list", a.label]);\n'
    code += '  const two = spawnSync("launchctl", ["list", b.label]);\n'
    text = migrated(code + "  return one.status === two.status;\n}\n")
    assert text.count("const label") == 2
    assert compiles(tmp_path, text) == ""


PLAIN = {
    "no check": ("unit: { label: string }", "", "unit.label"),
    "a constant": ("unit: Unit", "const l = unit.label;\n  if (!l) return false;", "l"),
    "a parameter": ("label: string | null", "if (!label) return false;", "label"),
}


@pytest.mark.parametrize(("parameter", "check", "label"), PLAIN.values(), ids=PLAIN)
def test_what_no_closure_forgets_stays_where_it_is(
    tmp_path: Path, parameter: str, check: str, label: str
) -> None:
    code = f"{HEAD}{UNIT}export function seen({parameter}): boolean {{\n  {check}\n"
    text = migrated(code + f"  {RUN.format(label)}\n}}\n")
    assert f"inspect({label})" in text
    assert compiles(tmp_path, text) == ""
