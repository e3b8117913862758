/** Probes: an answer in every case, and one event each. */
import type { Adapter } from "./adapter.ts";
import { ProcessManagerError } from "./errors.ts";
import { defaultNodeId, emit, type ProbeEvent, type ProbeSink } from "./events.ts";
import { driveAsync, driveSync, type DriveOptions } from "./steps.ts";
import type { ProbeResult, ServiceState } from "./types.ts";

export type Bounds = Pick<DriveOptions, "timeoutMs" | "waitMs">;

export interface ProbeOptions {
  /** Asked at each call. */
  bounds: () => Bounds;
  sink?: ProbeSink | undefined;
  nodeId?: string | (() => string) | undefined;
}

/** What is being asked, and since when. */
interface Question {
  label: string;
  adapter: string;
  time: Date;
  started: number;
}

/** Ask for a service's state. Never rejects. */
export async function probe(adapter: () => Adapter, label: string, options: ProbeOptions): Promise<ProbeResult> {
  const question = ask(label);
  try {
    const on = named(question, adapter());
    const state = await driveAsync(on.inspect(label), bounded(question, options));
    return told(question, { outcome: "ok", state }, options);
  } catch (error) {
    return told(question, { outcome: "failed", error: wrapped(question, error) }, options);
  }
}

/** The same, synchronously. Never throws. */
export function probeSync(adapter: () => Adapter, label: string, options: ProbeOptions): ProbeResult {
  const question = ask(label);
  try {
    const on = named(question, adapter());
    const state = driveSync(on.inspect(label), bounded(question, options));
    return told(question, { outcome: "ok", state }, options);
  } catch (error) {
    return told(question, { outcome: "failed", error: wrapped(question, error) }, options);
  }
}

function ask(label: string): Question {
  return { label: String(label), adapter: "unknown", time: new Date(), started: performance.now() };
}

function named(question: Question, on: Adapter): Adapter {
  question.adapter = on.name;
  return on;
}

function bounded({ label, adapter }: Question, { bounds }: ProbeOptions): DriveOptions {
  return { operation: "probe", label, adapter, ...bounds() };
}

function wrapped({ label, adapter }: Question, error: unknown): ProcessManagerError {
  if (error instanceof ProcessManagerError) return error;
  const stderr = error instanceof Error ? error.message : String(error);
  return new ProcessManagerError({ code: "failed", operation: "probe", label, adapter, stderr });
}

function told(question: Question, result: ProbeResult, options: ProbeOptions): ProbeResult {
  const duration_ms = Math.round(performance.now() - question.started);
  emit(options.sink, () => ({
    name: "fleet.probe",
    time: question.time.toISOString(),
    attributes: {
      node_id: (typeof options.nodeId === "function" ? options.nodeId() : options.nodeId) ?? defaultNodeId(),
      platform: process.platform,
      endpoint_class: "localhost",
      adapter_type: question.adapter,
      target: question.label,
      duration_ms,
      outcome: result.outcome,
      ...(result.outcome === "ok" ? facts(result.state) : { "error.type": result.error.code }),
    },
  }));
  return result;
}

function facts(state: ServiceState): Partial<ProbeEvent["attributes"]> {
  return {
    "service.loaded": state.loaded,
    ...(state.state === null ? {} : { "service.state": state.state }),
    ...(state.pid === null ? {} : { "process.pid": state.pid }),
  };
}
