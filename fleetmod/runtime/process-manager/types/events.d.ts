export interface ProbeEvent {
    name: "fleet.probe";
    /** When the probe began, in ISO 8601. */
    time: string;
    attributes: {
        node_id: string;
        platform: string;
        /** How the probed thing is reached; a service manager is on this host. */
        endpoint_class: "localhost" | "vm" | "svc_dns" | "none";
        adapter_type: string;
        duration_ms: number;
        outcome: "ok" | "failed";
        /** What was asked for: a label. */
        target: string;
        /** Why there was no answer; only when it failed. */
        "error.type"?: string;
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
/** A sink that appends each event as a line of JSON to a file, or writes it to a stream. */
export declare function jsonLines(to: string | LineStream): ProbeSink;
/** Give the events of every port that has no sink of its own to `sink`; `undefined` drops them, as at first. */
export declare function setProbeSink(sink: ProbeSink | undefined): void;
/** Hand an event to a sink, whatever the sink does. */
export declare function emit(sink: ProbeSink | undefined, event: () => ProbeEvent): void;
/** The node's name: NODE_ID, then the host's name. */
export declare function defaultNodeId(): string;
