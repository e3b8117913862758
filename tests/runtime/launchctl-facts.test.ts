/** What the launchctl adapter does beyond the contract: commands, targets, plists, facts. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Mac, OTHER, OWN } from "./support/mac.ts";
import { KINDS, portOf } from "./support/ports.ts";

const X = "dev.example.x";

for (const kind of KINDS) {
  describe(`launchctl facts, ${kind}`, () => {
    const port = portOf(kind, "launchctl");
    let mac: Mac;
    beforeEach(() => {
      mac = new Mac();
    });
    afterEach(() => mac.restore());

    test("restart kills and starts, start only starts", async () => {
      mac.plist(X);
      await port.load(X);
      mac.calls();
      await port.restart(X);
      await port.start(X);
      assert.deepEqual(mac.calls(), [`kickstart -k ${OWN}/${X}`, `kickstart ${OWN}/${X}`]);
    });

    test("a restart that loads does not kill what has just been loaded", async () => {
      const plist = mac.plist(X);
      await port.restart(X);
      assert.deepEqual(mac.calls(), [
        `kickstart -k ${OWN}/${X}`, `kickstart -k ${OTHER}/${X}`, `print ${OWN}/${X}`, `print ${OTHER}/${X}`,
        `bootstrap ${OWN} ${plist}`, `kickstart ${OWN}/${X}`,
      ]);
      assert.equal((await port.inspect(X)).runs, 1);
    });

    test("a KeepAlive job stays stopped, since stop removes it", async () => {
      mac.plist(X, { keepAlive: true });
      await port.start(X);
      await port.stop(X);
      assert.deepEqual(await port.list(X), []);
    });

    test("stop knows the way back to a plist that stands in none of launchd's folders", async () => {
      const plist = mac.plist(X, { folder: "checkout/ops" });
      await port.load(X, { source: plist });
      await port.stop(X);
      await port.start(X);
      assert.equal((await port.inspect(X)).source, plist);
    });

    for (const [label, domain] of [
      [`gui/501/${X}`, "gui/501"], [`user/501/${X}`, "user/501"], [`user/0/${X}`, "user/0"], [X, OWN],
    ] as const) {
      test(`${label} is acted on in ${domain}`, async () => {
        const plist = mac.plist(X);
        await port.enable(label);
        await port.restart(label);
        const state = await port.inspect(label);
        assert.equal(state.label, X);
        assert.equal(state.source, plist);
        await port.disable(label);
        assert.equal((await port.inspect(label)).enabled, false);
        await port.stop(label);
        const elsewhere = mac.calls().filter(
          (call) => !call.split(" ").some((word) => word === domain || word === `${domain}/${X}`)
            && !(label === X && call === `print ${OTHER}/${X}`),
        );
        assert.deepEqual(elsewhere, []);
        assert.equal((await port.inspect("gui/77/" + X)).loaded, false);
      });
    }

    test("a system service is not looked for among a user's plists", async () => {
      mac.plist(X);
      await assert.rejects(port.load(`system/${X}`), { code: "not-found", label: `system/${X}` });
      const source = mac.plist(X, { folder: "Daemons" });
      await port.load(`system/${X}`, { source });
      assert.ok(mac.calls().includes(`bootstrap system ${source}`));
      assert.equal((await port.inspect(`system/${X}`)).loaded, true);
      assert.equal((await port.inspect(X)).loaded, false);
    });

    test("a template stands for the list that is rendered of it, and is never loaded itself", async () => {
      const source = mac.write(`home/infra/launchd/agent.plist`, "<plist><string>__HOME__/bin/x</string></plist>");
      for (const verb of ["load", "enable"] as const) {
        await assert.rejects(port[verb](X, { source }), {
          code: "not-found", hint: `fleetmod plists --output ${process.env["HOME"]}/Library/LaunchAgents`,
        });
      }
      assert.ok(!mac.calls().some((call) => call.startsWith("bootstrap")));
      const rendered = mac.plist("agent");
      writeFileSync(rendered, readFileSync(rendered, "utf8").replace("<string>agent<", `<string>${X}<`));
      await port.enable(X, { source });
      assert.equal((await port.inspect(X)).source, rendered);
    });

    test("a plist elsewhere is loaded from its source", async () => {
      const source = mac.plist(X, { folder: "elsewhere" });
      await assert.rejects(port.enable(X), { code: "not-found", exitCode: 113 });
      await port.enable(X, { source });
      assert.equal((await port.inspect(X)).source, source);
    });

    test("what is disabled is not loaded, at once and by its own code", async () => {
      mac.plist(X);
      await port.disable(X);
      for (const act of [port.load, port.restart, port.start]) {
        mac.calls();
        await assert.rejects(act(X), { code: "disabled", exitCode: 119, label: X });
        assert.equal(mac.calls().filter((call) => call.startsWith("bootstrap")).length, 1);
      }
      mac.script({ faults: [{ verb: "bootstrap", code: 119 }] });
      await assert.rejects(port.load(X), { code: "disabled" });
      await port.enable(X);
      assert.ok((await port.inspect(X)).pid);
    });

    test("inspect reads the service's own facts, not those of its endpoints", async () => {
      const source = mac.plist(X);
      await port.start(X);
      const state = await port.inspect(X);
      assert.deepEqual({ ...state, pid: 0 }, {
        label: X, loaded: true, enabled: true, pid: 0, state: "running", program: "/bin/sleep",
        workingDirectory: "/srv/work", lastExit: null, runs: 1, source,
      });
      assert.ok((state.pid ?? 0) > 1);
      await port.restart(X);
      assert.equal((await port.inspect(X)).lastExit, -9);
    });

    test("inspect of a loaded service that does not run", async () => {
      const source = mac.plist(X, { keepAlive: false });
      await port.load(X);
      assert.deepEqual(await port.inspect(X), {
        label: X, loaded: true, enabled: true, pid: null, state: "not running", program: "/bin/sleep",
        workingDirectory: "/srv/work", lastExit: null, runs: 0, source,
      });
    });

    test("inspect of what is not loaded still tells the file and the override", async () => {
      const source = mac.plist(X);
      const unknown = await port.inspect(X);
      assert.deepEqual([unknown.loaded, unknown.enabled, unknown.source], [false, null, source]);
      await port.disable(X);
      assert.equal((await port.inspect(X)).enabled, false);
      mac.script({ old_words: true });
      assert.equal((await port.inspect(X)).enabled, false);
      await port.enable(X, { load: false });
      assert.equal((await port.inspect(X)).enabled, true);
    });

    test("a domain that nobody is logged in to is an error, not an absent service", async () => {
      mac.plist(X);
      mac.script({ absent_domains: ["gui/999"] });
      for (const act of [port.inspect, port.restart, port.stop, port.enable, port.disable]) {
        await assert.rejects(act(`gui/999/${X}`), { code: "failed", exitCode: 112 });
      }
    });

    test("without a login at the screen, as over SSH, one's own services are in the user domain", async () => {
      mac.plist(X);
      const uid = process.getuid?.();
      mac.script({ absent_domains: [OWN] });
      await port.enable(X);
      await port.restart(X);
      const state = await port.inspect(X);
      assert.deepEqual([state.loaded, state.enabled, state.pid !== null], [true, true, true]);
      assert.ok((await port.inspect(`user/${uid}/${X}`)).pid);
      await port.disable(X);
      assert.equal((await port.inspect(X)).enabled, false);
      await port.stop(X);
      assert.equal((await port.inspect(X)).loaded, false);
    });

    test("list tells pids and exits, without the header", async () => {
      mac.plist("dev.example.idle", { keepAlive: false });
      mac.plist("dev.example.kept");
      await port.load("dev.example.idle");
      await port.restart("dev.example.kept");
      await port.restart("dev.example.kept");
      const [idle, kept, ...others] = await port.list("dev.example");
      assert.deepEqual(others, []);
      assert.deepEqual(idle, { label: "dev.example.idle", pid: null, lastExit: 0 });
      assert.deepEqual({ ...kept, pid: 0 }, { label: "dev.example.kept", pid: 0, lastExit: -9 });
      assert.deepEqual(await port.list("Label"), []);
      mac.script({ faults: [{ verb: "list", code: 1, stderr: "no" }] });
      await assert.rejects(port.list(""), { code: "failed", operation: "list", stderr: "no" });
    });
  });
}
