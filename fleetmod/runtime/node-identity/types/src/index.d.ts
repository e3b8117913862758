import type { IdentityReport } from "./report.ts";
export { formatReport } from "./report.ts";
export type { FieldReport, IdentityReport } from "./report.ts";
export interface NodeIdentity {
    /** NODE_ID, then the host's name. */
    nodeId: string;
    /** HOME, then the operating system's own lookup, then the default. */
    homeDir: string;
    /** The root variable, then the workspace around this package, then the default. */
    repoRoot: string;
    /** The vault variable, then the default. */
    vaultPath: string;
    platform: NodeJS.Platform;
    arch: string;
}
/** An identity that also tells how it knows. */
export interface DescribedIdentity extends NodeIdentity {
    /** Each member's value and source, or what is wrong with it. Never throws. */
    describe(): IdentityReport;
}
export interface IdentityData {
    env?: {
        nodeId?: string;
        home?: string;
        root?: string;
        vault?: string;
    };
    /** A leading `~` is the resolved home folder. */
    defaults?: {
        home?: string;
        root?: string;
        vault?: string;
    };
}
export interface IdentityOptions {
    env?: Record<string, string | undefined>;
    /** By default the package's identity.json. */
    data?: IdentityData;
    /** Where the search for the workspace begins; by default this package's own folder. */
    from?: string;
}
/**
 * An identity that reads `env` (the process's own by default) each time a member is read. Reading
 * a path throws an Error that names the variable to set when no source knows the path, or when the
 * first source that does gives a relative one. Whether a path is there, only `describe` looks.
 */
export declare function createNodeIdentity(options?: IdentityOptions): DescribedIdentity;
/** This node. */
export declare const nodeIdentity: DescribedIdentity;
