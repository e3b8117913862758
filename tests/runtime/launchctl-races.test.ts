/** launchd answers before it is done; the adapter waits, and not for ever. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Mac, OWN } from "./support/mac.ts";
import { KINDS, portOf, portWith } from "./support/ports.ts";

const X = "dev.example.x";

for (const kind of KINDS) {
  describe(`races, ${kind}`, () => {
    const port = portOf(kind, "launchctl");
    let mac: Mac;
    let plist: string;
    beforeEach(() => {
      mac = new Mac();
      plist = mac.plist(X);
    });
    afterEach(() => mac.restore());

    for (const code of [5, 36, 37]) {
      test(`bootstrap that answers ${code} is tried again`, async () => {
        mac.script({ faults: [{ verb: "bootstrap", code }] });
        await port.load(X);
        assert.equal(mac.calls().filter((call) => call.startsWith("bootstrap")).length, 2);
        assert.equal((await port.inspect(X)).loaded, true);
      });
    }

    test("an end to trying: eight times, then the tool's own words", async () => {
      mac.script({ faults: [{ verb: "bootstrap", code: 5, times: 99 }] });
      await assert.rejects(portOf(kind, "launchctl", 60_000).enable(X), {
        code: "failed", operation: "enable", label: X, exitCode: 5, stderr: "Bootstrap failed: 5: Input/output error",
        hint: `try plutil -lint ${plist}; see that its program is there, that the file belongs to its user `
          + "with mode 644, and that the home is on the boot volume",
      });
      const calls = mac.calls();
      assert.equal(calls.filter((call) => call === `bootstrap ${OWN} ${plist}`).length, 8);
      assert.equal(calls.filter((call) => call === `print-disabled ${OWN}`).length, 1);
    });

    test("an end to trying when the verb's time is up", async () => {
      mac.script({ faults: [{ verb: "bootstrap", code: 37, times: 99 }] });
      await assert.rejects(portWith(kind, { adapter: "launchctl", waitMs: 700 }).load(X), { code: "failed", exitCode: 37 });
      assert.ok(mac.calls().filter((call) => call.startsWith("bootstrap")).length < 8);
    });

    test("another answer is not tried again", async () => {
      mac.script({ faults: [{ verb: "bootstrap", code: 134, times: 99 }] });
      await assert.rejects(port.load(X), { code: "failed", exitCode: 134 });
      assert.equal(mac.calls().filter((call) => call.startsWith("bootstrap")).length, 1);
    });

    for (const said of ["service already bootstrapped", "service already loaded", "already exists in domain"]) {
      test(`that somebody else has loaded it meanwhile is success: ${said}`, async () => {
        mac.script({ faults: [{ verb: "bootstrap", code: 130, stderr: `${plist}: ${said}` }] });
        await port.load(X);
        assert.equal(mac.calls().filter((call) => call.startsWith("bootstrap")).length, 1);
      });
    }

    test("a start that finds the old job being removed loads it anew", async () => {
      await port.start(X);
      mac.script({ teardown: { polls: 4 }, leaving: { [`${OWN}/${X}`]: 2 } });
      await port.start(X);
      assert.equal((await port.inspect(X)).loaded, true);
    });

    test("what bootstrap calls under way and is not loaded then, is tried again", async () => {
      mac.script({ faults: [{ verb: "kickstart", code: 37 }] });
      await port.restart(X);
      assert.ok((await port.inspect(X)).pid);
    });

    test("a start that is under way already is success", async () => {
      await port.load(X);
      mac.script({ faults: [{ verb: "kickstart", code: 37 }] });
      await port.restart(X);
    });

    for (const code of [0, 36]) {
      test(`stop waits for a removal that bootout answered with ${code}`, async () => {
        await port.start(X);
        mac.script({ teardown: { polls: 3, code } });
        await port.stop(X);
        assert.equal((await port.inspect(X)).loaded, false);
        assert.deepEqual(mac.calls().filter((call) => call.startsWith("bootout")), [`bootout ${OWN}/${X}`]);
      });
    }

    test("stop gives up on a service that does not end", async () => {
      await port.start(X);
      mac.script({ teardown: { polls: 999 } });
      await assert.rejects(portWith(kind, { adapter: "launchctl", waitMs: 800 }).stop(X), {
        code: "timeout", operation: "stop", label: X, exitCode: 124, stderr: `${OWN}/${X} is still being stopped`,
        hint: "look at ExitTimeOut in its plist; wait longer by waitMs or PROCESS_MANAGER_WAIT_MS",
      });
    });

    test("stop waits as long as launchd gives the job to end, beyond its own bound", async () => {
      mac.plist(X, { exitTimeout: 60 });
      await port.start(X);
      mac.script({ teardown: { polls: 13 } });
      await portOf(kind, "launchctl", 3000).stop(X); // which takes longer
      assert.equal((await port.inspect(X)).loaded, false);
    });

    test("stop says what else went wrong", async () => {
      await port.start(X);
      mac.script({ faults: [{ verb: "bootout", code: 1, stderr: "Boot-out failed: 1: Operation not permitted" }] });
      await assert.rejects(port.stop(X), { code: "failed", exitCode: 1, operation: "stop" });
    });
  });
}
