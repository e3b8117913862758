/** How an endpoint is reached: on this node, on the runtime's machine, or by a service's DNS name. */
export type EndpointClass = "localhost" | "vm" | "svc_dns";
/**
 * What a call of a port leaves behind: one flat event, its attributes named as OpenTelemetry names
 * them, so that an exporter hands `name`, `time` and `attributes` on as they are.
 */
export interface ProbeEvent {
    name: "fleet.probe";
    /** When the call began, in ISO 8601. */
    time: string;
    attributes: {
        node_id: string;
        platform: string;
        endpoint_class: EndpointClass | "none";
        /** What was asked: an adapter, a kind of probe, or the source of a member of the identity. */
        adapter_type: string;
        /** The program that called: OTEL_SERVICE_NAME, else the package whose script runs, else the file. */
        "service.name": string;
        /** The port's package, without its scope. */
        port: string;
        /** The verb or the query. */
        operation: string;
        /** What it was about: a label, or a URL; "" where the operation says it all. */
        target: string;
        duration_ms: number;
        outcome: "ok" | "failed";
        /** Why it failed; only then. */
        "error.type"?: string;
        /** How many events before this one were lost. */
        "events.dropped"?: number;
        /** How much depends on the endpoint, where that was told. */
        tier?: string;
        "service.loaded"?: boolean;
        "service.state"?: string;
        "process.pid"?: number;
    };
}
/** Takes an event away. What it throws or rejects with is dropped, and nobody waits for it. */
export type ProbeSink = (event: ProbeEvent) => unknown;
/** What a JSON-lines sink needs of a stream: process.stderr, or fs.createWriteStream(…). */
export interface LineStream {
    write(text: string): unknown;
    on(event: "error", listener: (error: Error) => void): unknown;
}
/**
 * A sink that appends each event as a line of JSON to a file, or writes it to a stream. A file that
 * reaches 10 MiB is renamed to `FILE.TIME-PID`, and four of those are kept; many processes may
 * write to one file. An event that does not fit on the disk, or that nobody takes, is dropped.
 */
export declare function jsonLines(to: string | LineStream): ProbeSink;
/**
 * One event for each call of a port, to the sink that the port was given, else to that of
 * `setProbeSink`, else to what FLEET_EVENTS names. No call fails or waits for its event.
 */
type Attributes = ProbeEvent["attributes"];
/** A call, and where its event goes. */
interface Call {
    port: string;
    operation: string;
    target: string;
    adapter: string;
    endpointClass: Attributes["endpoint_class"];
    sink?: ProbeSink | undefined;
    nodeId?: string | (() => string) | undefined;
}
/** Give the events of every port that has no sink of its own to `sink`; `undefined` leaves them to FLEET_EVENTS, as at first. */
export declare function setProbeSink(sink: ProbeSink | undefined): void;
export type ErrorCode = "tool-missing" | "timeout" | "failed" | "not-running" | "unsupported";
interface ErrorDetails {
    code: ErrorCode;
    operation: string;
    adapter: string;
    exitCode?: number;
    stderr?: string;
    /** What to do, where the code alone does not tell. */
    hint?: string;
}
/** A verb that failed: what was asked, of which adapter, and what to do next. */
export declare class ContainerRuntimeError extends Error {
    readonly code: ErrorCode;
    readonly operation: string;
    readonly adapter: string;
    readonly exitCode: number;
    readonly stderr: string;
    readonly hint: string;
    constructor(details: ErrorDetails);
}
/** A program to run: an argument vector, never a shell. */
interface Command {
    argv: readonly [string, ...string[]];
    /** It starts the runtime, and may take as long as that. */
    starts?: true;
}
interface Result {
    code: number;
    stdout: string;
    stderr: string;
}
/** What an adapter's verb does, as the commands it wants run; driven with or without promises. */
type Steps<T> = Generator<Command, T, Result>;
/** A virtual machine of the runtime, in the fields of `colima list --json`; what it does not tell is left out. */
export interface Machine {
    name: string;
    status: string;
    arch?: string;
    cpus?: number;
    memory?: number;
    disk?: number;
    address?: string;
    runtime?: string;
}
/**
 * Asks the container runtime of this node. Queries never fail: what is not known, does not apply or
 * cannot be asked is `false` or `null`, and the call's event tells why. `start` rejects with a
 * ContainerRuntimeError.
 *
 * What waits, and how long (then it fails with the code `timeout`):
 *
 * | what waits | seconds | per call | by variable |
 * |---|---|---|---|
 * | each verb and query: each command of the tool that it runs, if not told otherwise below | 10 | `timeoutMs` | CONTAINER_RUNTIME_TIMEOUT_MS |
 * | `start` of Colima, which may download an image first | 600 | `startMs` | CONTAINER_RUNTIME_START_MS |
 * | `resolveEndpoint`, each probe of a class, and asking for the machine's address | 1.5, twice a class | `timeoutMs`, `attempts` | CONTAINER_RUNTIME_PROBE_MS |
 * | `watchEndpoint`, the same | 1.5, as often as the tier says | `timeoutMs`, `attempts` | CONTAINER_RUNTIME_PROBE_MS |
 *
 * For one call alone: `createContainerRuntime({ timeoutMs: 2000 }).isHealthy()`. `sshConfig` and `hint` wait for nothing.
 */
