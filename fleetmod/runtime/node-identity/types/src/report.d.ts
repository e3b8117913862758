/** What a node knows of itself, told to people. */
import type { NodeIdentity } from "./index.ts";
/** One member: its value and which source it came from, or what is wrong with it. */
export interface FieldReport {
    value: string | null;
    /** "env HOME", "hostname", "account", "workspace", "default" or "process". */
    source: string | null;
    /** What to mend; null when all is well. */
    problem: string | null;
}
export type IdentityReport = Record<keyof NodeIdentity, FieldReport>;
/** The report as aligned lines: member, value, source, and the problem where there is one. */
export declare function formatReport(report: IdentityReport): string;
