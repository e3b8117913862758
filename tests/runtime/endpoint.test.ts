/** How an endpoint is found, whatever fails on the way. */
import assert from "node:assert/strict";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { after, before, describe, test } from "node:test";
import {
  resolveEndpoint, watchEndpoint, type Probe, type ProbeEvent, type WatchedOptions,
} from "../../fleetmod/runtime/container-runtime/src/index.ts";

const runtime = { vmIp: async () => "192.168.64.2" };
const localhost = "http://localhost:8288/health";
const serviceDns = "queue.prod.svc.cluster.local";

/** A probe that succeeds for these hosts, and the hosts that it was asked for. */
function answering(...hosts: string[]): { probe: Probe; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    probe: async (url) => {
      asked.push(url.hostname);
      if (!hosts.includes(url.hostname)) throw new Error("refused");
    },
  };
}

describe("the classes", () => {
  test("localhost is enough where it answers", async () => {
    const { probe, asked } = answering("localhost");
    const found = await resolveEndpoint({ localhost, serviceDns, runtime, probe });
    assert.deepEqual(found, { ok: true, endpointClass: "localhost", url: localhost, failed: [] });
    assert.deepEqual(asked, ["localhost"]);
  });

  test("each class is asked twice before the next one has its turn", async () => {
    const { probe, asked } = answering(serviceDns);
    const found = await resolveEndpoint({ localhost, serviceDns, runtime, probe });
    assert.deepEqual(asked, ["localhost", "localhost", "192.168.64.2", "192.168.64.2", serviceDns]);
    assert.deepEqual(found, {
      ok: true, endpointClass: "svc_dns", url: `http://${serviceDns}:8288/health`,
      failed: [
        { endpointClass: "localhost", url: localhost, reasons: ["refused", "refused"] },
        { endpointClass: "vm", url: "http://192.168.64.2:8288/health", reasons: ["refused", "refused"] },
      ],
    });
  });

  test("one failed probe does not decide", async () => {
    let times = 0;
    const flaky: Probe = async () => {
      if (++times === 1) throw new Error("reset");
    };
    const found = await resolveEndpoint({ localhost, runtime, probe: flaky });
    assert.equal(found.endpointClass, "localhost");
  });

  test("a class that does not apply is left out", async () => {
    const { probe, asked } = answering();
    const found = await resolveEndpoint({ localhost, runtime: { vmIp: async () => null }, probe, attempts: 1 });
    assert.deepEqual(asked, ["localhost"]);
    assert.equal(found.ok, false);
  });

  test("a runtime that fails, or never answers, is one failure among others", async () => {
    const { probe } = answering(serviceDns);
    const vmIps = [
      () => Promise.reject(new Error("no runtime")), () => new Promise<string>(() => {}),
      () => { throw new Error("broken"); },
    ];
    for (const vmIp of vmIps) {
      const found = await resolveEndpoint({ localhost, serviceDns, runtime: { vmIp }, probe, timeoutMs: 50 });
      assert.equal(found.endpointClass, "svc_dns");
      assert.match(String(found.failed[1]?.reasons), /no runtime|no answer within 50 ms|broken/);
    }
  });

  test("a variable bounds each probe", async () => {
    process.env["CONTAINER_RUNTIME_PROBE_MS"] = "30";
    try {
      const found = await resolveEndpoint({ localhost, vmHost: null, probe: () => new Promise(() => {}) });
      assert.deepEqual(found.failed[0]?.reasons, ["no answer within 30 ms", "no answer within 30 ms"]);
    } finally {
      delete process.env["CONTAINER_RUNTIME_PROBE_MS"];
    }
  });

  test("a probe that never answers is not waited for", async () => {
    const found = await resolveEndpoint({ localhost, runtime, probe: () => new Promise(() => {}), timeoutMs: 30 });
    assert.equal(found.ok, false);
    assert.deepEqual(found.failed[0]?.reasons, ["no answer within 30 ms", "no answer within 30 ms"]);
  });

  test("an address of IPv6 is bracketed, and a DNS name may bring its own port", async () => {
    const seen: string[] = [];
    const probe: Probe = async (url) => {
      seen.push(url.host);
      throw new Error("refused");
    };
    await resolveEndpoint({ localhost, serviceDns: "queue:80", vmHost: "fd00::2", probe, attempts: 1 });
    assert.deepEqual(seen, ["localhost:8288", "[fd00::2]:8288", "queue"]);
  });

  test("each probe emits an event with its class", async () => {
    const events: ProbeEvent[] = [];
    const { probe } = answering("192.168.64.2");
    await resolveEndpoint({ localhost, runtime, probe, nodeId: "anvil", sink: (event) => events.push(event) });
    assert.deepEqual(
      events.map(({ attributes: a }) => [a.node_id, a.endpoint_class, a.adapter_type, a.outcome, a.target]), [
        ["anvil", "localhost", "probe", "failed", localhost], ["anvil", "localhost", "probe", "failed", localhost],
        ["anvil", "vm", "probe", "ok", "http://192.168.64.2:8288/health"],
      ]);
  });
});

