"""The repository's own linters and formatters say the same before and after a migration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.attacks import CONTROL
from tests.install import CALL, migrated, repo
from tests.node import node, npm, run

PACKAGE = '{"name": "app", "private": true, "type": "module", "engines": {"node": ">=24"}}'
FOLDER = "packages/process-manager"
# what eslint's own recommended set says of generators, by a rule of eslint's core
FLAT = """export default [
  { files: ["**/*.js"], rules: { "require-yield": "error", "no-empty": "error" } },
  {
    ignores: [
      'dist', // built
    ],
  },
];
"""


def ignoring(tmp_path: Path, files: dict[str, str]) -> Path:
    root = repo(tmp_path, {"package.json": PACKAGE, "src/a.ts": CALL, **files})
    migrated(root)
    return root


def test_prettier(tmp_path: Path) -> None:
    root = ignoring(tmp_path, {".prettierrc": '{"singleQuote": true}', ".prettierignore": "dist"})
    assert (root / ".prettierignore").read_text() == f"dist\n{FOLDER}/\n"
    script = npm("eslint", "prettier") / "prettier/bin/prettier.cjs"
    assert run(node(), script, "--check", FOLDER, cwd=root).stderr.strip() == ""


@pytest.mark.parametrize(
    ("files", "manifest", "made"),
    [
        ({".prettierrc": "{}"}, {}, True),
        ({"prettier.config.mjs": "export default {};\n"}, {}, True),
        ({}, {"prettier": {"semi": False}}, True),
        pytest.param({}, {"devDependencies": {"eslint": "*"}}, False, marks=CONTROL),
    ],
)
def test_prettier_without_an_ignore_file_gets_one(
    tmp_path: Path, files: dict[str, str], manifest: dict[str, object], made: bool
) -> None:
    """Else `prettier --check .` fails, and a hook formats what is installed."""
    package = json.dumps({"name": "app", "private": True, **manifest})
    root = repo(tmp_path, {"package.json": package, "src/a.ts": CALL, **files})
    migrated(root)
    ignored = root / ".prettierignore"
    assert ignored.is_file() is made
    if made:
        assert ignored.read_text() == f"{FOLDER}/\n"
        script = npm("eslint", "prettier") / "prettier/bin/prettier.cjs"
        assert run(node(), script, "--check", FOLDER, cwd=root).stderr.strip() == ""


def test_prettier_with_another_ignore_file_is_told(tmp_path: Path) -> None:
    scripts = {"format": "prettier --check . --ignore-path .gitignore"}
    package = json.dumps({"name": "app", "private": True, "scripts": scripts})
    files = {"package.json": package, "src/a.ts": CALL, ".prettierrc": "{}"}
    out = migrated(repo(tmp_path, files)).out
    assert f"put {FOLDER} into what a script's `--ignore-path` names" in out


def test_eslint_of_the_old_kind(tmp_path: Path) -> None:
    files = {".eslintrc.json": '{"root": true, "ignorePatterns": ["dist"]}', ".eslintignore": "a\n"}
    root = ignoring(tmp_path, files)
    expected = f'{{"root": true, "ignorePatterns": ["dist", "{FOLDER}"]}}'
    assert (root / ".eslintrc.json").read_text() == expected
    assert (root / ".eslintignore").read_text() == f"a\n{FOLDER}/\n"


def test_control_an_ignore_file_that_leaves_the_folder_out_stays(tmp_path: Path) -> None:
    root = ignoring(tmp_path, {".prettierignore": "# all\npackages/\n"})
    assert (root / ".prettierignore").read_text() == "# all\npackages/\n"


def test_eslint_ignores(tmp_path: Path) -> None:
    root = ignoring(tmp_path, {"eslint.config.js": FLAT})
    entry = f"      'dist',\n      '{FOLDER}/**', // built\n"
    assert entry in (root / "eslint.config.js").read_text()
    script = npm("eslint", "prettier") / "eslint/bin/eslint.js"
    (root / FOLDER / "x.js").write_text("function* a() {}\na();\n")
    (root / "x.js").write_text("export {};\n")
    done = run(node(), script, ".", cwd=root)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("config", "changed"),
    [
        ("export default defineConfig(globalIgnores([]))", f'globalIgnores(["{FOLDER}/**"])'),
        (
            'export default [{ files: ["a"], ignores: ["b"], rules: {} }];',
            f'rules: {{}} }}, {{ ignores: ["{FOLDER}/**"] }}];',
        ),
        ("export default [...shared];", f'[...shared, {{ ignores: ["{FOLDER}/**"] }}];'),
        ("export default [];", f'[{{ ignores: ["{FOLDER}/**"] }}];'),
        ("const all = [\n  a,\n];\nexport default all;", f'  {{ ignores: ["{FOLDER}/**"] }},\n'),
        ("export default defineConfig(a, b);", f'(a, b, {{ ignores: ["{FOLDER}/**"] }});'),
        ("export default tseslint.config([a]);", f'([a, {{ ignores: ["{FOLDER}/**"] }}]);'),
        pytest.param("export default shared;", "", marks=CONTROL),
        pytest.param("export default antfu({});", "", marks=CONTROL),
    ],
)
def test_what_all_of_eslint_ignores(tmp_path: Path, config: str, changed: str) -> None:
    files = {"package.json": PACKAGE, "src/a.ts": CALL, "eslint.config.mjs": config}
    root = repo(tmp_path, files)
    out = migrated(root).out
    after = (root / "eslint.config.mjs").read_text()
    assert changed in after if changed else after == config
    told = f"put {FOLDER} into the `ignores` of eslint.config.mjs"
    assert (told in out) is not changed


def test_eslint_passes_over_them_by_an_entry_of_its_own(tmp_path: Path) -> None:
    config = (
        'module.exports = [{ files: ["**/*"], rules: { "no-restricted-globals": "error" } }];\n'
    )
    files = {"package.json": '{"name": "app", "private": true}', "src/a.ts": CALL}
    root = repo(tmp_path, {**files, "eslint.config.js": config})
    migrated(root)
    assert f'{{ ignores: ["{FOLDER}/**"] }}];' in (root / "eslint.config.js").read_text()
    script = npm("eslint", "prettier") / "eslint/bin/eslint.js"
    looked = json.loads(run(node(), script, "--format", "json", ".", cwd=root).stdout)
    assert [each["filePath"] for each in looked] == [f"{root}/eslint.config.js"]


def test_the_packages_pass_eslints_rule_on_generators() -> None:
    """Where they cannot be left out, a generator without a yield would be an error."""
    from tests.test_runtime import PACKAGES, RUNTIME

    for package in PACKAGES:
        for path in (RUNTIME / package / "src").glob("*.ts"):
            assert "eslint-disable" not in path.read_text(), path


@pytest.mark.parametrize(
    ("config", "changed"),
    [
        (
            '{\n  // ours\n  "files": { "includes": ["**", "!dist"] }\n}\n',
            f'"includes": ["**", "!dist", "!{FOLDER}"]',
        ),
        pytest.param('{"files": {"includes": ["src/**"]}}', '["src/**"]}}', marks=CONTROL),
        (
            '{"$schema": "https://biomejs.dev/schemas/2.1.0/schema.json"}',
            f'"files": {{ "includes": ["**", "!{FOLDER}/**"] }}',
        ),
        ('{"files": {"ignore": ["dist"]}}', f'"ignore": ["dist", "{FOLDER}"]'),
    ],
)
def test_biome(tmp_path: Path, config: str, changed: str) -> None:
    root = ignoring(tmp_path, {"biome.jsonc": config})
    assert changed in (root / "biome.jsonc").read_text()


def test_biome_itself_passes_over_them(tmp_path: Path) -> None:
    config = {"files": {"includes": ["**"]}, "formatter": {"indentStyle": "space"}}
    root = ignoring(tmp_path, {"biome.json": json.dumps(config)})
    script = npm("prettier", "@biomejs/biome") / "@biomejs/biome/bin/biome"
    done = run(node(), script, "check", "packages", cwd=root)
    assert "No files were processed" in done.stderr, done.stdout + done.stderr


def test_biomes_version_in_the_manifest(tmp_path: Path) -> None:
    package = '{"name": "app", "private": true, "devDependencies": {"@biomejs/biome": "^2.3.0"}}'
    root = repo(tmp_path, {"package.json": package, "src/a.ts": CALL, "biome.json": "{}"})
    migrated(root)
    assert json.loads((root / "biome.json").read_text()) == {
        "files": {"includes": ["**", f"!{FOLDER}"]}
    }
    script = npm("prettier", "@biomejs/biome") / "@biomejs/biome/bin/biome"
    done = run(node(), script, "check", "packages", cwd=root)
    assert "No files were processed" in done.stderr, done.stdout + done.stderr


def test_biome_of_an_unknown_version_is_told(tmp_path: Path) -> None:
    files = {"package.json": PACKAGE, "src/a.ts": CALL, "biome.json": "{}"}
    out = migrated(repo(tmp_path, files)).out
    assert "into `files.includes` of biome.json, each behind a `!`" in out
