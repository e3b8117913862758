/** Events as log records to an OpenTelemetry collector: OTLP over HTTP, in JSON. */
import { Worker } from "node:worker_threads";
import type { ProbeEvent, ProbeSink } from "./event.ts";

const QUEUE = 1000; // events that wait to be sent
const EXIT_MS = 1000; // at the program's end, for those that wait
const [DONE, LOST, CLOSING] = [0, 1, 2] as const; // what is counted

// In a thread of its own, which sends while a synchronous port blocks the caller's. It is a text, since
// a bundle, and a port in one file, has no second module to load. What a collector refuses, and
// what it does not take at the second try, is lost (opentelemetry.io/docs/specs/otlp, "Failures").
const SENDER = `
const { parentPort, workerData: { url, headers, counts } } = require("node:worker_threads");
const { request } = require(url.startsWith("https:") ? "node:https" : "node:http");
const post = (body) => new Promise((resolve) => {
  const call = request(url, { method: "POST", headers: { ...headers, "content-length": Buffer.byteLength(body) } });
  const timer = setTimeout(() => call.destroy(new Error("no answer within 5 s")), 5000);
  call.on("error", ({ code, message }) => resolve(code || message));
  call.on("close", () => clearTimeout(timer));
  call.on("response", (response) => response.on("error", () => {}).on("close", () => resolve(response.statusCode)).resume());
  call.end(body);
});
const pause = async () => {
  for (let left = 20; left > 0 && Atomics.load(counts, ${CLOSING}) === 0; left--) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
const send = async (body) => {
  const answer = await post(body);
  const again = typeof answer === "string" || [429, 502, 503, 504].includes(answer);
  if (!again || Atomics.load(counts, ${CLOSING}) !== 0) return answer;
  await pause();
  return post(body);
};
const waiting = [];
let told = false, busy = false;
parentPort.on("message", async (logs) => {
  waiting.push(logs);
  if (busy) return;
  busy = true;
  while (waiting.length > 0) {
    const resourceLogs = waiting.splice(0, 100);
    const answer = await send(JSON.stringify({ resourceLogs }));
    if (!(answer >= 200 && answer < 300)) {
      Atomics.add(counts, ${LOST}, resourceLogs.length);
      if (!told) parentPort.postMessage(String(answer));
      told = true;
    }
    Atomics.add(counts, ${DONE}, resourceLogs.length);
    Atomics.notify(counts, ${DONE});
  }
  busy = false;
});
`;

/**
 * A sink that sends to the collector at `url`; a URL without a path gets OTLP's own. The headers are
 * those of OTEL_EXPORTER_OTLP_HEADERS. `failed` is told the first reason for which events were lost.
 */
export function otlp(url: URL, failed: (why: string) => void): ProbeSink {
  if (!/^https?:$/.test(url.protocol)) throw new Error(`${url.href} is no http URL`);
  if (url.pathname === "/") url.pathname = "/v1/logs";
  const counts = new Int32Array(new SharedArrayBuffer(12));
  const workerData = { url: url.href, headers: { ...ownHeaders(), "content-type": "application/json" }, counts };
  let ended = false;
  // without the program's own flags, which may load a compiler
  const sender = new Worker(SENDER, { eval: true, workerData, env: {}, execArgv: [] });
  sender.on("error", () => { ended = true; });
  sender.on("message", failed);
  sender.unref();
  let taken = 0;
  process.on("exit", () => {
    Atomics.store(counts, CLOSING, 1);
    const until = Date.now() + EXIT_MS;
    for (let left = EXIT_MS; left > 0 && !ended; left = until - Date.now()) {
      const done = Atomics.load(counts, DONE);
      if (done >= taken) return;
      Atomics.wait(counts, DONE, done, left);
    }
  });
  return (event) => {
    if (ended || taken - Atomics.load(counts, DONE) >= QUEUE) throw new Error("the collector is too slow");
    const lost = Atomics.exchange(counts, LOST, 0) + (event.attributes["events.dropped"] ?? 0);
    if (lost > 0) event.attributes["events.dropped"] = lost;
    sender.postMessage(resourceLogs(event));
    taken += 1;
  };
}

/** One event as OTLP's JSON has it: keys in camel case, 64-bit numbers as texts. */
function resourceLogs({ name, time, attributes }: ProbeEvent): unknown {
  const { "service.name": service, port, ...rest } = attributes;
  const failed = attributes.outcome === "failed";
  return {
    resource: { attributes: [attribute("service.name", service)] },
    scopeLogs: [{
      scope: { name: port },
      logRecords: [{
        timeUnixNano: `${Date.parse(time)}000000`,
        observedTimeUnixNano: `${Date.now()}000000`,
        severityNumber: failed ? 13 : 9,
        severityText: failed ? "WARN" : "INFO",
        eventName: name,
        body: { stringValue: `${attributes.operation} ${attributes.target}`.trim() },
        attributes: Object.entries(rest).map(([key, value]) => attribute(key, value)),
      }],
    }],
  };
}

function attribute(key: string, value: string | number | boolean): unknown {
  if (typeof value === "string") return { key, value: { stringValue: value } };
  if (typeof value === "boolean") return { key, value: { boolValue: value } };
  return { key, value: { intValue: String(value) } };
}

/** `a=b,c=d`, its values percent-encoded, as OpenTelemetry's exporters read it. */
function ownHeaders(): Record<string, string> {
  const pairs = (process.env["OTEL_EXPORTER_OTLP_HEADERS"] ?? "").split(",").map((pair) => pair.split("="));
  return Object.fromEntries(pairs.flatMap(([name = "", ...value]) =>
    name.trim() === "" ? [] : [[name.trim().toLowerCase(), decodeURIComponent(value.join("=").trim())]]));
}
