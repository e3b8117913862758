"""Root works on another user's repository as that user, for good, and with none of root's rights.

Whoever owns a repository may put a link in the place of any file and folder in it, at any moment.
As root, each of them would be followed to what only root may read or write; as the owner, they lead
nowhere that the owner could not go.
"""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.workspace.disk import of_another

_OURS = (Path(__file__).parents[1], Path(os.__file__).parent)  # read as long as a command runs


def work_as_owner(root: Path) -> None:
    """Become the user that owns the folder `root`, where the caller is root and that one is not.

    Raises FleetmodError where that cannot be, or where that user cannot read what is needed.
    """
    about = of_another(root)
    if about is None:
        return
    group, groups, told = about.st_gid or about.st_uid, [], f"user {about.st_uid}"
    home, name = "/nonexistent", ""
    with suppress(KeyError):
        owner = pwd.getpwuid(about.st_uid)
        group, home, name = owner.pw_gid, owner.pw_dir, owner.pw_name
        groups, told = os.getgrouplist(name, group), f"{name} (user {about.st_uid})"
    try:
        os.setgroups(groups)
        os.setgid(group)
        os.setuid(about.st_uid)
    except OSError as error:
        raise _cannot(root, told, f"root cannot become that user here: {error.strerror}") from error
    for variable in [each for each in os.environ if each.startswith("XDG_")]:
        del os.environ[variable]
    os.environ |= {"HOME": home, "USER": name, "LOGNAME": name}
    for folder in (*_OURS, root):
        if not os.access(folder, os.R_OK | os.X_OK):
            raise _cannot(root, told, f"{folder} cannot be read by that user")


def _cannot(root: Path, owner: str, why: str) -> FleetmodError:
    return FleetmodError(
        f"belongs to {owner}, as whom root works on it, and {why}",
        where=str(root),
        todo="Run fleetmod as that user, or give the repository to root (chown -R).",
    )