export interface ContainerRuntimePort {
    /** Whether the runtime runs and its engine answers. */
    isHealthy(): Promise<boolean>;
    /** The address at which the runtime's machine is reached from this node; null where there is none. */
    vmIp(): Promise<string | null>;
    /** Seconds since the runtime's machine booted; null where there is none. */
    uptimeSeconds(): Promise<number | null>;
    /** The file to give to `ssh -F` to reach the runtime's machine; null where there is none. */
    sshConfig(): string | null;
    /** The virtual machines that it manages, which are none for an engine without; null where it cannot be asked. */
    machines(): Promise<Machine[] | null>;
    /** Start the runtime; one that runs already is left alone. */
    start(): Promise<void>;
    /** The command that a person types for it on this node. Runs nothing, never throws. */
    hint(verb: HintVerb): string;
}
/** The synchronous companion, for callers that cannot wait for a promise: it throws where the port rejects. */
export interface ContainerRuntimeSyncPort {
    isHealthy(): boolean;
    vmIp(): string | null;
    uptimeSeconds(): number | null;
    sshConfig(): string | null;
    machines(): Machine[] | null;
    start(): void;
    hint(verb: HintVerb): string;
}
export type HintVerb = "status" | "start";
/**
 * One container runtime. Each verb is written once, as steps, and serves both ports. A query throws
 * where it cannot be answered, and gives null where there is nothing to tell.
 */
export interface Adapter {
    readonly name: string;
    /** Where its engine runs, for the events. */
    readonly endpointClass: EndpointClass | "none";
    /** Returns when the runtime is healthy; throws the reason when it is not. */
    check(): Steps<void>;
    vmIp(): Steps<string | null>;
    uptimeSeconds(): Steps<number | null>;
    sshConfig(): string | null;
    machines(): Steps<Machine[]>;
    start(): Steps<void>;
    hint(verb: HintVerb): string;
}
/** This node's own engine: no machine of its own, so no address, uptime or ssh beside the node's. */
export declare const docker: Adapter;
/** The engine that DOCKER_HOST names by ssh:// or tcp://. Which machine it runs on is not ours to start. */
export declare function remote(host: string): Adapter;
/** Colima's profile of that name; by default what COLIMA_PROFILE names, else `default`. */
export declare function colima(profile?: string): Adapter;
/**
 * What migrated call sites need where the code around them reads exit codes or expects a text. New
 * code reads the port's own values.
 */
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
/** How soon the failures of a service count, and when it is asked again. */
/**
 * How much depends on a service: `infra-critical` is what other services need (a queue, a database),
 * `service-critical` what one service needs, `app-level` what a program does without for a while.
 */
