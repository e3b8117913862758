/** Where the facts about a node come from, and what makes a path of them. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";

/** One place to ask: its name for people, and the question; "" is no answer. */
export type Source = readonly [name: string, ask: () => string];

export interface Found {
  value: string;
  source: string;
}

/** The first source that has an answer. */
export function first(sources: readonly Source[]): Found | null {
  for (const [source, ask] of sources) {
    const value = ask();
    if (value) return { value, source };
  }
  return null;
}

/** The same for a member that is a path; throws an Error that names the variable to set. */
export function firstPath(member: string, variable: string, sources: readonly Source[]): Found {
  const found = first(sources);
  if (found === null) throw new Error(`this node's ${member} is not known; set ${variable}`);
  const { value, source } = found;
  if (!value.startsWith("/") && !/^[A-Za-z]:[\\/]/.test(value)) {
    throw new Error(`this node's ${member} must be an absolute path, not "${value}"; correct ${variable}`);
  }
  return { value: value.replace(/(?<=[^\\/:])[\\/]+$/, ""), source };
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The account's own home, whatever HOME says; empty when the account has no entry. */
export function accountHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return ""; // a container's arbitrary uid
  }
}

/** The nearest folder above that declares a workspace; empty when there is none. */
export function workspaceAbove(folder: string): string {
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
