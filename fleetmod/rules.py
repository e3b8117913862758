"""Rules as data: one TOML file each, read with strict checks (tree-sitter, query predicates)."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fleetmod import families
from fleetmod.bounds import CONFIG
from fleetmod.errors import FleetmodError
from fleetmod.hints import loads_files, mixed_in
from fleetmod.places import Places
from fleetmod.workspace.disk import read_plain
from fleetmod.workspace.toml_lines import line_of_deep_key, line_of_key

SAFETIES = ("safe", "review")
REACHES = ("match", "file")
PREDICATES = (
    "eq?",
    "not-eq?",
    "any-of?",
    "match?",
    "not-match?",
    "pattern?",
)  # beside the families'
_KEYS: dict[str, type] = {
    "id": str,
    "title": str,
    "family": str,
    "class": str,
    "phase": str,
    "safety": str,
    "triggers": list,
    "hints": list,
    "named": list,
    "pathed": list,
    "mixed": bool,
    "reach": str,
    "query": str,
    "query_tsx": str,
    "pattern": str,
    "rewrite": str,
    "template": str,
    "imports": dict,
    "refusal": str,
    "exempt": str,
    "prose": str,
    "example": list,
}
# a predicate's pattern; white space and comments may stand between its parts
_MATCH = r'#(?:not-)?match\?(?:\s|;[^\n]*)*@[\w.!?-]+(?:\s|;[^\n]*)*"((?:\\.|[^"\\])*)"'
_PLACE = "{place}"  # a trigger that the configuration tells
_REQUIRED = ("id", "title", "family", "class", "prose")
_EXAMPLE_KEYS = ("title", "path", "before", "after", "unchanged", "refused", "reason", "finds")


@dataclass(frozen=True)
class Example:
    """A small file and what must become of it: `after`, nothing (`unchanged`), or a refusal."""

    title: str
    before: str
    after: str | None = None
    refused: bool = False
    reason: str = ""
    path: str = "packages/app/src/example.ts"
    finds: bool = True  # an unchanged example in which the rule still finds (and exempts) something


@dataclass(frozen=True)
class Told:
    """What a file's content tells of the hints that count in it: that it names one of home.users,
    that it loads a module of paths or files, and how it spells `/uSers/` or the like."""

    named: bool
    pathed: bool
    mixed: tuple[str, ...] = ()


EVERY_HINT = Told(named=True, pathed=True)


def told_of(data: bytes, places: Places) -> Told:
    """What a file's content tells."""
    mixed = tuple(each.decode() for each in mixed_in(data, data.lower()))
    return Told(places.names_user(data), loads_files(data), mixed)


@dataclass(frozen=True)
class Rule:
    """What to look for and what to do about it. `rewrite` names a function of fleetmod.lower;
    `template` is code with the holes of `pattern`, or with the captures of `query` in capitals."""

    id: str
    title: str
    family: str
    cls: str
    query: str
    prose: str
    phase: str = ""
    safety: str = "safe"
    triggers: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()  # where to look, too; in what does not parse they prove nothing
    named: tuple[str, ...] = ()  # hints in a file that names one of home.users
    pathed: tuple[str, ...] = ()  # hints in a file that loads a module of paths or files
    mixed: bool = False  # a hint is also the folder of homes in letters of mixed case
    reach: str = "match"  # a match holds a trigger itself; or only its "file" does
    rewrite: str = ""
    refusal: str = ""  # why a match is debt that fleetmod never rewrites
    exempt: str = ""  # why a match is no debt
    pattern: str = ""  # code with holes, which the query is made from
    template: str = ""
    imports: tuple[tuple[str, tuple[str, ...]], ...] = ()  # of the template: modules and names
    query_tsx: str = ""  # a second query for the nodes that only .tsx files have
    examples: tuple[Example, ...] = field(default=())
    sha256: str = ""
    file: str = ""

    def looks(self, told: Told) -> tuple[str, ...]:
        """The texts of which a file must hold one to be worth parsing, by what it tells itself."""
        named = self.named if told.named else ()
        pathed = self.pathed if told.pathed else ()
        return self.triggers + self.hints + named + pathed + (told.mixed if self.mixed else ())


