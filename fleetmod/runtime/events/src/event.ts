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
