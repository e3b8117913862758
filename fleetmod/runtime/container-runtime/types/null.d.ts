/** Runs nothing: for tests, and for nodes without containers. */
import type { Adapter } from "./adapter.ts";
import type { Machine } from "./types.ts";
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