def fitted(rules: Iterable[Rule], places: Places) -> tuple[Rule, ...]:
    """The rules with what a repository's own places are spelled by in place of the trigger
    `{place}`; without those that would look for nothing."""
    out = []
    for rule in rules:
        if _PLACE in rule.triggers:
            others = (trigger for trigger in rule.triggers if trigger != _PLACE)
            rule = replace(rule, triggers=(*others, *places.spellings()))
            if not rule.triggers:
                continue
        out.append(rule)
    return tuple(out)


def bundled_folder() -> Path:
    """The folder of the rules that come with fleetmod, in a wheel or in a checkout."""
    packaged = Path(__file__).parent / "_data" / "rules"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "rules"


def load_rules(folders: tuple[Path, ...] = (), examples: bool = False) -> tuple[Rule, ...]:
    """The bundled rules and those of `folders`, sorted by id; with their `examples` if asked for.

    The bundled ones are checked by fleetmod's own tests, and here only when read with examples:
    compiling every query would take longer than most audits. Raises FleetmodError naming file and
    line for anything that is not as a rule must be: TOML errors, unknown or missing keys, wrong
    types, a malformed query, an unknown predicate or rewrite, an id that two files use.
    """
    seen: dict[str, Rule] = {}
    bundled = bundled_folder()
    for folder in (bundled, *folders):
        if not folder.is_dir():
            raise FleetmodError(
                "is no folder of rules", where=str(folder), todo="Correct workspace.rules"
            )
        for path in rule_files(folder):
            trusted = folder == bundled and not examples
            rule = _read_head(path) if trusted else read_rule(path)
            if rule.id in seen:
                raise FleetmodError(
                    f"the id `{rule.id}` is used by {seen[rule.id].file} too",
                    where=f"{path}:{line_of_key(read_plain(path).decode(), ('id',))}",
                    todo="Give each rule an id of its own",
                )
            seen[rule.id] = rule
    return tuple(seen[key] for key in sorted(seen))


