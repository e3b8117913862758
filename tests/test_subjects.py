"""Texts, comments and names go with the calls that they speak of."""

from __future__ import annotations

from fleetmod.model import EXEMPT, REFUSE, REWRITE
from tests.scan import look, migrated

HEAD = 'import { execFileSync, execSync } from "node:child_process";\n'
DONE = '  execFileSync("launchctl", ["bootout", "system/com.acme.api"]);\n'
OTHER = '  execFileSync("launchctl", ["kill", "SIGHUP", "system/com.acme.web"]);\n'  # stays as well
LEFT = '  execFileSync("launchctl", ["kill", "HUP", plist]);\n'  # no port sends a signal
NEXT = 'export const next = "See launchctl state";\n'


def actions(text: str, rule: str) -> set[str]:
    return {f.action for f in look(HEAD + text).findings if f.rule == f"launchctl-{rule}"}


def function(*lines: str) -> str:
    return "export function go(plist: string) {\n" + "".join(lines) + "}\n"


def test_a_text_of_the_module_moves_only_where_every_call_does() -> None:
    assert actions(NEXT + function(LEFT), "display") == {REFUSE}
    assert actions(NEXT + function(LEFT) + function(DONE), "display") == {REFUSE}
    assert actions(NEXT + function(DONE), "display") == {REWRITE}


def test_a_text_that_speaks_of_no_call_stays() -> None:
    assert actions(NEXT, "display") == {REFUSE}
    assert actions("/** Asks launchctl. */\nexport const port = 1;\n", "comment") == {REFUSE}


def test_one_call_that_stays_keeps_the_words_of_its_function() -> None:
    said = '  console.log("launchctl is slow");\n'
    assert actions(function(DONE, said), "log") == {REWRITE}
    assert actions(function(DONE, said, LEFT), "log") == {REFUSE}


def test_the_innermost_block_with_a_call_decides() -> None:
    block = f'  try {{\n{DONE}  }} catch {{\n    console.log("launchctl is slow");\n  }}\n'
    assert actions(function(OTHER, block), "log") == {REWRITE}


def test_a_comment_speaks_of_the_code_below_it() -> None:
    doc = "/** Asks launchctl. */\n"
    assert actions(function(LEFT) + doc + function(DONE), "comment") == {REWRITE}
    assert actions(function(DONE) + doc + function(LEFT), "comment") == {REFUSE}
    behind = DONE.rstrip() + " // by launchctl\n"
    assert actions(function(behind) + function(LEFT), "comment") == {REWRITE}


def test_a_text_beside_the_environment_is_no_debt() -> None:
    said = '  console.log("launchctl has it");\n'
    read = '  execFileSync("launchctl", ["getenv", "ACME"]);\n'
    assert actions(function(read, said), "log") == {EXEMPT}


def test_what_a_directive_accepts_keeps_the_words_and_the_words_stay_debt() -> None:
    accept = "  // fleetmod-ignore launchctl-call: the file is ours\n"
    assert actions(function(accept, LEFT, '  console.log("by launchctl");\n'), "log") == {REFUSE}


def test_a_name_is_changed_in_the_second_cycle_beside_a_call_that_stays() -> None:
    rows = '  const launchctl = execSync("launchctl list || true", { encoding: "utf8" });\n'
    text = HEAD + function(rows, "  console.log(launchctl.length);\n")
    text += function(LEFT).replace("go", "load")
    after = migrated(text)
    assert "const services = " in after and "services.length" in after
    assert LEFT in after
    assert migrated(after) == after


def test_the_calls_of_one_service_in_a_function_move_together_or_not_at_all() -> None:
    assert actions(function(DONE, LEFT), "call") == {REFUSE}
    assert actions(function(DONE, "  const next = () => {\n", LEFT, "  };\n"), "call") == {REFUSE}
    assert actions(function(DONE, OTHER), "call") == {REWRITE, REFUSE}
    assert actions(function(DONE, OTHER.replace("web", "api")), "call") == {REFUSE}
    assert actions(function(DONE) + function(LEFT).replace("go", "load"), "call") == {
        REWRITE,
        REFUSE,
    }


def test_a_call_that_only_asks_holds_nothing_back() -> None:
    asks = (
        '  const shown = execFileSync("launchctl", ["print", "system/com.acme.api"]).toString();\n'
        "  return /spawn type = (.*)/.exec(shown);\n"
    )
    found = look(HEAD + function(DONE, asks)).findings
    assert [f.action for f in found if f.line == 3] == [REWRITE]
    assert [f.action for f in found if f.line == 4] == [REFUSE]


def test_a_test_that_is_skipped_elsewhere_is_the_platforms_own() -> None:
    body = f'  it("starts", () => {{\n  {DONE}  }});\n'
    for skip, action in (("!isMac", EXEMPT), ("isMac", REWRITE), ("slow", REWRITE)):
        text = (
            f'{HEAD}import {{ describe, it }} from "vitest";\n'
            'const isMac = process.platform === "darwin";\n'
            f'describe.skipIf({skip} || !process.env.REAL)("real", () => {{\n{body}}});\n'
        )
        found = look(text, "packages/app/src/real.test.ts").findings
        assert {f.action for f in found if f.rule == "launchctl-call"} == {action}, skip


def test_kickstart_is_not_worded_where_it_starts_and_restarts() -> None:
    code = """import { execSync } from "node:child_process";
export function both(hard: boolean) {
  if (hard) execSync("launchctl kickstart -k system/com.acme.api");
  else execSync("launchctl kickstart system/com.acme.api");
  throw new Error("launchctl kickstart did it");
}
"""
    found = {f.rule: f for f in look(code).findings}
    assert found["launchctl-call"].action == REWRITE
    assert found["launchctl-display"].action == REFUSE
    assert "only starts in one call of this file" in found["launchctl-display"].reason
