/** Which adapter a port takes, and when. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  createProcessManager, createProcessManagerSync, nullAdapter, processManager, processManagerSync,
} from "../../fleetmod/runtime/process-manager/src/index.ts";
import { Environment } from "./support/environment.ts";

describe("the choice of an adapter", () => {
  let host: Environment;
  beforeEach(() => {
    host = new Environment();
  });
  afterEach(() => host.restore());

  test("PROCESS_MANAGER is read at each call, after the import", () => {
    for (const [name, hint] of Object.entries({ launchctl: /^launchctl/, systemctl: /^systemctl/, null: /^\(no/ })) {
      host.set("PROCESS_MANAGER", ` ${name} `);
      assert.match(processManager.hint("stop", "x"), hint);
      assert.match(processManagerSync.hint("stop", "x"), hint);
    }
  });

  for (const empty of [undefined, "", " "]) {
    test(`without a name (${JSON.stringify(empty)}) the platform decides`, () => {
      host.set("PROCESS_MANAGER", empty);
      const expected = { darwin: /^launchctl/, linux: /^systemctl/ }[process.platform as string] ?? /^\(no/;
      assert.match(processManager.hint("stop", "x"), expected);
    });
  }

  test("an option goes before the variable", () => {
    host.set("PROCESS_MANAGER", "launchctl");
    assert.match(createProcessManager({ adapter: "systemctl" }).hint("stop", "x"), /^systemctl/);
  });

  test("an unknown name fails in each verb, and not before", async () => {
    host.set("PROCESS_MANAGER", "upstart");
    const error = {
      name: "ProcessManagerError", code: "unsupported", operation: "stop", label: "x", adapter: "upstart",
      hint: "set PROCESS_MANAGER to launchctl, systemctl or null",
    };
    await assert.rejects(createProcessManager().stop("x"), error);
    assert.throws(() => createProcessManagerSync().stop("x"), error);
    for (const verb of ["list", "restart", "inspect", "disable", "enable", "start", "load"] as const) {
      await assert.rejects(processManager[verb]("x") as Promise<unknown>, { ...error, operation: verb });
    }
    assert.match(processManager.hint("stop", "x"), /^\(no service manager\)/);
  });

  test("both ports see one null manager", async () => {
    host.set("PROCESS_MANAGER", "null");
    await processManager.start("dev.example.shared");
    assert.ok(processManagerSync.inspect("dev.example.shared").pid);
    processManagerSync.stop("dev.example.shared");
    assert.equal((await processManager.inspect("dev.example.shared")).pid, null);
  });

  test("a test can put its own adapter in, and read what was asked", async () => {
    const given = { label: "a", loaded: true, enabled: true, pid: 5, state: "running", program: "/bin/a",
      workingDirectory: null, lastExit: 0, runs: 1, source: null };
    const adapter = nullAdapter([given]);
    const port = createProcessManager({ adapter });
    await port.enable("a", { load: false });
    await port.restart("a");
    await port.list("");
    assert.deepEqual(adapter.calls, [
      { verb: "enable", label: "a", config: { load: false } }, { verb: "restart", label: "a" },
      { verb: "list", label: "" },
    ]);
    assert.notEqual(adapter.states.get("a")?.pid, 5);
    assert.equal(given.pid, 5);
    for (let time = 0; time < 1500; time++) await port.inspect("a");
    assert.equal(adapter.calls.length, 1000);
  });

  test("the members are plain properties, so that a test can replace one", () => {
    const original = processManagerSync.hint;
    try {
      processManagerSync.hint = () => "replaced";
      assert.equal(processManagerSync.hint("stop", "x"), "replaced");
    } finally {
      processManagerSync.hint = original;
    }
  });
});
