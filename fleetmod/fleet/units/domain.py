"""Whether a job is a daemon, for the manager of the system, or an agent, for a user's."""

from __future__ import annotations

from collections.abc import Mapping

from fleetmod.fleet.units.model import Draft

GRAPHICAL = "graphical-session.target"
_ACCOUNTS = ("UserName", "GroupName")


def is_daemon(source: str, job: Mapping[str, object]) -> bool:
    """Whether the job of the plist at `source` is for the system's domain: by its folder
    (launchd.plist(5), FILES), else by its session type, else by a key that only daemons have."""
    folder = source.rpartition("/")[0].lower()
    if ("launchagent" in folder) != ("launchdaemon" in folder):
        return "launchdaemon" in folder
    session = job.get("LimitLoadToSessionType")
    if session is not None:
        return session == "System"
    return not job.keys().isdisjoint(_ACCOUNTS)


def ignored_in_agents(draft: Draft, job: Mapping[str, object]) -> frozenset[str]:
    """The keys that launchd passes over in an agent; tells of them.

    launchd.plist(5), UserName: "only applicable for services that are loaded into the privileged
    system domain"; core.c, job_import_string: "Ignored this key".
    """
    for key in _ACCOUNTS:
        if key in job:
            draft.differ(key, "is ignored in an agent, as by launchd")
    return frozenset((*_ACCOUNTS, "InitGroups"))


def session_target(draft: Draft, job: Mapping[str, object], is_system: bool) -> str:
    """The target that starts the job: a graphical session's where the list asks for Aqua alone
    (launchctl(1), load -S; systemd.special(7)). Tells what becomes of the session types."""
    key, asked = "LimitLoadToSessionType", job.get("LimitLoadToSessionType")
    types = asked if isinstance(asked, list) else [] if asked is None else [asked]
    for name in types:
        if name not in ("Aqua", "Background", "System"):
            draft.lose(key, f"there is no session like {name!r}")
    if is_system:
        return "multi-user.target"
    if types != ["Aqua"]:
        return "default.target"
    draft.differ(
        key,
        f"{GRAPHICAL} starts it, which no node without a screen has: take default.target there",
    )
    return GRAPHICAL
