/** What a probe answers, and the events that it and the verbs leave. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  jsonLines, nullAdapter, setProbeSink, type Adapter, type ProbeEvent, type ProbeSink,
} from "../../fleetmod/runtime/process-manager/src/index.ts";
import { Environment } from "./support/environment.ts";
import { KINDS, portWith, verbs } from "./support/ports.ts";

const STATE = {
  label: "dev.example.x", loaded: true, enabled: true, pid: 7, state: "running", program: null,
  workingDirectory: null, lastExit: null, runs: 1, source: null,
};

for (const kind of KINDS) {
  describe(`probe, ${kind}`, () => {
    let host: Environment;
    let events: ProbeEvent[];
    const sink: ProbeSink = (event) => events.push(event);
    beforeEach(() => {
      host = new Environment();
      events = [];
    });
    afterEach(() => host.restore());

    test("leaves one event with where, what, how long and how it went", async () => {
      host.set("NODE_ID", " anvil ");
      host.set("OTEL_SERVICE_NAME", " tests ");
      await portWith(kind, { adapter: nullAdapter([STATE]), sink }).probe("dev.example.x");
      assert.equal(events.length, 1);
      const { name, time, attributes } = events[0] as ProbeEvent;
      assert.equal(name, "fleet.probe");
      assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
      assert.ok(Number.isInteger(attributes.duration_ms) && attributes.duration_ms >= 0);
      assert.deepEqual({ ...attributes, duration_ms: 0 }, {
        node_id: "anvil", platform: process.platform, endpoint_class: "localhost", adapter_type: "null",
        "service.name": "tests", port: "process-manager", operation: "probe", target: "dev.example.x", duration_ms: 0,
        outcome: "ok",
        "service.loaded": true, "service.state": "running", "process.pid": 7,
      });
    });

    test("setProbeSink serves the ports that have no sink of their own", async () => {
      const own: ProbeEvent[] = [];
      setProbeSink(sink);
      try {
        await portWith(kind, { adapter: "null" }).probe("shared");
        await portWith(kind, { adapter: "null", sink: (event) => own.push(event) }).probe("own");
      } finally {
        setProbeSink(undefined);
      }
      await portWith(kind, { adapter: "null" }).probe("nobody");
      assert.deepEqual([events, own].map((all) => all.map(({ attributes }) => attributes.target)), [["shared"], ["own"]]);
    });

    test("each verb leaves one event, a hint none", async () => {
      const port = portWith(kind, { adapter: nullAdapter(), sink });
      port.hint("stop", "x");
      await port.list("x");
      const calls = verbs(port);
      for (const call of Object.values(calls)) await call("x");
      assert.deepEqual(events.map(({ attributes: a }) => [a.operation, a.target, a.outcome]),
        ["list", ...Object.keys(calls)].map((name) => [name, "x", "ok"]));
      assert.equal(events.find(({ attributes }) => attributes.operation === "inspect")?.attributes["service.loaded"], false);
      await assert.rejects(calls["start"]?.("../x") as Promise<unknown>);
      assert.deepEqual([events.at(-1)?.attributes.outcome, events.at(-1)?.attributes["error.type"]], ["failed", "invalid-label"]);
    });

    test("the node is the one given, else NODE_ID, else the host", async () => {
      const ask = async (nodeId?: string | (() => string)): Promise<string | undefined> => {
        await portWith(kind, { adapter: "null", sink, ...(nodeId === undefined ? {} : { nodeId }) }).probe("x");
        return events.at(-1)?.attributes.node_id;
      };
      host.set("NODE_ID", undefined);
      assert.equal(await ask(), hostname());
      host.set("NODE_ID", "anvil");
      assert.equal(await ask(), "anvil");
      assert.equal(await ask("given"), "given");
      assert.equal(await ask(() => "asked"), "asked");
    });

    test("an error is a result, and its code the event's error.type", async () => {
      host.set("PATH", join(host.folder, "empty"));
      const probed = await portWith(kind, { adapter: "systemctl", sink }).probe("dev.example.x");
      assert.equal(probed.outcome === "failed" && probed.error.code, "tool-missing");
      assert.equal(events[0]?.attributes.outcome, "failed");
      assert.equal(events[0]?.attributes["error.type"], "tool-missing");
      assert.equal(events[0]?.attributes.adapter_type, "systemctl");
    });

    test("an adapter that nobody has, or that is broken, is an error like another", async () => {
      host.set("PROCESS_MANAGER", "upstart");
      const unknown = await portWith(kind, { sink }).probe("x");
      assert.equal(unknown.outcome === "failed" && unknown.error.code, "unsupported");
      const broken: Adapter = { ...nullAdapter(), name: "own", inspect: () => { throw new TypeError("oops"); } };
      const probed = await portWith(kind, { adapter: broken, sink }).probe("x");
      assert.equal(probed.outcome === "failed" && probed.error.message, "probe x by own: oops (see the service manager's own message)");
      assert.deepEqual(events.map(({ attributes }) => attributes["error.type"]), ["unsupported", "TypeError"]);
    });

    const FAILING: Record<string, ProbeSink> = {
      throws: () => { throw new Error("disk full"); },
      rejects: async () => { throw new Error("no network"); },
      "never answers": () => new Promise(() => {}),
      "has no folder": jsonLines("/nonexistent/probes.jsonl"),
    };
    for (const [what, failing] of Object.entries(FAILING)) {
      test(`a sink that ${what} changes no result`, async () => {
        const probed = await portWith(kind, { adapter: nullAdapter([STATE]), sink: failing }).probe("dev.example.x");
        assert.deepEqual(probed, { outcome: "ok", state: STATE });
      });
    }

    test("a nodeId that fails changes no result", async () => {
      const nodeId = (): string => { throw new Error("nobody"); };
      const probed = await portWith(kind, { adapter: "null", sink, nodeId }).probe("dev.example.x");
      assert.equal(probed.outcome, "ok");
    });

    test("JSON lines are appended to a file", async () => {
      const file = host.write("probes.jsonl", '{"earlier":1}\n');
      const port = portWith(kind, { adapter: "null", sink: jsonLines(file) });
      await port.probe("a");
      await port.probe("b\nc");
      const lines = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
      assert.equal(lines.length, 3);
      assert.deepEqual(lines.slice(1).map(({ attributes }) => attributes.target), ["a", "b\nc"]);
    });

    test("JSON lines are written to a stream, one that has ended too", async () => {
      const file = join(host.folder, "streamed.jsonl");
      const stream = createWriteStream(file);
      const port = portWith(kind, { adapter: "null", sink: jsonLines(stream) });
      await port.probe("a");
      await new Promise((done) => stream.end(() => done(undefined)));
      assert.equal((await port.probe("b")).outcome, "ok");
      await new Promise((done) => setTimeout(done, 20)); // the stream's error comes later
      assert.equal((JSON.parse(readFileSync(file, "utf8")) as ProbeEvent).attributes.target, "a");
    });

    test("a pipe that nobody reads does not hold a probe up", { skip: process.platform === "win32" }, async () => {
      const pipe = join(host.folder, "pipe");
      execFileSync("mkfifo", [pipe]);
      const probed = await portWith(kind, { adapter: "null", sink: jsonLines(pipe) }).probe("x");
      assert.equal(probed.outcome, "ok");
    });
  });
}
