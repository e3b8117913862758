"""Proposes a configuration from what a repository already says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from fleetmod.workspace import infer_homes, infer_names
from fleetmod.workspace.discover import candidates, discover
from fleetmod.workspace.manifest import PackageInfo, packages
from fleetmod.workspace.members import declared_globs
from fleetmod.workspace.schema import (
    FILE,
    Config,
    Home,
    Identity,
    Images,
    Process,
    Runtime,
    Workspace,
)

_TRIGGERS = (
    *(b"/Users/", b"/home/", b"env.", b"env[", b"launchctl", b"<key>Label</key>"),
    *(b"docker push", b"docker buildx", b"docker image push"),
)
_PUBLISHES = re.compile(r"^[^#\n]*\bdocker\s+(?:image\s+)?(?:push|buildx)\b", re.M)
_LARGE = 2_000_000  # a data dump tells nothing of the code, and reading it costs seconds


def propose(root: Path) -> tuple[Config, dict[str, str]]:
    """A configuration for the repository in `root`, and a remark for each dotted key it found.

    What the repository does not tell keeps its default, without a remark. Raises FleetmodError for
    a package.json that is not valid.
    """
    why: dict[str, str] = {}
    globs = _globs(root, why)
    infos = packages(root, Config(workspace=Workspace(packages=globs)))
    runtime_dir, gate = _folders(globs, infos, why)
    # a configuration that is there already is no evidence for the next one
    paths = [path for path in discover(root, Config()) if path != FILE]
    texts = _texts(root, paths)

    literals = [literal for path, text in texts.items() for literal in infer_homes.find(path, text)]
    home = infer_homes.best_home(literals)
    if home is not None:
        why["home.users"] = home.why
    user_home = home.value if home else ""
    root_literal = infer_homes.best_root(literals, user_home, paths)
    vault = infer_homes.best_vault(literals, user_home, root_literal.value)
    fixture = "/home/fixture" if user_home.startswith("/home/") else Home().fixture

    variables = infer_names.env_variables(texts)
    scope = infer_names.best_scope(infos, root.resolve().name)
    root_env = infer_names.root_variable(variables, scope.value, infos)
    vault_env = infer_names.vault_variable(variables)
    prefix = infer_names.label_prefix(paths, texts)
    publish = tuple(
        path for path, text in texts.items() if path.endswith(".sh") and _PUBLISHES.search(text)
    )
    if publish:
        why["images.publish"] = f"scripts that push an image ({len(publish)})"
    found = {
        "home.root": root_literal.why,
        "home.vault": vault.why,
        "identity.root_env": root_env.why,
        "identity.vault_env": vault_env.why,
        "process.label_prefix": prefix.why,
        "runtime.scope": scope.why,
    }
    why |= {key: remark for key, remark in found.items() if remark}
    config = Config(
        workspace=Workspace(packages=globs, gate=gate),
        home=Home(
            users=(user_home.rpartition("/")[2],) if user_home else (),
            root=root_literal.value,
            vault=vault.value,
            fixture=fixture,
        ),
        identity=Identity(root_env=root_env.value, vault_env=vault_env.value),
        process=Process(label_prefix=prefix.value),
        runtime=Runtime(dir=runtime_dir, scope=scope.value),
        images=Images(publish=publish),
    )
    return config, why


def _globs(root: Path, why: dict[str, str]) -> tuple[str, ...]:
    declared = declared_globs(root)
    if not declared:
        return Workspace().packages
    why["workspace.packages"] = f"read from {' and '.join(declared)}"
    return tuple(dict.fromkeys(glob for globs in declared.values() for glob in globs))


def _folders(
    globs: Sequence[str], infos: Sequence[PackageInfo], why: dict[str, str]
) -> tuple[str, tuple[str, ...]]:
    """The folder that the runtime packages go to, and those that the gates grep."""
    parents = [glob[:-2] for glob in globs if re.fullmatch(r"(?!!)[^*?{}\[\]]+/\*", glob)]
    inside = {
        parent: [info for info in infos if info.path.rpartition("/")[0] == parent]
        for parent in parents
    }
    if not any(inside.values()):
        return Runtime().dir, Workspace().gate
    # of two folders with as many packages, the one whose packages others use
    used = infer_names.used_packages(infos)
    users = {parent: sum(info.name in used for info in inside[parent]) for parent in parents}
    home = max(parents, key=lambda parent: (len(inside[parent]), users[parent]))
    why["runtime.dir"] = f"holds {len(inside[home])} of {len(infos)} packages"
    gate = tuple(dict.fromkeys([home, *(parent for parent in parents if users[parent])]))
    counts = ", ".join(f"{parent} {users[parent]}" for parent in gate)
    why["workspace.gate"] = f"holds packages that others depend on ({counts})"
    return home, gate


def _texts(root: Path, paths: Sequence[str]) -> dict[str, str]:
    texts = {}
    for path in candidates(root, paths, _TRIGGERS).hits:
        file = root / path
        if file.stat().st_size <= _LARGE:
            texts[path] = file.read_text(encoding="utf-8", errors="replace")
    return texts
