/** Where the facts about a node come from, and what makes a path of them. */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
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
  return above(folder, (at) => existsSync(join(at, "pnpm-workspace.yaml")) || "workspaces" in manifest(at));
}

/**
 * The nearest folder above whose package.json installs this package by its path, or that git has
 * checked out (`.git` is a file in a worktree); empty when there is none. Git's mark counts for the
 * package itself only: a bundle may lie in anybody's repository.
 */
export function checkoutAbove(folder: string): string {
  const unbundled = folder !== "" && existsSync(join(folder, "..", "identity.json"));
  return above(folder, (at) => installs(at) || (unbundled && existsSync(join(at, ".git"))));
}

/** The nearest folder above whose package.json has the root's name; empty for no name, and for none. */
export function packageAbove(folder: string, name = ""): string {
  return name === "" ? "" : above(folder, (at) => manifest(at)["name"] === name);
}

/** The folder of the script that runs; empty where none does, as in a compiled program. */
export function scriptFolder(): string {
  try {
    return dirname(realpathSync(process.argv[1] ?? ""));
  } catch {
    return "";
  }
}

function above(folder: string, fits: (at: string) => boolean): string {
  for (let at = folder; at !== ""; at = dirname(at)) {
    if (fits(at)) return at;
    if (at === dirname(at)) return "";
  }
  return "";
}

function installs(folder: string): boolean {
  const { dependencies, devDependencies } = manifest(folder);
  const versions = Object.values({ ...object(dependencies), ...object(devDependencies) }).map(String);
  // below the folder: a package beside this one (`file:../node-identity`) is no root
  const paths = versions.flatMap((version) => /^(?:file|link):(?!\.\.|\/)(.+)/.exec(version)?.[1] ?? []);
  return paths.some((path) => existsSync(join(folder, path, "identity.json")));
}

/** What the folder's package.json says; {} for none, and for one that cannot be read. */
function manifest(folder: string): Record<string, unknown> {
  try {
    return object(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  } catch {
    return {};
  }
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
