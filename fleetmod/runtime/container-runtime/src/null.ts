/** Runs nothing: for tests, and for nodes without containers. */
import type { Adapter } from "./adapter.ts";
import { ContainerRuntimeError } from "./errors.ts";
import { stepless } from "./steps.ts";
import type { Machine } from "./types.ts";

/** What the null adapter answers; a test may change it. */
export interface NullState {
  healthy: boolean;
  vmIp: string | null;
  uptimeSeconds: number | null;
  sshConfig: string | null;
  machines: Machine[];
}

export interface NullAdapter extends Adapter {
  readonly state: NullState;
  /** The verbs that were called, in order; the last thousand of them. */
  readonly calls: string[];
}

const NULL = "null";
const KEPT = 1000; // a daemon that polls must not grow by it

/** An adapter that answers from `state`, by default that nothing runs. */
export function nullAdapter(state: Partial<NullState> = {}): NullAdapter {
  const now: NullState = { healthy: false, vmIp: null, uptimeSeconds: null, sshConfig: null, machines: [], ...state };
  const calls: string[] = [];
  const record = (verb: string): NullState => {
    calls.push(verb);
    if (calls.length > KEPT) calls.shift();
    return now;
  };
  return {
    name: NULL,
    endpointClass: "none",
    state: now,
    calls,
    check: () =>
      stepless(() => {
        if (record("isHealthy").healthy) return;
        throw new ContainerRuntimeError({ code: "not-running", operation: "isHealthy", adapter: NULL });
      }),
    vmIp: () => stepless(() => record("vmIp").vmIp),
    uptimeSeconds: () => stepless(() => record("uptimeSeconds").uptimeSeconds),
    sshConfig: () => record("sshConfig").sshConfig,
    machines: () => stepless(() => record("machines").machines.map((machine) => ({ ...machine }))),
    start: () =>
      stepless(() => {
        record("start").healthy = true;
      }),
    hint: (verb) => `(no container runtime) ${verb}`,
  };
}
