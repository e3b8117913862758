import type { EndpointClass } from "../../events/src/event.ts";
import { begin, type Call, type End } from "../../events/src/events.ts";
import { ContainerRuntimeError } from "./errors.ts";
import { driveAsync, driveSync, stepless, type DriveOptions, type Steps } from "./steps.ts";
import type { ContainerRuntimePort, ContainerRuntimeSyncPort, HintVerb, Machine } from "./types.ts";

/**
 * One container runtime. Each verb is written once, as steps, and serves both ports. A query throws
 * where it cannot be answered, and gives null where there is nothing to tell.
 */
export interface Adapter {
  readonly name: string;
  /** Where its engine runs, for the events. */
  readonly endpointClass: EndpointClass | "none";
  /** Returns when the runtime is healthy; throws the reason when it is not. */
  check(): Steps<void>;
  vmIp(): Steps<string | null>;
  uptimeSeconds(): Steps<number | null>;
  sshConfig(): string | null;
  machines(): Steps<Machine[]>;
  start(): Steps<void>;
  hint(verb: HintVerb): string;
}

export type Bounds = Pick<DriveOptions, "timeoutMs" | "startMs">;

export interface PortOptions extends Pick<Call, "sink" | "nodeId"> {
  /** Asked at each call. */
  bounds: () => Bounds;
}

/** The port of the adapter that `adapter()` gives at each call. */
export function asyncPort(adapter: () => Adapter, options: PortOptions): ContainerRuntimePort {
  const probe = async <T,>(operation: string, steps: (on: Adapter) => Steps<T>): Promise<T> => {
    const { on, drive, end } = prepare(adapter, operation, options);
    try {
      const value = await driveAsync(steps(on), drive);
      end();
      return value;
    } catch (error) {
      end(error);
      throw error;
    }
  };
  const ask = <T,>(operation: string, otherwise: T, steps: (on: Adapter) => Steps<T>): Promise<T> =>
    probe(operation, steps).catch(() => otherwise);
  return {
    isHealthy: () => ask("isHealthy", false, (on) => checked(on)),
    vmIp: () => ask("vmIp", null, (on) => on.vmIp()),
    uptimeSeconds: () => ask("uptimeSeconds", null, (on) => on.uptimeSeconds()),
    sshConfig: () => sshConfig(adapter, options),
    machines: () => ask<Machine[] | null>("machines", null, (on) => on.machines()),
    start: () => probe("start", (on) => on.start()),
    hint: (verb) => adapter().hint(verb),
  };
}

/** The same, synchronously. */
export function syncPort(adapter: () => Adapter, options: PortOptions): ContainerRuntimeSyncPort {
  const probe = <T,>(operation: string, steps: (on: Adapter) => Steps<T>): T => {
    const { on, drive, end } = prepare(adapter, operation, options);
    try {
      const value = driveSync(steps(on), drive);
      end();
      return value;
    } catch (error) {
      end(error);
      throw error;
    }
  };
  const ask = <T,>(operation: string, otherwise: T, steps: (on: Adapter) => Steps<T>): T => {
    try {
      return probe(operation, steps);
    } catch {
      return otherwise;
    }
  };
  return {
    isHealthy: () => ask("isHealthy", false, (on) => checked(on)),
    vmIp: () => ask("vmIp", null, (on) => on.vmIp()),
    uptimeSeconds: () => ask("uptimeSeconds", null, (on) => on.uptimeSeconds()),
    sshConfig: () => sshConfig(adapter, options),
    machines: () => ask<Machine[] | null>("machines", null, (on) => on.machines()),
    start: () => probe("start", (on) => on.start()),
    hint: (verb) => adapter().hint(verb),
  };
}

function prepare(adapter: () => Adapter, operation: string, options: PortOptions) : {
  on: Adapter; drive: DriveOptions; end: End;
} {
  const on = adapter();
  const { sink, nodeId } = options;
  const end = begin({
    port: "container-runtime", operation, target: "", adapter: on.name, endpointClass: on.endpointClass, sink, nodeId,
  });
  return { on, drive: { operation, adapter: on.name, ...options.bounds() }, end };
}

function sshConfig(adapter: () => Adapter, options: PortOptions): string | null {
  const { on, end } = prepare(adapter, "sshConfig", options);
  const file = on.sshConfig();
  end();
  return file;
}

function* checked(on: Adapter): Steps<boolean> {
  yield* on.check();
  return true;
}

/** An adapter that cannot answer: its queries give nothing, its `start` throws what `reason` tells. */
export function unsupported(name: string, reason: string, hint?: string): Adapter {
  const refuse = (operation: string): ContainerRuntimeError => new ContainerRuntimeError({
    code: "unsupported", operation, adapter: name, stderr: reason, ...(hint === undefined ? {} : { hint }),
  });
  return {
    name,
    endpointClass: "none",
    check: () => stepless(() => { throw refuse("isHealthy"); }),
    vmIp: () => stepless(() => null),
    uptimeSeconds: () => stepless(() => null),
    sshConfig: () => null,
    machines: () => stepless(() => []),
    start: () => stepless(() => { throw refuse("start"); }),
    hint: (verb) => `(no container runtime) ${verb}`,
  };
}
