"""Every place that a call can stand in, crossed with the calls: functions `f(p, q)`.

`mark` prints what launchd holds, `fail` throws; `@` is the call.
"""

from __future__ import annotations

from collections.abc import Iterator

T, U = "system/dev.lantern.beacon", "system/dev.lantern.mirror"
PLIST = "/Library/LaunchDaemons/dev.lantern.beacon.plist"
HEAD = """\
import { exec, execFileSync, execSync, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { Effect } from "effect";
declare const mark: <A>(value: A) => A;
declare const fail: () => void;
const run = promisify(exec);
"""
CALLS = {
    "restart": f'execSync("launchctl kickstart -k {T}")',
    "two": f'execSync("launchctl kickstart -k {T} && launchctl kickstart -k {U}")',
    "stop": f'execFileSync("launchctl", ["bootout", "{T}"], {{ stdio: "pipe" }})',
    "tolerated": f'execSync("launchctl bootout {T} 2>/dev/null || true")',
    "print": f'execSync("launchctl print {T}", {{ encoding: "utf8" }})',
    "status": f'spawnSync("launchctl", ["bootout", "{T}"]).status',
    "load": f'execSync("launchctl enable {T} && launchctl bootstrap system {PLIST}")',
    "promise": f'await run("launchctl kickstart -k {T}")',
    "promises": f'await run("launchctl bootout {T} && launchctl kickstart -k {U}")',
    "output": f'(await run("launchctl print {T}")).stdout',
}
FRAMES = {
    "sync": "export function f(p: boolean, q: boolean, n = 2): unknown {{\n  {}\n}}\n",
    "async": "export async function f(p: boolean, q: boolean, n = 2): Promise<any> {{\n  {}\n}}\n",
    "gen": "export const f = (p: boolean, q: boolean, n = 2) =>\n"
    "  Effect.gen(function* () {{\n  {}\n  }});\n",
}
CONTEXTS = {
    # branches and loops, with braces and without
    "if": "if (p) @; mark(1);",
    "else": "if (p) mark(1); else @; mark(2);",
    "dangling": "if (p) if (q) @; else mark(1); mark(2);",
    "for": "for (let i = 0; i < 2; i++) @; mark(1);",
    "for of": "for (const i of [1, 2]) { if (p) continue; @; mark(i); } mark(1);",
    "for head": "for (const x = @; n-- > 0; ) mark(n);",
    "do": "do @; while (n-- > 0); mark(n);",
    "label": "out: @; mark(1);",
    "label of a block": "out: { @; if (p) break out; mark(1); } mark(2);",
    "case": "switch (p) { case true: @; break; default: mark(1); } mark(2);",
    "falls": "switch (p) { case true: @; default: mark(1); }",
    "default": "switch (p) { case true: mark(1); default: @ }",
    # expressions
    "and": "p && @; mark(1);",
    "ternary": "p ? @ : mark(1); mark(2);",
    "void": "if (p) void @; mark(1);",
    "comma": "mark(1), @; mark(2);",
    "condition": "if (@) mark(1); else mark(2);",
    "var": "var x = @; mark(1);",
    "const": "const x = @; mark(1);",
    "read": "const x = @; mark(x === undefined);",
    "second": "const a = mark(1), x = @; mark(a);",
    "parameter": "const g = (x = @) => x; g(); mark(1);",
    "template": "mark(`${@}`.length > 0);",
    "spread": "const x = { ...{ a: @ } }; mark(Object.keys(x).length);",
    "return": "if (p) return @; mark(1);",
    "return void": "return void @;",
    # lines that end without a semicolon, and comments
    "no semicolon": "const a = 1\n  @\n  mark(a)",
    "a list behind": "@\n  ;[1].forEach((i) => mark(i))",
    "an else behind": "if (p)\n    @\n  else\n    mark(1)\n  mark(2)",
    "a block's end": "{ @ }\n  mark(1)",
    "comments": "if (p) /* a */ @ /* b */; /* c */ else mark(1); // d\n  mark(2);",
    # what fails
    "catch": "try { @; mark(1); } catch { mark(2); } mark(3);",
    "catch error": "try { @; } catch (error) { mark(error instanceof Error); } mark(1);",
    "empty catch": "try { @; } catch {} mark(1);",
    "empty catch behind more": "try { @; mark(1); } catch {} mark(2);",
    "finally": "let done = false; try { @; done = true; } finally { mark(done); } mark(1);",
    "empty catch, finally": "try { @; } catch {} finally { mark(1); } mark(2);",
    "in finally": "try { mark(1); } finally { @; } mark(2);",
    "in catch": "try { fail(); } catch (error) { @; mark(1); } finally { mark(2); }",
    "thrown on": "try { @; } catch (error) { throw new Error('x', { cause: error }); } mark(1);",
    "answers": "try { @; return true; } catch { return false; }",
    "leaves": "try { @; } catch { return 1; } mark(1); return 2;",
    "nested": "try { try { @; } finally { mark(1); } mark(2); } catch { mark(3); } mark(4);",
    "break": "for (const i of [1, 2]) { try { @; } catch { break; } mark(i); } mark(9);",
    # functions and classes
    "arrow": "const g = () => @; g(); mark(1);",
    "for each": "[1, 2].forEach(() => @); mark(1);",
    "for each async": "[1].forEach(async () => { try { @; mark(1); } catch {} });\n  mark(2);",
    "at once": "(() => { @; mark(1); })(); mark(2);",
    "at once, not waited for": "void (async () => { try { @; mark(1); } catch {} })(); mark(2);",
    "not waited for": "async function g() { try { @; mark(1); } catch {} }\n"
    "  void g();\n  mark(2);",
    "kept": "const g = async () => { @; mark(1); };\n"
    "  const later = g().catch(() => mark(2));\n  mark(3);\n  return later;",
    "field": "class A { x = @; } new A(); mark(1);",
    "static block": "class A { static { @; mark(0); } } mark(typeof A);",
    "getter": "class A { get x() { @; return 1; } } mark(new A().x);",
    "constructor": "class A { constructor() { @; } } new A(); mark(1);",
    "method not waited for": "class A { async go() { try { @; mark(0); } catch {} } }\n"
    "  void new A().go();\n  mark(1);",
    "generator": "function* g() { yield @; } mark([...g()].length);",
    "promise": "return new Promise<number>((done, no) => {\n"
    "    try { @; done(1); } catch (error) { no(error); }\n  });",
    "then": "return Promise.resolve().then(() => { @; mark(1); }).catch(() => mark(2));",
}
# an `await` in these functions would be none of theirs
_OWN_FUNCTION = ("=>", "function", "class ")


def crossings() -> Iterator[tuple[str, str, str, str]]:
    """Each context, call and frame with the text of its file."""
    for context, body in CONTEXTS.items():
        for call, expression in CALLS.items():
            for frame, around in FRAMES.items():
                waits = "await" in expression
                if waits and (frame != "async" or any(word in body for word in _OWN_FUNCTION)):
                    continue
                text = HEAD + around.format(body.replace("@", expression))
                yield context, call, frame, text
