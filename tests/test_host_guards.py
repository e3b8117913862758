"""Which conditions prove that a call runs on its tool's platform alone."""

from __future__ import annotations

import pytest

from tests.test_host import found

CALL = 'execSync("pbcopy");'


@pytest.mark.parametrize(
    "code",
    [
        'if (process.platform === "darwin") { CALL }',
        'if (process.platform !== "darwin") {} else { CALL }',
        'if (process.platform !== "linux") { CALL }',
        'if ("darwin" === os.platform() && text) CALL',
        'process.platform === "darwin" && run(() => { CALL });',
        'const x = platform() === "darwin" ? CALL : null;'.replace("CALL", 'execSync("pbcopy")'),
        'function f() { if (process.platform !== "darwin") return; CALL }',
        'function f() { if (!text || process.platform !== "darwin") throw new Error(); CALL }',
        'for (const x of xs) { if (os.type() !== "Darwin") continue; CALL }',
        'if (process.platform !== "darwin") { log(); process.exit(1); }\nCALL',
        'switch (process.platform) { case "linux": other(); break; case "darwin": CALL break; }',
        'const isMac = process.platform === "darwin";\nif (isMac) { CALL }',
        'const isMac = () => process.platform === "darwin";\nif (isMac()) { CALL }',
        'import { isMacOS } from "./host"; if (isMacOS()) { CALL }',
        "if (env.IS_MAC) { CALL }",
        'if (["darwin"].includes(process.platform)) { CALL }',
        'if (Bun.which("pbcopy")) { CALL }',
        'const has = await commandExists("pbcopy"); if (!has) throw 1; CALL',
        'if (existsSync("/usr/bin/pbcopy")) { CALL }',
        'function mac() { CALL }\nif (process.platform === "darwin") mac();',
        'function mac() { CALL }\nif (process.platform === "darwin") { set({ copy: mac }); }',
        'const p = spawnSync("which pbcopy", { shell: true });\nif (p.status === 0) { CALL }',
        'if (spawnSync("which", ["pbcopy"]).status !== 0) throw 1;\nCALL',
        'if (manager() === "launchd") { CALL }',
        'test("x", () => { test.skip(process.platform !== "darwin", "on macOS"); CALL });',
        'test("x", (ctx) => { if (process.platform !== "darwin") ctx.skip(); CALL });',
        'test("x", (t) => { if (!isMac()) { t.skip("on macOS"); } CALL });',
        'it.skipIf(process.platform !== "darwin")("x", () => { CALL });',
        'describe.skipIf(!isMac)("x", () => { it("y", () => { CALL }); });',
        'it.runIf(process.platform === "darwin")("x", () => { CALL });',
        '(process.platform === "darwin" ? it : it.skip)("x", () => { CALL });',
        'const onMac = isMac ? test : test.skip;\nonMac("x", () => { CALL });',
        'test("x", { skip: process.platform !== "darwin" }, () => { CALL });',
        'const has = (n: string) => spawnSync("which", [n]).status === 0;\n'
        'test("x", () => { test.skip(!has("pbcopy"), "needs it"); CALL });',
        'const use = () => process.env.COPY === "yes" || process.platform === "darwin";\n'
        "if (use()) { CALL }",
        'try { const p = spawnSync("pbcopy"); if (p.stdout.length > 9) long(); } catch {}\nnext();',
    ],
)
def test_a_guard(code: str) -> None:
    assert found(code.replace("CALL", CALL)) == []


@pytest.mark.parametrize(
    "code",
    [
        'if (process.platform === "linux") { CALL }',
        'if (process.platform === "darwin" || text) { CALL }',
        'if (process.platform === "darwin") { log(); }\nCALL',
        'function f() { if (process.platform !== "darwin" && text) return; CALL }',
        'function f() { if (process.platform !== "darwin") { log(); } CALL }',
        "try { CALL } catch { log(); }",
        'switch (process.platform) { case "linux": case "darwin": CALL }',
        'const isMac = process.platform === "darwin" && text;\nif (!isMac) { CALL }',
        'if (["darwin", "linux"].includes(process.platform)) { CALL }',
        'if (Bun.which("xclip")) { CALL }',
        'if (spawnSync("which", ["jq"]).status === 0) { CALL }',
        'if (spawnSync("which", ["pbcopy"]).status !== 0) { CALL }',
        'if (arch === "darwin") { CALL }',
        'export function mac() { CALL }\nif (process.platform === "darwin") mac();',
        'function mac() { CALL }\nif (process.platform === "darwin") mac();\nmac();',
        'if (manager() === "systemd") { CALL }',
        'if (manager() !== "launchd") { CALL }',
        'if (manager() === "other") { CALL }',
        'test("x", () => { test.skip(process.platform === "darwin", "not there"); CALL });',
        'test("x", () => { CALL test.skip(process.platform !== "darwin", "too late"); });',
        'test("x", () => { other.skip(process.platform !== "darwin"); CALL });',
        'it.skipIf(process.platform === "darwin")("x", () => { CALL });',
        'it.skipIf(isCI)("x", () => { CALL });',
        '(process.platform === "darwin" ? it.skip : it)("x", () => { CALL });',
        'test("x", { skip: process.env.CI }, () => { CALL });',
        'if (process.env.COPY === "yes") { CALL }',
        'if (process.env.COPY || process.platform === "darwin") { CALL }',
        'if (config.copy === "yes" || process.platform === "darwin") { CALL }',
        'try { spawnSync("pbcopy"); } catch (e) { throw e; }',
        'function mac() { CALL }\nif (process.platform === "darwin") mac();\nbutton.on(mac);',
    ],
)
def test_no_guard(code: str) -> None:
    assert found(code.replace("CALL", CALL)) == ["pbcopy"]


OPEN = """function show(url: string) {
  const plat = process.platform;
  if (plat === "win32") { spawn("cmd", ["/c", "start", url]); return; }
  if (plat === "darwin") { spawn("open", [url]).unref(); return; }
  spawn("xdg-open", [url]).unref();
}
"""


def test_one_tool_for_each_platform() -> None:
    assert found(OPEN) == []
    assert found(OPEN.replace(" return; }\n  spawn", " }\n  spawn")) == ["xdg-open"]
    chosen = 'process.platform === "darwin" ? spawn("open", [u]) : spawn("xdg-open", [u]);'
    assert found(chosen) == []
