"""A repository of some files, and what is proposed for it."""

from __future__ import annotations

import json
from pathlib import Path

from fleetmod.proposal import propose
from fleetmod.workspace.config import Config, parse_config, render_config

Files = dict[str, str]


def make(root: Path, files: Files) -> tuple[Config, dict[str, str]]:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    config, why = propose(root)
    assert parse_config(render_config(config, why)) == config
    return config, why


def manifest(name: str, *uses: str) -> str:
    return json.dumps({"name": name, "dependencies": dict.fromkeys(uses, "workspace:*")})
