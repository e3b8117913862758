"""The property lists of a repository for one node: its folders in place of the placeholders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fleetmod.edits import render
from fleetmod.languages import plist
from fleetmod.languages.plan import context_of
from fleetmod.languages.template import NAMES, expand
from fleetmod.model import REFUSE
from fleetmod.places import HOME, ROOT, VAULT
from fleetmod.project import Project
from fleetmod.workspace.discover import discover


@dataclass(frozen=True)
class Rendered:
    """One list as it is on the node; `refused` says why there is none."""

    source: str
    data: bytes = b""
    refused: str = ""


def folders_for(project: Project, home: str, checkout: str, vault: str) -> dict[str, str]:
    """A node's folders by NodeIdentity member; the vault below the home where none is given."""
    places = project.places
    below = places.below_home(VAULT)
    usual = f"{home}/{below}" if below else places.vault
    folders = {HOME: home, ROOT: checkout, VAULT: vault or usual}
    return {base: folder for base, folder in folders.items() if folder}


def render_repository(project: Project, folders: Mapping[str, str]) -> Iterator[Rendered]:
    """Every property list that names a folder of a node, sorted by path; templates, and lists
    that still spell one Mac's folders."""
    context = context_of(project)
    for path in discover(project.root, project.config):
        if not path.endswith(".plist"):
            continue
        try:
            data = plist.as_xml((project.root / path).read_bytes())
            found = plist.scan(path, data, context)
        except OSError as error:
            yield Rendered(path, refused=f"cannot be read: {error.strerror or error}")
            continue
        except UnicodeDecodeError:
            if plist.is_job_text(data):
                yield Rendered(path, refused="is neither XML in UTF-8 nor a list that can be read")
            continue
        refused = next((f.reason for f in found.findings if f.action == REFUSE), "")
        template = render(data, sorted(found.edits))
        lacking = [n for b, n in NAMES.items() if n.encode() in template and b not in folders]
        if refused or lacking:
            yield Rendered(path, refused=refused or f"needs the folder of {lacking[0]}")
        elif template != data or any(name.encode() in data for name in NAMES.values()):
            yield Rendered(path, expand(template, folders))
