/** What a node knows of itself, told to people. */
import type { IdentityReport } from "./types.ts";
/** The report as aligned lines: member, value, source, and the problem where there is one. */
export declare function formatReport(report: IdentityReport): string;
