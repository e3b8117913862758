"""The tools that one platform has, and what does their work on others. Plain data, for a run that
parses nothing reads it, too."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Bound:
    """A tool of one platform, and the programs that do its work on others, by platform; `also` are
    the programs that it is made of."""

    name: str
    platform: str
    counterparts: dict[str, frozenset[str]] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.also)


SERVICES = {  # the service managers of other platforms, and what they are reached by
    "linux": frozenset(
        "systemctl systemd systemd-run loginctl journalctl rc-service rc-update initctl openrc"
        " service crontab sv s6-rc".split()
    ),
    "win32": frozenset("schtasks schtasks.exe sc sc.exe nssm nssm.exe Start-Service".split()),
}
LAUNCHCTL = Bound("launchctl", "darwin", SERVICES)
COLIMA = Bound(
    "colima",
    "darwin",
    {
        "linux": frozenset("systemctl service rc-service dockerd podman snap".split()),
        "win32": frozenset("wsl wsl.exe Docker Desktop.exe sc sc.exe".split()),
    },
    ("limactl",),
)
