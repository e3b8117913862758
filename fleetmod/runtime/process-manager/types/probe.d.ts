/** Probes: an answer in every case, and one event each. */
import type { Adapter } from "./adapter.ts";
import { type ProbeSink } from "./events.ts";
import type { ProbeResult } from "./types.ts";
export interface ProbeOptions {
    timeoutMs: number;
    sink?: ProbeSink | undefined;
    nodeId?: string | (() => string) | undefined;
}
/** Ask for a service's state. Never rejects. */
export declare function probe(adapter: () => Adapter, label: string, options: ProbeOptions): Promise<ProbeResult>;
/** The same, synchronously. Never throws. */
export declare function probeSync(adapter: () => Adapter, label: string, options: ProbeOptions): ProbeResult;
