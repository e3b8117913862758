"""Which folders a workspace declares as its members, in either file, and how one is added."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fleetmod.bounds import too_many
from fleetmod.errors import FleetmodError
from fleetmod.model import Edit
from fleetmod.regex import lazy
from fleetmod.workspace import json_edit
from fleetmod.workspace.disk import read_plain
from fleetmod.workspace.globs import glob_regex

RULE = "workspace-member"
PNPM = "pnpm-workspace.yaml"
NPM = "package.json"
_ITEM = lazy(
    r"""([ \t]*)-[ \t]+(?:("[^"\n]*"|'[^'\n]*')[ \t]*(?:[ \t]#[^\n]*)?\r?|([^\s#'"][^\n]*))"""
)
_REMARK = lazy(r"[ \t]#")


@dataclass(frozen=True, slots=True)
class _YamlList:
    """The `packages:` list of a YAML text; `end` is where an entry can be added, in characters."""

    globs: tuple[str, ...]
    end: int
    lead: str  # what stands before the first new entry
    between: str  # and before the next
    quote: str


def declared_globs(root: Path) -> dict[str, tuple[str, ...]]:
    """The workspace globs of each file in `root` that declares any: pnpm's first, then npm's.

    Raises FleetmodError for a package.json that is no JSON object.
    """
    out: dict[str, tuple[str, ...]] = {}
    pnpm, npm = _read(root, PNPM), _read(root, NPM)
    if pnpm is not None and (found := _yaml_list(pnpm)):
        out[PNPM] = found.globs
    if npm is not None and (block := _npm_block(npm)):
        out[NPM] = tuple(str(item.value) for item in block.items)
    for file, globs in out.items():
        if why := too_many(len(globs), "workspace globs"):
            raise FleetmodError(why, where=file, todo="Use `*` for many folders.")
    return out


def add_workspace_members(root: Path, folders: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The old and new text of each file that must change so that all `folders` are members.

    A repository without a workspace gets none. Raises FleetmodError for a folder that a glob with
    `!` takes out.
    """
    texts = {}
    for file, globs in declared_globs(root).items():
        if missing := _uncovered(folders, globs, file):
            before = _read(root, file) or ""
            made = _yaml_edit(before, missing) if file == PNPM else _npm_edit(before, missing)
            texts[file] = before, json_edit.spliced(before, made)
    return texts


def _uncovered(folders: Sequence[str], globs: Sequence[str], file: str) -> list[str]:
    missing = []
    for folder in folders:
        for glob in globs:
            if glob.startswith("!") and glob_regex(glob[1:]).fullmatch(folder):
                raise FleetmodError(
                    f"{glob} keeps {folder} out of the workspace",
                    where=file,
                    todo="Take the pattern out, or choose another runtime.dir.",
                )
        if not any(glob_regex(glob).fullmatch(folder) for glob in globs if glob[:1] != "!"):
            missing.append(folder)
    return missing


def _npm_block(text: str) -> json_edit.Block | None:
    """The array of workspace globs: `workspaces`, or `packages` in it."""
    found = json_edit.read_object(text, NPM).last("workspaces")
    if found is not None and isinstance(found.value, dict):
        found = json_edit.read_block(text, found.value_start).last("packages")
    if found is None or not isinstance(found.value, list):
        return None
    return json_edit.read_block(text, found.value_start)


def _npm_edit(text: str, folders: Sequence[str]) -> Edit:
    block = _npm_block(text)
    assert block is not None  # it declared the globs
    entries = [json_edit.quoted(folder) for folder in folders]
    return json_edit.add_items(text, block, len(block.items), entries, RULE)


def _yaml_edit(text: str, folders: Sequence[str]) -> Edit:
    found = _yaml_list(text)
    assert found is not None  # it declared the globs
    written = (f"{found.quote}{folder}{found.quote}" for folder in folders)
    new = found.lead + found.between.join(written)
    return json_edit.edit(text, found.end, found.end, new, RULE)


def _yaml_list(text: str) -> _YamlList | None:
    head = re.search(r"^packages[ \t]*:[ \t]*(?=(\[)|(?:#.*)?\r?$)", text, re.M)
    if head is None:
        return None
    return _flow(text, head.end()) if head[1] else _block(text, head.end())


def _flow(text: str, start: int) -> _YamlList:
    """`packages: ["a", "b"]`, on one line or several."""
    close = text.find("]", start)
    end = len(text) if close < 0 else close
    inside = re.sub(
        r"(?:^|(?<=\s))#[^\n]*", lambda match: " " * len(match[0]), text[start + 1 : end]
    )
    globs = tuple(one.strip().strip("'\"") for one in inside.split(",") if one.strip())
    at = start + 1 + len(inside.rstrip())
    lead = "" if not globs else " " if inside.rstrip().endswith(",") else ", "
    return _YamlList(globs, at, lead, ", ", "'" if "'" in inside else '"')


def _block(text: str, start: int) -> _YamlList:
    """`packages:` and below it one `- "a"` a line."""
    newline = json_edit.newline(text)
    line_end = text.find("\n", start)
    at = end = len(text) if line_end < 0 else line_end
    globs: list[str] = []
    indent, quote = "  ", '"'
    while at < len(text):
        stop = text.find("\n", at + 1)
        stop = len(text) if stop < 0 else stop
        line = text[at + 1 : stop]
        if item := _ITEM.fullmatch(line):
            indent, value = item[1], item[2] or _REMARK.split(item[3], maxsplit=1)[0].rstrip()
            quote = value[0] if value[0] in "'\"" else ""
            globs.append(value.strip("'\""))
            end = stop
        elif line.strip() and not line.lstrip().startswith("#"):
            break
        at = stop
    end -= text[:end].endswith("\r")
    lead = f"{newline}{indent}- "
    return _YamlList(tuple(globs), end, lead, lead, quote)


def _read(root: Path, file: str) -> str | None:
    try:
        return read_plain(root / file).decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FleetmodError(f"cannot be read: {error.strerror}", where=file) from error
    except UnicodeDecodeError as error:
        raise FleetmodError("is not UTF-8 text", where=file, todo="Save it as UTF-8.") from error
