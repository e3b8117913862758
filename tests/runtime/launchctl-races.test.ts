/** launchd answers before it is done; the adapter waits, and not for ever. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Mac, OWN } from "./support/mac.ts";
import { KINDS, portOf } from "./support/ports.ts";

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
      await assert.rejects(port.enable(X), {
        code: "failed", operation: "enable", label: X, exitCode: 5, stderr: "Bootstrap failed: 5: Input/output error",
      });
      const calls = mac.calls();
      assert.equal(calls.filter((call) => call === `bootstrap ${OWN} ${plist}`).length, 8);
      assert.equal(calls.filter((call) => call === `print-disabled ${OWN}`).length, 1);
    });

    test("an end to trying when the verb's time is up", async () => {
      mac.script({ faults: [{ verb: "bootstrap", code: 37, times: 99 }] });
      await assert.rejects(portOf(kind, "launchctl", 700).load(X), { code: "failed", exitCode: 37 });
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
      await assert.rejects(portOf(kind, "launchctl", 800).stop(X), {
        code: "timeout", operation: "stop", label: X, exitCode: 124, stderr: `${OWN}/${X} is still being stopped`,
      });
    });

    test("stop says what else went wrong", async () => {
      mac.script({ faults: [{ verb: "bootout", code: 1, stderr: "Boot-out failed: 1: Operation not permitted" }] });
      await assert.rejects(port.stop(X), { code: "failed", exitCode: 1, operation: "stop" });
    });
  });
}
