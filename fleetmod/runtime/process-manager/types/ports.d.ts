/** The two ports of an adapter: each verb as a promise, and as a plain call. */
import type { Adapter } from "./adapter.ts";
import { type ProbeOptions } from "./probe.ts";
import type { ProcessManagerPort, ProcessManagerSyncPort } from "./types.ts";
/** The port of the adapter that `adapter()` gives at each call. */
export declare function asyncPort(adapter: () => Adapter, options: ProbeOptions): ProcessManagerPort;
/** The same, synchronously. */
export declare function syncPort(adapter: () => Adapter, options: ProbeOptions): ProcessManagerSyncPort;
