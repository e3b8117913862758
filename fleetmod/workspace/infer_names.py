"""Finds the names a repository goes by: its scope, its variables, its services' labels."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from fleetmod.regex import lazy
from fleetmod.testfiles import is_test
from fleetmod.workspace.evidence import Evidence
from fleetmod.workspace.manifest import PackageInfo
from fleetmod.workspace.schema import Identity, Runtime, is_scope

_ENV = lazy(r"\benv(?:\.|\[[\"'])([A-Z][A-Z0-9_]*)\b")
_VAULT = lazy(
    r"VAULT|(?:[A-Z0-9]+_)*VAULT_(?:PATH|DIR|ROOT|HOME|FOLDER)"
    r"|(?:[A-Z0-9]+_)*NOTES_(?:PATH|DIR|ROOT|HOME|FOLDER|VAULT)"
)
LABEL_KEY = "<key>Label</key>"
_LABEL = lazy(LABEL_KEY + r"\s*<string>([^<]+)</string>")
_REVERSE_DNS = lazy(r"[A-Za-z][\w-]*(?:\.[\w-]+){2,}")
# outside of a plist a dotted word is a label only if it begins like a domain name turned round
_ON_LINE = lazy(
    r"(?<![\w.@-])((?:com|org|net|io|dev|ai|app|co|me|sh|local|de|uk|fr|nl|eu|us|ca|au|xyz)"
    r"(?:\.[\w-]+){2,})"
)
_PLIST = lazy(r"Launch(?:Agents|Daemons)\b.*\.plist\b")
_DOCUMENT = lazy(r"\.(?:mdx?|txt|rst|adoc|html|jsonl?)$")
_FILE_END = lazy(r"\.(?:plist|[cm]?[jt]sx?|json|sh|log|md)$")


def best_scope(infos: Sequence[PackageInfo], folder: str, called: Collection[str]) -> Evidence:
    """The npm scope of the repository: that of most packages which have one; else one made of the
    root's or the folder's name.

    `called` are the repository's names. A package whose manifest names another repository is
    somebody else's, and so may be the one package of its scope among others, unless the scope is
    called like the repository or one of its packages.
    """
    own = [info for info in infos if not _is_foreign(info, infos)]
    scopes = Counter(scope for info in own if (scope := _scope(info)))
    known = {*called, *(info.name.casefold() for info in own if "/" not in info.name)}
    ours = {scope for scope in scopes if scope[1:].casefold() in known}
    ours |= {_scope(info) for info in own if not info.path}
    counted = sum(bool(info.path or "/" in info.name) for info in infos)
    if scopes:
        best = max(scopes, key=lambda scope: (scopes[scope], scope in ours))
        count = scopes[best]
        rivals = [scope for scope in scopes if scope != best and scopes[scope] == count]
        lone = count == 1 < counted
        if best in ours or not (rivals or lone):
            return Evidence(best, f"{count} of {counted} packages have it")
    top = next((info.name for info in infos if not info.path and "/" not in info.name), "")
    name = top if top.casefold() in called else folder
    cleaned = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not cleaned:
        return Evidence(Runtime().scope, "")
    others = sorted({scope for info in infos if (scope := _scope(info))})
    why = f"too few packages have {' or '.join(others)}" if others else "no package has a scope"
    return Evidence(f"@{cleaned}", f"{why}; this is the repository's name")


def _scope(info: PackageInfo) -> str:
    scope, slash, _ = info.name.partition("/")
    return scope if slash and is_scope(scope) else ""


def _is_foreign(info: PackageInfo, infos: Sequence[PackageInfo]) -> bool:
    """Whether a package's manifest names another repository than the root's or most others' do."""
    if not (own := _repository(info)):
        return False
    named = Counter(place for each in infos if (place := _repository(each)))
    top = next((_repository(each) for each in infos if not each.path), "")
    ours = top or max(named, key=lambda place: (named[place], place == own))
    return own.rpartition("/")[2] != ours.rpartition("/")[2]  # a fork has another owner


def _repository(info: PackageInfo) -> str:
    """`owner/name` of the repository that a manifest names, however it spells it
    (docs.npmjs.com/cli/configuring-npm/package-json, "repository")."""
    found = json.loads(info.text.removeprefix("\ufeff"), strict=False).get("repository")
    url = found.get("url") if isinstance(found, dict) else found
    spelled = str(url or "").partition("/tree/")[0].rstrip("/").removesuffix(".git").casefold()
    owner, name = ["", *re.split(r"[/:]+", spelled)][-2:]
    return f"{owner}/{name}" if owner and "." not in owner else ""


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
    """How often each environment variable is read."""
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
    """The variable for the notes vault's folder, if one is in use."""
    inside = {name: count for name, count in variables.items() if _VAULT.fullmatch(name)}
    if not inside:
        return Evidence(Identity().vault_env, "")
    best = max(inside, key=lambda name: (inside[name], name))
    return Evidence(best, f"read {inside[best]} times")


def label_prefix(texts: Mapping[str, str]) -> Evidence:
    """What the labels of most services begin with, to the last dot; two segments at least."""
    documents = {path: text for path, text in texts.items() if _DOCUMENT.search(path)}
    code = {path: text for path, text in texts.items() if path not in documents}
    # what documents name is asked only where nothing else names one
    labels = set(_labels(code)) or set(_labels(documents))
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


def _labels(texts: Mapping[str, str]) -> Iterable[str]:
    """The labels of services that stand outside of tests."""
    for path, text in texts.items():
        if is_test(path):
            continue
        found: list[str] = []
        if path.endswith(".plist") and LABEL_KEY in text:
            # a template spells its label in its name only
            found = [path.rpartition("/")[2].removesuffix(".plist"), *_LABEL.findall(text)]
        for line in text.splitlines():
            if "launchctl" in line or _PLIST.search(line):
                found += (_FILE_END.sub("", label) for label in _ON_LINE.findall(line))
        for label in map(str.strip, found):
            if _REVERSE_DNS.fullmatch(label) and not label.startswith("com.apple."):
                yield label


def _letters(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())