def rule_files(folder: Path) -> list[Path]:
    """The TOML files of a folder that is there; raises FleetmodError where it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as error:  # which Path.glob would pass over
        what = f"cannot be read: {error.strerror}"
        raise FleetmodError(what, where=str(folder), todo="Correct workspace.rules") from error


def _read_head(path: Path) -> Rule:
    """A bundled rule without its examples, which are most of the file."""
    data = path.read_bytes()
    return _rule(tomllib.loads(data.partition(b"\n[[example]]")[0].decode()), (), data, path)


def read_rule(path: Path) -> Rule:
    """One rule file, checked; raises FleetmodError as `load_rules` does."""
    from fleetmod.rewrites import NAMES

    try:
        data = read_plain(path, CONFIG)
    except OSError as error:
        raise FleetmodError(f"cannot be read: {error.strerror}", where=str(path)) from error
    text = data.decode("utf-8", "replace")

    def wrong(what: str, *key: str | int, todo: str = "Correct the rule") -> FleetmodError:
        line = line_of_key(text, key) if key else 1
        return FleetmodError(what, where=f"{path}:{line}", todo=todo)

    if deep := line_of_deep_key(text):
        raise FleetmodError("names a key of too many parts", where=f"{path}:{deep}")
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{path}:{line.group(1) if line else 1}"
        raise FleetmodError(f"is not valid TOML: {error}", where=where) from error
    except RecursionError as error:
        raise FleetmodError("is nested too deeply", where=f"{path}:1") from error
    for key, value in raw.items():
        if key not in _KEYS:
            raise wrong(f"unknown key `{key}`", key, todo=f"Known keys: {', '.join(_KEYS)}")
        if not isinstance(value, _KEYS[key]):
            raise wrong(f"`{key}` must be a {_KEYS[key].__name__}", key)
    for key in _REQUIRED:
        if not raw.get(key):
            raise wrong(f"the key `{key}` is missing")
    known = [family.id for family in families.every()]
    if raw["family"] not in known:
        raise wrong(f"`family` must be one of {', '.join(known)}", "family")
    if raw.get("safety", "safe") not in SAFETIES:
        raise wrong(f"`safety` must be one of {', '.join(SAFETIES)}", "safety")
    if raw.get("reach", "match") not in REACHES:
        raise wrong(f"`reach` must be one of {', '.join(REACHES)}", "reach")
    rewrites = (*NAMES, *families.named(raw["family"]).rewrites)
    if raw.get("rewrite", "") and raw["rewrite"] not in rewrites:
        raise wrong(
            f"unknown rewrite `{raw['rewrite']}`",
            "rewrite",
            todo=f"Known rewrites: {', '.join(sorted(rewrites))}",
        )
    for key in ("triggers", "hints", "named", "pathed"):
        if not all(isinstance(t, str) and t for t in raw.get(key, [])):
            raise wrong(f"`{key}` must be a list of non-empty strings", key)
    for key in ("hints", "named", "pathed", "mixed"):
        if raw.get(key) and not raw.get("triggers"):
            raise wrong(f"`{key}` without `triggers`, so every file is looked at anyway", key)
    if ("query" in raw) == ("pattern" in raw):
        raise wrong("a rule has a query or a pattern, one of them", "pattern")
    if "pattern" in raw:
        raw |= _of_pattern(raw, wrong)
    _check_query(raw["query"], "typescript", "query", wrong)
    if "query_tsx" in raw:
        _check_query(raw["query_tsx"], "tsx", "query_tsx", wrong)
    if "template" in raw:
        _check_template(raw, wrong)
    elif "imports" in raw:
        raise wrong("`imports` are those of a `template`, and there is none", "imports")
    examples = []
    for index, example in enumerate(raw.get("example", [])):
        examples.append(_example(example, index, wrong))
    return _rule(raw, tuple(examples), data, path)


def _rule(raw: Mapping[str, Any], examples: tuple[Example, ...], data: bytes, path: Path) -> Rule:
    return Rule(
        id=raw["id"],
        title=raw["title"],
        family=raw["family"],
        cls=raw["class"],
        query=raw["query"],
        prose=raw["prose"].strip(),
        phase=raw.get("phase") or families.named(raw["family"]).phase,
        safety=raw.get("safety", "safe"),
        triggers=tuple(raw.get("triggers", [])),
        hints=tuple(raw.get("hints", [])),
        named=tuple(raw.get("named", [])),
        pathed=tuple(raw.get("pathed", [])),
        mixed=raw.get("mixed", False),
        reach=raw.get("reach", "match"),
        rewrite=raw.get("rewrite", ""),
        refusal=raw.get("refusal", ""),
        exempt=raw.get("exempt", ""),
        pattern=raw.get("pattern", ""),
        template=raw.get("template", ""),
        imports=tuple((module, tuple(names)) for module, names in raw.get("imports", {}).items()),
        query_tsx=raw.get("query_tsx", ""),
        examples=examples,
        sha256=hashlib.sha256(data).hexdigest(),
        file=path.name,
    )


def _of_pattern(raw: Mapping[str, Any], wrong: Any) -> dict[str, Any]:
    """The query that a pattern stands for, and a trigger where none is given."""
    from fleetmod.syntax.pattern import pattern, query_of

    try:
        words = pattern(raw["pattern"]).literals()
        if pattern(raw["pattern"]).hole:
            raise ValueError("is nothing but a hole")
        made = {"query": query_of(raw["pattern"])}
    except ValueError as error:
        raise wrong(f"the pattern {error}", "pattern") from error
    return made | {"triggers": raw.get("triggers") or words[:1]}


def _check_template(raw: Mapping[str, Any], wrong: Any) -> None:
    from fleetmod.syntax.pattern import pattern

    for key in ("rewrite", "refusal", "exempt"):
        if key in raw:
            raise wrong(f"has a `template` and `{key}`: keep one of them", key)
    try:
        made = pattern(raw["template"])
    except ValueError as error:
        raise wrong(f"the template {error}", "template") from error
    if any(node.type.startswith("shorthand") for node, _, _ in made.places()):
        what = "a hole of the template is a field's name, too"
        raise wrong(what, "template", todo="Write `{ field: $HOLE }`")
    if "pattern" in raw:
        known = pattern(raw["pattern"]).holes
        if not made.hole and pattern(raw["pattern"]).is_statement != made.is_statement:
            what = "one of pattern and template is a statement, the other an expression"
            raise wrong(what, "template", todo="Write both as the same")
    else:
        known = frozenset(name.upper() for name in re.findall(r"@([\w]+)", raw["query"]))
    for name in sorted(made.holes - known):
        raise wrong(f"`${name}` of the template stands for nothing", "template")
    for module, names in raw.get("imports", {}).items():
        listed = isinstance(names, list) and names and all(isinstance(n, str) for n in names)
        if module.startswith(".") or not listed:
            todo = 'Write `imports = { "@acme/io" = ["read"] }`: a package, or an alias of a path'
            raise wrong(f"`{module}` is no module with a list of names", "imports", todo=todo)


def _check_query(text: str, language: str, key: str, wrong: Any) -> None:
    from tree_sitter import QueryError

    from fleetmod.linear import Unbounded, compiled
    from fleetmod.syntax.source import query

    bare = re.sub(r'"(\\.|[^"\\])*"', '""', re.sub(r";[^\n]*", "", text))
    known = (*PREDICATES, *families.predicates())
    for name in re.findall(r"\(\s*#([\w-]+[?!]?)", bare):
        # tree-sitter lets an unknown predicate pass, so a misspelt one would match everything.
        if name not in known:
            raise wrong(f"unknown predicate `#{name}`", key, todo=f"Known: {', '.join(known)}")
    if "@debt" not in bare:
        raise wrong("the query captures nothing as `@debt`", key)
    try:
        query(language, text)
    except (QueryError, ValueError) as error:
        raise wrong(f"the query is malformed: {error}", key) from error
    for found in re.finditer(_MATCH, text):
        pattern = re.sub(r"\\(.)", r"\1", found[1])  # without what escapes mean in a query
        try:
            compiled(pattern)
        except (Unbounded, re.error) as error:
            what = f"the pattern `{pattern}` {error}, so a search for it may never end"
            raise wrong(what, key, todo="Write one without that") from error


def _example(raw: Any, index: int, wrong: Any) -> Example:
    if not isinstance(raw, Mapping):
        raise wrong("`example` must be an array of tables", "example")
    for key, value in raw.items():
        if key not in _EXAMPLE_KEYS:
            raise wrong(
                f"unknown key `{key}` in an example",
                "example",
                index,
                key,
                todo=f"Known keys: {', '.join(_EXAMPLE_KEYS)}",
            )
        if not isinstance(value, bool if key == "finds" else str):
            raise wrong(f"`{key}` of an example has the wrong type", "example", index, key)
    kinds = [k for k in ("before", "unchanged", "refused") if k in raw]
    if len(kinds) != 1 or ("before" in raw) != ("after" in raw):
        raise wrong("an example has before and after, or unchanged, or refused", "example", index)
    extra = {"path": raw["path"]} if "path" in raw else {}
    return Example(
        title=raw.get("title", f"example {index + 1}"),
        before=raw[kinds[0]],
        after=raw.get("after"),
        refused="refused" in raw,
        reason=raw.get("reason", ""),
        finds=raw.get("finds", "unchanged" not in raw),
        **extra,
    )
