"""Builds the packages that fleetmod installs from their modules: `python -m tests.ports`.

A port is written in modules, `fleetmod/runtime/PORT/src`, and takes those of its events from
`fleetmod/runtime/events/src`, which all ports share. What is installed is
`fleetmod/runtime/PORT/package`: the same as one file, `src/index.ts`, and what tsc makes of that
for ES modules and for CommonJS, `js/`. Both are checked in; a test builds them and compares.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tree_sitter import Node

from fleetmod.runtime.ports import commonjs
from fleetmod.syntax.source import Source, open_source
from tests.node import check, node, npm

RUNTIME = Path(__file__).parents[1] / "fleetmod" / "runtime"
PORTS = ("container-runtime", "node-identity", "process-manager")
SHARED = "events"
ENTRY = "index.ts"
_SHARED_FOLDER = f"../../{SHARED}/src/"


def modules_of(port: str) -> dict[str, str]:
    """The text of each module of a port, and of those that all ports share, by its name."""
    paths = (path for each in (SHARED, port) for path in (RUNTIME / each / "src").glob("*.ts"))
    return {path.name: path.read_text().replace(f'"{_SHARED_FOLDER}', '"./') for path in paths}


def one_file(modules: Mapping[str, str], entry: str = ENTRY) -> str:
    """All modules that `entry` reaches as one module that exports what `entry` does.

    Raises ValueError for two declarations of one name, and for an import that is renamed.
    """
    sources = {name: open_source(name, text.encode()) for name, text in modules.items()}
    exported = {name for each in _exports(sources[entry]) for name in _names(sources[entry], each)}
    order: list[str] = []
    _after_imports(sources, entry, order)
    taken: dict[str, str] = {}
    imported: dict[str, set[str]] = {}
    bodies = []
    for name in order:
        source = sources[name]
        for declared in _declared(source):
            if declared in taken:
                raise ValueError(f"{declared} is declared in {taken[declared]} and in {name}")
            taken[declared] = name
        for statement in source.of("import_statement"):
            module = _module(source, statement)
            if not module.startswith("."):
                imported.setdefault(module, set()).update(_imported(source, statement))
        bodies.append(_body(source, exported))
    lines = [
        f'import {{ {", ".join(sorted(names, key=_bare))} }} from "{module}";'
        for module, names in sorted(imported.items())
    ]
    return "\n".join(lines) + "\n\n" + "\n".join(f"{body}\n" for body in bodies if body)


def _bare(name: str) -> str:
    return name.removeprefix("type ")


def _module(source: Source, statement: Node) -> str:
    node = statement.child_by_field_name("source")
    return source.text(node)[1:-1] if node is not None else ""


def _imported(source: Source, statement: Node) -> Iterator[str]:
    whole = any(child.type == "type" for child in statement.children)
    for each in source.captures("(import_specifier) @s", statement).get("s", []):
        text = source.text(each)
        if " as " in text:
            raise ValueError(f"{source.path}: {text} is renamed")
        yield f"type {text}" if whole and not text.startswith("type ") else text


def _exports(source: Source) -> list[Node]:
    return [n for n in source.root.named_children if n.type == "export_statement"]


def _names(source: Source, statement: Node) -> Iterator[str]:
    """What an export statement exports."""
    declared = statement.child_by_field_name("declaration")
    if declared is not None:
        yield from _declares(source, declared)
    for each in source.captures("(export_specifier) @s", statement).get("s", []):
        yield _bare(source.text(each))


def _declares(source: Source, node: Node) -> Iterator[str]:
    if node.type in ("lexical_declaration", "variable_declaration"):
        for each in node.named_children:
            yield source.text(each.child_by_field_name("name"))
    elif (name := node.child_by_field_name("name")) is not None:
        yield source.text(name)


def _declared(source: Source) -> list[str]:
    """Every name that a module declares at its top."""
    found = []
    for each in source.root.named_children:
        inner = each.child_by_field_name("declaration") if each.type == "export_statement" else each
        if inner is not None:
            found += [*_declares(source, inner)]
    return found


def _after_imports(sources: Mapping[str, Source], name: str, order: list[str]) -> None:
    """Append a module to `order`, behind all that it imports."""
    source = sources[name]
    for statement in source.root.named_children:
        module = _module(source, statement)
        other = module.removeprefix("./")
        if module.startswith("./") and other not in order:
            _after_imports(sources, other, order)
    order.append(name)


def _body(source: Source, exported: set[str]) -> str:
    """A module without its imports and re-exports; only what is `exported` stays an export."""
    out, data = [], source.data
    previous = 0
    for each in source.root.named_children:
        reexport = each.type == "export_statement" and not each.child_by_field_name("declaration")
        if each.type == "import_statement" or reexport:
            end = each.end_byte
            previous = max(previous, data.find(b"\n", end) + 1 or len(data))
            continue
        text = data[previous : each.end_byte].decode()
        if each.type == "export_statement" and not exported & {*_names(source, each)}:
            at = each.start_byte - previous
            head = data[previous : each.start_byte].decode()
            text = head + data[previous + at : each.end_byte].decode().removeprefix("export ")
        out.append(text)
        previous = each.end_byte
    return "".join(out).strip("\n") + "\n" if out else ""


def module_name(name: str) -> str:
    """The name of an ES module for what tsc makes: repositories ignore `*.js` and `*.d.ts`."""
    if name.endswith(".d.ts"):
        return name.removesuffix(".d.ts") + ".d.mts"
    return name.removesuffix(".js") + ".mjs"


def build(port: str, target: Path) -> None:
    """Write `src` and `js` of the installed package of a port below `target`."""
    modules = modules_of(port)
    sources = {"index.ts": one_file(modules)}
    sources["index.cts"] = commonjs(sources["index.ts"])
    if "doctor.ts" in modules:
        sources["doctor.ts"] = modules["doctor.ts"].replace('"./report.ts"', '"./index.ts"')
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "src").mkdir()
        for file, text in sources.items():
            (folder / "src" / file).write_text(text.replace('.ts"', '.js"'))
        (folder / "package.json").write_text('{"type": "module"}')
        shutil.copy(RUNTIME / port / "package" / "tsconfig.json", folder)
        modules_folder = npm("typescript", "@types/node")
        tsc = modules_folder / "typescript" / "bin" / "tsc"
        check(node(), tsc, "-p", ".", "--typeRoots", modules_folder / "@types", cwd=folder)
        for made in [*(folder / "js").glob("*.js"), *(folder / "js").glob("*.d.ts")]:
            text = made.read_text().replace('"./index.js"', '"./index.mjs"')
            made.with_name(module_name(made.name)).write_text(text)
            made.unlink()
        for part in ("src", "js"):
            shutil.rmtree(target / part, ignore_errors=True)
            shutil.copytree(folder / part, target / part)
    (target / "src" / "index.cts").unlink()


if __name__ == "__main__":
    for port in PORTS:
        build(port, RUNTIME / port / "package")
