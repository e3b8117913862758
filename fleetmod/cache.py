"""What the analysis of each file gave, kept from one run to the next.

An entry counts for the same bytes at the same path, analysed by the same code, rules and settings;
whatever else changed, it is as if it were not there. The gates do without: they prove anew.

It is a JSON file, so that it can hold data only, whoever wrote it. One that is a link, that others
own or may write to, or that is damaged in any way is as good as none; so is its folder.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from stat import S_IWOTH
from typing import TYPE_CHECKING, Any

from fleetmod import __version__
from fleetmod.errors import FleetmodError
from fleetmod.model import Acts, Edit, FileResult, Finding, Need
from fleetmod.runner import Runner
from fleetmod.workspace.beneath import Folder, check_owner

if TYPE_CHECKING:
    from fleetmod.rules import Rule
    from fleetmod.settings import Settings

FIXES = "fixes"  # the edits that mend each of a file's findings; only some reports ask
FOLDER = "FLEETMOD_CACHE_DIR"  # an empty value: keep nothing
_PARSERS = ("tree_sitter", "tree_sitter_typescript", "tree_sitter_bash")
_PER_FILE = (
    "production_literals",
    "fates",
    "fate_key",
    "elsewhere",
    "isolated",
    "verbatim",
    "tests",
    "kept",
    "inlined",
    "required",
    "parted",
    "declined",
    "imported",
    "aged",
)
_MOST = 1 << 28  # bytes; hundreds of times what a big repository needs
_BROKEN = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


class Cache:
    """Values by kind and path; `file` is where they are kept, None for nowhere."""

    def __init__(self, file: Path | None = None, stamp: str = "") -> None:
        self._file, self._stamp = file, stamp
        self._known: dict[tuple[str, str], list[Any]] = _load(file, stamp) if file else {}
        self._used: dict[tuple[str, str], tuple[str, Any]] = {}
        self._added = False

    def get(self, kind: str, path: str, key: str) -> Any:
        """What was put for a path under the same key, now or before; None where nothing was."""
        used = self._used.get((kind, path))
        if used is not None:
            return used[1] if used[0] == key else None
        try:
            known_key, raw = self._known.get((kind, path), ("", None))
            if known_key != key:
                return None
            value = _form(kind)[1](raw, path)
        except _BROKEN:
            self._known = {}  # nor is the rest to be believed
            return None
        self._used[kind, path] = (key, value)
        return value

    def put(self, kind: str, path: str, key: str, value: Any) -> None:
        self._used[kind, path] = (key, value)
        self._added = True

    def save(self, whole: bool) -> None:
        """Keep what was used and put; after a `whole` run, that alone. Failing to is no error."""
        kept = {
            (kind, path): entry
            for (kind, path), entry in self._known.items()
            if not whole or (kind == FIXES and ("result", path) in self._used)
        }
        if self._file is None or not (self._added or len(self._used | kept) < len(self._known)):
            return
        for place, (key, value) in self._used.items():
            kept[place] = [key, _form(place[0])[0](value)]
        listed = [[*place, *entry] for place, entry in kept.items()]
        with suppress(OSError, FleetmodError):  # the next run does the work again
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _own_folder(self._file.parent) as folder:
                beside = f"{self._file.name}.{os.getpid()}"
                folder.remove(beside)
                with os.fdopen(folder.create(beside, 0o600), "wb") as out:
                    out.write(json.dumps([self._stamp, listed]).encode())
                folder.move(beside, folder, self._file.name)


def open_cache(root: Path, rules: tuple[Rule, ...]) -> Cache:
    """The cache of a repository, in the user's own folder for such things."""
    folder = _folder()
    if folder is None:
        return Cache()
    name = sha256(os.fsencode(root)).hexdigest()[:32]
    return Cache(folder / f"{name}.json", _stamp(rules))


