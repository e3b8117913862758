export type ErrorCode = "tool-missing" | "timeout" | "failed" | "not-running" | "unsupported";
export interface ErrorDetails {
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
