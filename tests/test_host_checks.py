"""Where platform checks go: one for a block, on the line of the call, none in a platform's file."""

from __future__ import annotations

import pytest

from fleetmod.edits import render
from fleetmod.host.scan import scan
from fleetmod.model import EXEMPT, REWRITE
from tests.test_host import CP, TOOLS, look

THROW = 'if (process.platform !== "linux") throw new Error("systemctl exists on Linux only");'


def checked(code: str) -> str:
    return render((CP + code).encode(), look(code).edits).decode().removeprefix(CP)


def test_one_check_stands_for_the_calls_behind_it() -> None:
    code = """function f(more: boolean) {
  try {
    execSync("systemctl stop x");
    execSync("systemctl disable x");
    if (more) {
      execSync("systemctl daemon-reload");
    }
  } catch (error) { log(error); }
}
"""
    stop = '    execSync("systemctl stop x");'
    after = checked(code)
    assert after == code.replace(stop, f"    {THROW}\n{stop}")
    assert [f.action for f in look(code).findings] == [REWRITE] * 3
    assert look(after).findings == ()


def test_a_check_does_not_reach_beyond_its_block_and_function() -> None:
    code = """function f() {
  try { execSync("systemctl stop x"); } catch (error) { log(error); }
  try { later(() => { execSync("systemctl stop y"); }); } catch (error) { log(error); }
}
"""
    actions = [f.action for f in look(code).findings]
    assert actions[0] == REWRITE and actions[1] != REWRITE


@pytest.mark.parametrize("end", [";", ""])
def test_a_try_on_one_line_stays_on_one(end: str) -> None:
    call = 'execSync("systemctl stop x")'
    code = f"function f() {{\n  try {{ {call}{end} }} catch (e) {{ log(e) }}\n}}\n"
    assert checked(code) == code.replace(call, f"{THROW} {call}")


@pytest.mark.parametrize(
    ("path", "exempt"),
    [
        ("src/platform/linux.ts", True),
        ("src/systemd-service.ts", True),
        ("src/platform/darwin.ts", False),
        ("src/linux/service.ts", False),
    ],
)
def test_a_module_that_is_named_for_its_platform(path: str, exempt: bool) -> None:
    code = f'{CP}function f() {{\n  try {{ execSync("systemctl stop x"); }} catch {{}}\n}}\n'
    (finding,) = scan(path, code.encode(), TOOLS).findings
    assert (finding.action == EXEMPT) is exempt