class Keys:
    """What the result of a file depends on, beside the code and the rules' own text."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        shared = [getattr(settings, f.name) for f in fields(settings) if f.name not in _PER_FILE]
        self._shared = _sum(shared)

    def of(self, path: str, data: bytes, rules: tuple[Rule, ...]) -> str:
        own: list[object] = [
            [rule.id for rule in rules],
            path in self._settings.isolated,
            path in self._settings.verbatim,
            path in self._settings.tests,
            self._settings.inlined.get(path),
            path in self._settings.required,
            self._settings.aged.get(path),
        ]
        if path in self._settings.elsewhere:
            own.append([repr(self._settings.elsewhere[path])])
        if path in self._settings.parted:
            own.append(sorted(self._settings.parted[path].items()))
        if path in self._settings.declined:
            own.append(["declined", *sorted(self._settings.declined[path])])
        if path in self._settings.imported:
            own.append(["imported", *sorted(self._settings.imported[path].items())])
        if path in self._settings.kept:
            own.append(sorted(self._settings.kept[path].items()))
        if self._settings.is_test(path):
            own += [sorted(self._settings.literals_for(path)), [self._settings.fate_key(path)]]
        return digest(data, self._shared, repr(own))


def digest(data: bytes, *more: str) -> str:
    found = sha256(data)
    for each in more:
        found.update(b"\0" + each.encode("utf-8", "surrogateescape"))
    return found.hexdigest()


def _sum(value: Any) -> str:
    return digest(repr(_plain(value)).encode())


def _plain(value: Any) -> Any:
    """A value whose text does not hang on the order of a set or of a table."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, dict):
        return [(key, _plain(value[key])) for key in sorted(value)]
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _folder() -> Path | None:
    given = os.environ.get(FOLDER)
    if given is not None:
        return Path(given) if given else None
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 (no error where there is none)
    if sys.platform == "darwin":
        return home / "Library/Caches/fleetmod"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "fleetmod"


@contextmanager
def _own_folder(path: Path) -> Iterator[Folder]:
    """The folder of a cache; raises FleetmodError for a link and for one that is shared."""
    above = Path(os.path.realpath(path.absolute().parent))  # links of the user's own, as ~/.cache
    with Folder.open(above) as parent, parent.folder(path.name) as folder:
        check_owner(folder, (os.geteuid(),))
        yield folder


def _load(file: Path, stamp: str) -> dict[tuple[str, str], list[Any]]:
    try:
        with _own_folder(file.parent) as folder, os.fdopen(folder.open_file(file.name)) as opened:
            about = os.fstat(opened.fileno())
            is_own = about.st_uid == os.geteuid() and about.st_nlink == 1
            if not is_own or about.st_mode & S_IWOTH or about.st_size > _MOST:
                return {}
            made_by, listed = json.load(opened)
        if made_by != stamp:
            return {}
        return {(kind, path): [key, raw] for kind, path, key, raw in listed}
    except (OSError, FleetmodError, *_BROKEN):
        return {}


