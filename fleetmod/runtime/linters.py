"""The repository's own linters and formatters pass over the new packages, as over other people's.

Where a tool's list of what it ignores stands in the root, it gains the packages; else that is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tree_sitter import Node

from fleetmod.runtime.literals import array_with
from fleetmod.syntax.source import Source, open_source
from fleetmod.workspace.globs import glob_regex, matcher
from fleetmod.workspace.json_edit import newline
from fleetmod.workspace.jsonc import with_entries
from fleetmod.workspace.tsconfig import raw_config, read_text

Texts = dict[str, tuple[str, str]]
_ESLINT = tuple(f"eslint.config.{suffix}" for suffix in ("js", "mjs", "cjs", "ts", "mts", "cts"))
_ESLINTRC = (".eslintrc.json", ".eslintrc")
_PRETTIER = (".prettierrc", "prettier.config")
_BIOME = ("biome.json", "biome.jsonc")


def ignored(root: Path, folders: Collection[str]) -> tuple[Texts, list[str]]:
    """The old and new text of each ignore list that gains the new `folders`; what is only told."""
    texts: Texts = {}
    notes: list[str] = []
    wanted = sorted(folders)
    if not wanted:
        return texts, notes
    for change in (_prettier, _eslint, _oxlint, _biome):
        notes += change(root, wanted, texts)
    return texts, notes


def _prettier(root: Path, folders: Sequence[str], texts: Texts) -> Iterator[str]:
    _append(root, ".prettierignore", folders, texts)
    manifest = raw_config(read_text(root, "package.json"))
    used = any(each.name.startswith(_PRETTIER) for each in root.iterdir()) or "prettier" in manifest
    told = used and not (root / ".prettierignore").is_file()
    if told and any(_formats(script, folders[0]) for script in _scripts(manifest)):
        yield _told("prettier", folders, "a .prettierignore")


def _scripts(manifest: Mapping[str, Any]) -> Iterator[str]:
    scripts = manifest.get("scripts")
    yield from map(str, scripts.values() if isinstance(scripts, dict) else ())


def _formats(script: str, folder: str) -> bool:
    """Whether a script gives prettier a folder or a pattern that takes in what is in `folder`."""
    words = [word.strip("\"'") for word in script.split()]
    given = words[words.index("prettier") + 1 :] if "prettier" in words else []
    path = f"{folder}/src/index.ts"
    return any(
        word == "." or path.startswith(f"{word.rstrip('/')}/") or glob_regex(word).fullmatch(path)
        for word in given
        if not word.startswith("-")
    )


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
    found = next((array for array in map(_ignores(source), source.root.children) if array), None)
    if found is None:
        yield _told("eslint", folders, f"the `ignores` of {name}")
        return
    new = array_with(source, found, [f"{folder}/**" for folder in folders])
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
    schema = re.search(r"/schemas/(\d+)\.(\d+)", str(raw.get("$schema", "")))
    version = (int(schema[1]), int(schema[2])) if schema else (0, 0)
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
