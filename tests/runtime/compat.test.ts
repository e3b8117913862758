import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callBack, formatService, formatServiceEntry, formatServices, ProcessManagerError, requireLoaded, requireServices,
  settle, settleSync, type ServiceState,
} from "../../fleetmod/runtime/process-manager/src/index.ts";

const STATE: ServiceState = {
  label: "dev.x", loaded: true, enabled: true, pid: 12, state: "running", program: "/bin/sh",
  workingDirectory: "/srv", lastExit: 0, runs: 3, source: "/etc/x.plist",
};
const ABSENT: ServiceState = {
  label: "dev.x", loaded: false, enabled: null, pid: null, state: null, program: null, workingDirectory: null,
  lastExit: null, runs: null, source: null,
};

test("formatServices is the table, its header on request", () => {
  const services = [
    { label: "a", pid: 7, lastExit: 0 }, { label: "b", pid: null, lastExit: -9 },
    { label: "c", pid: null, lastExit: null },
  ];
  assert.equal(formatServices(services), "7\t0\ta\n-\t-9\tb\n-\t0\tc\n");
  assert.equal(formatServices(services.slice(0, 1), { header: true }), "PID\tStatus\tLabel\n7\t0\ta\n");
  assert.equal(formatServices([]), "");
  assert.equal(formatServices([], { header: true }), "PID\tStatus\tLabel\n");
});

test("formatService shows what is known, the exit code 0 too", () => {
  assert.equal(formatService(STATE), [
    "dev.x = {", "\tpath = /etc/x.plist", "\tstate = running", "\tprogram = /bin/sh", "\tworking directory = /srv",
    "\tpid = 12", "\truns = 3", "\tlast exit code = 0", "}\n",
  ].join("\n"));
  assert.equal(formatService(ABSENT), "dev.x = {\n}\n");
});

test("formatServiceEntry is the dictionary, its exit a wait status", () => {
  assert.equal(formatServiceEntry(STATE),
    '{\n\t"Label" = "dev.x";\n\t"LastExitStatus" = 0;\n\t"PID" = 12;\n\t"Program" = "/bin/sh";\n};\n');
  assert.match(formatServiceEntry({ ...STATE, lastExit: 1 }), /"LastExitStatus" = 256;/);
  assert.match(formatServiceEntry({ ...STATE, lastExit: -9 }), /"LastExitStatus" = 9;/);
  assert.equal(formatServiceEntry(ABSENT), '{\n\t"Label" = "dev.x";\n\t"LastExitStatus" = 0;\n};\n');
});

test("requireServices passes services on and refuses none, as grep does", () => {
  const services = [{ label: "a", pid: 7, lastExit: 0 }];
  assert.equal(requireServices(services), services);
  assert.throws(() => requireServices([]), {
    name: "ProcessManagerError", code: "not-found", operation: "list", exitCode: 1,
  });
});

test("requireLoaded passes a loaded state on and refuses another", () => {
  assert.equal(requireLoaded(STATE), STATE);
  assert.throws(() => requireLoaded(ABSENT), {
    name: "ProcessManagerError", code: "not-found", operation: "inspect", label: "dev.x", exitCode: 113,
    message: 'inspect dev.x by process-manager: Could not find service "dev.x" (load the service first)',
  });
});

const STOP = { operation: "stop", label: "dev.x", adapter: "a" };
const refused = (exitCode: number): ProcessManagerError =>
  new ProcessManagerError({ ...STOP, code: "failed", exitCode, stderr: " no\n" });
type Action = () => string | void;

for (const [name, run] of [
  ["settle", (action: Action) => settle(async () => action())],
  ["settle of no promise", (action: Action) => settle(action as unknown as () => Promise<string | void>)],
  ["settleSync", async (action: Action) => settleSync(action)],
] as const) {
  test(`${name} tells how it went and never throws`, async () => {
    assert.deepEqual(await run(() => {}), { ok: true, exitCode: 0, stdout: "", stderr: "" });
    assert.deepEqual(await run(() => "text"), { ok: true, exitCode: 0, stdout: "text", stderr: "" });
    const error = refused(36);
    // no `error`: like a process that ran, and failed
    const failed = { ok: false, exitCode: 36, stdout: "", stderr: error.message };
    assert.deepEqual(await run(() => { throw error; }), failed);
    const missing = new ProcessManagerError({ code: "tool-missing", operation: "stop", label: "x", adapter: "a" });
    assert.equal((await run(() => { throw missing; })).error, missing);
    const odd = refused(0);
    assert.equal((await run(() => { throw odd; })).exitCode, 1);
    const plain = await run(() => { throw new TypeError("plain"); });
    assert.deepEqual([plain.ok, plain.exitCode, plain.stderr, plain.error?.name], [false, 1, "plain", "TypeError"]);
    const text = await run(() => { throw "text"; });
    assert.deepEqual([text.ok, text.stderr, text.error?.message], [false, "text", "text"]);
  });
}

test("an error says what was asked, of whom, what was answered and what to do", () => {
  const error = refused(36);
  assert.equal(error.message, "stop dev.x by a: no (see the service manager's own message)");
  assert.equal(error.stderr, "no");
  assert.ok(error instanceof Error);
  const bare = new ProcessManagerError({ code: "timeout", operation: "list", label: "", adapter: "a" });
  assert.equal(bare.message, "list by a: timeout (wait longer by timeoutMs or PROCESS_MANAGER_TIMEOUT_MS)");
  assert.equal(bare.exitCode, 1);
});

test("callBack tells a callback the error, or null, and the texts", async () => {
  const told = (action: () => Promise<unknown>) =>
    new Promise<unknown[]>((resolve) => callBack(action, (...all) => resolve(all)));
  assert.deepEqual(await told(async () => "text"), [null, "text", ""]);
  assert.deepEqual(await told(async () => ({ pid: 1 })), [null, "", ""]);
  const error = refused(36);
  assert.deepEqual(await told(async () => { throw error; }), [error, "", error.message]);
  const early = (): Promise<never> => { throw error; };
  assert.deepEqual(await told(early), [error, "", error.message]);
});
