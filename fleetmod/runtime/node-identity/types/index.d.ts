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
    data?: IdentityData;
    /** Where the search for the workspace begins. */
    from?: string;
}
/** An identity that reads `env` (the process's own by default) each time a member is read. */
export declare function createNodeIdentity(options?: IdentityOptions): NodeIdentity;
/** This node. */
export declare const nodeIdentity: NodeIdentity;
