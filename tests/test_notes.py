"""What a rewritten call does otherwise is told beside it."""

from __future__ import annotations

import pytest

from tests.scan import look

HEAD = 'import { execFileSync, execSync, spawnSync } from "node:child_process";\n'


def notes(code: str) -> str:
    """What is told of a function with one statement."""
    text = f"{HEAD}export function go(label: string, ms: number) {{\n  {code}\n}}\n"
    findings = look(text).findings
    assert {f.action for f in findings} == {"rewrite"}
    return "\n".join(note for f in findings for note in f.notes)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ('return spawnSync("launchctl", ["bootout", `gui/501/${label}`]).status;', True),
        ('try { execSync("launchctl bootout system/com.acme.api"); } catch {}', True),
        ('execSync("launchctl remove com.acme.api");', True),
        ('execSync("launchctl kickstart -k system/com.acme.api");', False),
    ],
)
def test_a_stop_waits_whoever_reads_its_result(code: str, told: bool) -> None:
    assert ("waits until the job is gone, as long as ExitTimeOut" in notes(code)) is told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("{ timeout: 3000 }", "of 3000 ms is replaced by the adapter's 10000 ms"),
        ("{ stdio: 'ignore', timeout: 3_000 }", "of 3000 ms is replaced by the adapter's 10000 ms"),
        ("{ timeout: ms * 2 }", "of `ms * 2` is replaced by the adapter's 10000 ms"),
        ("{ timeout: 10_000 }", ""),
        ("{ stdio: 'ignore' }", ""),
    ],
)
def test_both_numbers_of_a_time_out_are_told(options: str, told: str) -> None:
    said = notes(f'execSync("launchctl kickstart system/com.acme.api", {options});')
    assert told in said
    assert ("timeout" in said) is bool(told)


def test_the_time_out_inside_a_wrapper_is_told() -> None:
    said = notes(
        "const run = (args: string[]) => execFileSync('launchctl', args, { timeout: 15_000 });"
        "run(['kickstart', 'system/com.acme.api']);"
    )
    assert "its own timeout of 15000 ms is replaced by the adapter's 10000 ms" in said


def test_a_bootout_that_always_fails_is_told() -> None:
    taken_for_a_file = "launchctl bootout gui/$(id -u) system/com.acme.api"
    said = notes(f'execSync("{taken_for_a_file} || launchctl stop com.acme.api");')
    assert "takes the target for a file and always fails" in said
    assert "lets a KeepAlive job come back" in said
    usual = notes('execSync("launchctl bootout system/com.acme.api");')
    assert "always fails" not in usual


def test_what_disable_does_not_do_on_linux_is_told() -> None:
    said = notes('execSync("launchctl disable system/com.acme.api");')
    assert "does not keep a running service from being restarted on Linux" in said


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ('bus.emit("failed", { reason: "launchctl failed" });', True),
        ('return JSON.stringify({ steps: ["launchctl failed"] });', True),
        ("return { ok: false, reason: `launchctl failed: ${why}` };", True),
        (
            'return why.map(() => ({ reason: why.x ? "asked launchctl" : "none" }));',
            True,
        ),
        ('const out = { reason: "launchctl failed" }; return out;', True),
        ('const out = []; out.push({ reason: "launchctl failed" }); return { out };', True),
        ('const out = { reason: "launchctl failed" }; res.json({ ...out });', True),
        ('const out = { reason: "launchctl failed" }; console.error(out.reason);', False),
        ('console.error({ reason: "launchctl failed" });', False),
        ('throw new Error("launchctl failed");', False),
    ],
)
def test_a_value_in_data_that_goes_out_is_told(code: str, told: bool) -> None:
    said = notes(f'execSync("launchctl kickstart system/com.acme.api");\n  {code}')
    assert ("goes out as data" in said) is told


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("[label].map(async (each) => {{ {} }});", True),
        ("[label].map((each) => {{ {} }});", False),
        ("const each = label; const run = async () => {{ {} }}; return run();", False),
    ],
)
def test_what_runs_side_by_side_now_is_told(code: str, told: bool) -> None:
    said = notes(code.format("execSync(`launchctl kickstart -k system/${each}`);"))
    assert ("runs side by side now" in said) is told


def test_a_caller_that_goes_on_is_why_a_call_is_synchronous() -> None:
    code = (
        'void (async () => { execSync("launchctl kickstart -k system/a.b"); })(); console.log(1);'
    )
    assert "a caller of the function around it goes on without waiting" in notes(code)


_STATUS = "`status` is null where launchctl is missing"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("const p = RUN; if (p.status) throw new Error(label);", True),
        ("const p = RUN; return !(p.status as number);", True),
        ("const { status } = RUN; return status ? 1 : 0;", True),
        ("const { status: code } = RUN; return code && label;", True),
        ("return !RUN.status;", True),
        ("return Boolean(RUN.status);", True),
        ("return RUN.status || 0;", True),
        ("return RUN.status === 0;", False),
        ("const p = RUN; if (p.status !== 0) throw new Error(label);", False),
        ("const p = RUN; if (p.stderr.length) throw new Error(label);", False),
        ("RUN;", False),
    ],
)
def test_a_status_that_may_be_null_is_told(code: str, told: bool) -> None:
    run = 'spawnSync("launchctl", ["kickstart", "-k", `gui/501/${label}`])'
    assert (_STATUS in notes(code.replace("RUN", run))) is told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("{ stdio: 'inherit' }", True),
        ("{ stdio: ['ignore', 'pipe', 'inherit'] }", True),
        ("{ stdio: 'pipe' }", False),
        ("{ encoding: 'utf8' }", False),
    ],
)
def test_messages_that_people_saw_are_told(options: str, told: bool) -> None:
    said = notes(f'execSync("launchctl kickstart system/com.acme.api", {options});')
    assert ("what launchctl says is not shown any more" in said) is told


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("console.log(execSync(`launchctl print system/${label}`).toString());", True),
        ("const out = execSync('launchctl list com.acme.api'); process.stdout.write(out);", True),
        ("console.log(execSync('launchctl list').toString());", False),
        (
            "return /state = running/.test(execSync(`launchctl print system/${label}`, 'utf8'));",
            False,
        ),
    ],
)
def test_people_who_see_less_are_told_of(code: str, told: bool) -> None:
    assert ("people see less" in notes(code)) is told
