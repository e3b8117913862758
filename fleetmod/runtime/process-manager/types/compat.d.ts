import type { ManagedService, ServiceState } from "./types.ts";
/** Services as a table: PID, last exit status and label, separated by tabs, one a line. */
export declare function formatServices(services: readonly ManagedService[], options?: {
    header?: boolean;
}): string;
/** A state as indented `key = value` lines; what is not known is left out. */
export declare function formatService(state: ServiceState): string;
/**
 * A state as the dictionary that listing a single label prints. `LastExitStatus` is a wait status
 * there: an exit code times 256, or a signal's number (wait(2)).
 */
export declare function formatServiceEntry(state: ServiceState): string;
/** The same services; throws `not-found` when there are none. */
export declare function requireServices<T extends readonly ManagedService[]>(services: T): T;
/** The same state; throws `not-found` when the service is not loaded. */
export declare function requireLoaded(state: ServiceState): ServiceState;
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
export declare function settle(action: () => Promise<unknown>): Promise<Outcome>;
/** The same for the synchronous companion. */
export declare function settleSync(action: () => unknown): Outcome;
