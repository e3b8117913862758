"""Pieces that the specs share: the head, and resources as YAML."""

from __future__ import annotations

from fleetmod.fleet.specs.stores import Store, pinned


def head(store: Store, install: str) -> str:
    """The comment that a values file begins with: what it is, and what it was made from."""
    today = store.container
    claim = store.claim
    size = f"{claim.size} {claim.storage_class or '(default class)'}" if claim else "no volume"
    tag = "" if pinned(today) else f"\n{_FLOATING}"
    return (
        "# spec, not deployed.\n"
        f"# Today, {today.place.path}: {store.workload.kind} {store.name} in namespace "
        f"{store.namespace},\n"
        f"#   {today.image}, {store.workload.replicas} replica(s), port {store.port}, {size}.\n"
        f"# Install: {install}{tag}"
    )


_FLOATING = """\
# The tag is not one release: two nodes can run different code after a restart. Pin it, or a digest,
# before this is deployed."""


def resources(store: Store, indent: int) -> str:
    """The container's requests and limits as YAML; `{}` where it has none."""
    if not store.container.resources:
        return " {}  # none today: a busy neighbour can starve it, and it can starve others"
    pad = " " * indent
    lines = []
    for kind, values in store.container.resources.items():
        lines.append(f"\n{pad}{kind}:")
        lines += [f'\n{pad}  {name}: "{value}"' for name, value in values.items()]
    return "".join(lines)


def commented(text: str) -> str:
    """Markdown-like text as YAML comments."""
    return "\n".join(f"# {line}".rstrip() for line in text.strip().splitlines())
