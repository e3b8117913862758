import { hostname } from "node:os";
import type { ProbeEvent, ProbeSink } from "./types.ts";

/** What an event tells beside the time it took. */
export interface Probed {
  endpointClass: ProbeEvent["attributes"]["endpoint_class"];
  adapter: string;
  target: string;
  nodeId?: string | undefined;
}

let shared: ProbeSink | undefined;

/** Give the events of every port that has no sink of its own to `sink`; `undefined` drops them, as at first. */
export function setProbeSink(sink: ProbeSink | undefined): void {
  shared = sink;
}

/** Begin a probe; call what comes back once, when it has ended, with the reason where it failed. */
export function begin(sink: ProbeSink | undefined, probed: Probed): (error?: unknown) => void {
  const started = Date.now();
  return (error) => {
    const to = sink ?? shared;
    if (to === undefined) return;
    try {
      to({
        name: "fleet.probe",
        time: new Date(started).toISOString(),
        attributes: {
          node_id: probed.nodeId ?? (process.env["NODE_ID"]?.trim() || hostname()),
          platform: process.platform,
          endpoint_class: probed.endpointClass,
          adapter_type: probed.adapter,
          duration_ms: Date.now() - started,
          outcome: error === undefined ? "ok" : "failed",
          target: probed.target,
          ...(error === undefined ? {} : { "error.type": errorType(error) }),
        },
      });
    } catch {
      // a report that fails must not fail the probe
    }
  };
}

/** A short word for a failure: a code where it has one, else its name. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as Error & { code?: unknown }).code;
  return typeof code === "string" ? code : error.name;
}
