/**
 * Who and where this node is. Every member is resolved when it is read, never at import, so a
 * changed environment is seen. The variables' names and the last-resort defaults are data:
 * `identity.json` beside this folder, or what was written in here for a bundle that has no such file.
 */
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { begin } from "../../events/src/events.ts";
import { setNodeId } from "../../events/src/node-name.ts";
import { identityData } from "./data.ts";
import {
  accountHome, checkoutAbove, first, firstPath, isFolder, packageAbove, scriptFolder, workspaceAbove,
  type Found, type Source,
} from "./sources.ts";
import type { DescribedIdentity, FieldReport, IdentityData, IdentityOptions, Platform } from "./types.ts";

export type { EndpointClass, ProbeEvent, ProbeSink } from "../../events/src/event.ts";
export { setProbeSink } from "../../events/src/events.ts";
export { formatReport } from "./report.ts";
export type {
  DescribedIdentity, FieldReport, IdentityData, IdentityOptions, IdentityReport, NodeIdentity, Platform,
} from "./types.ts";

/**
 * An identity that reads `env` (the process's own by default) each time a member is read. Reading
 * a path throws an Error that names the variable to set when no source knows the path, or when the
 * first source that does gives a relative one, or when the repository's root is the default and is
 * not there. Whether another path is there, only `describe` looks.
 */
export function createNodeIdentity(options: IdentityOptions = {}): DescribedIdentity {
  const data: IdentityData = options.data ?? identityData(here());
  const names = {
    nodeId: data.env?.nodeId ?? "NODE_ID",
    homeDir: data.env?.home ?? "HOME",
    repoRoot: data.env?.root ?? "REPO_ROOT",
    vaultPath: data.env?.vault ?? "VAULT_PATH",
  };
  const variable = (name: string): Source =>
    [`env ${name}`, () => ((options.env ?? process.env)[name] ?? "").trim()];
  const fallback = (value = ""): Source =>
    ["default", () => (value === "~" || value.startsWith("~/") ? join(homeDir().value, value.slice(1)) : value)];

  const nodeId = (): Found =>
    first([variable(names.nodeId), ["hostname", hostname]]) ?? { value: "", source: "hostname" };
  const homeDir = (): Found =>
    firstPath("homeDir", names.homeDir, [
      variable(names.homeDir), variable("USERPROFILE"), ["account", accountHome],
      ["default", () => data.defaults?.home ?? ""],
    ]);
  const repoRoot = (): Found => {
    const [from, name] = [options.from ?? here(), data.rootPackage];
    const found = firstPath("repoRoot", names.repoRoot, [
      variable(names.repoRoot), ["workspace", () => workspaceAbove(from)], ["checkout", () => checkoutAbove(from)],
      ["package", () => packageAbove(from, name) || packageAbove(scriptFolder(), name)],
      fallback(data.defaults?.root),
    ]);
    if (found.source !== "default" || isFolder(found.value)) return found;
    const what = `the default ${found.value} is not there`;
    throw new Error(`this node's repoRoot is not known: ${what}; set ${names.repoRoot}`);
  };
  const vaultPath = (): Found =>
    firstPath("vaultPath", names.vaultPath, [variable(names.vaultPath), fallback(data.defaults?.vault)]);

  const answers = new Map<string, string>();
  const read = (operation: string, resolve: () => Found): string => {
    const call = { port: "node-identity", operation, target: "", adapter: "none", endpointClass: "localhost" as const };
    const end = begin(call);
    const answer = (text: string, error?: unknown): void => {
      // a member is read in loops: only an answer that is new is told
      if (answers.get(operation) === text) return;
      answers.set(operation, text);
      end(error);
    };
    try {
      const { value, source } = resolve();
      call.adapter = source.split(" ")[0] ?? source;
      answer(`${source}: ${value}`);
      return value;
    } catch (error) {
      answer(String(error), error);
      throw error;
    }
  };

  return {
    get nodeId(): string {
      return read("nodeId", nodeId);
    },
    get homeDir(): string {
      return read("homeDir", homeDir);
    },
    get repoRoot(): string {
      return read("repoRoot", repoRoot);
    },
    get vaultPath(): string {
      return read("vaultPath", vaultPath);
    },
    get platform(): Platform {
      read("platform", () => ({ value: process.platform, source: "process" }));
      return process.platform;
    },
    get arch(): string {
      return read("arch", () => ({ value: process.arch, source: "process" }));
    },
    describe: () => ({
      nodeId: told(nodeId),
      homeDir: told(homeDir, names.homeDir),
      repoRoot: told(repoRoot, names.repoRoot),
      vaultPath: told(vaultPath), // a node may do without
      platform: told(() => ({ value: process.platform, source: "process" })),
      arch: told(() => ({ value: process.arch, source: "process" })),
    }),
  };
}

/** This node. */
export const nodeIdentity: DescribedIdentity = createNodeIdentity();
setNodeId(() => nodeIdentity.nodeId);

/** What a member is; with the name of a variable, the folder has to be there. */
function told(resolve: () => Found, variable = ""): FieldReport {
  try {
    const { value, source } = resolve();
    const missing = variable !== "" && !isFolder(value);
    return { value, source, problem: missing ? `there is no such folder; set ${variable}` : null };
  } catch (error) {
    return { value: null, source: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** This module's folder; empty in a bundle whose format has no such thing. */
function here(): string {
  try {
    return dirname(fileURLToPath(import.meta.url));
  } catch {
    return "";
  }
}
