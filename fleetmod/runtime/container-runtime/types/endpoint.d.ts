import type { ContainerRuntimePort, EndpointClass, ProbeSink } from "./types.ts";
/** Asks one URL; resolves when the service answers, rejects or throws when it does not. */
export type Probe = (url: URL, signal: AbortSignal) => Promise<unknown>;
export interface EndpointOptions {
    /** The service as it is reached on this node, such as `http://localhost:8288/health`. */
    localhost: string | URL;
    /** Its host name, or host and port, in the cluster; left out, there is no such class. */
    serviceDns?: string;
    /** By default the runtime's `vmIp()`; null leaves the class out. */
    vmHost?: string | null;
    /** By default `httpProbe` for http and https, else `tcpProbe`. */
    probe?: Probe;
    /** The bound on one probe, and on asking for the machine's address; in milliseconds. */
    timeoutMs?: number;
    /** How often a candidate is asked before it counts as failed. */
    attempts?: number;
    runtime?: Pick<ContainerRuntimePort, "vmIp">;
    sink?: ProbeSink;
    nodeId?: string;
}
/** A candidate that did not answer, and why, probe by probe. */
export interface FailedEndpoint {
    endpointClass: EndpointClass;
    url: string | null;
    reasons: string[];
}
export type EndpointResolution = {
    ok: true;
    endpointClass: EndpointClass;
    url: string;
    failed: FailedEndpoint[];
} | {
    ok: false;
    endpointClass: null;
    url: null;
    failed: FailedEndpoint[];
};
/** Resolves to the first class that answers, with what failed before it; throws for a URL that is none, alone. */
export declare function resolveEndpoint(options: EndpointOptions): Promise<EndpointResolution>;
/** Whether a GET is answered with a status of success. */
export declare function httpProbe(url: URL, signal: AbortSignal): Promise<void>;
/** Whether the port takes a connection. */
export declare function tcpProbe(url: URL, signal: AbortSignal): Promise<void>;
