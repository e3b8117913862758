import type { Adapter } from "./adapter.ts";
import type { ProbeSink } from "./events.ts";
import type { ProcessManagerPort, ProcessManagerSyncPort } from "./types.ts";
export type AdapterName = "launchctl" | "systemctl" | "null";
export interface ProcessManagerOptions {
    /** By default PROCESS_MANAGER, else what the platform has. */
    adapter?: AdapterName | Adapter;
    /** The bound on each command, in milliseconds. */
    timeoutMs?: number;
    /** Takes the event of each probe; by default what setProbeSink has set, and nobody at first. */
    sink?: ProbeSink;
    /** This node's name in the events; by default NODE_ID, else the host's name, at each probe. */
    nodeId?: string | (() => string);
}
/**
 * A port on the adapter asked for. The adapter is chosen at each call, so creating a port runs and
 * reads nothing; a name that no adapter has makes every verb fail with `unsupported`.
 */
export declare function createProcessManager(options?: ProcessManagerOptions): ProcessManagerPort;
/** The same, synchronously. */
export declare function createProcessManagerSync(options?: ProcessManagerOptions): ProcessManagerSyncPort;
/** This host's process manager. */
export declare const processManager: ProcessManagerPort;
/** The same, synchronously. */
export declare const processManagerSync: ProcessManagerSyncPort;
