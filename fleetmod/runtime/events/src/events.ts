/**
 * One event for each call of a port, to the sink that the port was given, else to that of
 * `setProbeSink`, else to what FLEET_EVENTS names. No call fails or waits for its event.
 */
import { hostname } from "node:os";
import { basename } from "node:path";
import type { ProbeEvent, ProbeSink } from "./event.ts";
import { shared, type Shared } from "./shared.ts";
import { sinkOf } from "./sinks.ts";

type Attributes = ProbeEvent["attributes"];

/** A call, and where its event goes. */
export interface Call {
  port: string;
  operation: string;
  target: string;
  adapter: string;
  endpointClass: Attributes["endpoint_class"];
  sink?: ProbeSink | undefined;
  nodeId?: string | (() => string) | undefined;
}

/** How a call ended: with what error, if any, and what else is told of it. */
export type End = (error?: unknown, facts?: Partial<Attributes>) => void;

const CLIPPED = 400; // so that a line is one write, which the system does not mix with another (pipe(7))

/** Give the events of every port that has no sink of its own to `sink`; `undefined` leaves them to FLEET_EVENTS, as at first. */
export function setProbeSink(sink: ProbeSink | undefined): void {
  shared().sink = sink;
}

/** Begin a call; call what comes back once, when it has ended. */
export function begin(call: Call): End {
  const started = performance.now();
  const time = new Date();
  return (error, facts) => {
    const duration_ms = Math.round(performance.now() - started);
    const state = shared();
    let sink: ProbeSink | undefined;
    try {
      sink = call.sink ?? state.sink ?? chosen(state);
      if (sink === undefined) return;
      const dropped = state.dropped.get(sink) ?? 0;
      const result = sink({
        name: "fleet.probe",
        time: time.toISOString(),
        attributes: {
          node_id: nodeOf(call, state),
          platform: process.platform,
          endpoint_class: call.endpointClass,
          adapter_type: call.adapter,
          "service.name": serviceName(),
          port: call.port,
          operation: call.operation,
          target: String(call.target).slice(0, CLIPPED),
          duration_ms,
          outcome: error === undefined ? "ok" : "failed",
          ...facts,
          ...(error === undefined ? {} : { "error.type": errorType(error) }),
          ...(dropped === 0 ? {} : { "events.dropped": dropped }),
        },
      });
      lose(state, sink, -dropped);
      if (result instanceof Promise) result.catch(() => lose(state, sink, 1));
    } catch {
      lose(state, sink, 1); // a call must not fail for its event
    }
  };
}

function lose({ dropped }: Shared, sink: ProbeSink | undefined, count: number): void {
  if (sink !== undefined) dropped.set(sink, (dropped.get(sink) ?? 0) + count);
}

/** A short word for a failure: a code where it has one, else its name. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, CLIPPED);
  const code = (error as Error & { code?: unknown }).code;
  return typeof code === "string" ? code : error.name;
}

/** The sink that FLEET_EVENTS names; it is read at each call, and its sink made once. */
function chosen(state: Shared): ProbeSink | undefined {
  const setting = process.env["FLEET_EVENTS"]?.trim() ?? "";
  if (setting !== state.setting) {
    state.setting = setting;
    state.bySetting = undefined;
    state.bySetting = sinkOf(setting);
  }
  return state.bySetting;
}

function nodeOf({ nodeId }: Call, state: Shared): string {
  const given = typeof nodeId === "function" ? nodeId() : nodeId;
  return given ?? (state.nodeId?.() || process.env["NODE_ID"]?.trim() || hostname());
}

function serviceName(): string {
  const { OTEL_SERVICE_NAME: named, npm_package_name: run } = process.env;
  return (named?.trim() || run || basename(process.argv[1] ?? "") || "unknown_service").slice(0, CLIPPED);
}
