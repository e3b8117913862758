"""What the analysis of one file needs to know of the repository; plain values, no disk."""

from __future__ import annotations

from dataclasses import dataclass, field

from fleetmod.places import HOME, ROOT, VAULT, Places


@dataclass(frozen=True)
class Settings:
    """`packages` maps a port's key to the name it is installed under; `env` a NodeIdentity member
    to the variable that overrides it; `production_literals` are home paths that code outside
    tests spells too, so that a test which expects one must follow it; `gate` are the folders that
    the gates grep: test data elsewhere is left."""

    places: Places
    packages: dict[str, str]
    env: dict[str, str] = field(
        default_factory=lambda: {HOME: "HOME", ROOT: "REPO_ROOT", VAULT: "VAULT_PATH"}
    )
    fixture: str = "/Users/fixture"
    production_literals: frozenset[str] = frozenset()
    gate: tuple[str, ...] = (".",)
