"""What `check` shows of the code: a frame around what stays, and both sides of what changes."""

from __future__ import annotations

from dataclasses import replace

from fleetmod.check import Replacement
from fleetmod.report.frames import change, frame
from tests.scan import look

HEAD = 'import { execFileSync } from "node:child_process";\n'


def shown(code: str) -> list[str]:
    data = f"{HEAD}{code}".encode()
    (finding,) = look(data).findings
    return list(frame(data, finding))


def test_what_stays_is_marked() -> None:
    assert shown("/* é */ execFileSync(`launchctl`, args);\n") == [
        "  2 | /* é */ execFileSync(`launchctl`, args);",
        "    |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
    ]


def test_a_call_of_many_lines_is_cut() -> None:
    args = "".join(f"  {name},\n" for name in "abcdef")
    lines = shown(f'execFileSync(\n  "launchctl",\n{args});\n')
    assert lines[0] == "  2 | execFileSync(" and lines[3] == "    |   ^^^^^^^^^^^^"
    assert lines[-1] == "    | … 5 more" and len(lines) == 9


def test_a_long_line_is_cut() -> None:
    data = f'{HEAD}execFileSync("launchctl", {"x" * 500});\n'.encode()
    (finding,) = look(data).findings
    code, marks = frame(data, finding)
    assert code.endswith("x…") and len(marks) <= len(code)
    assert list(frame(data, replace(finding, start=len(data) - 3)))


def test_both_sides_of_a_change() -> None:
    made = Replacement(9, 10, "a(\n)", "b()", ("import b",))
    assert list(change(made)) == ["   9 - a(", "  10 - )", "     + b()", "     + import b"]
