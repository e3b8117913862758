"""StartInterval and StartCalendarInterval as the settings of a timer."""

from __future__ import annotations

from collections.abc import Iterator

from fleetmod.fleet.units.model import Draft, Setting

_RANGES = {
    "Minute": range(60),
    "Hour": range(24),
    "Day": range(1, 32),
    "Weekday": range(8),  # 0 and 7 are Sunday
    "Month": range(1, 13),
}
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def start_interval(draft: Draft, key: str, value: object, throttle: int) -> None:
    """Every `value` seconds, first that long after the timer has begun, and as often as the
    `throttle` admits (launchd.plist(5), ThrottleInterval)."""
    if type(value) is not int or value <= 0:
        draft.lose(key, "is no positive number of seconds")
        return
    # AccuracySec is a minute by default, which would be too coarse for short intervals
    draft.timer += [("OnActiveSec", f"{value}s"), ("OnUnitActiveSec", f"{max(value, throttle)}s")]
    # launchd.plist(5), StartInterval: "that interval firing will likewise be missed"
    draft.differ(
        key, "after a run that is longer, the next one starts at once, not at the next firing"
    )
    if value < throttle:
        draft.differ(key, f"launchd starts no job more often than every {throttle} s")
    _accurate(draft)


def start_calendar_interval(draft: Draft, key: str, value: object) -> None:
    """One dictionary or a list of them, each a point in time where an absent key is any value."""
    for entry in value if isinstance(value, list) else [value]:
        try:
            moments = list(expressions(_checked(entry)))
        except ValueError as error:
            draft.lose(key, str(error))
            continue
        settings = [("OnCalendar", moment) for moment in moments]
        draft.timer += [setting for setting in settings if setting not in draft.timer]
        _accurate(draft)


def expressions(entry: dict[str, int]) -> Iterator[str]:
    """The calendar events (systemd.time(7)) of one valid dictionary.

    With both Day and Weekday, either one that matches starts the job (launchd.plist(5)), where a
    calendar event asks for both; so they become two.
    """
    clock = f"{_two(entry, 'Hour')}:{_two(entry, 'Minute')}:00"
    month = _two(entry, "Month")
    if "Weekday" in entry:
        yield f"{_DAYS[entry['Weekday']]} *-{month}-* {clock}"
    if "Day" in entry or "Weekday" not in entry:
        yield f"*-{month}-{_two(entry, 'Day')} {clock}"


def _checked(entry: object) -> dict[str, int]:
    if not isinstance(entry, dict):
        raise ValueError("an entry is no dictionary")
    for key, value in entry.items():
        if key not in _RANGES:
            raise ValueError(f"an entry has the unknown key {key!r}")
        if type(value) is not int or value not in _RANGES[key]:
            raise ValueError(f"an entry's {key} is out of range")
    return entry


def _two(entry: dict[str, int], key: str) -> str:
    return f"{entry[key]:02}" if key in entry else "*"


def _accurate(draft: Draft) -> None:
    setting: Setting = ("AccuracySec", "1s")
    if setting not in draft.timer:
        draft.timer.append(setting)
