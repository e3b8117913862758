import { type Adapter } from "./adapter.ts";
import type { ContainerRuntimePort, ContainerRuntimeSyncPort, ProbeSink } from "./types.ts";
export type AdapterName = "colima" | "docker" | "remote" | "null";
export interface ContainerRuntimeOptions {
    /** By default CONTAINER_RUNTIME, else a remote DOCKER_HOST, else what the platform has. */
    adapter?: AdapterName | Adapter;
    /** Colima's profile; by default COLIMA_PROFILE, else `default`. */
    profile?: string;
    /** The bound on each command, in milliseconds; a start may take longer. */
    timeoutMs?: number;
    /** Takes an event for each probe; by default what `setProbeSink` was given. */
    sink?: ProbeSink;
    /** The node's name in events; by default NODE_ID, else the host's name. */
    nodeId?: string;
}
/**
 * A port on the adapter asked for. The adapter is chosen at each call, so creating a port runs and
 * reads nothing; a name that no adapter has makes `start` fail with `unsupported`.
 */
export declare function createContainerRuntime(options?: ContainerRuntimeOptions): ContainerRuntimePort;
/** The same, synchronously. */
export declare function createContainerRuntimeSync(options?: ContainerRuntimeOptions): ContainerRuntimeSyncPort;
/** This node's container runtime. */
export declare const containerRuntime: ContainerRuntimePort;
/** The same, synchronously. */
export declare const containerRuntimeSync: ContainerRuntimeSyncPort;
