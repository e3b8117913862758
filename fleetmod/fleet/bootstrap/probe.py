"""Checks answered: by asking tools, registries, or nothing more."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from dataclasses import dataclass

from fleetmod.fleet.bootstrap.model import (
    Act,
    Argv,
    Check,
    Fact,
    Folder,
    Images,
    Node,
    Reach,
    Write,
)
from fleetmod.project import Project

_ASK_SECONDS = 60
_RUN_SECONDS = 600
_REACH_SECONDS = 3


@dataclass(frozen=True)
class Answer:
    """`ok` is None where it cannot be told; then, and where it is False, `todo` says what to do."""

    what: str
    ok: bool | None
    todo: str = ""


@dataclass(frozen=True)
class Host:
    """What runs commands, with the home that the node has."""

    project: Project
    node: Node

    @property
    def environment(self) -> dict[str, str]:
        found = {**os.environ, "HOME": str(self.node.home), "LC_ALL": "C"}
        if not self.node.own_home:
            found.pop("XDG_CONFIG_HOME", None)
        return found

    def answer(self, check: Check) -> Answer:
        """The answer to a check; never raises for what a tool does."""
        if isinstance(check, Fact):
            return Answer(check.what, check.ok, check.todo)
        if isinstance(check, Images):
            return _images(self.project, check)
        if isinstance(check, Reach):
            return _reach(check)
        asked = [self._ask(command, check.expect) for command in check.commands]
        if any(asked):
            return Answer(check.what, True)
        if all(each is None for each in asked):
            tools = ", ".join(dict.fromkeys(command[0] for command in check.commands))
            return Answer(check.what, False, f"{tools}: not found on PATH. {check.todo}".rstrip())
        return Answer(check.what, False, check.todo)

    def is_done(self, act: Act) -> bool:
        """Whether an act has nothing left to do; a Run without a question never says so."""
        if isinstance(act, Folder):
            return act.path.is_dir()
        if isinstance(act, Write):
            try:
                return act.path.read_bytes() == act.text.encode()
            except OSError:
                return False
        return act.done is not None and self.answer(act.done).ok is True

    def said(self, argv: Argv) -> str:
        """What a question to a tool prints; "" where it fails. It is read, and never shown."""
        try:
            done = self._call(argv, _ASK_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return "" if done.returncode else done.stdout

    def run(self, argv: Argv) -> str:
        """Run a command; gives what went wrong, "" for nothing, and never what it printed.

        Tools quote what they cannot read, secrets included: `talosctl` prints a whole
        configuration that does not parse.
        """
        try:
            done = self._call(argv, _RUN_SECONDS)
        except FileNotFoundError:
            return f"{argv[0]} is not on PATH"
        except subprocess.TimeoutExpired:
            return f"{argv[0]} did not end within {_RUN_SECONDS} seconds"
        except OSError as error:
            return f"{argv[0]} cannot be run: {error.strerror}"
        return f"{argv[0]} ended with {done.returncode}" if done.returncode else ""

    def _ask(self, argv: Argv, expect: str) -> bool | None:
        """None where the tool is not there."""
        try:
            done = self._call(argv, _ASK_SECONDS)
        except FileNotFoundError:
            return None
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0 and re.search(expect, done.stdout) is not None

    def _call(self, argv: Argv, seconds: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
        )


def _reach(check: Reach) -> Answer:
    try:
        socket.create_connection((check.host, check.port), _REACH_SECONDS).close()
    except OSError:
        return Answer(check.what, False if check.needed else None, check.todo)
    return Answer(check.what, True)


def _images(project: Project, check: Images) -> Answer:
    from fleetmod.fleet.images.files import ImageFiles
    from fleetmod.fleet.images.gate import image_names, plain
    from fleetmod.fleet.images.platforms import read_image
    from fleetmod.fleet.images.registry import NotThere, Registry, Unanswered

    names, unproven = image_names(ImageFiles(project))
    failures: list[str] = []
    registry = Registry()
    for reference in names:
        try:
            image = read_image(registry, reference, configs=False)
        except NotThere as error:
            failures.append(str(error))
        except Unanswered as error:
            unproven.append(f"{reference}: {error}")
        else:
            if check.platform not in map(plain, image.platforms):
                failures.append(f"{reference} has no {check.platform}")
    if failures:
        return Answer(check.what, False, f"{'; '.join(failures)}. Run: fleetmod images")
    return Answer(check.what, None if unproven else True, "; ".join(unproven))
