/**
 * What migrated call sites need where the code around them reads text or exit codes. New code reads
 * the port's own values.
 */
import { ProcessManagerError } from "./errors.ts";
import type { ManagedService, ServiceState } from "./types.ts";

/** Services as a table: PID, last exit status and label, separated by tabs, one a line. */
export function formatServices(
  services: readonly ManagedService[],
  options: { header?: boolean } = {},
): string {
  const rows = services.map(({ pid, lastExit, label }) => `${pid ?? "-"}\t${lastExit ?? 0}\t${label}\n`);
  return (options.header ? "PID\tStatus\tLabel\n" : "") + rows.join("");
}

/** A state as indented `key = value` lines; what is not known is left out. */
export function formatService(state: ServiceState): string {
  const facts: [string, string | number | null][] = [
    ["path", state.source],
    ["state", state.state],
    ["program", state.program],
    ["working directory", state.workingDirectory],
    ["pid", state.pid],
    ["runs", state.runs],
    ["last exit code", state.lastExit ?? (state.loaded ? "(never exited)" : null)],
  ];
  const known = facts.filter(([, value]) => value !== null);
  return `${state.label} = {\n${known.map(([key, value]) => `\t${key} = ${value}\n`).join("")}}\n`;
}

/**
 * A state as the dictionary that listing a single label prints. `LastExitStatus` is a wait status
 * there: an exit code times 256, or a signal's number (wait(2)).
 */
export function formatServiceEntry(state: ServiceState): string {
  const exit = state.lastExit ?? 0;
  const facts: [string, string | number | null][] = [
    ["Label", `"${state.label}"`],
    ["LastExitStatus", exit < 0 ? -exit : exit * 256],
    ["PID", state.pid],
    ["Program", state.program === null ? null : `"${state.program}"`],
  ];
  const known = facts.filter(([, value]) => value !== null);
  return `{\n${known.map(([key, value]) => `\t"${key}" = ${value};\n`).join("")}};\n`;
}

/** The same services; throws `not-found` when there are none. */
export function requireServices<T extends readonly ManagedService[]>(services: T): T {
  if (services.length > 0) return services;
  throw new ProcessManagerError({
    code: "not-found", operation: "list", label: "", adapter: "process-manager", exitCode: 1,
    stderr: "no service matches",
  });
}

/** The same state; throws `not-found` when the service is not loaded. */
export function requireLoaded(state: ServiceState): ServiceState {
  if (state.loaded) return state;
  throw new ProcessManagerError({
    code: "not-found", operation: "inspect", label: state.label, adapter: "process-manager", exitCode: 113,
    stderr: `Could not find service "${state.label}"`,
  });
}

/** How an action went, in the shape of a finished process. */
export interface Outcome {
  ok: boolean;
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Only when the service manager could not be asked at all, as for a process that did not start. */
  error?: Error;
}

/** Run an action and tell how it went; never throws. A text that it gives is the outcome's stdout. */
export async function settle(action: () => Promise<unknown>): Promise<Outcome> {
  try {
    return success(await action());
  } catch (error) {
    return failure(error);
  }
}

/** The same for the synchronous companion. */
export function settleSync(action: () => unknown): Outcome {
  try {
    return success(action());
  } catch (error) {
    return failure(error);
  }
}

/**
 * Run an action and tell a callback how it went, in the way of `child_process.exec`: the error, or
 * null, and the texts. What the callback throws is uncaught, as there.
 */
export function callBack(
  action: () => Promise<unknown>,
  callback: (error: Error | null, stdout: string, stderr: string) => void,
): void {
  const tell = (error: Error | null, { stdout, stderr }: Outcome): void => {
    setImmediate(() => callback(error, stdout, stderr));
  };
  void (async () => action())().then(
    (result) => tell(null, success(result)),
    (thrown: unknown) => tell(thrown instanceof Error ? thrown : new Error(String(thrown)), failure(thrown)),
  );
}

function success(result: unknown): Outcome {
  return { ok: true, exitCode: 0, stdout: typeof result === "string" ? result : "", stderr: "" };
}

function failure(thrown: unknown): Outcome {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const outcome = { ok: false, exitCode: 1, stdout: "", stderr: error.message };
  if (!(error instanceof ProcessManagerError)) return { ...outcome, error };
  const asked = error.code !== "tool-missing" && error.code !== "timeout";
  return { ...outcome, exitCode: error.exitCode || 1, ...(asked ? {} : { error }) };
}
