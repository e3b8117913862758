"""launchd plists as systemd units.

Sources, everywhere in this package: launchd.plist(5) for what a key means; systemd.unit(5),
systemd.service(5), systemd.exec(5), systemd.timer(5), systemd.path(5) and systemd.time(7) for what
is written.
"""
