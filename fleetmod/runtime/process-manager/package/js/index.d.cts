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
/** Give the events of every port that has no sink of its own to `sink`; `undefined` leaves them to FLEET_EVENTS, as at first. */
export declare function setProbeSink(sink: ProbeSink | undefined): void;
export type ErrorCode = "tool-missing" | "timeout" | "not-found" | "disabled" | "no-manager" | "invalid-label" | "failed" | "unsupported";
interface ErrorDetails {
    code: ErrorCode;
    operation: string;
    label: string;
    adapter: string;
    exitCode?: number;
    stderr?: string;
    /** What to do next, where the code's own advice is not the best. */
    hint?: string;
}
/** A verb that failed: what was asked, of which adapter, and what to do next. */
export declare class ProcessManagerError extends Error {
    readonly code: ErrorCode;
    readonly operation: string;
    readonly label: string;
    readonly adapter: string;
    readonly exitCode: number;
    readonly stderr: string;
    readonly hint: string;
    constructor(details: ErrorDetails);
}
/** A program to run: an argument vector, never a shell. */
interface Command {
    argv: readonly [string, ...string[]];
    /** A tool that the verb can do without: when it does not run, its exit code tells, and no error. */
    optional?: boolean;
    /** It waits for a service, `atMost` so many milliseconds beyond its bound; what is told after that. */
    waits?: {
        atMost: number;
        told: string;
        hint: string;
    };
}
/**
 * A wait in milliseconds; its result's code is `OVERDUE` once the verb has outlasted its bound, and
 * `atMost` that the manager itself gives the service.
 */
interface Pause {
    pause: number;
    atMost?: number;
}
/** Something that the caller should know though the verb succeeds. */
interface Warning {
    warning: string;
}
interface Result {
    code: number;
    stdout: string;
    stderr: string;
}
/** What an adapter's verb does, as the commands it wants run; driven with or without promises. */
type Steps<T> = Generator<Command | Pause | Warning, T, Result>;
/** A service as the manager lists it. */
export interface ManagedService {
    label: string;
    pid: number | null;
    /** The exit status of its last run; null when it never ran or the manager does not tell. */
    lastExit: number | null;
}
/** What the manager knows of one service; `null` is a fact that it does not tell. */
export interface ServiceState {
    label: string;
    loaded: boolean;
    enabled: boolean | null;
    pid: number | null;
    state: string | null;
    program: string | null;
    workingDirectory: string | null;
    lastExit: number | null;
    runs: number | null;
    /** The file that defines it: a plist or a unit. */
    source: string | null;
}
/** What a probe found: the state, or why there is none. */
export type ProbeResult = {
    outcome: "ok";
    state: ServiceState;
} | {
    outcome: "failed";
    error: ProcessManagerError;
};
export interface ServiceConfig {
    /**
     * The plist or unit file, where it is not in a folder that the manager searches. launchctl
     * fails for a service that is loaded from another plist: stop it first. For a plist,
     * systemctl takes the units that `fleetmod units` has made of it: those beside it, or in a folder
     * `systemd` beside its own, and for `system/x` in the folder `system` there. For a template of
     * `fleetmod plists` launchctl takes the list that is rendered of it into launchd's folder.
     */
    source?: string;
    /** `false` enables a service for the next load and does not load it now. */
    load?: boolean;
}
export type HintVerb = "list" | "start" | "restart" | "stop" | "inspect" | "disable" | "enable" | "load";
/**
 * Manages services by label. A bare label is one of the caller's own services, wherever it is: on
 * macOS in `gui/UID` or `user/UID`, and `stop` reaches both; under sudo it is the person's, or an
 * error. `system/x`, `user/501/x` and `gui/501/x` name another domain. Every verb is safe to repeat. One that fails
 * rejects with a ProcessManagerError, whose `code` tells why; `hint` never fails.
 *
 * What waits, and how long (then it fails with the code `timeout`):
 *
 * | what waits | seconds | per call | by variable |
 * |---|---|---|---|
 * | each verb and query: each command of the tool that it runs, if not told otherwise below | 10 | `timeoutMs` | PROCESS_MANAGER_TIMEOUT_MS |
 * | `stop` on macOS, until the job is gone | its ExitTimeOut + 10 | `waitMs` | PROCESS_MANAGER_WAIT_MS |
 * | `restart`, `start`, `load`, `enable` on macOS of a job that is still being removed | 2, eight tries | `waitMs`, if shorter | PROCESS_MANAGER_WAIT_MS, if shorter |
 * | `stop` on Linux | twice its TimeoutStopSec (90 by default) + 10 | `waitMs` | PROCESS_MANAGER_WAIT_MS |
 * | `start`, `enable` on Linux | its TimeoutStartSec (90 by default) + 10 | `waitMs` | PROCESS_MANAGER_WAIT_MS |
 * | `restart` on Linux | both of these together + 10 | `waitMs` | PROCESS_MANAGER_WAIT_MS |
 * | the same of a oneshot unit, to see whether it fails at once; its work goes on | 1 | | |
 *
 * For one call alone: `createProcessManager({ waitMs: 5000 }).stop(label)`. `hint` waits for nothing.
 */
