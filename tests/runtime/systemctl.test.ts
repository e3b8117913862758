import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { contract } from "./support/contract.ts";
import { KINDS, portOf, portWith } from "./support/ports.ts";
import { SystemdHost, unavailable } from "./support/systemd.ts";

const skip = unavailable();

describe("a real user manager", { skip: skip || false }, () => {
  const host = new SystemdHost();
  before(() => host.start());
  after(() => host.stop());

  contract({
    adapter: "systemctl",
    knowsFiles: true,
    install: (label) => void host.unit(label.replaceAll(" ", "\\x20")), // systemd-escape(1)
    runs: () => null,
  });

  const port = portOf("promises", "systemctl");

  test("inspect tells program, folder, file and runs", async () => {
    const source = host.unit("dev.example.facts");
    const idle = await port.inspect("dev.example.facts");
    assert.deepEqual({ ...idle, state: "", enabled: null }, {
      label: "dev.example.facts", loaded: true, enabled: null, pid: null, state: "", program: "/bin/sleep",
      workingDirectory: "/tmp", lastExit: null, runs: 0, source,
    });
    await port.start("dev.example.facts");
    const { state, runs, lastExit } = await port.inspect("dev.example.facts");
    assert.deepEqual({ state, runs, lastExit }, { state: "running", runs: 1, lastExit: null });
    await port.stop("dev.example.facts");
  });

  test("the last exit is a code, or a signal as a negative number", async () => {
    host.unit("dev.example.code", "Type=oneshot\nExecStart=/bin/sh -c 'exit 7'");
    await assert.rejects(port.start("dev.example.code"), { code: "failed", operation: "start" });
    assert.equal((await port.inspect("dev.example.code")).lastExit, 7);
    host.unit("dev.example.signal");
    await port.start("dev.example.signal");
    await port.stop("dev.example.signal");
    host.unit("dev.example.killed", "Type=oneshot\nExecStart=/bin/sh -c 'kill -9 $$$$'");
    await assert.rejects(port.start("dev.example.killed"), { code: "failed" });
    assert.equal((await port.inspect("dev.example.killed")).lastExit, -9);
  });

  for (const kind of KINDS) {
    test(`a restart is not refused for being asked often, ${kind}`, async () => {
      host.unit(`dev.example.often-${kind}`);
      const often = portOf(kind, "systemctl");
      for (let time = 0; time < 9; time++) await often.restart(`dev.example.often-${kind}`);
      assert.ok((await often.inspect(`dev.example.often-${kind}`)).pid);
      await often.stop(`dev.example.often-${kind}`);
    });
  }

  for (const kind of KINDS) {
    test(`a slow stop is waited for as long as systemd gives it, ${kind}`, async () => {
      const label = `dev.example.slow-${kind}`;
      host.unit(label, "ExecStart=/bin/bash -c 'trap \"sleep 4; exit 0\" TERM; touch %h/trapped; while :; do sleep 0.1; done'\nKillMode=mixed");
      await port.start(label);
      const trapped = join(host.folder, "home/trapped");
      while (!existsSync(trapped)) await sleep(50);
      rmSync(trapped);
      await assert.rejects(portWith(kind, { adapter: "systemctl", waitMs: 1500 }).stop(label), {
        code: "timeout", stderr: `${label}.service is still being stopped`, hint: /TimeoutStopSec.*PROCESS_MANAGER_WAIT_MS/,
      });
      host.set("PROCESS_MANAGER_TIMEOUT_MS", "2500");
      await portWith(kind, { adapter: "systemctl" }).stop(label);
      host.set("PROCESS_MANAGER_TIMEOUT_MS", undefined);
      assert.equal((await port.inspect(label)).state, "inactive");
    });

    test(`a oneshot unit is started, and its work goes on, ${kind}`, async () => {
      const label = `dev.example.work-${kind}`;
      host.unit(label, "Type=oneshot\nExecStart=/bin/sleep 100");
      const quick = portOf(kind, "systemctl");
      for (const act of [quick.start, quick.restart, quick.enable]) {
        await act(label);
        assert.equal((await port.inspect(label)).state, "activating");
      }
      await quick.stop(label);
      await quick.disable(label);
      host.unit(`${label}-done`, "Type=oneshot\nExecStart=/bin/true");
      for (let time = 0; time < 9; time++) await quick.start(`${label}-done`);
      assert.equal((await port.inspect(`${label}-done`)).state, "inactive");
    });

    test(`a service that is slow to start is waited for, ${kind}`, async () => {
      const label = `dev.example.late-${kind}`;
      host.unit(label, "ExecStartPre=/bin/sleep 4\nExecStart=/bin/sleep 1000");
      await portOf(kind, "systemctl", 3000).restart(label);
      assert.equal((await port.inspect(label)).state, "running");
      await port.stop(label);
    });
  }

  test("list shows what is loaded and does not run", async () => {
    host.unit("dev.example.idle");
    await port.enable("dev.example.idle", { load: false });
    assert.deepEqual(await port.list("dev.example.idle"), [{ label: "dev.example.idle", pid: null, lastExit: null }]);
  });

  test("a relative source is relative to the working directory", async () => {
    const source = host.unit("dev.example.relative", undefined, "units");
    const before = process.cwd();
    process.chdir(dirname(source));
    try {
      await port.load("dev.example.relative", { source: basename(source) });
    } finally {
      process.chdir(before);
    }
    assert.equal((await port.inspect("dev.example.relative")).loaded, true);
  });

  test("a unit from another folder is linked in, twice, and can be disabled twice", async () => {
    const source = host.unit("dev.example.linked", undefined, "units");
    await assert.rejects(port.enable("dev.example.linked"), { code: "not-found" });
    for (let time = 0; time < 2; time++) await port.enable("dev.example.linked", { source });
    const { loaded, enabled, pid } = await port.inspect("dev.example.linked");
    assert.deepEqual([loaded, enabled, pid !== null], [true, true, true]);
    for (let time = 0; time < 2; time++) await port.disable("dev.example.linked");
    assert.equal((await port.inspect("dev.example.linked")).pid, pid);
    assert.equal((await port.list("dev.example.linked"))[0]?.pid, pid);
    await port.stop("dev.example.linked");
    await port.enable("dev.example.linked", { source, load: false });
    assert.equal((await port.inspect("dev.example.linked")).pid, null);
    await port.disable("dev.example.linked");
  });

  test("a plist as the source is the other platform's affair", async () => {
    host.unit("dev.example.plist");
    await port.load("dev.example.plist", { source: "/nowhere/dev.example.plist" });
    await port.load("dev.example.plist", { source: "relative.plist" });
  });

  test("a source that is not there is said to be missing", async () => {
    await assert.rejects(port.load("dev.example.gone", { source: "/nowhere/dev.example.gone.service" }), {
      name: "ProcessManagerError", operation: "load", label: "dev.example.gone",
    });
  });

  test("a masked unit is disabled, a broken one failed", async () => {
    host.write("home/.config/systemd/user/dev.example.broken.service", "[Service]\n");
    await assert.rejects(port.load("dev.example.broken"), { code: "failed" });
    host.write("home/.config/systemd/user/dev.example.masked.service", "");
    await assert.rejects(port.load("dev.example.masked"), { code: "disabled" });
    await assert.rejects(port.restart("dev.example.masked"), { code: "disabled" });
    assert.equal((await port.inspect("dev.example.masked")).enabled, false);
  });

  test("targets of macOS name the caller's own units, and a suffix is not doubled", async () => {
    const path = host.unit("dev.example.target");
    for (const label of ["gui/501/dev.example.target", "user/501/dev.example.target", "dev.example.target.service"]) {
      await port.restart(label);
      const state = await port.inspect(label);
      assert.ok(state.pid);
      assert.equal(state.source, path);
    }
    await port.stop("gui/501/dev.example.target");
  });

  test("a changed unit file is seen by load", async () => {
    const path = host.unit("dev.example.changed");
    await port.start("dev.example.changed");
    writeFileSync(path, "[Service]\nExecStart=/bin/sleep 1000\nWorkingDirectory=/\n");
    await port.load("dev.example.changed");
    assert.equal((await port.inspect("dev.example.changed")).workingDirectory, "/");
    await port.stop("dev.example.changed");
  });

  test("a manager that cannot be reached is an error of every verb, not an absent service", async () => {
    const runtime = process.env["XDG_RUNTIME_DIR"];
    process.env["XDG_RUNTIME_DIR"] = "/nonexistent";
    try {
      for (const act of [port.restart, port.stop, port.inspect, port.disable, port.enable, port.list]) {
        await assert.rejects(act("dev.example.any"), { code: "no-manager", hint: /PROCESS_MANAGER=null/ });
      }
    } finally {
      process.env["XDG_RUNTIME_DIR"] = runtime;
    }
  });
});
