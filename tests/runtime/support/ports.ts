/** The packages under test, and one view of both ports. */
import {
  createProcessManager, createProcessManagerSync, type AdapterName, type ProcessManagerOptions,
  type ProcessManagerPort,
} from "../../../fleetmod/runtime/process-manager/src/index.ts";

export const KINDS = ["promises", "sync"] as const;
export type Kind = (typeof KINDS)[number];

/** A port of the kind; the synchronous one with its results and errors made promises. */
export function portOf(kind: Kind, adapter: AdapterName, timeoutMs?: number): ProcessManagerPort {
  return portWith(kind, timeoutMs === undefined ? { adapter } : { adapter, timeoutMs });
}

export function portWith(kind: Kind, options: ProcessManagerOptions): ProcessManagerPort {
  if (kind === "promises") return createProcessManager(options);
  const sync = createProcessManagerSync(options);
  return {
    list: async (pattern) => sync.list(pattern),
    restart: async (label) => sync.restart(label),
    stop: async (label) => sync.stop(label),
    inspect: async (label) => sync.inspect(label),
    disable: async (label) => sync.disable(label),
    enable: async (label, config) => sync.enable(label, config),
    start: async (label) => sync.start(label),
    load: async (label, config) => sync.load(label, config),
    probe: async (label) => sync.probe(label),
    hint: (verb, label) => sync.hint(verb, label),
  };
}

/** Every verb but `list`, on one label. */
export function verbs(port: ProcessManagerPort): Record<string, (label: string) => Promise<unknown>> {
  return {
    restart: (label) => port.restart(label),
    stop: (label) => port.stop(label),
    inspect: (label) => port.inspect(label),
    disable: (label) => port.disable(label),
    enable: (label) => port.enable(label),
    start: (label) => port.start(label),
    load: (label) => port.load(label),
  };
}
