"""Placeholders of a node's folders in a property list, and their rendering.

launchd expands nothing in a property list (launchd.plist(5)), so a list that is to serve several
nodes is a template, rendered for each where it is installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from fleetmod.places import HOME, ROOT, VAULT, Places

NAMES = {HOME: "__HOME__", ROOT: "__REPO_ROOT__", VAULT: "__VAULT__"}


def expand(data: bytes, folders: Mapping[str, str]) -> bytes:
    """The list with `folders` (by NodeIdentity member) in place of the placeholders, as XML."""
    for base, name in NAMES.items():
        if base in folders:
            data = data.replace(name.encode(), escape(folders[base]).encode())
    return data


def folders_of(places: Places) -> dict[str, str]:
    """The folders of the Mac that the repository was written on, by NodeIdentity member."""
    first = f"/Users/{places.users[0]}" if places.users else ""
    home = places.home_of(places.root) or places.home_of(places.vault) or first
    known = {HOME: home, ROOT: places.root, VAULT: places.vault}
    return {base: folder for base, folder in known.items() if folder}
