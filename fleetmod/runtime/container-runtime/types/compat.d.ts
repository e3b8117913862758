import type { Machine } from "./types.ts";
/** Throws `not-running` unless the runtime is healthy. */
export declare function requireHealthy(healthy: boolean): void;
/** A line that says that the runtime is running; throws `not-running` unless it is healthy. */
export declare function formatHealth(healthy: boolean): string;
/** The same address; throws `not-running` where there is none. */
export declare function requireVmIp(address: string | null): string;
/** Machines as JSON, one a line; throws `failed` where the runtime could not be asked. */
export declare function formatMachines(machines: readonly Machine[] | null): string;
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
export declare function settleRuntime(action: () => Promise<unknown>): Promise<Outcome>;
/** The same for the synchronous companion. */
export declare function settleRuntimeSync(action: () => unknown): Outcome;
