"""Bundlers, and Electron's packing: what they make runs without the repository.

Inside the checkout it finds the root by the name of the root's package; elsewhere that is told.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.matrix import COMMONJS, ENV, MODULE, PRINTS, find_ports, says
from tests.node import check, node, node_of, npm

pytestmark = pytest.mark.heavy

VITE = """
export default {
  build: {
    ssr: "src/main.ts",
    rollupOptions: { output: { format: "%s", entryFileNames: "main.%s" } },
  },
  ssr: { noExternal: true },
};
"""
WEBPACK = """
module.exports = {
  mode: "production", target: "node", entry: "./src/main.js", output: { filename: "main.%s" %s },
  %s
};
"""


def esbuild(place: Path, form: str) -> Path:
    out = place / f"dist/main.{form}"
    flags = ("--bundle", "--platform=node", f"--format={'esm' if form == 'mjs' else 'cjs'}")
    check(npm("esbuild") / ".bin/esbuild", "src/main.ts", *flags, f"--outfile={out}", cwd=place)
    return out


def vite(place: Path, form: str) -> Path:
    (place / "vite.config.mjs").write_text(VITE % ("es" if form == "mjs" else "cjs", form))
    check(node(), npm("vite") / "vite/bin/vite.js", "build", cwd=place)
    return place / f"dist/main.{form}"


def webpack(place: Path, form: str) -> Path:
    modules = npm("webpack", "webpack-cli")
    text = (place / "src/main.ts").read_text().replace(": Promise<string>", "")
    (place / "src/main.js").write_text(text)
    esm = ("", "") if form == "cjs" else (", module: true", "experiments: { outputModule: true },")
    (place / "webpack.config.cjs").write_text(WEBPACK % (form, *esm))
    check(node(), modules / "webpack-cli/bin/cli.js", cwd=place, env={"NODE_PATH": str(modules)})
    return place / f"dist/main.{form}"


@pytest.mark.parametrize("how", ["linked", "copied"])
@pytest.mark.parametrize("form", ["mjs", "cjs"])
@pytest.mark.parametrize("bundler", [esbuild, vite, webpack])
def test_a_bundle(root: Path, bundler: object, form: str, how: str, tmp_path: Path) -> None:
    assert callable(bundler)
    place = find_ports(root, how, "app")
    (place / "src/main.ts").write_text(MODULE + PRINTS)
    out = bundler(place, form)
    says(root, node_of("20"), out, cwd=tmp_path)
    moved = tmp_path / "elsewhere"
    shutil.copytree(out.parent, moved)
    shutil.rmtree(root)
    says(
        "/srv/acme",
        node_of("18"),
        moved / out.name,
        cwd=moved,
        env=ENV | {"REPO_ROOT": "/srv/acme"},
    )


def test_electrons_packing(root: Path, tmp_path: Path) -> None:
    """A main process of CommonJS in an archive, whose packers leave out declarations, sources and
    documents; Electron reads the archive as a folder, so it is unpacked to be run."""
    place = find_ports(root, "copied", "old")
    (place / "main.cjs").write_text(COMMONJS)
    for path in [*place.rglob("*.ts"), *place.rglob("*.*ts"), *place.rglob("*.md")]:
        path.unlink(missing_ok=True)
    asar = npm("@electron/asar") / "@electron/asar/bin/asar.mjs"
    check(node(), asar, "pack", place, tmp_path / "app.asar", cwd=tmp_path)
    shutil.rmtree(root)
    check(node(), asar, "extract", tmp_path / "app.asar", tmp_path / "app", cwd=tmp_path)
    assert json.loads((tmp_path / "app/package.json").read_text())["type"] == "commonjs"
    told = ENV | {"REPO_ROOT": "/srv/acme"}
    says("/srv/acme", node_of("20"), "main.cjs", cwd=tmp_path / "app", env=told)
