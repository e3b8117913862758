"""One file that is no TypeScript, as the repository of a made-up user sees it."""

from __future__ import annotations

from fleetmod.edits import render
from fleetmod.languages.findings import Context, Result
from fleetmod.languages.scan import scan
from fleetmod.places import HOME, ROOT, VAULT, Places

CONTEXT = Context(
    Places(("alice",), "/Users/alice/Code/acme", "/Users/alice/Vault"),
    {HOME: "HOME", ROOT: "ACME_ROOT", VAULT: "VAULT_PATH"},
)


def look(path: str, text: str, used_by: str = "") -> Result:
    return scan(path, text.encode(), CONTEXT, used_by)


def rewritten(path: str, text: str) -> str:
    """The text with its edits made, in which a second look finds nothing more to edit."""
    after = render(text.encode(), look(path, text).edits).decode()
    assert look(path, after).edits == []
    return after


def reasons(path: str, text: str) -> list[str]:
    """Why what is found stays, one text for each refused finding."""
    return [f.reason for f in look(path, text).findings if f.action == "refuse"]
