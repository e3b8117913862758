/** Where FLEET_EVENTS has the events go, on a bad day too. The collector is in tests/test_events.py. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, openSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, test } from "node:test";
import { createContainerRuntime, nullAdapter as nullRuntime } from "../../fleetmod/runtime/container-runtime/src/index.ts";
import { createNodeIdentity, nodeIdentity } from "../../fleetmod/runtime/node-identity/src/index.ts";
import {
  createProcessManager, createProcessManagerSync, jsonLines, setProbeSink, type ProbeEvent,
} from "../../fleetmod/runtime/process-manager/src/index.ts";
import { Environment } from "./support/environment.ts";

const INDEX = fileURLToPath(new URL("../../fleetmod/runtime/process-manager/src/index.ts", import.meta.url));
const MANY = 300;
const PROGRAM = `
const { createProcessManagerSync } = await import(${JSON.stringify(INDEX)});
const port = createProcessManagerSync({ adapter: "null" });
const began = performance.now();
for (let time = 0; time < ${MANY}; time++) port.stop("x".repeat(300) + time);
console.log(Math.round(performance.now() - began));
`;
const FULL = 10 * 1024 * 1024;

let host: Environment;
let file: string;
beforeEach(() => {
  host = new Environment();
  file = join(host.folder, "events.jsonl");
  host.set("FLEET_EVENTS", undefined);
  host.set("NODE_ID", "anvil");
  setProbeSink(undefined);
});
afterEach(() => host.restore());

const port = createProcessManager({ adapter: "null" });
const lines = (path = file): ProbeEvent[] =>
  readFileSync(path, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
const asked = (): string[] => lines().map(({ attributes }) => `${attributes.port} ${attributes.operation}`);
/** The files that were put aside. */
const older = (): string[] => readdirSync(host.folder).filter((name) => name.startsWith("events.jsonl.")).sort();

describe("one variable", () => {
  test("turns the events of all three ports on, at the next call, and off", async () => {
    const identity = createNodeIdentity();
    await port.start("before");
    host.set("FLEET_EVENTS", ` ${file} `);
    await port.start("x");
    createProcessManagerSync({ adapter: "null" }).stop("x");
    await createContainerRuntime({ adapter: nullRuntime() }).vmIp();
    void identity.nodeId;
    host.set("FLEET_EVENTS", "off");
    await port.start("after");
    assert.deepEqual(asked().filter((each) => each !== "node-identity nodeId"),
      ["process-manager start", "process-manager stop", "container-runtime vmIp"]);
    assert.ok(asked().includes("node-identity nodeId"));
    assert.ok(lines().every(({ attributes }) => attributes.node_id === "anvil"));
  });

  test("a member of the identity is told once, and again when its answer is another", () => {
    host.set("FLEET_EVENTS", file);
    const identity = createNodeIdentity({ data: {}, from: "/" });
    host.set("VAULT_PATH", "/srv/a");
    for (let time = 0; time < 3; time++) void identity.vaultPath;
    host.set("VAULT_PATH", "/srv/b");
    void identity.vaultPath;
    host.set("VAULT_PATH", undefined);
    assert.throws(() => identity.vaultPath);
    const told = lines().filter(({ attributes }) => attributes.operation === "vaultPath");
    assert.deepEqual(told.map(({ attributes: a }) => [a.adapter_type, a.outcome]),
      [["env", "ok"], ["env", "ok"], ["none", "failed"]]);
  });

  test("a sink in code goes before it", async () => {
    host.set("FLEET_EVENTS", file);
    const given: ProbeEvent[] = [];
    setProbeSink((event) => given.push(event));
    await port.start("x");
    setProbeSink(undefined);
    assert.deepEqual([given.length, existsSync(file)], [1, false]);
  });

  test("the node is the one that the identity knows", async () => {
    host.set("FLEET_EVENTS", file);
    host.set("NODE_ID", "forge");
    assert.equal(nodeIdentity.nodeId, "forge");
    await port.start("x");
    assert.equal(lines().at(-1)?.attributes.node_id, "forge");
  });

  test("the program is OTEL_SERVICE_NAME, else the package whose script runs, else the file", async () => {
    host.set("FLEET_EVENTS", file);
    for (const [named, script] of [["api", "pack"], ["", "pack"], [undefined, undefined]]) {
      host.set("OTEL_SERVICE_NAME", named);
      host.set("npm_package_name", script);
      await port.start("x");
    }
    const names = lines().filter(({ attributes }) => attributes.operation === "start").map(({ attributes }) => attributes["service.name"]);
    assert.deepEqual(names.slice(0, 2), ["api", "pack"]);
    assert.match(names[2] ?? "", /^(events\.test\.ts|unknown_service)$/);
  });

  for (const wrong of ["/nonexistent/events.jsonl", "otlp-http ftp://x", "otlp-http no url"]) {
    test(`${wrong} changes no result, and is told once`, async () => {
      const warnings: string[] = [];
      const listen = (warning: Error): unknown => warnings.push(`${warning.name}: ${warning.message}`);
      process.on("warning", listen);
      host.set("FLEET_EVENTS", wrong);
      await port.start("x");
      await port.stop("x");
      await new Promise((done) => setTimeout(done, 5));
      process.off("warning", listen);
      assert.equal(warnings.length, 1);
      assert.match(String(warnings), /^FleetEventsWarning: events are lost, FLEET_EVENTS=/);
    });
  }
});

