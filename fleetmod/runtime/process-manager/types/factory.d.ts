import { type Adapter } from "./adapter.ts";
import type { ProcessManagerPort, ProcessManagerSyncPort } from "./types.ts";
export type AdapterName = "launchctl" | "systemctl" | "null";
export interface ProcessManagerOptions {
    /** By default PROCESS_MANAGER, else what the platform has. */
    adapter?: AdapterName | Adapter;
    /** The bound on each command, in milliseconds. */
    timeoutMs?: number;
}
export declare function createProcessManager(options?: ProcessManagerOptions): ProcessManagerPort;
export declare function createProcessManagerSync(options?: ProcessManagerOptions): ProcessManagerSyncPort;
/** This host's process manager, chosen at the first call: importing it runs and reads nothing. */
export declare const processManager: ProcessManagerPort;
/** The same, synchronously. */
export declare const processManagerSync: ProcessManagerSyncPort;
