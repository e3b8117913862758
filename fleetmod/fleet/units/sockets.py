"""Sockets as the settings of a socket unit (systemd.socket(5)), where they are simple ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fleetmod.fleet.units.model import Draft, Setting
from fleetmod.fleet.units.texts import Texts

KEY, INETD = "Sockets", "inetdCompatibility"
_LISTEN = {"stream": "ListenStream", "dgram": "ListenDatagram"}
_PACKET = "ListenSequentialPacket"  # of Unix sockets only
_KNOWN = {
    *("SockType", "SockPassive", "SockNodeName", "SockServiceName", "SockFamily"),
    *("SockProtocol", "SockPathName", "SockPathMode"),
}
_MODES = 0o177777  # some have the bits of a socket's type, too (stat(2))
_PORT = re.compile(r"\d{1,5}")
_NODE = re.compile(r"[0-9.]+|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")  # an address, not a name to look up
_ANY = {"IPv4": "0.0.0.0", "IPv6": "[::]"}


def sockets(draft: Draft, texts: Texts, job: Mapping[str, object]) -> None:
    """The job's sockets, all of them or none: a program counts on each that it names."""
    wanted = job.get(KEY)
    if wanted is None:
        if INETD in job:
            draft.lose(INETD, "has no Sockets beside it")
        return
    inetd = job.get(INETD)
    try:
        settings = list(_settings(texts, wanted))
        if inetd is not None and not (isinstance(inetd, dict) and inetd.get("Wait") is True):
            raise ValueError(f"{INETD} without Wait needs a template unit, NAME@.service")
    except ValueError as why:
        draft.lose(KEY, f"{why}; write a .socket unit by hand")
        return
    if not settings:
        return
    draft.socket += settings
    if not draft.once:
        draft.differ(KEY, "a start by hand waits for the throttle, too")
    if inetd is not None:
        draft.service.append(("StandardInput", "socket"))
        return
    draft.differ(
        KEY,
        "the program must take its sockets by sd_listen_fds(3) there, not by "
        "launch_activate_socket(3); those of one name are one after the other",
    )


def _settings(texts: Texts, wanted: object) -> Iterator[Setting]:
    if not isinstance(wanted, dict):
        raise ValueError("is no dictionary")
    for value in wanted.values():
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, dict):
                raise ValueError("a socket is no dictionary")
            yield from _one(texts, each)


def _one(texts: Texts, socket: Mapping[str, object]) -> Iterator[Setting]:
    if unknown := sorted(set(socket) - _KNOWN):
        raise ValueError(f"{unknown[0]!r} has no counterpart")
    if socket.get("SockPassive", True) is not True:
        raise ValueError("a socket that connects has no counterpart")
    kind = str(socket.get("SockType", "stream")).lower()
    if "SockPathName" in socket:
        path = texts.path(KEY, socket["SockPathName"])
        if path is None or kind not in (*_LISTEN, "seqpacket"):
            raise ValueError("a socket has no path or type that a unit can hold")
        yield _LISTEN.get(kind, _PACKET), path
        mode = socket.get("SockPathMode")
        if mode is not None:
            if type(mode) is not int or not 0 <= mode <= _MODES:
                raise ValueError("SockPathMode is no file mode")
            yield "SocketMode", f"{mode & 0o7777:04o}"
        return
    yield from _internet(socket, kind)


def _internet(socket: Mapping[str, object], kind: str) -> Iterator[Setting]:
    port = str(socket.get("SockServiceName", ""))
    node = str(socket.get("SockNodeName", ""))
    family = socket.get("SockFamily", "IPv4v6" if not node else "")
    if kind not in _LISTEN:
        raise ValueError("a socket has a type that a unit cannot hold")
    if not _PORT.fullmatch(port):
        raise ValueError(f"the port {port!r} is no number")
    if node == "localhost":
        node = "::1" if family == "IPv6" else "127.0.0.1"
    if node and not _NODE.fullmatch(node):
        raise ValueError(f"the address of {node!r} is not known")
    if node:
        yield _LISTEN[kind], f"[{node}]:{port}" if ":" in node else f"{node}:{port}"
    elif family in _ANY:
        yield _LISTEN[kind], f"{_ANY[str(family)]}:{port}"
    else:  # both, as getaddrinfo(3) gives them
        yield _LISTEN[kind], port
