"""The checkout and the vault, where code looks for them below the home folder.

The home is asked for there, so no path of one person is spelled; yet on another host the checkout
lies elsewhere.
"""

from __future__ import annotations

from fleetmod.families.family import Family
from fleetmod.families.homes import lookup

BELOW_HOME = Family(
    id="place",
    phase="1d",
    proves="no checkout and no vault that is looked for below the home folder",
    title="places below home",
    port="node-identity",
    problems={"path": "Path below the home folder"},
    remedy=lookup,
    predicate="place?",
    classify=lambda analysis, node: analysis.place_of(node),
)
