"""How a file spells the module of a port: a package's name, or a path to its file."""

from __future__ import annotations

import posixpath
from collections import Counter

from fleetmod.syntax.source import Source

_ENDINGS = (".js", ".ts")


def specifiers(
    source: Source, packages: dict[str, str], inline: tuple[str, str] | None
) -> dict[str, str]:
    """The specifier of each port for one file. `inline` is the folder of the ports' files, where
    the package has them, with the ending that an import there has where the file itself tells none.
    """
    if inline is None:
        return packages
    folder, ending = inline
    start = posixpath.dirname(source.path) or "."
    ending = _own_ending(source, ending)
    out = {}
    for port in packages:
        path = posixpath.relpath(posixpath.join(folder, port), start)
        out[port] = (path if path.startswith("../") else f"./{path}") + ending
    return out


def _own_ending(source: Source, otherwise: str) -> str:
    """The ending that most relative imports of a file have."""
    found: Counter[str] = Counter()
    for statement in source.of("import_statement"):
        node = statement.child_by_field_name("source")
        module = source.text(node)[1:-1] if node is not None else ""
        if module.startswith("."):
            found[next((each for each in _ENDINGS if module.endswith(each)), "")] += 1
    return found.most_common(1)[0][0] if found else otherwise
