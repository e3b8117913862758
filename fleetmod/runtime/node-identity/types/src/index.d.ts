export interface NodeIdentity {
    /** NODE_ID, then the host's name. */
    nodeId: string;
    /** HOME, then the operating system's own lookup, then the default. */
    homeDir: string;
    /** The root variable, then the default if it exists, then the workspace around this package. */
    repoRoot: string;
    /** The vault variable, then the default. */
    vaultPath: string;
    platform: NodeJS.Platform;
    arch: string;
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
 * first source that does gives a relative one.
 */
export declare function createNodeIdentity(options?: IdentityOptions): NodeIdentity;
/** This node. */
export declare const nodeIdentity: NodeIdentity;
