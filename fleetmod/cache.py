"""What the analysis of each file gave, kept from one run to the next.

An entry counts for the same bytes at the same path, analysed by the same code, rules and settings;
whatever else changed, it is as if it were not there. The gates do without: they prove anew.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator
from dataclasses import fields
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetmod import __version__
from fleetmod.testfiles import is_test

if TYPE_CHECKING:
    from fleetmod.rules import Rule
    from fleetmod.settings import Settings

FOLDER = "FLEETMOD_CACHE_DIR"  # an empty value: keep nothing
_PARSERS = ("tree_sitter", "tree_sitter_typescript", "tree_sitter_bash")
_PER_FILE = ("production_literals", "adapters", "data_paths")


class Cache:
    """Values by kind and path; `file` is where they are kept, None for nowhere."""

    def __init__(self, file: Path | None = None, stamp: str = "") -> None:
        self._file, self._stamp = file, stamp
        self._known: dict[tuple[str, str], tuple[str, Any]] = _load(file, stamp) if file else {}
        self._used: dict[tuple[str, str], tuple[str, Any]] = {}
        self._added = False

    def get(self, kind: str, path: str, key: str) -> Any:
        """What was put for a path under the same key, now or before; None where nothing was."""
        entry = self._used.get((kind, path)) or self._known.get((kind, path))
        if entry is None or entry[0] != key:
            return None
        self._used[kind, path] = entry
        return entry[1]

    def put(self, kind: str, path: str, key: str, value: Any) -> None:
        self._used[kind, path] = (key, value)
        self._added = True

    def save(self, whole: bool) -> None:
        """Keep what was used and put; after a `whole` run, that alone. Failing to is no error."""
        kept = self._used if whole else {**self._known, **self._used}
        if self._file is None or not (self._added or len(kept) < len(self._known)):
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside = self._file.with_suffix(f".{os.getpid()}")
            beside.write_bytes(pickle.dumps((self._stamp, kept), protocol=5))
            beside.replace(self._file)
        except OSError:
            pass  # the next run does the work again


def open_cache(root: Path, rules: tuple[Rule, ...]) -> Cache:
    """The cache of a repository, in the user's own folder for such things."""
    folder = _folder()
    if folder is None:
        return Cache()
    name = sha256(os.fsencode(root)).hexdigest()[:32]
    return Cache(folder / f"{name}.pickle", _stamp(rules))


class Keys:
    """What the result of a file depends on, beside the code and the rules' own text."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        shared = [getattr(settings, f.name) for f in fields(settings) if f.name not in _PER_FILE]
        self._shared = _sum(shared)
        self._of_tests = _sum(settings.data_paths)

    def of(self, path: str, data: bytes, rules: tuple[Rule, ...]) -> str:
        adapters = self._settings.adapters.items()
        own = [
            sorted(family for family, paths in adapters if path in paths),
            [rule.id for rule in rules],
        ]
        if is_test(path):
            own += [sorted(self._settings.literals_for(path)), [self._of_tests]]
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


def _load(file: Path, stamp: str) -> dict[tuple[str, str], tuple[str, Any]]:
    try:
        with file.open("rb") as opened:
            if hasattr(os, "getuid") and os.fstat(opened.fileno()).st_uid != os.getuid():
                return {}  # a pickle is code: only one's own is read
            made_by, known = pickle.load(opened)
    except Exception:  # a file that is damaged in any way is as good as none
        return {}
    return known if made_by == stamp else {}


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
