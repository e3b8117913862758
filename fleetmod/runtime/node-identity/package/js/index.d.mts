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
/** Give the events of every port that has no sink of its own to `sink`; `undefined` leaves them to FLEET_EVENTS, as at first. */
export declare function setProbeSink(sink: ProbeSink | undefined): void;
/** `NodeJS.Platform`, spelled out: a program without Node's own types can read it, too. */
export type Platform = "aix" | "android" | "cygwin" | "darwin" | "freebsd" | "haiku" | "linux" | "netbsd" | "openbsd" | "sunos" | "win32";
/** What a node knows of itself, and of how it knows. */
export interface NodeIdentity {
    /** NODE_ID, then the host's name. */
    nodeId: string;
    /** HOME, then the operating system's own lookup, then the default. */
    homeDir: string;
    /** The root variable, then the workspace or checkout around this package, then the default if it is there. */
    repoRoot: string;
    /** The vault variable, then the default. */
    vaultPath: string;
    platform: Platform;
    arch: string;
}
/** One member: its value and which source it came from, or what is wrong with it. */
export interface FieldReport {
    value: string | null;
    /** "env HOME", "hostname", "account", "workspace", "checkout", "package", "default" or "process". */
    source: string | null;
    /** What to mend; null when all is well. */
    problem: string | null;
}
export type IdentityReport = Record<keyof NodeIdentity, FieldReport>;
/** An identity that also tells how it knows. */
export interface DescribedIdentity extends NodeIdentity {
    /** Each member's value and source, or what is wrong with it. Never throws. */
    describe(): IdentityReport;
}
export interface IdentityData {
    env?: {
        nodeId?: string;
        home?: string;
        root?: string;
        vault?: string;
    };
    /** A leading `~` is the resolved home folder. */
    defaults?: {
        home?: string;
        root?: string;
        vault?: string;
    };
    /** The name in the root's package.json: in a bundle, it tells the checkout around from anybody's. */
    rootPackage?: string;
}
export interface IdentityOptions {
    env?: Record<string, string | undefined>;
    /** By default the package's identity.json. */
    data?: IdentityData;
    /** Where the search for the workspace begins; by default this package's own folder. */
    from?: string;
}
/** What a node knows of itself, told to people. */
/** The report as aligned lines: member, value, source, and the problem where there is one. */
export declare function formatReport(report: IdentityReport): string;
/**
 * Who and where this node is. Every member is resolved when it is read, never at import, so a
 * changed environment is seen. The variables' names and the last-resort defaults are data:
 * `identity.json` beside this folder, or what was written in here for a bundle that has no such file.
 */
/**
 * An identity that reads `env` (the process's own by default) each time a member is read. Reading
 * a path throws an Error that names the variable to set when no source knows the path, or when the
 * first source that does gives a relative one, or when the repository's root is the default and is
 * not there. Whether another path is there, only `describe` looks.
 */
export declare function createNodeIdentity(options?: IdentityOptions): DescribedIdentity;
/** This node. */
export declare const nodeIdentity: DescribedIdentity;
