/** How an endpoint is found, whatever fails on the way. */
import assert from "node:assert/strict";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { after, before, describe, test } from "node:test";
import {
  resolveEndpoint, type Probe, type ProbeEvent,
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
