"""Placeholders of a node's folders in a property list, and their rendering.

launchd expands nothing in a property list (launchd.plist(5)), so a list that is to serve several
nodes is a template, rendered for each where it is installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from fleetmod.places import HOME, ROOT, VAULT

NAMES = {HOME: "__HOME__", ROOT: "__REPO_ROOT__", VAULT: "__VAULT__"}


def is_template(data: bytes) -> bool:
    return any(name.encode() in data for name in NAMES.values())


def expand(data: bytes, folders: Mapping[str, str]) -> bytes:
    """The list with `folders` (by NodeIdentity member) in place of the placeholders, as XML."""
    for base, name in NAMES.items():
        if base in folders:
            data = data.replace(name.encode(), escape(folders[base]).encode())
    return data
