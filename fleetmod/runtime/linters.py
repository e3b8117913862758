"""The repository's own linters and formatters pass over the new packages, as over other people's.

Where a tool's list of what it ignores stands in the root, it gains the packages. Prettier's is made
where there is none, and ESLint's gets an entry of its own; else it is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tree_sitter import Node

from fleetmod.runtime.literals import array_with, with_elements
from fleetmod.syntax.source import Source, open_source, unwrap
from fleetmod.workspace.globs import glob_regex, matcher
from fleetmod.workspace.json_edit import newline
from fleetmod.workspace.jsonc import with_entries
from fleetmod.workspace.tsconfig import raw_config, read_text

Texts = dict[str, tuple[str, str]]
_ESLINT = tuple(f"eslint.config.{suffix}" for suffix in ("js", "mjs", "cjs", "ts", "mts", "cts"))
_CONFIG = ("defineConfig", "tseslint.config")
_ESLINTRC = (".eslintrc.json", ".eslintrc")
_PRETTIER = (".prettierrc", "prettier.config")
_PRETTIER_IGNORES = ".prettierignore"
_BIOME = ("biome.json", "biome.jsonc")


def ignored(root: Path, folders: Collection[str]) -> tuple[Texts, list[str]]:
    """The old and new text of each ignore list that gains the new `folders`, "" for one that is
    made; what is only told."""
    texts: Texts = {}
    notes: list[str] = []
    wanted = sorted(folders)
    if not wanted:
        return texts, notes
    for change in (_prettier, _eslint, _oxlint, _biome):
        notes += change(root, wanted, texts)
    return texts, notes


def _prettier(root: Path, folders: Sequence[str], texts: Texts) -> Iterator[str]:
    _append(root, _PRETTIER_IGNORES, folders, texts)
    manifest = raw_config(read_text(root, "package.json"))
    used = any(each.name.startswith(_PRETTIER) for each in root.iterdir()) or "prettier" in manifest
    if not used:
        return
    if not (root / _PRETTIER_IGNORES).is_file():
        texts[_PRETTIER_IGNORES] = "", "".join(f"{folder}/\n" for folder in folders)
    scripts = manifest.get("scripts")
    given = map(str, scripts.values() if isinstance(scripts, dict) else ())
    if any("prettier" in each and "--ignore-path" in each for each in given):
        yield _told("prettier", folders, "what a script's `--ignore-path` names")


def _eslint(root: Path, folders: Sequence[str], texts: Texts) -> Iterator[str]:
    _append(root, ".eslintignore", folders, texts)
    legacy = next((each for each in _ESLINTRC if isinstance(_patterns(root, each), list)), None)
    if legacy is not None and (before := read_text(root, legacy)) is not None:
        texts[legacy] = before, with_entries(before, ["ignorePatterns"], folders, legacy)
    name = next((each for each in _ESLINT if (root / each).is_file()), None)
    text = read_text(root, name) if name else None
    if name is None or text is None:
        return
    source = open_source(name, text.encode())
    entries = [f"{folder}/**" for folder in folders]
    found = next((array for array in map(_ignores(source), source.root.children) if array), None)
    if found is not None:
        new = array_with(source, found, entries)
    elif (all_of_it := _exported(source)) is not None:
        quoted = ", ".join(map(json.dumps, entries))
        new = with_elements(source, all_of_it, [f"{{ ignores: [{quoted}] }}"])
    else:
        yield _told("eslint", folders, f"the `ignores` of {name}")
        return
    if new != text:
        texts[name] = text, new


def _patterns(root: Path, name: str) -> object:
    return raw_config(read_text(root, name)).get("ignorePatterns")


def _ignores(source: Source) -> Callable[[Node], Node | None]:
    """Finds the array of what all of ESLint ignores: `{ ignores: [...] }` with nothing beside it
    (eslint.org, "Globally ignore files"), or `globalIgnores([...])`."""

    def find(node: Node) -> Node | None:
        if node.type == "object":
            pairs = {_key(source, each): each for each in node.named_children}
            value = pairs["ignores"].child_by_field_name("value") if "ignores" in pairs else None
            if value is not None and value.type == "array" and {*pairs} <= {"ignores", "name"}:
                return value
        if node.type == "call_expression":
            function = node.child_by_field_name("function")
            arguments = node.child_by_field_name("arguments")
            if function is not None and arguments is not None:
                first = next(iter(arguments.named_children), None)
                if source.text(function) == "globalIgnores" and first and first.type == "array":
                    return first
        return next((found for child in node.named_children if (found := find(child))), None)

    return find


def _exported(source: Source) -> Node | None:
    """The array of configurations that a file exports, or the arguments of ESLint's own function
    for them, which takes several as well (eslint.org, "Configuration Files")."""
    value = None
    for statement in source.root.named_children:
        if statement.type == "export_statement":
            value = statement.child_by_field_name("value") or value
        elif statement.type == "expression_statement":
            node = statement.named_children[0]
            left = node.child_by_field_name("left")
            if left is not None and source.text(left) == "module.exports":
                value = node.child_by_field_name("right")
    if value is not None and value.type == "identifier":
        value = _declared(source, source.text(value))
    value = unwrap(value) if value is not None else None
    if value is None or value.type != "call_expression":
        return value if value is not None and value.type == "array" else None
    function, arguments = (value.child_by_field_name(field) for field in ("function", "arguments"))
    if function is None or arguments is None or source.text(function) not in _CONFIG:
        return None
    first = next(iter(arguments.named_children), None)
    return first if first is not None and first.type == "array" else arguments


def _declared(source: Source, name: str) -> Node | None:
    """What a variable at the top of a file is declared as."""
    for statement in source.root.named_children:
        for each in statement.named_children:
            named = each.child_by_field_name("name") if each.type == "variable_declarator" else None
            if named is not None and source.text(named) == name:
                return each.child_by_field_name("value")
    return None


def _key(source: Source, node: Node) -> str:
    key = node.child_by_field_name("key") if node.type == "pair" else None
    return source.text(key).strip("'\"") if key is not None else node.type


def _oxlint(root: Path, folders: Sequence[str], texts: Texts) -> Iterator[str]:
    name = ".oxlintrc.json"
    text = read_text(root, name)
    if text is not None and raw_config(text):
        entries = [f"{folder}/**" for folder in folders]
        texts[name] = text, with_entries(text, ["ignorePatterns"], entries, name)
    yield from ()


def _biome(root: Path, folders: Sequence[str], texts: Texts) -> Iterator[str]:
    name = next((each for each in _BIOME if (root / each).is_file()), None)
    text = read_text(root, name) if name else None
    if name is None or text is None:
        return
    raw = raw_config(text)
    files = raw.get("files")
    files = files if isinstance(files, dict) else {}
    # biomejs.dev/guides/upgrade-to-biome-v2: `includes` stands for `include` and `ignore`
    version = _biome_version(root, raw)
    includes = files.get("includes")
    if isinstance(includes, list):
        taken = [folder for folder in folders if _included(map(str, includes), folder)]
        entries, key = [_without(folder, version) for folder in taken], "includes"
    elif version >= (2, 0):
        entries, key = ["**", *(_without(folder, version) for folder in folders)], "includes"
    elif "ignore" in files or "include" in files or version >= (1, 0):
        entries, key = [*folders], "ignore"
    else:
        yield _told("biome", folders, f"`files.includes` of {name}, each behind a `!`")
        return
    if entries:
        texts[name] = text, with_entries(text, ["files", key], entries, name)


def _biome_version(root: Path, raw: Mapping[str, Any]) -> tuple[int, int]:
    """The version that a configuration's schema tells, or else the manifest; (0, 0) for neither."""
    told = re.search(r"/schemas/(\d+)\.(\d+)", str(raw.get("$schema", "")))
    manifest = raw_config(read_text(root, "package.json"))
    for field in () if told else ("devDependencies", "dependencies"):
        named = manifest.get(field)
        version = named.get("@biomejs/biome", "") if isinstance(named, dict) else ""
        told = told or re.match(r"[\^~=v]*(\d+)\.(\d+)", str(version))
    return (int(told[1]), int(told[2])) if told else (0, 0)


