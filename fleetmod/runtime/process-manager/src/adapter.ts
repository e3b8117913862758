import { driveAsync, driveSync, type Steps } from "./steps.ts";
import type {
  HintVerb, ManagedService, ProcessManagerPort, ProcessManagerSyncPort, ServiceConfig, ServiceState,
} from "./types.ts";

/** One service manager. Each verb is written once, as steps, and serves both ports. */
export interface Adapter {
  readonly name: string;
  list(pattern: string): Steps<ManagedService[]>;
  restart(label: string): Steps<void>;
  stop(label: string): Steps<void>;
  inspect(label: string): Steps<ServiceState>;
  disable(label: string): Steps<void>;
  enable(label: string, config?: ServiceConfig): Steps<void>;
  start(label: string): Steps<void>;
  load(label: string, config?: ServiceConfig): Steps<void>;
  hint(verb: HintVerb, label: string): string;
}

export function asyncPort(adapter: Adapter, timeoutMs: number): ProcessManagerPort {
  const go = <T>(operation: string, label: string, steps: Steps<T>): Promise<T> =>
    driveAsync(steps, { operation, label, adapter: adapter.name, timeoutMs });
  return {
    list: (pattern) => go("list", pattern, adapter.list(pattern)),
    restart: (label) => go("restart", label, adapter.restart(label)),
    stop: (label) => go("stop", label, adapter.stop(label)),
    inspect: (label) => go("inspect", label, adapter.inspect(label)),
    disable: (label) => go("disable", label, adapter.disable(label)),
    enable: (label, config) => go("enable", label, adapter.enable(label, config)),
    start: (label) => go("start", label, adapter.start(label)),
    load: (label, config) => go("load", label, adapter.load(label, config)),
    hint: (verb, label) => adapter.hint(verb, label),
  };
}

export function syncPort(adapter: Adapter, timeoutMs: number): ProcessManagerSyncPort {
  const go = <T>(operation: string, label: string, steps: Steps<T>): T =>
    driveSync(steps, { operation, label, adapter: adapter.name, timeoutMs });
  return {
    list: (pattern) => go("list", pattern, adapter.list(pattern)),
    restart: (label) => go("restart", label, adapter.restart(label)),
    stop: (label) => go("stop", label, adapter.stop(label)),
    inspect: (label) => go("inspect", label, adapter.inspect(label)),
    disable: (label) => go("disable", label, adapter.disable(label)),
    enable: (label, config) => go("enable", label, adapter.enable(label, config)),
    start: (label) => go("start", label, adapter.start(label)),
    load: (label, config) => go("load", label, adapter.load(label, config)),
    hint: (verb, label) => adapter.hint(verb, label),
  };
}
