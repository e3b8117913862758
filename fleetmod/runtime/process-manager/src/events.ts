/**
 * What a probe tells whoever watches the fleet: one flat event, its attributes named as OpenTelemetry
 * names them, so that an exporter hands `name`, `time` and `attributes` on as they are.
 */
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { hostname } from "node:os";

export interface ProbeEvent {
  name: "fleet.probe";
  /** When the probe began, in ISO 8601. */
  time: string;
  attributes: {
    node_id: string;
    platform: string;
    /** How the probed thing is reached; a service manager is on this host. */
    endpoint_class: "localhost" | "vm" | "svc_dns" | "none";
    adapter_type: string;
    duration_ms: number;
    outcome: "ok" | "failed";
    /** What was asked for: a label. */
    target: string;
    /** Why there was no answer; only when it failed. */
    "error.type"?: string;
    "service.loaded"?: boolean;
    "service.state"?: string;
    "process.pid"?: number;
  };
}

/** Takes an event away. What it throws or rejects with is dropped, and nobody waits for it. */
export type ProbeSink = (event: ProbeEvent) => unknown;

/** What a JSON-lines sink needs of a stream: process.stderr, or fs.createWriteStream(…). */
export interface LineStream {
  write(text: string): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** A sink that appends each event as a line of JSON to a file, or writes it to a stream. */
export function jsonLines(to: string | LineStream): ProbeSink {
  if (typeof to !== "string") to.on("error", () => {}); // a reader that went away ends no probe
  return (event) => {
    const line = `${JSON.stringify(event)}\n`;
    if (typeof to === "string") append(to, line);
    else to.write(line);
  };
}

let shared: ProbeSink | undefined;

/** Give the events of every port that has no sink of its own to `sink`; `undefined` drops them, as at first. */
export function setProbeSink(sink: ProbeSink | undefined): void {
  shared = sink;
}

/** Hand an event to a sink, whatever the sink does. */
export function emit(sink: ProbeSink | undefined, event: () => ProbeEvent): void {
  const to = sink ?? shared;
  if (to === undefined) return;
  try {
    void Promise.resolve(to(event())).catch(() => {});
  } catch {
    // a probe must not fail for its report
  }
}

/** The node's name: NODE_ID, then the host's name. */
export function defaultNodeId(): string {
  return process.env["NODE_ID"]?.trim() || hostname();
}

function append(path: string, line: string): void {
  // One write, so that lines of several processes do not mix; O_NONBLOCK, since opening a pipe
  // that nobody reads would wait (open(2)).
  const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | (O_NONBLOCK ?? 0));
  try {
    writeSync(file, line);
  } finally {
    closeSync(file);
  }
}
