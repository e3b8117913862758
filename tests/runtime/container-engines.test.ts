/** The Docker engines, the null adapter, and which of them a port takes. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  containerRuntime, containerRuntimeSync, createContainerRuntime, formatHealth, nullAdapter, requireHealthy, requireVmIp,
  setProbeSink, settleRuntime, settleRuntimeSync, type ProbeEvent,
} from "../../fleetmod/runtime/container-runtime/src/index.ts";
import { ColimaHost, KINDS, runtimeOf } from "./support/colima.ts";

let host: ColimaHost;
beforeEach(() => {
  host = new ColimaHost();
});
afterEach(() => host.restore());

for (const kind of KINDS) {
  describe(`docker, ${kind}`, () => {
    test("an engine that answers is healthy, and started", async () => {
      host.tool("docker", 'echo "$*" >> "$HOME.log"; echo 27.4.0');
      const port = runtimeOf(kind, { adapter: "docker" });
      assert.equal(await port.isHealthy(), true);
      await port.start();
      assert.deepEqual([await port.vmIp(), await port.uptimeSeconds(), port.sshConfig()], [null, null, null]);
      assert.deepEqual(await port.machines(), []);
    });

    test("an engine that does not answer is not healthy, and not ours to start", async () => {
      host.tool("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1");
      const port = runtimeOf(kind, { adapter: "docker" });
      assert.equal(await port.isHealthy(), false);
      await assert.rejects(port.start(), { code: "not-running", operation: "start", hint: /service manager/ });
    });

    test("a client that never answers is not waited for", async () => {
      host.tool("docker", "/bin/sleep 300 & wait");
      const port = runtimeOf(kind, { adapter: "docker", timeoutMs: 150 });
      assert.equal(await port.isHealthy(), false);
      await assert.rejects(port.start(), { code: "timeout", exitCode: 124 });
    });

    test("a variable bounds each command, read at each call", async () => {
      host.tool("docker", "/bin/sleep 300 & wait");
      const port = runtimeOf(kind, { adapter: "docker" });
      host.set("CONTAINER_RUNTIME_TIMEOUT_MS", "150");
      assert.equal(await port.isHealthy(), false);
      await assert.rejects(port.start(), { code: "timeout", hint: /`docker version .*timeoutMs or CONTAINER_RUNTIME_TIMEOUT_MS/ });
    });

    test("a start by Colima has a bound of its own", async () => {
      host.tool("colima", "/bin/sleep 300 & wait");
      const late = { code: "timeout", hint: /`colima start .*startMs or CONTAINER_RUNTIME_START_MS/ };
      host.set("CONTAINER_RUNTIME_START_MS", "150");
      await assert.rejects(runtimeOf(kind, { adapter: "colima" }).start(), late);
      host.set("CONTAINER_RUNTIME_START_MS", undefined);
      await assert.rejects(runtimeOf(kind, { adapter: "colima", startMs: 150 }).start(), late);
    });

    test("a remote engine is asked at its host", async () => {
      host.tool("docker", '[ "$1 $2" = "--host ssh://ops@10.1.2.3:22" ] && echo 27.4.0');
      host.set("DOCKER_HOST", "ssh://ops@10.1.2.3:22");
      const port = runtimeOf(kind, {});
      assert.equal(await port.isHealthy(), true);
      assert.equal(await port.vmIp(), "10.1.2.3");
      host.set("DOCKER_HOST", "tcp://[fd00::2]:2376");
      assert.equal(await port.vmIp(), "fd00::2");
      host.set("DOCKER_HOST", "tcp://engine.example:2376");
      assert.equal(await port.isHealthy(), false);
      assert.equal(await port.vmIp(), null);
    });

    test("a remote engine without a usable host runs nothing", async () => {
      host.tool("docker", 'touch "$HOME.ran"');
      for (const wrong of ["", "ssh://-oProxyCommand=id", "tcp://", "unix:///x"]) {
        host.set("DOCKER_HOST", wrong);
        const port = runtimeOf(kind, { adapter: "remote" });
        assert.equal(await port.isHealthy(), false);
        await assert.rejects(port.start(), { code: "unsupported", hint: /ssh:/ });
      }
      assert.equal(spawnSync("/bin/ls", [`${join(host.folder, "home")}.ran`]).status === 0, false);
    });
  });
}

describe("the real docker client", () => {
  const client = spawnSync("docker", ["--version"], { encoding: "utf8" });
  const skip = client.status === 0 ? false : "no docker client on PATH";
  const serve = (listen: string | number): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer((request, response) => {
        response.setHeader("Api-Version", "1.45"); // Docker Engine API v1.45, /_ping and /version
        response.setHeader("Content-Type", "application/json");
        response.end(request.url?.endsWith("/version")
          ? JSON.stringify({ Version: "27.4.0", ApiVersion: "1.45", MinAPIVersion: "1.24", Os: "linux", Arch: "arm64" })
          : "OK");
      });
      if (typeof listen === "string") server.listen(listen, () => resolve(server));
      else server.listen(listen, "127.0.0.1", () => resolve(server));
    });

  test("asks an engine behind a socket, as Colima's is", { skip }, async () => {
    const socket = join(host.folder, "engine.sock");
    const profile = { running: true, socket: `unix://${socket}` };
    host.script({ profiles: { default: profile } });
    const port = createContainerRuntime({ adapter: "colima" });
    assert.equal(await port.isHealthy(), false);
    const server = await serve(socket);
    try {
      assert.equal(await port.isHealthy(), true);
    } finally {
      server.close();
    }
  });

  test("asks a remote engine over tcp", { skip }, async () => {
    const server = await serve(0);
    try {
      host.set("DOCKER_HOST", `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
      assert.equal(await createContainerRuntime().isHealthy(), true);
      assert.equal(await createContainerRuntime().vmIp(), "127.0.0.1");
    } finally {
      server.close();
    }
    assert.equal(await createContainerRuntime().isHealthy(), false);
  });
});

describe("the choice of an adapter", () => {
  test("CONTAINER_RUNTIME is read at each call, and goes before DOCKER_HOST", () => {
    host.set("DOCKER_HOST", "ssh://engine.example");
    assert.match(containerRuntime.hint("status"), /^docker --host ssh:/);
    for (const [name, hint] of Object.entries({ colima: /^colima/, docker: /^docker version/, null: /^\(no/ })) {
      host.set("CONTAINER_RUNTIME", name);
      assert.match(containerRuntime.hint("status"), hint);
      assert.match(containerRuntimeSync.hint("status"), hint);
    }
  });

  test("an unknown name is not healthy, and says what there is", async () => {
    host.set("CONTAINER_RUNTIME", "hyperv");
    assert.equal(await containerRuntime.isHealthy(), false);
    await assert.rejects(containerRuntime.start(), { code: "unsupported", adapter: "hyperv", hint: /colima, docker/ });
  });

  test("a test can put its own answers in, and read what was asked", async () => {
    const adapter = nullAdapter({ vmIp: "10.0.0.9" });
    const port = createContainerRuntime({ adapter });
    assert.equal(await port.isHealthy(), false);
    await port.start();
    assert.equal(await port.isHealthy(), true);
    assert.equal(await port.vmIp(), "10.0.0.9");
    assert.deepEqual(adapter.calls, ["isHealthy", "start", "isHealthy", "vmIp"]);
  });
});

describe("events", () => {
  test("each verb and query tells who asked what, how long it took and how it ended", async () => {
    const events: ProbeEvent[] = [];
    const port = createContainerRuntime({
      adapter: "docker", sink: (event) => events.push(event), nodeId: "anvil", timeoutMs: 5000,
    });
    host.tool("docker", "exit 1");
    host.set("OTEL_SERVICE_NAME", "tests");
    await port.isHealthy();
    port.sshConfig();
    await assert.rejects(port.start());
    const all = { name: "fleet.probe", node_id: "anvil", platform: process.platform, endpoint_class: "localhost",
      adapter_type: "docker", "service.name": "tests", port: "container-runtime", target: "" };
    assert.deepEqual(events.map(({ name, attributes: { duration_ms, ...rest } }) => ({ name, ...rest })), [
      { ...all, operation: "isHealthy", outcome: "failed", "error.type": "not-running" },
      { ...all, operation: "sshConfig", outcome: "ok" },
      { ...all, operation: "start", outcome: "failed", "error.type": "not-running" },
    ]);
    for (const event of events) {
      assert.ok(event.attributes.duration_ms >= 0);
      assert.equal(new Date(event.time).toISOString(), event.time);
    }
  });

  test("a sink that throws fails no probe, and a shared one serves every port", async () => {
    const events: ProbeEvent[] = [];
    host.set("NODE_ID", "forge");
    host.set("CONTAINER_RUNTIME", "null");
    setProbeSink((event) => {
      events.push(event);
      throw new Error("disk full");
    });
    try {
      assert.equal(await containerRuntime.vmIp(), null);
      assert.equal(containerRuntimeSync.uptimeSeconds(), null);
    } finally {
      setProbeSink(undefined);
    }
    assert.deepEqual(events.map(({ attributes }) => [attributes.node_id, attributes.operation]), [
      ["forge", "vmIp"], ["forge", "uptimeSeconds"],
    ]);
  });
});

describe("what migrated code asks", () => {
  test("requirements throw where the port only tells", () => {
    requireHealthy(true);
    assert.throws(() => requireHealthy(false), { code: "not-running" });
    assert.match(formatHealth(true), /running/);
    assert.throws(() => formatHealth(false), { code: "not-running" });
    assert.equal(requireVmIp("10.0.0.9"), "10.0.0.9");
    assert.throws(() => requireVmIp(null), { code: "not-running", operation: "vmIp" });
  });

  test("an outcome has a process's shape, and an error only where nothing could be asked", async () => {
    const failed = await settleRuntime(async () => requireHealthy(false));
    assert.deepEqual([failed.ok, failed.exitCode, "error" in failed], [false, 1, false]);
    assert.deepEqual(settleRuntimeSync(() => {}), { ok: true, exitCode: 0, stdout: "", stderr: "" });
    host.set("PATH", join(host.folder, "empty"));
    const missing = await settleRuntime(() => createContainerRuntime({ adapter: "colima" }).start());
    assert.equal(missing.exitCode, 127);
    assert.ok(missing.error);
  });
});
