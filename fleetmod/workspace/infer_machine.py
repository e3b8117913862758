"""Finds the addresses of the container runtime's machine, where the code calls them so."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fleetmod.regex import lazy

_ADDRESS = lazy(r"(?<![\d.])192\.168\.\d{1,3}\.\d{1,3}(?!\.?\d)(?!/\d)")
# a name (`vmIp`, `VM_HOST`): a sentence about a "VM IP" is of any machine
_MACHINE = lazy(r"colima|limactl|(?<![a-z])lima(?![a-z])|(?<![a-z])vm[_-]?(?:ip|host|addr)", re.I)


def best_addresses(texts: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """The addresses on lines that name Colima, Lima or a VM's address, and where the first stands.

    `x.y.z.1` is the host itself as the machine sees it (vmnet's gateway), not the machine.
    """
    found: dict[str, str] = {}
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            if "192.168." not in line or not _MACHINE.search(line):
                continue
            for match in _ADDRESS.finditer(line):
                if match[0].rpartition(".")[2] not in ("0", "1", "255"):
                    found.setdefault(match[0], f"{path}:{number}")
    first = next(iter(found.values()), "")
    return tuple(found), f"called the machine's in {first}" if first else ""