def _without(folder: str, version: tuple[int, int]) -> str:
    """Biome leaves a folder out from 2.2 on; before, the files in it."""
    return f"!{folder}" if version >= (2, 2) or version == (0, 0) else f"!{folder}/**"


def _included(patterns: Iterator[str], folder: str) -> bool:
    """Whether the last of Biome's patterns that fits takes in what is in the folder."""
    taken = False
    for pattern in patterns:
        regex = glob_regex(pattern.lstrip("!").removesuffix("/**") or "**")
        steps = f"{folder}/src/index.ts".split("/")
        if any(regex.fullmatch("/".join(steps[:count])) for count in range(1, len(steps) + 1)):
            taken = not pattern.startswith("!")
    return taken


def _append(root: Path, name: str, folders: Sequence[str], texts: Texts) -> None:
    """Lines at the end of an ignore file, for what it does not name yet."""
    text = read_text(root, name)
    if text is None:
        return
    lines = [line.strip() for line in text.splitlines()]
    known = matcher([line for line in lines if line and not line.startswith("#")])
    missing = [folder for folder in folders if not known(f"{folder}/package.json")]
    if missing:
        end = newline(text)
        lead = "" if not text or text.endswith("\n") else end
        texts[name] = text, text + lead + "".join(f"{folder}/{end}" for folder in missing)


def _told(tool: str, folders: Sequence[str], place: str) -> str:
    return f"{tool} looks at the new packages, too: put {' and '.join(folders)} into {place}"
