import { nodeIdentity } from "@lantern/node-identity";

/** Homes that are spelled out. */
export const home = () => nodeIdentity.homeDir;

export const below = () => `${nodeIdentity.homeDir}/.config/lantern.json`;

export const root = () => nodeIdentity.repoRoot;

export const belowRoot = (name = "beacon") => `${nodeIdentity.repoRoot}/packages/${name}/index.ts`;

export const notes = () => `${nodeIdentity.vaultPath}/beacon.md`;

export const sibling = () => `${nodeIdentity.homeDir}/Code/lantern-wiki/index.md`;

export const folders = () => [`${nodeIdentity.repoRoot}/bin`, "/usr/local/bin", `${nodeIdentity.homeDir}/bin`];

export const inCommand = () => `ls -l ${nodeIdentity.repoRoot}`;

export const inObject = () => ({ cwd: nodeIdentity.repoRoot, key: nodeIdentity.homeDir });

const CONFIG = `${nodeIdentity.homeDir}/.config`;

export const throughConstant = () => `${CONFIG}/lantern.json`;