export type Tier = "infra-critical" | "service-critical" | "app-level";
export interface Patience {
    /** How often a class is asked before its turn counts as failed. */
    attempts: number;
    /** After so many failed turns in a row a class is passed over. */
    failures: number;
    /** For so many milliseconds; then a single probe decides. */
    restMs: number;
}
/** Runs nothing: for tests, and for nodes without containers. */
/** What the null adapter answers; a test may change it. */
export interface NullState {
    healthy: boolean;
    vmIp: string | null;
    uptimeSeconds: number | null;
    sshConfig: string | null;
    machines: Machine[];
}
export interface NullAdapter extends Adapter {
    readonly state: NullState;
    /** The verbs that were called, in order; the last thousand of them. */
    readonly calls: string[];
}
/** An adapter that answers from `state`, by default that nothing runs. */
export declare function nullAdapter(state?: Partial<NullState>): NullAdapter;
export type AdapterName = "colima" | "docker" | "remote" | "null";
export interface ContainerRuntimeOptions {
    /** By default CONTAINER_RUNTIME, else a remote DOCKER_HOST, else what the platform has. */
    adapter?: AdapterName | Adapter;
    /** Colima's profile; by default COLIMA_PROFILE, else `default`. */
    profile?: string;
    /** The bound on each command, in milliseconds; by default CONTAINER_RUNTIME_TIMEOUT_MS, else 10 seconds. */
    timeoutMs?: number;
    /** The bound on a start by Colima, in milliseconds; by default CONTAINER_RUNTIME_START_MS, else ten minutes. */
    startMs?: number;
    /** Takes the event of each call; by default what setProbeSink has set, else what FLEET_EVENTS names. */
    sink?: ProbeSink;
    /** The node's name in events; by default NODE_ID, else the host's name. */
    nodeId?: string | (() => string);
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
/**
 * Finds out how a service is reached from this node: on localhost, at the runtime's machine, or by
 * its DNS name in the cluster. No single probe decides: a candidate is asked several times before
 * it counts as failed, then the next class has its turn.
 */
/** Asks one URL; resolves when the service answers, rejects or throws when it does not. */
export type Probe = (url: URL, signal: AbortSignal) => Promise<unknown>;
export interface EndpointOptions extends Pick<Call, "sink" | "nodeId"> {
    /** The service as it is reached on this node, such as `http://localhost:8288/health`. */
    localhost: string | URL;
    /** Its host name, or host and port, in the cluster; left out, there is no such class. */
    serviceDns?: string;
    /** By default the runtime's `vmIp()`; null leaves the class out. */
    vmHost?: string | null;
    /** By default `httpProbe` for http and https, else `tcpProbe`. */
    probe?: Probe;
    /**
     * The bound on one probe, and on asking for the machine's address, in milliseconds; by default
     * CONTAINER_RUNTIME_PROBE_MS, else 1500.
     */
    timeoutMs?: number;
    /** How often a candidate is asked before it counts as failed; by default twice. */
    attempts?: number;
    runtime?: Pick<ContainerRuntimePort, "vmIp">;
}
/** An endpoint that is asked again and again. What is given goes before what the tier says. */
export interface WatchedOptions extends EndpointOptions, Partial<Patience> {
    /** By default `service-critical`. */
    tier?: Tier;
}
/**
 * An endpoint that remembers what failed. A class whose turns keep failing is passed over, so that a
 * caller waits for none that is known to be down; after a rest one probe decides whether it is back.
 */
export interface WatchedEndpoint {
    readonly tier: Tier;
    resolve(): Promise<WatchedResolution>;
}
/** `ok` is the first class; `degraded` a later one, since those before it failed; `down` is none. */
export type WatchedResolution = EndpointResolution & {
    tier: Tier;
    state: "ok" | "degraded" | "down";
};
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
/** The same for a service that is asked again and again; creating it asks nothing. */
export declare function watchEndpoint(options: WatchedOptions): WatchedEndpoint;
/** Whether a GET is answered with a status of success. */
export declare function httpProbe(url: URL, signal: AbortSignal): Promise<void>;
/** Whether the port takes a connection. */
export declare function tcpProbe(url: URL, signal: AbortSignal): Promise<void>;
export {};