describe("an endpoint that is asked again and again", () => {
  /** An endpoint whose hosts are up or down, and the hosts that were asked since the last question. */
  function watched(options: Partial<WatchedOptions> = {}) {
    const up = new Set(["localhost"]);
    let asked: string[] = [];
    const probe: Probe = async (url) => {
      asked.push(url.hostname);
      if (!up.has(url.hostname)) throw new Error("refused");
    };
    const endpoint = watchEndpoint({ localhost, serviceDns, vmHost: null, probe, ...options });
    const resolve = async (): Promise<[string, string | null, string[]]> => {
      asked = [];
      const { state, endpointClass } = await endpoint.resolve();
      return [state, endpointClass, asked];
    };
    return { up, endpoint, resolve };
  }
  const DNS = serviceDns;

  test("it is degraded where a later class answers, and down where none does", async () => {
    const { up, resolve } = watched();
    assert.deepEqual(await resolve(), ["ok", "localhost", ["localhost"]]);
    up.clear();
    up.add(DNS);
    assert.deepEqual(await resolve(), ["degraded", "svc_dns", ["localhost", "localhost", DNS]]);
    up.clear();
    assert.deepEqual(await resolve(), ["down", null, ["localhost", "localhost", DNS, DNS]]);
  });

  test("a class that keeps failing is passed over, and nothing is asked once all are", async () => {
    const { up, endpoint, resolve } = watched({ failures: 2, attempts: 1, restMs: 60_000 });
    up.clear();
    up.add(DNS);
    await resolve();
    await resolve();
    assert.deepEqual(await resolve(), ["degraded", "svc_dns", [DNS]]);
    up.clear();
    await resolve();
    await resolve();
    assert.deepEqual(await resolve(), ["down", null, []]);
    const { failed } = await endpoint.resolve();
    assert.match(String(failed[0]?.reasons), /^passed over after 2 failures, asked again in \d+ ms$/);
  });

  test("after a rest one probe decides, of one caller alone", async () => {
    const { up, endpoint, resolve } = watched({ failures: 1, attempts: 3, restMs: 40 });
    up.clear();
    up.add(DNS);
    assert.deepEqual((await resolve())[2], ["localhost", "localhost", "localhost", DNS]);
    await new Promise((done) => setTimeout(done, 60));
    assert.deepEqual((await resolve())[2], ["localhost", DNS]); // half open: one, and it failed
    assert.deepEqual((await resolve())[2], [DNS]);
    await new Promise((done) => setTimeout(done, 60));
    up.add("localhost");
    const [first, second] = await Promise.all([endpoint.resolve(), endpoint.resolve()]);
    assert.deepEqual([first.state, second.state], ["ok", "degraded"]);
    assert.match(String(second.failed[0]?.reasons), /being asked again/);
    assert.deepEqual(await resolve(), ["ok", "localhost", ["localhost"]]);
  });

  test("an answer between two failures begins the count anew", async () => {
    const { up, resolve } = watched({ failures: 2, attempts: 1, restMs: 60_000 });
    up.add(DNS);
    for (const isUp of [false, true, false]) {
      if (isUp) up.add("localhost");
      else up.delete("localhost");
      await resolve();
    }
    assert.deepEqual((await resolve())[2], ["localhost", DNS]);
  });

  test("the tier says how often is asked and when is enough, and the events tell it", async () => {
    const expected = { "infra-critical": [3, 2], "service-critical": [2, 3], "app-level": [1, 3] } as const;
    for (const [tier, [attempts, failures]] of Object.entries(expected)) {
      const events: ProbeEvent[] = [];
      const options = { serviceDns: "", sink: (event: ProbeEvent) => events.push(event) };
      const { up, endpoint } = watched({ tier: tier as keyof typeof expected, ...options });
      up.clear();
      for (let turn = 0; turn < failures + 2; turn++) assert.equal((await endpoint.resolve()).tier, tier);
      const local = events.filter(({ attributes }) => attributes.endpoint_class === "localhost");
      assert.equal(local.length, attempts * failures);
      assert.ok(local.every(({ attributes }) => attributes.tier === tier));
    }
  });
});

describe("the probes that are there", () => {
  let http: HttpServer;
  let tcp: Server;
  const port = (server: Server | HttpServer): number => (server.address() as AddressInfo).port;
  before(async () => {
    http = createHttpServer((request, response) => {
      response.statusCode = request.url === "/health" ? 200 : 503;
      response.end();
    });
    tcp = createServer((socket) => socket.destroy());
    await Promise.all([http, tcp].map((server) =>
      new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))));
  });
  after(() => {
    http.close();
    tcp.close();
  });

  test("http takes a status of success alone", async () => {
    const vmHost = null;
    const good = await resolveEndpoint({ localhost: `http://127.0.0.1:${port(http)}/health`, vmHost });
    assert.equal(good.endpointClass, "localhost");
    const bad = await resolveEndpoint({ localhost: `http://127.0.0.1:${port(http)}/x`, vmHost });
    assert.deepEqual(bad.failed[0]?.reasons, ["HTTP 503", "HTTP 503"]);
  });

  test("other schemes take a port that accepts a connection", async () => {
    const vmHost = null;
    const open = await resolveEndpoint({ localhost: `redis://127.0.0.1:${port(tcp)}`, vmHost });
    assert.equal(open.endpointClass, "localhost");
    const shut = await resolveEndpoint({ localhost: "redis://127.0.0.1:1", vmHost });
    assert.equal(shut.ok, false);
    assert.match(String(shut.failed[0]?.reasons), /ECONNREFUSED/);
  });
});
