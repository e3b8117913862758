/**
 * Who and where this node is. Every member is resolved when it is read, never at import, so a
 * changed environment is seen. The variables' names and the last-resort defaults are data:
 * `identity.json`, imported as a module so that a bundle carries it.
 */
import { existsSync, readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import shipped from "../identity.json" with { type: "json" };

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
  env?: { nodeId?: string; home?: string; root?: string; vault?: string };
  /** A leading `~` is the resolved home folder. */
  defaults?: { home?: string; root?: string; vault?: string };
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
export function createNodeIdentity(options: IdentityOptions = {}): NodeIdentity {
  const data: IdentityData = options.data ?? shipped;
  const variable = (name: string): string => ((options.env ?? process.env)[name] ?? "").trim();
  const fallback = (value = ""): string =>
    value === "~" || value.startsWith("~/") ? join(homeDir(), value.slice(1)) : value;
  const homeDir = (): string => {
    const name = data.env?.home ?? "HOME";
    const found = variable(name) || variable("USERPROFILE") || accountHome() || data.defaults?.home;
    return resolved("homeDir", found, name);
  };
  const repoRoot = (): string => {
    const name = data.env?.root ?? "REPO_ROOT";
    const given = variable(name);
    if (given) return resolved("repoRoot", given, name);
    const usual = fallback(data.defaults?.root);
    const found = usual && existsSync(usual) ? usual : workspaceAbove(options.from ?? here()) || usual;
    return resolved("repoRoot", found, name);
  };
  const vaultPath = (): string => {
    const name = data.env?.vault ?? "VAULT_PATH";
    return resolved("vaultPath", variable(name) || fallback(data.defaults?.vault), name);
  };
  return {
    get nodeId(): string {
      return variable(data.env?.nodeId ?? "NODE_ID") || hostname();
    },
    get homeDir(): string {
      return homeDir();
    },
    get repoRoot(): string {
      return repoRoot();
    },
    get vaultPath(): string {
      return vaultPath();
    },
    get platform(): NodeJS.Platform {
      return process.platform;
    },
    get arch(): string {
      return process.arch;
    },
  };
}

/** This node. */
export const nodeIdentity: NodeIdentity = createNodeIdentity();

/** The account's own home, whatever HOME says; empty when the account has no entry. */
function accountHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return ""; // a container's arbitrary uid
  }
}

function resolved(member: string, value: string | undefined, name: string): string {
  if (!value) throw new Error(`this node's ${member} is not known; set ${name}`);
  if (!value.startsWith("/") && !/^[A-Za-z]:[\\/]/.test(value)) {
    throw new Error(`this node's ${member} must be an absolute path, not "${value}"; correct ${name}`);
  }
  return value.replace(/(?<=[^\\/:])[\\/]+$/, "");
}

/** This module's folder; empty in a bundle whose format has no such thing. */
function here(): string {
  try {
    return dirname(fileURLToPath(import.meta.url));
  } catch {
    return "";
  }
}

/** The nearest folder above that declares a workspace; empty when there is none. */
function workspaceAbove(folder: string): string {
  for (let at = folder; at !== ""; at = dirname(at)) {
    if (existsSync(join(at, "pnpm-workspace.yaml")) || declaresWorkspaces(join(at, "package.json"))) return at;
    if (at === dirname(at)) return "";
  }
  return "";
}

function declaresWorkspaces(manifest: string): boolean {
  try {
    return "workspaces" in (JSON.parse(readFileSync(manifest, "utf8")) as object);
  } catch {
    return false; // no manifest, or one that is none: not a workspace's root
  }
}
