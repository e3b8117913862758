"""The console of every report for people: what it prints of files, paths and tools is inert."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from fleetmod.printed import COMMANDS, escaped, no_command, one_line


class InertConsole(Console):
    """A console whose strings are one line each, and whose texts hold no control character.

    Only rich's own styles reach the terminal as escape sequences. Nothing is wrapped where no
    terminal asks for it, so that no line of a log begins in the middle of a text.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        plain = all(isinstance(each, str | Text) for each in objects)
        if plain and objects and not self._is_seen() and options.get("soft_wrap") is None:
            options["soft_wrap"] = True
        marked = options.get("markup") is not False
        super().print(*(_no_command(each, marked) for each in objects), **options)

    def render_str(self, text: str, **options: Any) -> Text:
        text = one_line(text)
        for command in COMMANDS:  # as markup spells their bracket
            marked = command.replace("[", "\\[")
            text = text.replace(marked, "#\\x23" + marked[2:])
        return super().render_str(text, **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            text = segment.text
            if segment.control or text == "\n" or text.isprintable():
                yield segment
            else:
                shown = "".join(each if each == "\n" else escaped(each) for each in text)
                yield Segment(shown, segment.style)

    def _is_seen(self) -> bool:
        """Whether a person sits there, whatever the environment says of colours."""
        return bool(getattr(self.file, "isatty", lambda: False)())


def make_console(color: bool | None = None) -> Console:
    """A console on standard output; wide where it is no terminal, so that no line is cut."""
    # no_color=False would keep rich from reading NO_COLOR
    console = InertConsole(
        highlight=False, emoji=False, force_terminal=color or None, no_color=color is False or None
    )
    if not console.is_terminal:
        console.width = 200
    return console


def _no_command(each: Any, marked: bool) -> Any:
    plain = each.plain if isinstance(each, Text) else each
    if not isinstance(plain, str) or "::" not in plain:
        return each
    if isinstance(each, str) and marked:
        plain = Text.from_markup(each).plain
    if no_command(plain) == plain:
        return each
    if isinstance(each, str):
        return each.replace("::", "\\x3a:", 1)
    at = plain.index(":")
    return each[:at] + Text("\\x3a") + each[at + 1 :]
