/** The two ports of an adapter: each verb as a promise, and as a plain call. */
import type { Adapter } from "./adapter.ts";
import { probe, probeSync, type ProbeOptions } from "./probe.ts";
import { driveAsync, driveSync, type Steps } from "./steps.ts";
import type { ProcessManagerPort, ProcessManagerSyncPort } from "./types.ts";

/** The port of the adapter that `adapter()` gives at each call. */
export function asyncPort(adapter: () => Adapter, options: ProbeOptions): ProcessManagerPort {
  const go = <T,>(operation: string, label: string, steps: (on: Adapter) => Steps<T>): Promise<T> => {
    const on = adapter();
    return driveAsync(steps(on), { operation, label, adapter: on.name, ...options.bounds() });
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
    probe: (label) => probe(adapter, label, options),
    hint: (verb, label) => adapter().hint(verb, label),
  };
}

/** The same, synchronously. */
export function syncPort(adapter: () => Adapter, options: ProbeOptions): ProcessManagerSyncPort {
  const go = <T,>(operation: string, label: string, steps: (on: Adapter) => Steps<T>): T => {
    const on = adapter();
    return driveSync(steps(on), { operation, label, adapter: on.name, ...options.bounds() });
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
    probe: (label) => probeSync(adapter, label, options),
    hint: (verb, label) => adapter().hint(verb, label),
  };
}
