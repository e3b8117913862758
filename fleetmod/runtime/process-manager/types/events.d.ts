export interface ProbeEvent {
    /** What was probed: "process_manager.probe". */
    name: string;
    /** When the probe began, in ISO 8601. */
    timestamp: string;
    attributes: ProbeAttributes;
}
export interface ProbeAttributes {
    node_id: string;
    platform: string;
    /** How the probed thing is reached; a service manager is on this host. */
    endpoint_class: "localhost" | "vm" | "service_dns" | "remote";
    adapter_type: string;
    /** What was asked for: a label, a container, an address. */
    target: string;
    duration_ms: number;
    outcome: "ok" | "error";
    /** Why there was no answer (OpenTelemetry's attribute of that name); only when outcome is "error". */
    "error.type"?: string;
    [more: string]: string | number | boolean | undefined;
}
/** Takes an event away. What it throws or rejects with is dropped, and nobody waits for it. */
export type ProbeSink = (event: ProbeEvent) => unknown;
/** What a JSON-lines sink needs of a stream: process.stderr, or fs.createWriteStream(…). */
export interface LineStream {
    write(text: string): unknown;
    on(event: "error", listener: (error: Error) => void): unknown;
}
/** A sink that appends each event as a line of JSON to a file, or writes it to a stream. */
export declare function jsonLines(to: string | LineStream): ProbeSink;
/** Hand an event to a sink, whatever the sink does. */
export declare function emit(sink: ProbeSink | undefined, event: () => ProbeEvent): void;
/** The node's name: NODE_ID, then the host's name. */
export declare function defaultNodeId(): string;
