import type { ProbeSink } from "../../events/src/event.ts";
import type { Adapter } from "./adapter.ts";
import { ProcessManagerError } from "./errors.ts";
import { launchctl } from "./launchctl.ts";
import { nullAdapter } from "./null.ts";
import { asyncPort, syncPort, type Bounds, type PortOptions } from "./ports.ts";
import { stepless, type Steps } from "./steps.ts";
import { systemctl } from "./systemctl.ts";
import type { ProcessManagerPort, ProcessManagerSyncPort } from "./types.ts";

export type AdapterName = "launchctl" | "systemctl" | "null";

export interface ProcessManagerOptions {
  /** By default PROCESS_MANAGER, else what the platform has. */
  adapter?: AdapterName | Adapter;
  /**
   * The bound on each command of the service manager's tool, in milliseconds; by default
   * PROCESS_MANAGER_TIMEOUT_MS, else 10 seconds. A verb runs several commands; the first that
   * hangs ends it.
   */
  timeoutMs?: number;
  /**
   * The bound on a wait for a service, in milliseconds; by default PROCESS_MANAGER_WAIT_MS, else what
   * the table at ProcessManagerPort says. For one call: `createProcessManager({ waitMs }).stop(label)`;
   * to create a port costs nothing.
   */
  waitMs?: number;
  /** Takes the event of each call; by default what setProbeSink has set, else what FLEET_EVENTS names. */
  sink?: ProbeSink;
  /** This node's name in the events; by default NODE_ID, else the host's name, at each call. */
  nodeId?: string | (() => string);
}

const TIMEOUT_MS = 10_000;
const BY_PLATFORM: Record<string, AdapterName> = { darwin: "launchctl", linux: "systemctl" };
// One for all ports, so that the synchronous companion sees what its fellow did.
const NOTHING = nullAdapter();

/**
 * A port on the adapter asked for. The adapter is chosen at each call, so creating a port runs and
 * reads nothing; a name that no adapter has makes every verb fail with `unsupported`.
 */
export function createProcessManager(options: ProcessManagerOptions = {}): ProcessManagerPort {
  return asyncPort(() => choose(options.adapter), portOptions(options));
}

/** The same, synchronously. */
export function createProcessManagerSync(options: ProcessManagerOptions = {}): ProcessManagerSyncPort {
  return syncPort(() => choose(options.adapter), portOptions(options));
}

/** This host's process manager. */
export const processManager: ProcessManagerPort = createProcessManager();

/** The same, synchronously. */
export const processManagerSync: ProcessManagerSyncPort = createProcessManagerSync();

function portOptions({ timeoutMs, waitMs, sink, nodeId }: ProcessManagerOptions): PortOptions {
  const bounds = (): Bounds => ({
    timeoutMs: timeoutMs ?? variable("PROCESS_MANAGER_TIMEOUT_MS") ?? TIMEOUT_MS,
    waitMs: waitMs ?? variable("PROCESS_MANAGER_WAIT_MS"),
  });
  return { bounds, sink, nodeId };
}

function variable(name: string): number | undefined {
  const value = Number(process.env[name]);
  return value > 0 ? value : undefined;
}

function choose(wanted: AdapterName | Adapter | undefined): Adapter {
  if (typeof wanted === "object") return wanted;
  const name = wanted ?? (process.env["PROCESS_MANAGER"]?.trim() || BY_PLATFORM[process.platform]);
  if (name === "launchctl") return launchctl;
  if (name === "systemctl") return systemctl;
  if (name === "null") return NOTHING;
  return unsupported(name ?? process.platform);
}

/** An adapter whose verbs fail when they are called, so that a program that calls none still runs. */
function unsupported(name: string): Adapter {
  const refuse = (operation: string) => (label: string): Steps<never> =>
    stepless(() => {
      throw new ProcessManagerError({ code: "unsupported", operation, label, adapter: name });
    });
  return {
    name,
    list: refuse("list"), restart: refuse("restart"), stop: refuse("stop"),
    inspect: refuse("inspect"), disable: refuse("disable"), enable: refuse("enable"),
    start: refuse("start"), load: refuse("load"), hint: NOTHING.hint,
  };
}
