/** Homes behind the environment. */
import { homedir } from "node:os";
import { join } from "node:path";
import { nodeIdentity } from "@lantern/node-identity";

export const either = () => nodeIdentity.homeDir;

export const nullish = () => nodeIdentity.homeDir;

export const three = () => nodeIdentity.homeDir;

export const inTemplate = () => `${nodeIdentity.homeDir}/.config/lantern.json`;

export const joined = () => join(nodeIdentity.homeDir, ".config", "lantern.json");

export const rootJoined = () => join(nodeIdentity.repoRoot, "packages");

export const rootInTemplate = () => `${nodeIdentity.repoRoot}/packages`;

export const root = () => nodeIdentity.repoRoot;

export const notes = () => nodeIdentity.vaultPath;

export const home = () => homedir();
