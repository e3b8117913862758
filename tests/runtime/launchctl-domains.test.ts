/** One's own services are in two domains, and under sudo they are another person's. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Mac, OTHER, OWN } from "./support/mac.ts";
import { KINDS, portOf } from "./support/ports.ts";

const X = "dev.example.x";

for (const kind of KINDS) {
  describe(`domains, ${kind}`, () => {
    const port = portOf(kind, "launchctl");
    const { getuid } = process;
    let mac: Mac;
    beforeEach(() => {
      mac = new Mac();
      mac.set("SUDO_UID", undefined);
      mac.plist(X);
    });
    afterEach(() => {
      Object.assign(process, { getuid });
      mac.restore();
    });
    const loaded = async (...domains: string[]): Promise<string[]> => {
      const found = [];
      for (const domain of domains) if ((await port.inspect(`${domain}/${X}`)).loaded) found.push(domain);
      return found;
    };
    const warnings = async (act: () => Promise<void>): Promise<string[]> => {
      const heard: string[] = [];
      const hear = (warning: Error): void => void heard.push(warning.message);
      process.on("warning", hear);
      await act();
      await sleep(20); // warnings are told on the next turn
      process.removeListener("warning", hear);
      return heard;
    };
    /** As `sudo` runs a program for user 501. */
    const sudo = (): void => {
      Object.assign(process, { getuid: () => 0 });
      mac.set("SUDO_UID", "501");
      mac.script({ absent_domains: ["gui/0"] });
    };

    test("a job that was loaded over SSH is found, though somebody is at the screen since", async () => {
      await port.load(`${OTHER}/${X}`);
      const { pid } = await port.inspect(`${OTHER}/${X}`);
      assert.equal((await port.inspect(X)).pid, pid);
      for (const act of [port.start, port.load, port.enable]) await act(X);
      assert.equal((await port.inspect(X)).pid, pid);
      await port.restart(X);
      assert.notEqual((await port.inspect(X)).pid, pid);
      assert.equal((await port.list(X)).length, 1);
      assert.deepEqual(await loaded(OWN, OTHER), [OTHER]);
      await port.stop(X);
      assert.deepEqual(await loaded(OWN, OTHER), []);
      await port.start(X);
      assert.deepEqual(await loaded(OWN, OTHER), [OWN]);
    });

    test("stop ends the copies in both domains, and a full target only its own", async () => {
      for (const domain of [OWN, OTHER]) await port.load(`${domain}/${X}`);
      await port.stop(`${OTHER}/${X}`);
      assert.deepEqual(await loaded(OWN, OTHER), [OWN]);
      await port.load(`${OTHER}/${X}`);
      await port.stop(X);
      assert.deepEqual(await loaded(OWN, OTHER), []);
    });

    test("what one domain does not tell is an error, and no reason to load a second copy", async () => {
      mac.script({ faults: [{ verb: "print", code: 1, stderr: "Operation not permitted", times: 99 }] });
      for (const act of [port.load, port.start, port.stop, port.inspect]) {
        await assert.rejects(act(X), { code: "failed", exitCode: 1, stderr: "Operation not permitted" });
      }
      assert.ok(!mac.calls().some((call) => call.startsWith("bootstrap")));
    });

    test("enable warns where nobody is logged in at the screen, and nowhere else", async () => {
      assert.deepEqual(await warnings(() => port.enable(X)), []);
      await port.stop(X);
      mac.script({ absent_domains: [OWN] });
      assert.deepEqual(await warnings(() => port.enable(X)), [
        `${X} is enabled and loaded into ${OTHER}, but does not start at boot until its user logs in; `
        + `for that make it a LaunchDaemon: system/${X}`,
      ]);
    });

    test("under sudo a bare label is the person's", async () => {
      await port.load(`gui/501/${X}`);
      sudo();
      const { pid } = await port.inspect(X);
      assert.ok(pid);
      await port.start(X);
      assert.equal((await port.inspect(X)).pid, pid);
      assert.deepEqual((await port.list(X)).map(({ label }) => label), [X]);
      assert.equal(port.hint("stop", X), `launchctl bootout gui/501/${X}`);
      await port.stop(X);
      assert.deepEqual(await loaded("gui/501", "user/501", "user/0"), []);
      await port.start(X);
      assert.deepEqual(await loaded("gui/501", "user/501", "user/0"), ["gui/501"]);
    });

    test("under sudo, list fails where nothing of the person can be read", async () => {
      sudo();
      mac.script({ absent_domains: ["gui/501", "user/501"] });
      await assert.rejects(port.list(""), { code: "failed", exitCode: 112 });
    });

    test("root without sudo means root", async () => {
      Object.assign(process, { getuid: () => 0 });
      mac.script({ absent_domains: ["gui/0"] });
      await port.start(X);
      assert.deepEqual(await loaded("gui/501", "user/0"), ["user/0"]);
    });
  });
}