describe("an event that was lost", () => {
  test("is counted, and told with the next one that is taken", async () => {
    const given: ProbeEvent[] = [];
    let full = 2;
    const sink = (event: ProbeEvent): void => {
      if (full-- > 0) throw new Error("full");
      given.push(event);
    };
    const own = createProcessManager({ adapter: "null", sink });
    for (let time = 0; time < 4; time++) await own.start("x");
    assert.deepEqual(given.map(({ attributes }) => attributes["events.dropped"]), [2, undefined]);
  });
});

describe("a file", () => {
  test("that is full is put aside, and the oldest make room", async () => {
    for (let time = 1; time <= 6; time++) writeFileSync(`${file}.2026030${time}T000000000Z-1`, "");
    writeFileSync(`${file}.mine`, "");
    writeFileSync(file, "");
    truncateSync(file, FULL - 10);
    host.set("FLEET_EVENTS", file);
    await port.start("x");
    assert.equal(lines().length, 1);
    const kept = older();
    assert.equal(kept.length, 5);
    assert.deepEqual(kept.slice(0, 3), [4, 5, 6].map((day) => `events.jsonl.2026030${day}T000000000Z-1`));
    assert.equal(statSync(join(host.folder, kept[3] ?? "")).size, FULL - 10);
    assert.equal(kept[4], "events.jsonl.mine");
  });

  test("that cannot be put aside grows no more", { skip: process.platform === "win32" }, async () => {
    const own = `${file}.20260301T000000000Z-1`;
    execFileSync("mkdir", [own, `${own}1`, `${own}2`, `${own}3`]); // what cannot be unlinked
    writeFileSync(file, "");
    truncateSync(file, FULL - 10);
    const sink = jsonLines(file);
    const full = createProcessManager({ adapter: "null", sink });
    await full.start("x");
    assert.equal(statSync(file).size, FULL - 10);
  });

  test("that many processes write and put aside keeps every event whole", async () => {
    const program = host.write("program.mjs", PROGRAM);
    writeFileSync(file, `${" ".repeat(FULL - 90_000)}\n`);
    const env = { ...process.env, FLEET_EVENTS: file };
    await Promise.all([1, 2, 3].map(() => new Promise((done) =>
      spawn(process.execPath, [program], { env, stdio: "ignore" }).on("close", done))));
    const aside = older().map((name) => join(host.folder, name));
    const all = [...aside, file].flatMap((path) => readFileSync(path, "utf8").trim().split("\n")).filter(Boolean);
    assert.ok(aside.length >= 1);
    assert.equal(all.map((line) => JSON.parse(line) as ProbeEvent).length, 3 * MANY);
  });
});

describe("standard error", () => {
  const linux = { skip: process.platform !== "linux" };
  const run = (stderr: number | "pipe"): Promise<{ out: string; err: string }> => {
    const program = host.write("program.mjs", PROGRAM);
    const env = { ...process.env, FLEET_EVENTS: "stderr" };
    const child = spawn(process.execPath, [program], { env, stdio: ["ignore", "pipe", stderr] });
    const said = { out: "", err: "" };
    child.stdout?.on("data", (text) => (said.out += text));
    child.stderr?.on("data", (text) => (said.err += text));
    return new Promise((done) => child.on("close", () => done(said)));
  };

  test("takes them as lines", async () => {
    const { err } = await run("pipe");
    assert.equal(err.trim().split("\n").map((line) => JSON.parse(line) as ProbeEvent).length, MANY);
  });

  test("that nobody reads holds no call up", linux, async () => {
    const pipe = join(host.folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const { out } = await run(openSync(pipe, "r+")); // 300 events are more than a pipe holds
    assert.ok(Number(out) < 5000, out);
  });
});