export interface ProcessManagerPort {
    /** The services whose label contains `pattern`; all of them for "". */
    list(pattern: string): Promise<ManagedService[]>;
    /** Start or restart; a service that is not loaded is loaded first. */
    restart(label: string): Promise<void>;
    /** Stop, and keep it stopped; what is not loaded is stopped already. */
    stop(label: string): Promise<void>;
    /** What is known of a service; one that is not loaded is no error. */
    inspect(label: string): Promise<ServiceState>;
    /** Keep it from starting, beyond a reboot; what runs goes on. */
    disable(label: string): Promise<void>;
    /** Undo `disable`, and load. */
    enable(label: string, config?: ServiceConfig): Promise<void>;
    /** Start; a service that runs is not restarted. */
    start(label: string): Promise<void>;
    /** Make the service known to the manager, unless it is disabled; what starts by itself starts. */
    load(label: string, config?: ServiceConfig): Promise<void>;
    /** `inspect` for watchers: never rejects. */
    probe(label: string): Promise<ProbeResult>;
    /** The command that a person types for it on this platform. Runs nothing, never throws. */
    hint(verb: HintVerb, label: string): string;
}
/** The synchronous companion, for callers that cannot wait for a promise: it throws where the port rejects. */
export interface ProcessManagerSyncPort {
    list(pattern: string): ManagedService[];
    restart(label: string): void;
    stop(label: string): void;
    inspect(label: string): ServiceState;
    disable(label: string): void;
    enable(label: string, config?: ServiceConfig): void;
    start(label: string): void;
    load(label: string, config?: ServiceConfig): void;
    probe(label: string): ProbeResult;
    hint(verb: HintVerb, label: string): string;
}
/** One service manager. Each verb is written once, as steps, and serves both ports. */
export interface Adapter {
    readonly name: string;
    list(pattern: string): Steps<ManagedService[]>;
    restart(label: string): Steps<void>;
    stop(label: string): Steps<void>;
    inspect(label: string): Steps<ServiceState>;
    disable(label: string): Steps<void>;
    enable(label: string, config?: ServiceConfig): Steps<void>;
    start(label: string): Steps<void>;
    load(label: string, config?: ServiceConfig): Steps<void>;
    hint(verb: HintVerb, label: string): string;
}
/**
 * What migrated call sites need where the code around them reads text or exit codes. New code reads
 * the port's own values.
 */
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
/**
 * Run an action and tell a callback how it went, in the way of `child_process.exec`: the error, or
 * null, and the texts. What the callback throws is uncaught, as there.
 */
export declare function callBack(action: () => Promise<unknown>, callback: (error: Error | null, stdout: string, stderr: string) => void): void;
/** The tool that manages services on macOS, for code that looks for its name in a text. */
export declare const MACOS_SERVICE_TOOL = "launchctl";
/**
 * The label of the service that a plist defines, as the port takes it: `system/x` for one of
 * /Library/LaunchDaemons. Of a file that cannot be read it is the name, by convention.
 */
export declare function plistLabel(path: string): string;
export declare const launchctl: Adapter;
export interface RecordedCall {
    verb: string;
    label: string;
    config?: ServiceConfig;
}
export interface NullAdapter extends Adapter {
    /** The verbs that were called, in order; the last thousand of them. */
    readonly calls: RecordedCall[];
    /** The states that `list` and `inspect` answer with; verbs change them as a manager would. */
    readonly states: Map<string, ServiceState>;
}
/** An adapter that begins with `states`, which it copies, and runs nothing. */
export declare function nullAdapter(states?: Iterable<ServiceState>): NullAdapter;
export declare const systemctl: Adapter;
export type AdapterName = "launchctl" | "systemctl" | "null";
export interface ProcessManagerOptions {
    /** By default PROCESS_MANAGER, else what the platform has. */
    adapter?: AdapterName | Adapter;
    /**
     * The bound on each command of the service manager's tool, in milliseconds; by default
     * PROCESS_MANAGER_TIMEOUT_MS, else 10 seconds. A verb runs several commands; the first that
     * hangs ends it.
     */
    timeoutMs?: number;
    /**
     * The bound on a wait for a service, in milliseconds; by default PROCESS_MANAGER_WAIT_MS, else what
     * the table at ProcessManagerPort says. For one call: `createProcessManager({ waitMs }).stop(label)`;
     * to create a port costs nothing.
     */
    waitMs?: number;
    /** Takes the event of each call; by default what setProbeSink has set, else what FLEET_EVENTS names. */
    sink?: ProbeSink;
    /** This node's name in the events; by default NODE_ID, else the host's name, at each call. */
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
export {};
