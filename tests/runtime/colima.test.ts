/** Colima as the fake one answers, under both ports. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { formatMachines } from "../../fleetmod/runtime/container-runtime/src/index.ts";
import { ColimaHost, KINDS, runtimeOf, type Profile } from "./support/colima.ts";

for (const kind of KINDS) {
  describe(`colima, ${kind}`, () => {
    let host: ColimaHost;
    beforeEach(() => {
      host = new ColimaHost();
      host.isolate();
    });
    afterEach(() => host.restore());
    const runtime = (timeoutMs = 10_000, profile?: string) =>
      runtimeOf(kind, { adapter: "colima", timeoutMs, ...(profile === undefined ? {} : { profile }) });

    test("what is stopped, or was never made, is not healthy and has no address", async () => {
      const none: Record<string, Profile> = {};
      for (const profiles of [{ default: { running: false } }, none]) {
        host.script({ profiles });
        assert.equal(await runtime().isHealthy(), false);
        assert.equal(await runtime().vmIp(), null);
        assert.equal(await runtime().uptimeSeconds(), null);
      }
    });

    test("start starts, and again is content", async () => {
      for (let time = 0; time < 2; time++) {
        await runtime().start();
        assert.equal(await runtime().isHealthy(), true);
      }
    });

    test("tells the address and the uptime of the machine", async () => {
      host.script({ profiles: { default: { running: true, address: "192.168.64.7", uptime: 99 } } });
      assert.equal(await runtime().vmIp(), "192.168.64.7");
      assert.equal(await runtime().uptimeSeconds(), 99);
      assert.deepEqual(host.calls(), ["status --profile default --json", "ssh --profile default -- cat /proc/uptime"]);
    });

    test("a machine without a reachable address has none", async () => {
      host.script({ profiles: { default: { running: true } } });
      assert.equal(await runtime().vmIp(), null);
      host.script({ profiles: { default: { running: true, address: "127.0.0.1" } } });
      assert.equal(await runtime().vmIp(), null);
    });

    test("the list tells the address where the status fails", async () => {
      const profiles = {
        default: { running: true, address: "192.168.64.2" }, big: { running: true, address: "192.168.64.3" },
      };
      for (const broken of [{ code: 1, stderr: "empty value" }, { stdout: "no json\n" }]) {
        host.script({ profiles, faults: [{ verb: "status", ...broken }] });
        assert.equal(await runtime().vmIp(), "192.168.64.2");
        assert.equal(await runtime(10_000, "big").vmIp(), "192.168.64.3");
        assert.equal(await runtime().isHealthy(), false);
      }
    });

    test("the machines are those that the list tells, or of one profile", async () => {
      const profiles = { default: { running: true, address: "192.168.64.2" }, work: { running: false } };
      host.script({ profiles });
      const size = { arch: "aarch64", cpus: 2, memory: 2147483648, disk: 107374182400 };
      const work = { name: "work", status: "Stopped", ...size, runtime: "docker" };
      const all = await runtime().machines();
      assert.deepEqual(all, [
        { name: "default", status: "Running", ...size, address: "192.168.64.2", runtime: "docker" }, work,
      ]);
      assert.deepEqual(await runtime(10_000, "work").machines(), [work]);
      assert.deepEqual(JSON.parse(formatMachines(all).split("\n")[1] ?? ""), work);
      host.script({ profiles: {} });
      assert.deepEqual(await runtime().machines(), []);
      host.script({ faults: [{ verb: "list", code: 1 }] });
      assert.equal(await runtime().machines(), null);
      assert.throws(() => formatMachines(null), { code: "failed" });
    });

    test("the profile is the option's, then COLIMA_PROFILE's", async () => {
      host.script({ profiles: { work: { running: true } } });
      assert.equal(await runtime(10_000, "work").isHealthy(), true);
      assert.equal(await runtime().isHealthy(), false);
      host.set("COLIMA_PROFILE", "work");
      assert.equal(await runtime().isHealthy(), true);
      assert.equal(runtime().hint("start"), "colima start --profile work");
      assert.equal(runtime(10_000, "default").hint("status"), "colima status");
    });

    test("no profile can be a flag or a command", async () => {
      for (const profile of ["--help", "a b", "$(id)", "../x", "a\n"]) {
        await assert.rejects(runtime(10_000, profile).start(), { code: "unsupported" });
        assert.equal(await runtime(10_000, profile).isHealthy(), false);
        assert.equal(runtime(10_000, profile).sshConfig(), null);
      }
      assert.deepEqual(host.calls(), []);
    });

    test("the ssh configuration is Lima's file, where there is one", async () => {
      assert.equal(runtime().sshConfig(), null);
      const usual = host.write("home/.colima/_lima/colima/ssh.config", "Host lima-colima\n");
      assert.equal(runtime().sshConfig(), usual);
      assert.equal(runtime(10_000, "work").sshConfig(), null);
      const work = host.write("home/.colima/_lima/colima-work/ssh.config", "");
      assert.equal(runtime(10_000, "work").sshConfig(), work);
      const moved = host.write("machines/colima/ssh.config", "");
      host.set("LIMA_HOME", `${host.folder}/machines`);
      assert.equal(runtime().sshConfig(), moved);
    });

    test("a machine whose engine does not answer is not healthy", async () => {
      host.script({ profiles: { default: { running: true, socket: "unix:///run/colima.sock" } } });
      assert.equal(await runtime().isHealthy(), true, "without a docker client the status decides");
      host.tool("docker", '[ "$2" = unix:///run/colima.sock ] && echo 27.4.0');
      assert.equal(await runtime().isHealthy(), true);
      host.tool("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1");
      assert.equal(await runtime().isHealthy(), false);
    });

    test("an older Colima tells by its exit code alone", async () => {
      const address = "192.168.64.2";
      host.script({ old: true, profiles: { default: { running: true, address } } });
      assert.equal(await runtime().isHealthy(), true);
      assert.equal(await runtime().vmIp(), address);
      host.script({ old: true, profiles: { default: { running: false } } });
      assert.equal(await runtime().isHealthy(), false);
    });

    test("a start that fails tells what Colima said", async () => {
      host.script({ faults: [{ verb: "start", code: 1, stderr: "error starting vm: no disk" }] });
      await assert.rejects(runtime().start(), {
        name: "ContainerRuntimeError", code: "failed", operation: "start", adapter: "colima", exitCode: 1,
        stderr: "error starting vm: no disk",
      });
    });

    test("a missing tool is told at once", async () => {
      host.set("PATH", `${host.folder}/empty`);
      await assert.rejects(runtime().start(), { code: "tool-missing", exitCode: 127 });
      assert.equal(await runtime().isHealthy(), false);
      assert.equal(await runtime().vmIp(), null);
      assert.equal(await runtime().uptimeSeconds(), null);
    });

    test("a tool that never answers is not waited for", async () => {
      host.tool("colima", "/bin/sleep 300 & wait");
      assert.equal(await runtime(150).isHealthy(), false);
      assert.equal(await runtime(150).vmIp(), null);
      assert.equal(await runtime(150).uptimeSeconds(), null);
    });
  });
}
