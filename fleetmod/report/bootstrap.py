"""What a bootstrap tells as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fleetmod.fleet.bootstrap.model import Step
from fleetmod.fleet.bootstrap.run import DID, FAIL, NOTE, PASS, UNKNOWN, WOULD, Line
from fleetmod.fleet.bootstrap.undo import Undone
from fleetmod.report.console import make_console

_STYLES = {PASS: "green", FAIL: "red", UNKNOWN: "yellow", DID: "cyan", WOULD: "cyan"}
_STYLES |= {NOTE: "yellow"}
_WIDTH = max(map(len, _STYLES))


class Printer:
    """Prints lines below the titles of their steps, and counts what failed or cannot be told."""

    def __init__(self, steps: Sequence[Step], explain: bool = False) -> None:
        self.failed = self.unknown = 0
        self._console = make_console()
        self._steps = {step.id: step for step in steps}
        self._explain = explain
        self._current = self._todo = ""

    def line(self, line: Line) -> None:
        self.failed += line.mark == FAIL
        self.unknown += line.mark == UNKNOWN
        self._title(line.step)
        self._print(line.mark, line.text)
        if line.todo and line.todo != self._todo:  # several lines in a row may share it
            self._plain(f"  {'':{_WIDTH}}  -> {line.todo}")
        self._todo = line.todo

    def undone(self, undone: Undone) -> None:
        self.failed += bool(undone.problem)
        self._title(undone.step)
        if undone.problem:
            self._print(FAIL, f"{undone.text}: {undone.problem}")
        else:
            self._print(DID, undone.text)

    def places(self, home: Path, state: Path) -> None:
        """Where everything happens, and how it is taken back."""
        self._plain("")
        self._plain(f"`apply` works on the home {home}, outside of the repository; what it")
        self._plain(f"does is remembered in {state}, for `apply --undo`.")

    def _title(self, step: str) -> None:
        if step == self._current:
            return
        self._current = step
        known = self._steps.get(step)
        self._plain(f"{step}: {known.what}" if known else step)
        if known and self._explain:
            self._plain(f"  {known.why}")

    def _print(self, mark: str, text: str) -> None:
        self._console.print(f"  {mark:{_WIDTH}}", style=_STYLES[mark], end="  ")
        self._plain(text)

    def _plain(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
