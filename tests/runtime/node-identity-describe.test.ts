/** What a node tells of itself: each member's value, where it comes from, and what is wrong. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, realpathSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  createNodeIdentity, type IdentityOptions, type IdentityReport,
} from "../../fleetmod/runtime/node-identity/src/index.ts";
import { Environment } from "./support/environment.ts";

const DATA = {
  env: { nodeId: "ACME_NODE", home: "HOME", root: "ACME_ROOT", vault: "ACME_VAULT" },
  defaults: { home: "/old/home", root: "~/code/acme", vault: "~/Notes" },
};

describe("describe", () => {
  let host: Environment;
  beforeEach(() => {
    host = new Environment();
  });
  afterEach(() => host.restore());

  const report = (env: IdentityOptions["env"] & object, options: IdentityOptions = {}): IdentityReport =>
    createNodeIdentity({ env, data: DATA, from: host.folder, ...options }).describe();

  test("tells the variables that were asked", () => {
    const { folder } = host;
    const env = { ACME_NODE: "anvil", HOME: folder, ACME_ROOT: folder, ACME_VAULT: "/v" };
    assert.deepEqual(report(env), {
      nodeId: { value: "anvil", source: "env ACME_NODE", problem: null },
      homeDir: { value: folder, source: "env HOME", problem: null },
      repoRoot: { value: folder, source: "env ACME_ROOT", problem: null },
      vaultPath: { value: "/v", source: "env ACME_VAULT", problem: null },
      platform: { value: process.platform, source: "process", problem: null },
      arch: { value: process.arch, source: "process", problem: null },
    });
  });

  test("tells what stands in for them", () => {
    const told = report({});
    const home = userInfo().homedir;
    assert.deepEqual(told.nodeId, { value: hostname(), source: "hostname", problem: null });
    assert.deepEqual([told.homeDir.value, told.homeDir.source], [home, "account"]);
    assert.deepEqual(told.vaultPath, { value: join(home, "Notes"), source: "default", problem: null });
    const absent = `this node's repoRoot is not known: the default ${home}/code/acme is not there; set ACME_ROOT`;
    assert.deepEqual(told.repoRoot, { value: null, source: null, problem: absent });
    host.write("pnpm-workspace.yaml", "");
    assert.deepEqual(report({}).repoRoot, { value: host.folder, source: "workspace", problem: null });
    assert.equal(report({ USERPROFILE: host.folder }).homeDir.source, "env USERPROFILE");
  });

  test("tells what is wrong, member by member, and throws for none", () => {
    const missing = "there is no such folder; set ";
    const told = report({ HOME: "home", ACME_ROOT: "/nowhere/acme" });
    assert.deepEqual(told.homeDir, {
      value: null, source: null, problem: 'this node\'s homeDir must be an absolute path, not "home"; correct HOME',
    });
    assert.equal(told.vaultPath.problem, told.homeDir.problem);
    assert.deepEqual(told.repoRoot, { value: "/nowhere/acme", source: "env ACME_ROOT", problem: `${missing}ACME_ROOT` });
    assert.equal(report({ HOME: "/nowhere" }).homeDir.problem, `${missing}HOME`);
    const bare = report({ HOME: "/" }, { data: {} });
    assert.equal(bare.repoRoot.problem, "this node's repoRoot is not known; set REPO_ROOT");
  });

  test("doctor prints it, and fails when something is to be mended", () => {
    const folder = realpathSync(host.folder);
    const sources = fileURLToPath(new URL("../../fleetmod/runtime/node-identity/package", import.meta.url));
    const copy = join(folder, "ws/packages/node-identity");
    mkdirSync(copy, { recursive: true });
    cpSync(sources, copy, { recursive: true });
    host.write("ws/pnpm-workspace.yaml", "");
    const doctor = (home: string) => spawnSync(process.execPath, [join(copy, "js/doctor.mjs")], {
      encoding: "utf8", cwd: folder, // where a relative home may be made
      env: { PATH: process.env["PATH"], HOME: home, NODE_ID: "anvil", VAULT_PATH: "/v" },
    });
    const well = doctor(folder);
    const lines = well.stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
    assert.deepEqual(lines, [
      ["nodeId", "anvil", "(env NODE_ID)"], ["homeDir", folder, "(env HOME)"],
      ["repoRoot", join(folder, "ws"), "(workspace)"], ["vaultPath", "/v", "(env VAULT_PATH)"],
      ["platform", process.platform, "(process)"], ["arch", process.arch, "(process)"],
    ]);
    assert.equal(well.status, 0, well.stderr);
    const ill = doctor("home");
    assert.equal(ill.status, 1);
    assert.match(ill.stdout, /^homeDir +- +PROBLEM: this node's homeDir must be an absolute path/m);
  });
});
