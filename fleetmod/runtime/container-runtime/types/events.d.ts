import type { ProbeEvent, ProbeSink } from "./types.ts";
/** What an event tells beside the time it took. */
export interface Probed {
    endpointClass: ProbeEvent["attributes"]["endpoint_class"];
    adapter: string;
    target: string;
    nodeId?: string | undefined;
}
/** Give the events of every port that has no sink of its own to `sink`; `undefined` drops them, as at first. */
export declare function setProbeSink(sink: ProbeSink | undefined): void;
/** Begin a probe; call what comes back once, when it has ended, with the reason where it failed. */
export declare function begin(sink: ProbeSink | undefined, probed: Probed): (error?: unknown) => void;
/** A short word for a failure: a code where it has one, else its name. */
export declare function errorType(error: unknown): string;
