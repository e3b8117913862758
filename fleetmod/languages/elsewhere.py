"""Words of a shell command that name a place on another host, or in a container."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod.syntax.source import ancestors

INSIDE = "a path inside a container, which has homes of its own"
_REMOTE = re.compile(
    rb"(?:ssh|mosh|rsh)\s|(?:docker|podman|kubectl|nerdctl)\s+(?:\S+\s+)*?exec\s"
    rb"|(?:limactl|multipass)\s+(?:shell|exec)\s|colima\s+ssh\s"
)
_RUN = re.compile(rb"(?:sudo\s+)?(?:docker|podman|nerdctl)\s+(?:container\s+)?(?:run|create)\s")
# options of `docker run` whose value is a path of the host (docker-run(1))
_HOST_SIDE = re.compile(rb"(?:-v|--volume|--mount|--env-file|--cidfile|--label-file)(?:=.*)?", re.S)
_TARGET = re.compile(rb":|(?:target|dst|destination)=")


def is_elsewhere(leaf: Node) -> bool:
    """Whether a word, or the here-document it stands in, goes to another host or a container."""
    for node in (leaf, *ancestors(leaf)):
        if node.type == "redirected_statement":
            node = node.child_by_field_name("body") or node
        if node.type == "command" and _REMOTE.match(node.text or b""):
            return True
    return False


def is_inside(leaf: Node, before: bytes) -> bool:
    """Whether a path in a word of `docker run` is the container's; `before` is the word's text in
    front of it: `/data:` of `-v /data:/home/x`."""
    word: Node = leaf
    for node in ancestors(leaf):
        if node.type in ("command_substitution", "redirected_statement"):
            return False
        if node.type == "command":
            break
        word = node
    else:
        return False
    if not _RUN.match(node.text or b""):
        return False
    option = word.prev_named_sibling
    spelled = (option.text or b"") if option is not None else b""
    of_host = any(_HOST_SIDE.fullmatch(text) for text in (spelled, word.text or b""))
    return not of_host or _TARGET.search(before) is not None
