/** Manages nothing: for tests, and for hosts where something else supervises the processes. */
import type { Adapter } from "./adapter.ts";
import { parseLabel, shellQuote } from "./labels.ts";
import { stepless, type Steps } from "./steps.ts";
import type { HintVerb, ManagedService, ServiceConfig, ServiceState } from "./types.ts";

const NULL = "null";
const KEPT = 1000; // a daemon that polls must not grow by it

export interface RecordedCall {
  verb: string;
  label: string;
  config?: ServiceConfig;
}

export interface NullAdapter extends Adapter {
  /** The verbs that were called, in order; the last thousand of them. */
  readonly calls: RecordedCall[];
  /** The states that `list` and `inspect` answer with; verbs change them as a manager would. */
  readonly states: Map<string, ServiceState>;
}

/** An adapter that begins with `states`, which it copies, and runs nothing. */
export function nullAdapter(states: Iterable<ServiceState> = []): NullAdapter {
  const known = new Map<string, ServiceState>();
  for (const state of states) known.set(state.label, { ...state });
  const calls: RecordedCall[] = [];
  let lastPid = 1000;

  const record = (verb: string, label: string, config?: ServiceConfig): string => {
    calls.push(config === undefined ? { verb, label } : { verb, label, config });
    if (calls.length > KEPT) calls.shift();
    return verb === "list" ? label : parseLabel(label, verb, NULL).name;
  };
  const of = (name: string): ServiceState => {
    const state = known.get(name) ?? absent(name);
    known.set(name, state);
    return state;
  };
  const run = (name: string, again: boolean): void => {
    const state = of(name);
    if (state.pid !== null && !again) return;
    Object.assign(state, { loaded: true, state: "running", pid: ++lastPid, runs: (state.runs ?? 0) + 1 });
  };

  return {
    name: NULL,
    calls,
    states: known,
    list: (pattern: string): Steps<ManagedService[]> =>
      stepless(() => {
        record("list", pattern);
        return [...known.values()]
          .filter((state) => state.loaded && state.label.includes(pattern))
          .map(({ label, pid, lastExit }) => ({ label, pid, lastExit }));
      }),
    restart: (label: string): Steps<void> => stepless(() => run(record("restart", label), true)),
    start: (label: string): Steps<void> => stepless(() => run(record("start", label), false)),
    stop: (label: string): Steps<void> =>
      stepless(() => {
        const name = record("stop", label);
        if (known.has(name)) Object.assign(of(name), { loaded: false, state: null, pid: null });
      }),
    inspect: (label: string): Steps<ServiceState> =>
      stepless(() => {
        const name = record("inspect", label);
        return { ...(known.get(name) ?? absent(name)) };
      }),
    disable: (label: string): Steps<void> =>
      stepless(() => {
        of(record("disable", label)).enabled = false;
      }),
    enable: (label: string, config?: ServiceConfig): Steps<void> =>
      stepless(() => {
        const state = of(record("enable", label, config));
        state.enabled = true;
        if (config?.load !== false) state.loaded = true;
      }),
    load: (label: string, config?: ServiceConfig): Steps<void> =>
      stepless(() => {
        of(record("load", label, config)).loaded = true;
      }),
    hint(verb: HintVerb, label: string): string {
      return `(no service manager) ${verb}${label ? ` ${shellQuote(label)}` : ""}`;
    },
  };
}

function absent(label: string): ServiceState {
  return {
    label, loaded: false, enabled: null, pid: null, state: null, program: null,
    workingDirectory: null, lastExit: null, runs: null, source: null,
  };
}
