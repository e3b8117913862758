import { type Steps } from "./steps.ts";
import type { ContainerRuntimePort, ContainerRuntimeSyncPort, HintVerb, Machine, ProbeEvent, ProbeSink } from "./types.ts";
/**
 * One container runtime. Each verb is written once, as steps, and serves both ports. A query throws
 * where it cannot be answered, and gives null where there is nothing to tell.
 */
export interface Adapter {
    readonly name: string;
    /** Where its engine runs, for the probes' events. */
    readonly endpointClass: ProbeEvent["attributes"]["endpoint_class"];
    /** Returns when the runtime is healthy; throws the reason when it is not. */
    check(): Steps<void>;
    vmIp(): Steps<string | null>;
    uptimeSeconds(): Steps<number | null>;
    sshConfig(): string | null;
    machines(): Steps<Machine[]>;
    start(): Steps<void>;
    hint(verb: HintVerb): string;
}
export interface PortOptions {
    timeoutMs: number;
    sink?: ProbeSink | undefined;
    nodeId?: string | undefined;
}
/** The port of the adapter that `adapter()` gives at each call. */
export declare function asyncPort(adapter: () => Adapter, options: PortOptions): ContainerRuntimePort;
/** The same, synchronously. */
export declare function syncPort(adapter: () => Adapter, options: PortOptions): ContainerRuntimeSyncPort;
/** An adapter that cannot answer: its queries give nothing, its `start` throws what `reason` tells. */
export declare function unsupported(name: string, reason: string, hint?: string): Adapter;
