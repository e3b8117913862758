import type { DescribedIdentity, IdentityOptions } from "./types.ts";
export { formatReport } from "./report.ts";
export type { DescribedIdentity, FieldReport, IdentityData, IdentityOptions, IdentityReport, NodeIdentity, Platform, } from "./types.ts";
/**
 * An identity that reads `env` (the process's own by default) each time a member is read. Reading
 * a path throws an Error that names the variable to set when no source knows the path, or when the
 * first source that does gives a relative one. Whether a path is there, only `describe` looks.
 */
export declare function createNodeIdentity(options?: IdentityOptions): DescribedIdentity;
/** This node. */
export declare const nodeIdentity: DescribedIdentity;
