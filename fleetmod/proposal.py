"""Proposes a configuration from what a repository already says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from fleetmod import families
from fleetmod.families.colima import COLIMA
from fleetmod.families.launchctl import LAUNCHCTL
from fleetmod.flow.adapters import SIDE_BY_SIDE, by_shape
from fleetmod.regex import lazy
from fleetmod.testfiles import is_test
from fleetmod.workspace import (
    infer_adapters,
    infer_cluster,
    infer_homes,
    infer_machine,
    infer_names,
    infer_places,
    infer_programs,
    infer_talos,
)
from fleetmod.workspace.discover import candidates, discover
from fleetmod.workspace.graph import read_graph
from fleetmod.workspace.infer_folders import folders
from fleetmod.workspace.manifest import packages
from fleetmod.workspace.members import declared_globs
from fleetmod.workspace.schema import (
    FILE,
    Config,
    Container,
    Home,
    Identity,
    Images,
    Process,
    Rehearse,
    Runtime,
    Workspace,
    is_glob,
    is_relative,
)

_TRIGGERS = (
    *(
        b"/Users/",
        b"/home/",
        b"env.",
        b"env[",
        b"launchctl",
        b"colima",
        infer_names.LABEL_KEY.encode(),
    ),
    b"\nUSER ",
    *(b"docker push", b"docker buildx", b"docker image push", b"192.168.", *infer_cluster.TRIGGERS),
    *infer_talos.TRIGGERS,
)
_PUBLISHES = lazy(r"^[^#\n]*\bdocker\s+(?:image\s+)?(?:push|buildx)\b", re.M)
_SCRIPT = lazy(r"\.[cm]?[jt]sx?$")
_REPLACED = "; ProcessManagerPort is what such an interface is, and could replace both parts"
_LARGE = 2_000_000  # a data dump tells nothing of the code, and reading it costs seconds


def propose(root: Path) -> tuple[Config, dict[str, str]]:
    """A configuration for the repository in `root`, and a remark for each dotted key it found.

    What the repository does not tell keeps its default, without a remark. Raises FleetmodError for
    a package.json that is not valid.
    """
    why: dict[str, str] = {}
    # a configuration that is there already is no evidence for the next one
    paths = [path for path in discover(root, Config()) if path != FILE]
    declared = _declared(root, why) or _undeclared(paths, why)
    globs = declared or Workspace().packages
    infos = packages(root, Config(workspace=Workspace(packages=globs)))
    texts = _texts(root, paths)
    code = {path: text for path, text in texts.items() if _SCRIPT.search(path)}
    code = {path: text for path, text in code.items() if not is_test(path)}
    runtime_dir, gate = folders(declared, infos, paths, why)

    known = {folder for path in paths for folder in _with_parents(path)}
    literals = [
        literal for path, text in texts.items() for literal in infer_homes.find(path, text, known)
    ]
    package = next((info.name for info in infos if not info.path), "")
    called = infer_places.names(root.resolve(), package)
    users = infer_homes.users(literals, called)
    checkout = infer_places.best_root(literals, users, known, called)
    vault = infer_places.best_vault(literals, users, checkout.value)

    variables = infer_names.env_variables(code)
    scope = infer_names.best_scope(infos, root.resolve().name, called)
    root_env = infer_places.variable_before(code, checkout.value)
    if not root_env.value:
        root_env = infer_names.root_variable(variables, scope.value, infos)
    vault_env = infer_places.variable_before(code, vault.value, vault.value.rpartition("/")[2])
    if not vault_env.value:
        vault_env = infer_names.vault_variable(variables)
    prefix = infer_names.label_prefix(texts)
    tools = {each.id: (each, each.tool) for each in families.every() if each.tool is not None}
    bound = {key: tool for key, (_, tool) in tools.items()}
    shaped = by_shape(root, texts, cache(lambda: read_graph(root, paths)), bound)
    adapters = {}
    for key, (family, tool) in tools.items():
        naming = [path for path, text in texts.items() if tool.name in text]
        adapters[key] = infer_adapters.best_adapters(
            paths, naming, shaped[key], family.named_adapters
        )
    addresses, addresses_found = infer_machine.best_addresses(code)
    publish = tuple(
        path
        for path, text in texts.items()
        if path.endswith(".sh") and is_relative(path) and _PUBLISHES.search(text)
    )
    programs = infer_programs.commands(root, infos)
    found = {
        "home.users": infer_homes.remark(literals, users),
        "home.root": checkout.why,
        "home.vault": vault.why,
        "identity.root_env": root_env.why,
        "identity.vault_env": vault_env.why,
        "process.label_prefix": prefix.why,
        **{
            f"{key}.adapters": each.why + (_REPLACED if SIDE_BY_SIDE in each.why else "")
            for key, each in adapters.items()
        },
        "container.vm_addresses": addresses_found,
        "runtime.scope": scope.why,
        "images.publish": f"scripts that push an image ({len(publish)})" if publish else "",
        "rehearse.commands": "what the packages have as `bin`" if programs else "",
    }
    why |= {key: remark for key, remark in found.items() if remark}
    linux = infer_homes.mostly_linux(literals)
    config = Config(
        workspace=Workspace(packages=globs, gate=gate),
        home=Home(
            users=users,
            root=checkout.value,
            vault=vault.value,
            fixture="/home/fixture" if linux else Home().fixture,
        ),
        identity=Identity(root_env=root_env.value, vault_env=vault_env.value),
        process=Process(label_prefix=prefix.value, adapters=adapters[LAUNCHCTL.id].globs),
        container=Container(vm_addresses=addresses, adapters=adapters[COLIMA.id].globs),
        runtime=Runtime(dir=runtime_dir, scope=scope.value),
        images=Images(publish=publish),
        cluster=infer_cluster.cluster(texts, why),
        rehearse=Rehearse(commands=programs),
    )
    return config, why


def _declared(root: Path, why: dict[str, str]) -> tuple[str, ...]:
    """The workspace's globs; () when there is no workspace."""
    declared = declared_globs(root)
    globs = dict.fromkeys(glob for globs in declared.values() for glob in globs if is_glob(glob))
    if globs:
        why["workspace.packages"] = f"read from {' and '.join(declared)}"
    return tuple(globs)


def _undeclared(paths: Sequence[str], why: dict[str, str]) -> tuple[str, ...]:
    """Where the manifests stand, when no workspace declares them and they are not where they
    usually are."""
    found = [path.rpartition("/")[0] for path in paths if path.endswith("/package.json")]
    parents = Counter(folder.rpartition("/")[0] for folder in found if not is_test(f"{folder}/x"))
    usual = {glob.rpartition("/")[0] for glob in Workspace().packages}
    several = sorted(p for p, count in parents.items() if count > 1 and is_relative(p))
    if not several or usual & parents.keys():
        return ()
    why["workspace.packages"] = "the manifests stand there"
    return tuple(f"{parent}/*" for parent in several)


def _texts(root: Path, paths: Sequence[str]) -> dict[str, str]:
    texts = {}
    for path in candidates(root, paths, _TRIGGERS).hits:
        with suppress(OSError):  # it was readable a moment ago; a proposal can do without
            file = root / path
            if file.stat().st_size <= _LARGE:
                texts[path] = file.read_text(encoding="utf-8", errors="replace")
    return texts


def _with_parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]
