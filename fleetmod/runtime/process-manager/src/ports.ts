/** The two ports of an adapter: each verb as a promise, and as a plain call. */
import { begin, type Call, type End } from "../../events/src/events.ts";
import type { ProbeEvent } from "../../events/src/event.ts";
import type { Adapter } from "./adapter.ts";
import { ProcessManagerError } from "./errors.ts";
import { driveAsync, driveSync, type DriveOptions, type Steps } from "./steps.ts";
import type { ProbeResult, ProcessManagerPort, ProcessManagerSyncPort, ServiceState } from "./types.ts";

export type Bounds = Pick<DriveOptions, "timeoutMs" | "waitMs">;

export interface PortOptions extends Pick<Call, "sink" | "nodeId"> {
  /** Asked at each call. */
  bounds: () => Bounds;
}

/** The port of the adapter that `adapter()` gives at each call. */
export function asyncPort(adapter: () => Adapter, options: PortOptions): ProcessManagerPort {
  const go = async <T,>(operation: string, label: string, steps: (on: Adapter) => Steps<T>): Promise<T> => {
    const { on, drive, end } = prepare(adapter, operation, label, options);
    try {
      const value = await driveAsync(steps(on), drive);
      end(undefined, facts(value));
      return value;
    } catch (error) {
      end(error);
      throw error;
    }
  };
  return {
    list: (pattern) => go("list", pattern, (on) => on.list(pattern)),
    restart: (label) => go("restart", label, (on) => on.restart(label)),
    stop: (label) => go("stop", label, (on) => on.stop(label)),
    inspect: (label) => go("inspect", label, (on) => on.inspect(label)),
    disable: (label) => go("disable", label, (on) => on.disable(label)),
    enable: (label, config) => go("enable", label, (on) => on.enable(label, config)),
    start: (label) => go("start", label, (on) => on.start(label)),
    load: (label, config) => go("load", label, (on) => on.load(label, config)),
    probe: (label) =>
      go("probe", label, (on) => on.inspect(label))
        .then(answered, (error: unknown) => unanswered(adapter, label, error)),
    hint: (verb, label) => adapter().hint(verb, label),
  };
}

/** The same, synchronously. */
export function syncPort(adapter: () => Adapter, options: PortOptions): ProcessManagerSyncPort {
  const go = <T,>(operation: string, label: string, steps: (on: Adapter) => Steps<T>): T => {
    const { on, drive, end } = prepare(adapter, operation, label, options);
    try {
      const value = driveSync(steps(on), drive);
      end(undefined, facts(value));
      return value;
    } catch (error) {
      end(error);
      throw error;
    }
  };
  return {
    list: (pattern) => go("list", pattern, (on) => on.list(pattern)),
    restart: (label) => go("restart", label, (on) => on.restart(label)),
    stop: (label) => go("stop", label, (on) => on.stop(label)),
    inspect: (label) => go("inspect", label, (on) => on.inspect(label)),
    disable: (label) => go("disable", label, (on) => on.disable(label)),
    enable: (label, config) => go("enable", label, (on) => on.enable(label, config)),
    start: (label) => go("start", label, (on) => on.start(label)),
    load: (label, config) => go("load", label, (on) => on.load(label, config)),
    probe: (label) => {
      try {
        return answered(go("probe", label, (on) => on.inspect(label)));
      } catch (error) {
        return unanswered(adapter, label, error);
      }
    },
    hint: (verb, label) => adapter().hint(verb, label),
  };
}

function prepare(adapter: () => Adapter, operation: string, label: string, options: PortOptions): {
  on: Adapter; drive: DriveOptions; end: End;
} {
  const on = adapter();
  const { sink, nodeId, bounds } = options;
  // A service manager is on this host.
  const end = begin({
    port: "process-manager", operation, target: label, adapter: on.name, endpointClass: "localhost", sink, nodeId,
  });
  return { on, drive: { operation, label, adapter: on.name, ...bounds() }, end };
}

function answered(state: ServiceState): ProbeResult {
  return { outcome: "ok", state };
}

function unanswered(adapter: () => Adapter, label: string, thrown: unknown): ProbeResult {
  if (thrown instanceof ProcessManagerError) return { outcome: "failed", error: thrown };
  const stderr = thrown instanceof Error ? thrown.message : String(thrown);
  const details = { code: "failed", operation: "probe", label, adapter: adapter().name, stderr } as const;
  return { outcome: "failed", error: new ProcessManagerError(details) };
}

/** What an event tells of the state that a verb found. */
function facts(value: unknown): Partial<ProbeEvent["attributes"]> {
  if (typeof value !== "object" || value === null || !("loaded" in value)) return {};
  const { loaded, state, pid } = value as ServiceState;
  return {
    "service.loaded": loaded,
    ...(state === null ? {} : { "service.state": state }),
    ...(pid === null ? {} : { "process.pid": pid }),
  };
}
