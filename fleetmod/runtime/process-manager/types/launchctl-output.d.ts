/**
 * Reads what launchctl prints. launchctl(1) calls the output of `print` no interface, so a fact that
 * is not found is null and never an error.
 */
import type { ManagedService, ServiceState } from "./types.ts";
/** `launchctl list`: a header, then PID, last exit status (negative: a signal) and label. */
export declare function parseList(output: string): ManagedService[];
/** The facts at the top level of `launchctl print TARGET`. */
export declare function parsePrint(output: string): Pick<ServiceState, "pid" | "state" | "program" | "workingDirectory" | "lastExit" | "runs" | "source">;
/**
 * Whether `launchctl print-disabled DOMAIN` says that a service is disabled; null when it has no
 * line there. Older releases say `true` for `disabled`.
 */
export declare function overrideOf(name: string, output: string): boolean | null;
