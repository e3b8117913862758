import { asyncPort, syncPort, type Adapter } from "./adapter.ts";
import { ProcessManagerError } from "./errors.ts";
import { launchctl } from "./launchctl.ts";
import { nullAdapter } from "./null.ts";
import { systemctl } from "./systemctl.ts";
import type { ProcessManagerPort, ProcessManagerSyncPort } from "./types.ts";

export type AdapterName = "launchctl" | "systemctl" | "null";

export interface ProcessManagerOptions {
  /** By default PROCESS_MANAGER, else what the platform has. */
  adapter?: AdapterName | Adapter;
  /** The bound on each command, in milliseconds. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const BY_PLATFORM: Record<string, AdapterName> = { darwin: "launchctl", linux: "systemctl" };

export function createProcessManager(options: ProcessManagerOptions = {}): ProcessManagerPort {
  return asyncPort(choose(options.adapter), options.timeoutMs ?? TIMEOUT_MS);
}

export function createProcessManagerSync(options: ProcessManagerOptions = {}): ProcessManagerSyncPort {
  return syncPort(choose(options.adapter), options.timeoutMs ?? TIMEOUT_MS);
}

/** This host's process manager, chosen at the first call: importing it runs and reads nothing. */
export const processManager: ProcessManagerPort = lazily(() => createProcessManager());

/** The same, synchronously. */
export const processManagerSync: ProcessManagerSyncPort = lazily(() => createProcessManagerSync());

function choose(wanted: AdapterName | Adapter | undefined): Adapter {
  if (typeof wanted === "object") return wanted;
  const name = wanted ?? process.env["PROCESS_MANAGER"] ?? BY_PLATFORM[process.platform];
  if (name === "launchctl") return launchctl;
  if (name === "systemctl") return systemctl;
  if (name === "null") return nullAdapter();
  return unsupported(String(name ?? process.platform));
}

/** An adapter whose verbs fail when they are called, so that a program that calls none still runs. */
function unsupported(name: string): Adapter {
  const idle = nullAdapter();
  const refuse = (operation: string) =>
    // eslint-disable-next-line require-yield
    function* (label: string): Generator<never, never> {
      throw new ProcessManagerError({ code: "unsupported", operation, label, adapter: name });
    };
  return {
    name,
    list: refuse("list"), restart: refuse("restart"), stop: refuse("stop"),
    inspect: refuse("inspect"), disable: refuse("disable"), enable: refuse("enable"),
    start: refuse("start"), load: refuse("load"), hint: idle.hint,
  };
}

function lazily<T extends object>(make: () => T): T {
  let made: T | undefined;
  return new Proxy({} as T, {
    get: (_, key) => Reflect.get((made ??= make()), key),
    has: (_, key) => Reflect.has((made ??= make()), key),
  });
}
