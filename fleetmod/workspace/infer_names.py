"""Finds the names a repository goes by: its scope, its variables, its services' labels."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from fleetmod.workspace.evidence import Evidence
from fleetmod.workspace.manifest import PackageInfo
from fleetmod.workspace.schema import Identity, Runtime

_ENV = re.compile(r"\benv(?:\.|\[[\"'])([A-Z][A-Z0-9_]*)\b")
_SECRET = re.compile(r"TOKEN|ADDR|URL|KEY|SECRET|PASS|NAMESPACE|ROLE|_ID$|HOST|PORT")
_LABEL_KEY = re.compile(r"<key>Label</key>\s*<string>([^<]+)</string>")
_REVERSE_DNS = re.compile(r"[A-Za-z][\w-]*(?:\.[\w-]+){2,}")
# outside of a plist a dotted word is a label only if it begins like a domain name turned round
_ON_LINE = re.compile(
    r"(?<![\w.@-])((?:com|org|net|io|dev|ai|app|co|me|sh|local|de|uk|fr|nl|eu|us|ca|au|xyz)"
    r"(?:\.[\w-]+){2,})"
)
_FILE_END = re.compile(r"\.(?:plist|[cm]?[jt]sx?|json|sh|log|md)$")


def best_scope(infos: Sequence[PackageInfo], folder: str) -> Evidence:
    """The npm scope that most packages have, else one made of the root's or the folder's name."""
    scopes = Counter(info.name.split("/")[0] for info in infos if re.match(r"@[^/]+/", info.name))
    if scopes:
        best, count = scopes.most_common(1)[0]
        return Evidence(best, f"{count} of {len(infos)} packages have it")
    name = next((info.name for info in infos if not info.path and info.name), folder)
    cleaned = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not cleaned:
        return Evidence(Runtime().scope, "")
    return Evidence(f"@{cleaned}", "no package has a scope; this is the repository's name")


def used_packages(infos: Sequence[PackageInfo]) -> set[str]:
    """The names of those packages that another package of the workspace depends on."""
    names = {info.name for info in infos if info.name}
    used: set[str] = set()
    for info in infos:
        manifest = json.loads(info.text.removeprefix("\ufeff"), strict=False)
        for field in ("dependencies", "devDependencies", "peerDependencies"):
            found = manifest.get(field)
            used |= names & found.keys() if isinstance(found, dict) else set()
    return used


def env_variables(texts: Mapping[str, str]) -> Counter[str]:
    """How often each environment variable is read in the source."""
    return Counter(name for text in texts.values() for name in _ENV.findall(text))


def root_variable(
    variables: Mapping[str, int], scope: str, infos: Iterable[PackageInfo]
) -> Evidence:
    """The variable for the checkout: one in use that is named like the repository, or a new one."""
    names = {scope, *(info.name for info in infos if not info.path)}
    stems = {_letters(name) for name in names if name}
    inside = {
        name: count
        for name, count in variables.items()
        if name.endswith("_ROOT") and _letters(name.removesuffix("_ROOT")) in stems
    }
    if inside:
        best = max(inside, key=lambda name: (inside[name], name))
        return Evidence(best, f"read {inside[best]} times")
    stem = re.sub(r"[^A-Z0-9]+", "_", scope.upper()).strip("_")
    if not stem:
        return Evidence(Identity().root_env, "")
    name = f"_{stem}_ROOT" if stem[0].isdigit() else f"{stem}_ROOT"
    return Evidence(name, "made from the scope; nothing reads it yet")


def vault_variable(variables: Mapping[str, int]) -> Evidence:
    """The variable for the notes vault, if one is in use; those of a secret store are not it."""
    inside = {
        name: count
        for name, count in variables.items()
        if "VAULT" in name and not _SECRET.search(name)
    }
    if not inside:
        return Evidence(Identity().vault_env, "")
    best = max(inside, key=lambda name: (inside[name], name))
    return Evidence(best, f"read {inside[best]} times")


def label_prefix(paths: Iterable[str], texts: Mapping[str, str]) -> Evidence:
    """What the labels of most services begin with, to the last dot; two segments at least."""
    labels = {label for label in _labels(paths, texts) if not label.startswith("com.apple.")}
    groups = Counter(".".join(label.split(".")[:2]) for label in labels)
    if not groups:
        return Evidence("", "")
    best = max(groups, key=lambda group: (groups[group], group))
    own = [label.split(".") for label in labels if label.startswith(f"{best}.")]
    length = min(len(label) for label in own) - 1
    while len({tuple(label[:length]) for label in own}) > 1:
        length -= 1
    # a single label does not tell where its prefix ends
    prefix = own[0][: length if len(own) > 1 else 2]
    return Evidence(".".join(prefix) + ".", f"{len(own)} of {len(labels)} labels begin with it")


def _labels(paths: Iterable[str], texts: Mapping[str, str]) -> Iterable[str]:
    for path in paths:
        stem = path.rpartition("/")[2].removesuffix(".plist")
        if path.endswith(".plist") and _REVERSE_DNS.fullmatch(stem):
            yield stem
    for path, text in texts.items():
        if path.endswith(".plist"):
            found = [match.strip() for match in _LABEL_KEY.findall(text)]
            yield from (label for label in found if _REVERSE_DNS.fullmatch(label))
        for line in text.splitlines():
            if "launchctl" in line:
                for label in _ON_LINE.findall(line):
                    yield _FILE_END.sub("", label)


def _letters(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())