def _row(value: Any) -> Any:
    """A value as JSON has it: a dataclass as the list of its fields."""
    if isinstance(value, (FileResult, Finding, Edit, Need, Acts, Runner)):
        return [_row(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, (tuple, list)):
        return [_row(each) for each in value]
    return value


def _made(cls: type[Any], raw: Any) -> Any:
    """The value of a dataclass that `_row` wrote; raises ValueError for anything else."""
    own = fields(cls)
    if type(raw) is not list or len(raw) != len(own):
        raise ValueError(f"no {cls.__name__}")
    return cls(*[_READ[str(field.type)](each) for field, each in zip(own, raw, strict=True)])


def _exactly(kind: type[Any]) -> Callable[[Any], Any]:
    def read(raw: Any) -> Any:
        if type(raw) is not kind or (kind is int and raw < 0):
            raise ValueError(f"no {kind.__name__}")
        return raw

    return read


def _each(read: Callable[[Any], Any], count: int | None = None) -> Callable[[Any], Any]:
    def read_all(raw: Any) -> tuple[Any, ...]:
        if type(raw) is not list or count not in (None, len(raw)):
            raise ValueError("no such list")
        return tuple([read(each) for each in raw])

    return read_all


_TEXT, _NUMBER = _exactly(str), _exactly(int)


def _pair(raw: Any) -> tuple[str, str]:
    first, second = _each(_TEXT, 2)(raw)
    return first, second


def _label(raw: Any) -> tuple[int, str]:
    if type(raw) is not list or len(raw) != 2:
        raise ValueError("no label")
    return _NUMBER(raw[0]), _TEXT(raw[1])


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda raw: None if raw is None else read(raw)


def _nothing(raw: Any) -> None:
    if raw is not None:
        raise ValueError("of another run")


# by the types that the fields of fleetmod.model, and of a runner, are declared with
_READ: dict[str, Callable[[Any], Any]] = {
    "str | None": _or_none(_TEXT),
    "tuple[int, str] | None": _or_none(_label),
    "Binding | None": _nothing,
    "str": _TEXT,
    "int": _NUMBER,
    "bool": _exactly(bool),
    "tuple[str, ...]": _each(_TEXT),
    "tuple[int, ...]": _each(_NUMBER),
    "tuple[tuple[int, int], ...]": _each(_each(_NUMBER, 2)),
    "tuple[tuple[int, str], ...]": _each(_label),
    "tuple[tuple[str, str], ...]": _each(_pair),
    "tuple[Acts, ...]": _each(lambda raw: _made(Acts, raw)),
    "tuple[Finding, ...]": _each(lambda raw: _made(Finding, raw)),
    "tuple[Edit, ...]": _each(lambda raw: _made(Edit, raw)),
    "tuple[Need, ...]": _each(lambda raw: _made(Need, raw)),
}


def _result(raw: Any, path: str) -> FileResult:
    result: FileResult = _made(FileResult, raw)
    if result.path != path or any(finding.path != path for finding in result.findings):
        raise ValueError("of another file")
    return result


def _exports(raw: Any, path: str) -> dict[tuple[str, str], Runner]:
    if type(raw) is not list:
        raise ValueError("no exports")
    return {(_TEXT(module), _TEXT(name)): _made(Runner, each) for module, name, each in raw}


_Form = tuple[Callable[[Any], Any], Callable[[Any, str], Any]]


def _form(kind: str) -> _Form:
    """How what is kept of a kind is written, and how it is read for a path: what a file gave in
    one of the scans, but for the literals, and for what it imports that runs a command."""
    if kind == "exports":
        return lambda known: [
            [*key, _row(runner)] for key, runner in sorted(known.items())
        ], _exports
    if kind == "literals":
        return sorted, lambda raw, _: frozenset(_each(_TEXT)(raw))
    if kind == FIXES:
        return _row, lambda raw, _: _each(_READ["tuple[Edit, ...]"])(raw)
    return _row, _result


def _stamp(rules: tuple[Rule, ...]) -> str:
    """The code that makes the values: fleetmod, its parsers, Python, and the rules."""
    parts = [__version__, sys.version, *(f"{rule.id} {rule.sha256}" for rule in rules)]
    parts += _files(Path(__file__).parent)
    for name in _PARSERS:
        spec = find_spec(name)
        if spec is not None and spec.origin:
            parts.append(_state(spec.origin, os.stat(spec.origin)))  # noqa: PTH116
    return digest("\n".join(parts).encode())


def _files(folder: str | Path) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        if entry.name.endswith(".py"):
            yield _state(entry.path, entry.stat())
        elif entry.is_dir() and (not entry.name.startswith(("_", ".")) and "-" not in entry.name):
            yield from _files(entry.path)


def _state(path: str, stat: os.stat_result) -> str:
    return f"{path} {stat.st_size} {stat.st_mtime_ns}"
