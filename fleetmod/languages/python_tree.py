"""Python's own tree of a text, which says whether this Python can read it."""

from __future__ import annotations

import ast
import re
import warnings

from fleetmod.bounds import DEPTH

_BRACKETS = re.compile(rb"[][(){}]")


def holds_code(raw: str) -> bool:
    """Whether a comment is a statement with a literal of text, which knows no `~`."""
    tree = tree_of(raw.lstrip("# ").encode()) if raw.startswith("#") else None
    nodes = list(ast.walk(tree)) if tree is not None else []
    return any(isinstance(n, ast.Constant) and isinstance(n.value, str) for n in nodes)


def tree_of(data: bytes) -> ast.Module | None:
    """Python's own tree; None for what this Python cannot read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes that people forgot
            compile(data, "module", "exec", dont_inherit=True)
            return ast.parse(data)
    except (SyntaxError, ValueError):
        return None


def nests_deeply(data: bytes) -> bool:
    """Whether a file nests deeper than the parser and the walks over its tree can go.

    The parser ends the process there, so that Python's own is asked first; brackets are counted for
    what that one cannot read.
    """
    depth = deepest = 0
    for bracket in _BRACKETS.findall(data):
        depth = max(depth + (1 if bracket in b"([{" else -1), 0)
        deepest = max(deepest, depth)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            waiting: list[tuple[ast.AST, int]] = [(ast.parse(data), 1)]
        while waiting:
            node, level = waiting.pop()
            deepest = max(deepest, level)
            waiting += ((child, level + 1) for child in ast.iter_child_nodes(node))
    except (SyntaxError, ValueError):
        pass  # the other one tells of it
    except (RecursionError, MemoryError):
        return True
    return deepest > DEPTH
