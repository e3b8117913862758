"""What surrounds a run: pace, changes that come meanwhile, and the process group, in shell.

systemd has settings for none of them. Each step is `-`, so that it fails no unit, and `+`, so that
it works beside `User=` and `RootDirectory=`. The files are in the manager's runtime folder (`%t`),
which is empty after a boot.
"""

from __future__ import annotations

from collections.abc import Sequence

from fleetmod.fleet.units.model import Setting
from fleetmod.fleet.units.words import argument

AGAIN = "%t/%N.again"  # a path unit sees it once a run has ended (systemd.path(5), PathExists=)
# core.c of launchd, job_start: "Throttling respawn": it counts from the start of the last run, and
# whole seconds. What a person starts does not wait: that is no restart, and no unit triggered it.
# `TRIGGER_UNIT` is there from systemd 252 on (systemd.exec(5)).
_PACE = (
    "read -r now rest </proc/uptime; now=${now%%.*}; last=-%d; "
    'if %s; then [ ! -s "$0" ] || read -r last <"$0"; fi; '
    "wait=$((last + %d - now)); [ $wait -gt 0 ] || wait=0; "
    'echo $((now + wait)) >"$0"; exec sleep $wait'
)
# What a path unit sees of a path: itself, and what is in a folder (systemd.path(5), PathModified=).
_LOOK = "find -L \"$@\" -maxdepth 1 -printf '%p %i %s %T@ %C@\\n'"
_BEFORE = f'rm -f "$0.again"; {_LOOK} | cksum >"$0.seen"'.replace("'", '"')
_AFTER = f'{_LOOK} | cksum | cmp -s - "$0.seen" || : >"$0.again"'.replace("'", '"')
# launchd.plist(5), AbandonProcessGroup; core.c, job_reap: killpg2(j->p, SIGTERM). systemd makes
# each main process the leader of its group, by setsid(2).
_GROUP = '[ "${1:-0}" -gt 1 ] && kill -s TERM -- "-$1"'


def pace(seconds: int, is_system: bool, tests: Sequence[tuple[str, str]], always: bool) -> Setting:
    """The step that keeps `seconds` between the starts of two runs.

    It waits for restarts and for what a unit triggers; before systemd 252, too, where one of
    `tests` holds: a test of sh(1) on `$P`, and the word of a path for it. With `always` it waits
    for a person's start, too: nothing tells a step that a socket triggered it.
    """
    asked = f'[ "$({_show("NRestarts", is_system)})" != 0 ]'
    places = (test.replace("$P", f'"${at}"') for at, (test, _) in enumerate(tests, 1))
    automatic = "true" if always else " || ".join(('[ -n "$TRIGGER_UNIT" ]', asked, *places))
    script = _PACE % (seconds, automatic, seconds)
    return _step("ExecStartPre", script, "%t/%N.started", *(word for _, word in tests))


def remember(paths: Sequence[str]) -> Setting:
    """The step that notes how the watched `paths` (words) look before a run."""
    return _step("ExecStartPre", _BEFORE, "%t/%N", *paths)


def compare(paths: Sequence[str]) -> Setting:
    """The step that asks for one more run where they look otherwise after it.

    core.c of launchd: an event sets start_pending, which job_keepalive finds when a run ends.
    """
    return _step("ExecStopPost", _AFTER, "%t/%N", *paths)


def end_group(is_system: bool) -> Setting:
    """The step that ends what is left of the process group of a run."""
    script = f'set -- "$({_show("ExecMainPID", is_system)})"; {_GROUP}'
    return _step("ExecStopPost", script)


def _show(name: str, is_system: bool) -> str:
    scope = "--system" if is_system else "--user"
    return f"systemctl {scope} show --property={name} --value %n"


def _step(key: str, script: str, *words: str) -> Setting:
    # nothing of it is for the job's log; `%n` is the only specifier in a script
    text = argument(f"exec >/dev/null 2>&1; {script}").replace("%%n", "%n")
    return key, " ".join(("-+/bin/sh -c", f"'{text}'", *words))
