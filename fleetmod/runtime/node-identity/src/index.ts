/**
 * Who and where this node is. Every member is resolved when it is read, never at import, so a
 * changed environment is seen. The variables' names and the last-resort defaults are data:
 * `identity.json` beside package.json.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

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
  data?: IdentityData;
  /** Where the search for the workspace begins. */
  from?: string;
}

/** An identity that reads `env` (the process's own by default) each time a member is read. */
export function createNodeIdentity(options: IdentityOptions = {}): NodeIdentity {
  const data = (): IdentityData => options.data ?? shippedData();
  const variable = (name: string): string => ((options.env ?? process.env)[name] ?? "").trim();
  const fallback = (value: string | undefined): string => {
    if (value === undefined || value === "") return "";
    return value === "~" || value.startsWith("~/") ? homeDir() + value.slice(1) : value;
  };
  const homeDir = (): string => {
    const name = data().env?.home ?? "HOME";
    const found = variable(name) || variable("USERPROFILE") || homedir() || data().defaults?.home;
    return resolved("homeDir", found, name);
  };
  const repoRoot = (): string => {
    const name = data().env?.root ?? "REPO_ROOT";
    const usual = fallback(data().defaults?.root);
    const found = variable(name)
      || (usual && existsSync(usual) ? usual : "")
      || workspaceAbove(options.from ?? here())
      || usual;
    return resolved("repoRoot", found, name);
  };
  const vaultPath = (): string => {
    const name = data().env?.vault ?? "VAULT_PATH";
    return resolved("vaultPath", variable(name) || fallback(data().defaults?.vault), name);
  };
  return {
    get nodeId(): string {
      const name = data().env?.nodeId ?? "NODE_ID";
      return variable(name) || hostname();
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

let shipped: IdentityData | undefined;

function shippedData(): IdentityData {
  if (shipped === undefined) {
    try {
      shipped = JSON.parse(readFileSync(new URL("../identity.json", import.meta.url), "utf8")) as IdentityData;
    } catch (error) {
      // A bundle carries no identity.json; then the environment alone decides.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      shipped = {};
    }
  }
  return shipped;
}

function resolved(member: string, value: string | undefined, name: string): string {
  if (!value) throw new Error(`this node's ${member} is not known; set ${name}`);
  if (!value.startsWith("/") && !/^[A-Za-z]:[\\/]/.test(value)) {
    throw new Error(`this node's ${member} must be an absolute path, not "${value}"; correct ${name}`);
  }
  return value.length > 1 ? value.replace(/[\\/]+$/, "") || "/" : value;
}

function here(): string {
  return dirname(fileURLToPath(import.meta.url));
}

/** The nearest folder above that declares a workspace; empty when there is none. */
function workspaceAbove(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "pnpm-workspace.yaml")) || declaresWorkspaces(join(at, "package.json"))) return at;
    if (at === dirname(at)) return "";
  }
}

function declaresWorkspaces(manifest: string): boolean {
  try {
    return "workspaces" in (JSON.parse(readFileSync(manifest, "utf8")) as object);
  } catch {
    return false; // no manifest, or one that is none: not a workspace's root
  }
}
