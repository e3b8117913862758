"""What may write to a field or an array between its literal and the command that reads it."""

from __future__ import annotations

import pytest

from fleetmod.model import REFUSE, REWRITE
from tests.scan import look, migrated

HEAD = """import { execFileSync, execSync, spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { note } from "./notes.ts";
import { freeze } from "some-package";

"""
JOB = "const job = { plist: `${homedir()}/Library/LaunchAgents/com.acme.a.plist`, n: 1 };\n"
LOAD = "execSync(`launchctl load ${job.plist}`);\n"

WRITES = {
    "a member": "job.plist = process.argv[2];",
    "a subscript": 'job["plist"] = process.argv[2];',
    "a computed subscript": "job[process.argv[3]] = process.argv[2];",
    "a compound assignment": 'job.plist += ".off";',
    "a logical assignment": "job.plist ||= process.argv[2];",
    "an array pattern": "[job.plist] = process.argv;",
    "an object pattern": "({ home: job.plist } = process.env);",
    "a pattern's default": "[job.plist = homedir()] = process.argv;",
    "the head of a loop": "for (job.plist of process.argv) break;",
    "delete": "delete job.plist;",
    "Object.assign": "Object.assign(job, { plist: process.argv[2] });",
    "Object.assign of what is not known": "Object.assign(job, note());",
    "Object.defineProperty": 'Object.defineProperty(job, "plist", { value: "x" });',
    "Reflect.set": 'Reflect.set(job, "plist", process.argv[2]);',
    "an alias": "const other = job;\nother.plist = process.argv[2];",
    "an alias of an alias": "const b = job;\nconst c = b;\nc.plist = process.argv[2];",
    "an alias by a cast": "const other = job as { plist: string };\nother.plist = process.argv[2];",
    "an alias by assignment": "let other;\nother = job;\nother.plist = process.argv[2];",
    "an alias in a list": "for (const each of [job]) each.plist = process.argv[2];",
    "a callback": "[job].forEach((each) => { each.plist = process.argv[2]; });",
    "a function": "function move(j) { j.plist = process.argv[2]; }\nmove(job);",
    "an arrow function": "const move = (j) => { j.plist = process.argv[2]; };\nmove(job);",
    "a pattern of a function": "function move({ it }) { it.plist = 'x'; }\nmove({ it: job });",
    "a function of a function": (
        "function a(j) { j.plist = 'x'; }\nfunction b(j) { a(j); }\nb(job);"
    ),
    "another module's function": "note(job);",
    "an object of another module": "note.keep(job);",
    "what Object.assign gives back": "const same = Object.assign(job);\nsame.plist = 'x';",
}
READS = {
    "nothing": "",
    "another field": "job.n = 2;",
    "Object.assign of another field": "Object.assign(job, { n: 2 });",
    "another object's field": "const other = { plist: '' };\nother.plist = process.argv[2];",
    "a copy": "const copy = { ...job };\ncopy.plist = process.argv[2];",
    "a field that is handed on": "note(job.plist);",
    "a field that is taken out": "let { plist } = job;\nplist = process.argv[2];",
    "a comparison": "if (job.plist === process.argv[2]) process.exit();",
    "the console": "console.log(job);",
    "JSON": "JSON.stringify(job);",
    "Object.freeze": "Object.freeze(job);",
    "a function that reads": "function tell(j) { return j.plist.length; }\ntell(job);",
    "a package's function": "freeze(job);",
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_field_that_something_writes_is_not_known(write: str) -> None:
    [call] = [f for f in look(HEAD + JOB + write + "\n" + LOAD).findings if f.cls == "call"]
    assert call.action == REFUSE
    line = int(call.reason.split()[1])
    assert HEAD.count("\n") + 2 <= line < call.line
    assert call.reason == f"line {line} may change `job.plist`; give the port the label"


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_a_field_that_is_only_read_is_its_literal(read: str) -> None:
    [call] = [f for f in look(HEAD + JOB + read + "\n" + LOAD).findings if f.cls == "call"]
    assert call.action == REWRITE, call.reason
    assert 'processManagerSync.load("com.acme.a");' in migrated(HEAD + JOB + read + "\n" + LOAD)


def test_what_is_written_afterwards_changes_nothing() -> None:
    code = HEAD + JOB + LOAD + 'job.plist = "";\n'
    assert 'load("com.acme.a")' in migrated(code)


def test_what_is_written_afterwards_counts_in_a_loop_and_in_a_function() -> None:
    for code in (
        f'{JOB}while (note()) {{\n{LOAD}job.plist = "x";\n}}\n',
        f'{JOB}export function next() {{\n{LOAD}job.plist = "x";\n}}\n',
    ):
        [call] = [f for f in look(HEAD + code).findings if f.cls == "call"]
        assert call.action == REFUSE and "may change `job.plist`" in call.reason


def test_an_object_that_each_call_makes_anew_may_be_written_afterwards() -> None:
    code = f'{HEAD}export function next() {{\n{JOB}{LOAD}job.plist = "x";\n}}\n'
    assert 'load("com.acme.a")' in migrated(code)


def test_a_later_part_of_a_literal_decides() -> None:
    for made in ('{ plist: "/x/com.acme.a.plist", ...note() }', '{ plist: "/x", [note()]: "" }'):
        code = f"{HEAD}const job = {made};\n{LOAD}"
        assert "load(plistLabel(job.plist), { source: job.plist });" in migrated(code)


ARGUMENTS = {
    "push": 'args.push("-w");',
    "an element": 'args[1] = "com.acme.b";',
    "an alias": 'const more = args;\nmore.push("-w");',
    "the length": "args.length = 1;",
    "a function": 'function add(list) { list.push("x"); }\nadd(args);',
}


@pytest.mark.parametrize("write", ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments_that_something_changes_are_not_known(write: str) -> None:
    code = f'const args = ["stop", "com.acme.a"];\n{write}\nexecFileSync("launchctl", args);\n'
    [call] = [f for f in look(HEAD + code).findings if f.cls == "call"]
    assert call.action == REFUSE


def test_arguments_that_are_only_read_are_known() -> None:
    code = 'const args = ["stop", "com.acme.a"];\nconsole.log(args);\n'
    code += 'execFileSync("launchctl", args);\n'
    assert 'processManagerSync.stop("com.acme.a");' in migrated(HEAD + code)


FIELDS = {
    "": True,
    "constructor() { this.plist = process.argv[2]; }": False,
    'constructor() { this["plist"] = process.argv[2]; }': False,
    "constructor() { Object.assign(this, note()); }": False,
    "constructor() { Object.assign(this, { n: 2 }); }": True,
    "move() { const self = this; self.plist = process.argv[2]; }": False,
    "move() { [this.plist] = process.argv; }": False,
    "move() { this.n = 2; }": True,
    "move() { return function () { this.plist = 1; }; }": True,
}


@pytest.mark.parametrize(("member", "known"), FIELDS.items())
def test_a_field_of_the_own_class(member: str, known: bool) -> None:
    code = (
        "class Job {\n  n = 1;\n  plist = `${homedir()}/Library/LaunchAgents/com.acme.a.plist`;\n"
        f"  {member}\n  load() {{\n    execSync(`launchctl load ${{this.plist}}`);\n  }}\n}}\n"
    )
    [call] = [f for f in look(HEAD + code).findings if f.cls == "call"]
    assert (call.action == REWRITE) is known, call.reason


def test_a_field_that_a_subclass_of_the_file_replaces_is_not_known() -> None:
    code = (
        "class Job {\n  plist = `${homedir()}/Library/LaunchAgents/com.acme.a.plist`;\n"
        "  load() {\n    execSync(`launchctl load ${this.plist}`);\n  }\n}\n"
        'class Other extends Job {\n  plist = "/x/com.acme.b.plist";\n}\n'
    )
    [call] = [f for f in look(HEAD + code).findings if f.cls == "call"]
    assert call.action == REFUSE


def test_a_field_that_only_the_constructor_sets_is_what_it_sets() -> None:
    code = (
        "class Job {\n  private readonly plist: string;\n  constructor() {\n"
        "    this.plist = `${homedir()}/Library/LaunchAgents/com.acme.a.plist`;\n  }\n"
        "  load() {\n    execSync(`launchctl load ${this.plist}`);\n  }\n}\n"
    )
    assert 'processManagerSync.load("com.acme.a");' in migrated(HEAD + code)


EXECA = 'import { execa } from "execa";\nimport { execFile } from "node:child_process";\n'
EXECA += 'import { promisify } from "node:util";\n\nconst plain = promisify(execFile);\n'
OUTPUTS = {
    'const run = (args: string[]) => execa("launchctl", args);': True,
    'const plainly = (args: string[]) => execa("launchctl", args);': True,
    'const execaLike = (args: string[]) => plain("launchctl", args);': False,
    'const run = (args) => execa("launchctl", args, { stripFinalNewline: false });': False,
    'const run = (args: string[]) => execa("launchctl", args, { timeout: 5 });': True,
}


@pytest.mark.parametrize(("wrapper", "chomped"), OUTPUTS.items())
def test_what_a_runner_does_to_its_output_is_the_wrappers_too(wrapper: str, chomped: bool) -> None:
    name = wrapper.split()[1]
    code = f"{EXECA}{wrapper}\nexport async function count() {{\n"
    code += f'  const {{ stdout }} = await {name}(["list"]);\n  return stdout.length;\n}}\n'
    text = migrated(code)
    assert "formatServices(await processManager.list" in text
    assert (".trimEnd()" in text) is chomped


def test_a_wrapper_that_gives_the_text_alone_inherits_it() -> None:
    code = (
        f'{EXECA}const run = async (args: string[]) => (await execa("launchctl", args)).stdout;\n'
    )
    code += "export async function count() {\n"
    code += '  const out = await run(["list"]);\n  return out.split("\\n").length;\n}\n'
    assert "{ header: true }).trimEnd();" in migrated(code)


@pytest.mark.parametrize("made", ["plist: string", "at: string, plist = note(at)"])
def test_a_plain_text_has_no_parts_that_a_call_could_change(made: str) -> None:
    code = f"""{HEAD}import {{ exec }} from "./exec";
export function reload({made}) {{
  exec("open", [plist]);
  execSync(`launchctl load ${{plist}}`);
}}
"""
    assert "load(plistLabel(plist), { source: plist });" in migrated(code)
