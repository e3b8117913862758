/**
 * What migrated call sites need where the code around them reads exit codes or expects a text. New
 * code reads the port's own values.
 */
import { ContainerRuntimeError } from "./errors.ts";
import type { Machine } from "./types.ts";

/** Throws `not-running` unless the runtime is healthy. */
export function requireHealthy(healthy: boolean): void {
  if (healthy) return;
  throw new ContainerRuntimeError({
    code: "not-running", operation: "isHealthy", adapter: "container-runtime", stderr: "the runtime is not healthy",
  });
}

/** A line that says that the runtime is running; throws `not-running` unless it is healthy. */
export function formatHealth(healthy: boolean): string {
  requireHealthy(healthy);
  return "the container runtime is running\n";
}

/** The same address; throws `not-running` where there is none. */
export function requireVmIp(address: string | null): string {
  if (address !== null) return address;
  throw new ContainerRuntimeError({
    code: "not-running", operation: "vmIp", adapter: "container-runtime",
    stderr: "the runtime tells no address of its machine",
    hint: "start the runtime with a reachable address, or resolve the endpoint by resolveEndpoint",
  });
}

/** Machines as JSON, one a line; throws `failed` where the runtime could not be asked. */
export function formatMachines(machines: readonly Machine[] | null): string {
  if (machines !== null) return machines.map((machine) => `${JSON.stringify(machine)}\n`).join("");
  throw new ContainerRuntimeError({
    code: "failed", operation: "machines", adapter: "container-runtime", stderr: "the runtime cannot be asked",
  });
}

/** How an action went, in the shape of a finished process. */
export interface Outcome {
  ok: boolean;
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Only when the runtime could not be asked at all, as for a process that did not start. */
  error?: Error;
}

/** Run an action and tell how it went; never throws. A text that it gives is the outcome's stdout. */
export async function settleRuntime(action: () => Promise<unknown>): Promise<Outcome> {
  try {
    return success(await action());
  } catch (error) {
    return failure(error);
  }
}

/** The same for the synchronous companion. */
export function settleRuntimeSync(action: () => unknown): Outcome {
  try {
    return success(action());
  } catch (error) {
    return failure(error);
  }
}

function success(result: unknown): Outcome {
  return { ok: true, exitCode: 0, stdout: typeof result === "string" ? result : "", stderr: "" };
}

function failure(thrown: unknown): Outcome {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const outcome = { ok: false, exitCode: 1, stdout: "", stderr: error.message };
  if (!(error instanceof ContainerRuntimeError)) return { ...outcome, error };
  const asked = error.code !== "tool-missing" && error.code !== "timeout";
  return { ...outcome, exitCode: error.exitCode || 1, ...(asked ? {} : { error }) };
}
