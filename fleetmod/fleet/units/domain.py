"""Whether a job is a daemon, for the manager of the system, or an agent, for a user's."""

from __future__ import annotations

from collections.abc import Mapping

from fleetmod.fleet.units.model import Draft

_ACCOUNTS = ("UserName", "GroupName")


def is_daemon(source: str, job: Mapping[str, object]) -> bool:
    """Whether the job of the plist at `source` is for the system's domain: by its folder
    (launchd.plist(5), FILES), else by its session type, else by a key that only daemons have."""
    folders = source.split("/")[:-1]
    if "LaunchAgents" in folders or "LaunchDaemons" in folders:
        return "LaunchDaemons" in folders
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
