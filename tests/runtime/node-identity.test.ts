import assert from "node:assert/strict";
import { mkdirSync, realpathSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import os, { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import {
  createNodeIdentity, nodeIdentity, type IdentityData, type IdentityOptions, type NodeIdentity,
} from "../../fleetmod/runtime/node-identity/src/index.ts";
import { createNodeIdentity as installed } from "../../fleetmod/runtime/node-identity/package/js/index.mjs";
import shipped from "../../fleetmod/runtime/node-identity/package/identity.json" with { type: "json" };
import { Environment } from "./support/environment.ts";

const DATA: IdentityData = {
  env: { nodeId: "ACME_NODE", home: "ACME_HOME", root: "ACME_ROOT", vault: "ACME_VAULT" },
  defaults: { home: "/old/home", root: "~/code/acme", vault: "~/Notes" },
};

describe("node identity", () => {
  let host: Environment;
  beforeEach(() => {
    host = new Environment();
  });
  afterEach(() => host.restore());

  const identity = (env: IdentityOptions["env"] & object, options: IdentityOptions = {}): NodeIdentity =>
    createNodeIdentity({ env, data: DATA, from: host.folder, ...options });

  test("nodeId: the variable, then the host's name", () => {
    assert.equal(identity({ ACME_NODE: " anvil ", NODE_ID: "other" }).nodeId, "anvil");
    assert.equal(identity({ NODE_ID: "other" }).nodeId, hostname());
    assert.equal(identity({ NODE_ID: "other" }, { data: {} }).nodeId, "other");
    assert.equal(identity({ ACME_NODE: "  " }).nodeId, hostname());
  });

  test("homeDir: the variable, USERPROFILE, the account's own, and no HOME of another name", () => {
    assert.equal(identity({ ACME_HOME: "/a", USERPROFILE: "/b" }).homeDir, "/a");
    assert.equal(identity({ USERPROFILE: "/b" }).homeDir, "/b");
    assert.equal(identity({ ACME_HOME: "" }).homeDir, userInfo().homedir);
    assert.equal(identity({ HOME: "/c" }, { data: {} }).homeDir, "/c");
    assert.equal(identity({ USERPROFILE: "C:\\Users\\a\\" }).homeDir, "C:\\Users\\a");
  });

  test("repoRoot: the variable, the workspace around, the default if it is there", () => {
    const home = host.folder;
    const from = join(home, "ws/packages/node-identity/src");
    mkdirSync(from, { recursive: true });
    assert.throws(() => identity({ ACME_HOME: home }, { from }).repoRoot, {
      message: `this node's repoRoot is not known: the default ${home}/code/acme is not there; set ACME_ROOT`,
    });
    mkdirSync(join(home, "code/acme"), { recursive: true });
    assert.equal(identity({ ACME_HOME: home }, { from }).repoRoot, join(home, "code/acme"));
    host.write("ws/pnpm-workspace.yaml", "");
    assert.equal(identity({ ACME_HOME: home }, { from }).repoRoot, join(home, "ws"));
    assert.equal(identity({ ACME_HOME: home, ACME_ROOT: "/set" }, { from }).repoRoot, "/set");
  });

  test("the workspace above: pnpm's file or a manifest with workspaces, the nearest of them", () => {
    const data = { env: DATA.env ?? {} };
    const from = join(host.folder, "outer/inner/packages/x/src");
    mkdirSync(from, { recursive: true });
    host.write("outer/package.json", '{"workspaces": ["*"]}');
    host.write("outer/inner/packages/x/package.json", '{"name": "x"}');
    assert.equal(identity({}, { data, from }).repoRoot, join(host.folder, "outer"));
    host.write("outer/inner/packages/package.json", "no json");
    assert.equal(identity({}, { data, from }).repoRoot, join(host.folder, "outer"));
    host.write("outer/inner/package.json", '{"workspaces": {"packages": []}}');
    assert.equal(identity({}, { data, from }).repoRoot, join(host.folder, "outer/inner"));
  });

  test("without a workspace, the package.json above that installs this package by its path", () => {
    const from = join(host.folder, "acme/packages/node-identity/src");
    const root = (): string => identity({}, { data: { env: DATA.env ?? {} }, from }).repoRoot;
    mkdirSync(from, { recursive: true });
    host.write("acme/packages/node-identity/identity.json", "{}");
    host.write("package.json", '{"dependencies": {"x": "file:elsewhere", "y": "^1.0.0", "z": 5}}');
    host.write("acme/packages/package.json", '{"dependencies": {"@acme/node-identity": "file:../packages/node-identity"}}');
    assert.throws(root, /repoRoot is not known; set ACME_ROOT$/);
    for (const version of ["file:packages/node-identity", "link:./packages/node-identity"]) {
      host.write("acme/package.json", JSON.stringify({ dependencies: { "@acme/node-identity": version } }));
      assert.equal(root(), join(host.folder, "acme"));
    }
    host.write("acme/package.json", '{"devDependencies": {"@acme/node-identity": "file:packages/node-identity"}}');
    assert.equal(root(), join(host.folder, "acme"));
    host.write("package.json", '{"workspaces": []}');
    assert.equal(root(), host.folder);
  });

  test("without a workspace, the folder with .git, for this package and for no bundle of it", () => {
    const data = { env: DATA.env ?? {} };
    const [from, bundle] = [join(host.folder, "acme/packages/node-identity/src"), join(host.folder, "acme/dist")];
    for (const folder of [from, bundle]) mkdirSync(folder, { recursive: true });
    host.write("acme/packages/node-identity/identity.json", "{}");
    host.write("acme/.git", "gitdir: /elsewhere");
    assert.equal(identity({}, { data, from }).repoRoot, join(host.folder, "acme"));
    assert.equal(createNodeIdentity({ env: {}, data, from }).describe().repoRoot.source, "checkout");
    assert.throws(() => identity({}, { data, from: bundle }).repoRoot, /repoRoot is not known/);
  });

  test("a bundle's checkout: the folder above with the root's name, around it or the script that runs", () => {
    const data = { env: DATA.env ?? {}, rootPackage: "acme" };
    const from = join(host.folder, "acme/dist/cli");
    mkdirSync(from, { recursive: true });
    host.write("package.json", '{"name": "other"}');
    host.write("acme/dist/package.json", '{"type": "commonjs"}');
    assert.throws(() => identity({}, { data, from }).repoRoot, /repoRoot is not known/);
    host.write("acme/package.json", '{"name": "acme"}');
    assert.equal(identity({}, { data, from }).repoRoot, join(host.folder, "acme"));
    assert.equal(createNodeIdentity({ env: {}, data, from }).describe().repoRoot.source, "package");
    assert.throws(() => identity({}, { data: { ...data, rootPackage: "" }, from }).repoRoot, /is not known/);
    const [script] = process.argv.splice(1, 1, join(from, "main.js"));
    try {
      assert.throws(() => identity({}, { data, from: "" }).repoRoot, /repoRoot is not known/);
      host.write("acme/dist/cli/main.js", "");
      assert.equal(identity({}, { data, from: "" }).repoRoot, realpathSync(join(host.folder, "acme")));
    } finally {
      process.argv.splice(1, 1, script ?? "");
    }
  });

  test("by default the search begins at the package: this repository is the checkout", () => {
    const root = join(import.meta.dirname, "../..");
    assert.equal(installed({ env: {} }).repoRoot, realpathSync(root));
  });

  test("vaultPath: the variable, then the default below the home", () => {
    assert.equal(identity({ ACME_VAULT: "/v" }).vaultPath, "/v");
    assert.equal(identity({ ACME_HOME: "/h" }).vaultPath, "/h/Notes");
    const data = { ...DATA, defaults: { vault: "/fixed" } };
    assert.equal(identity({ ACME_HOME: "/h" }, { data }).vaultPath, "/fixed");
  });

  test("~ is the resolved home, alone and in front, and nowhere else", () => {
    const vault = (text: string, home = "/h"): string =>
      identity({ ACME_HOME: home }, { data: { ...DATA, defaults: { vault: text } } }).vaultPath;
    assert.equal(vault("~"), "/h");
    assert.equal(vault("~/a/~b"), "/h/a/~b");
    assert.equal(vault("~/a", "/"), "/a");
    assert.throws(() => vault("~other/a"), /must be an absolute path, not "~other\/a"; correct ACME_VAULT$/);
  });

  test("platform and arch are the process's", () => {
    assert.equal(nodeIdentity.platform, process.platform);
    assert.equal(nodeIdentity.arch, process.arch);
  });

  test("trailing slashes go, a root alone stays", () => {
    assert.equal(identity({ ACME_HOME: "/a/b//" }).homeDir, "/a/b");
    assert.equal(identity({ ACME_HOME: "/" }).homeDir, "/");
    assert.equal(identity({ ACME_ROOT: "C:\\" }).repoRoot, "C:\\");
    assert.equal(identity({ ACME_ROOT: "C:\\x\\" }).repoRoot, "C:\\x");
  });

  test("a relative path is an error that names the variable", () => {
    for (const path of ["home/x", "./x", "../x", "~", "~/x", "C:x"]) {
      assert.throws(() => identity({ ACME_HOME: path }).homeDir, {
        message: `this node's homeDir must be an absolute path, not "${path}"; correct ACME_HOME`,
      });
    }
    assert.throws(() => identity({ ACME_HOME: "x" }).vaultPath, /homeDir must be an absolute path/);
    assert.throws(() => identity({ ACME_ROOT: "x" }).repoRoot, /repoRoot .* correct ACME_ROOT$/);
    assert.throws(() => identity({ ACME_VAULT: "x" }).vaultPath, /vaultPath .* correct ACME_VAULT$/);
    assert.equal(identity({ ACME_HOME: "x", ACME_ROOT: "/r" }).repoRoot, "/r");
  });

  test("nothing known is an error that names the variable to set", () => {
    const bare = identity({}, { data: {} });
    assert.throws(() => bare.repoRoot, { message: "this node's repoRoot is not known; set REPO_ROOT" });
    assert.throws(() => bare.vaultPath, { message: "this node's vaultPath is not known; set VAULT_PATH" });
  });

  // Bun has no way to replace a built-in module's function for its importers.
  const skip = "bun" in process.versions;
  test("homeDir of an account without an entry: the default, or an error", { skip }, () => {
    const original = os.userInfo;
    os.userInfo = () => {
      throw new Error("no such account");
    };
    syncBuiltinESMExports();
    try {
      assert.equal(identity({}).homeDir, "/old/home");
      const bare = identity({}, { data: {} });
      assert.throws(() => bare.homeDir, { message: "this node's homeDir is not known; set HOME" });
    } finally {
      os.userInfo = original;
      syncBuiltinESMExports();
    }
  });

  test("the process's environment is read when asked, not at import", () => {
    const names = shipped.env;
    const folder = realpathSync(host.folder);
    host.set(names.nodeId, "first");
    assert.equal(nodeIdentity.nodeId, "first");
    host.set(names.nodeId, "second");
    assert.equal(nodeIdentity.nodeId, "second");
    host.set(names.home, folder);
    assert.equal(nodeIdentity.homeDir, folder);
    assert.equal(nodeIdentity.vaultPath, join(folder, "Vault"));
    host.set(names.root, "/somewhere");
    assert.equal(nodeIdentity.repoRoot, "/somewhere");
    host.set(names.vault, "/vault/");
    assert.equal(nodeIdentity.vaultPath, "/vault");
  });
});
