export type ErrorCode = "tool-missing" | "timeout" | "not-found" | "disabled" | "invalid-label" | "failed" | "unsupported";
export interface ErrorDetails {
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
