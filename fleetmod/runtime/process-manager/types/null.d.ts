/** Manages nothing: for tests, and for hosts where something else supervises the processes. */
import type { Adapter } from "./adapter.ts";
import type { ServiceConfig, ServiceState } from "./types.ts";
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
