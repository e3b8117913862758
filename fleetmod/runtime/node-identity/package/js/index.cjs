"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.nodeIdentity = void 0;
exports.formatReport = formatReport;
exports.createNodeIdentity = createNodeIdentity;
const node_fs_1 = require("node:fs");
const node_os_1 = require("node:os");
const node_path_1 = require("node:path");
/** The variables' names and the last-resort defaults. */
const SHIPPED = {
    env: { nodeId: "NODE_ID", home: "HOME", root: "REPO_ROOT", vault: "VAULT_PATH" },
    defaults: { root: "", vault: "~/Vault" },
    rootPackage: "",
};
/** What the package's identity.json says; `folder` is that of the code. A bundle has only what is written above. */
function identityData(folder) {
    try {
        const { env, defaults } = JSON.parse((0, node_fs_1.readFileSync)((0, node_path_1.join)(folder, "..", "identity.json"), "utf8"));
        return typeof env === "object" && typeof defaults === "object" ? { env, defaults } : SHIPPED;
    }
    catch {
        return SHIPPED;
    }
}
/** The first source that has an answer. */
function first(sources) {
    for (const [source, ask] of sources) {
        const value = ask();
        if (value)
            return { value, source };
    }
    return null;
}
/** The same for a member that is a path; throws an Error that names the variable to set. */
function firstPath(member, variable, sources) {
    const found = first(sources);
    if (found === null)
        throw new Error(`this node's ${member} is not known; set ${variable}`);
    const { value, source } = found;
    if (!value.startsWith("/") && !/^[A-Za-z]:[\\/]/.test(value)) {
        throw new Error(`this node's ${member} must be an absolute path, not "${value}"; correct ${variable}`);
    }
    return { value: value.replace(/(?<=[^\\/:])[\\/]+$/, ""), source };
}
function isFolder(path) {
    return (0, node_fs_1.statSync)(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
/** The account's own home, whatever HOME says; empty when the account has no entry. */
function accountHome() {
    try {
        return (0, node_os_1.userInfo)().homedir;
    }
    catch {
        return ""; // a container's arbitrary uid
    }
}
/** The nearest folder above that declares a workspace; empty when there is none. */
function workspaceAbove(folder) {
    return above(folder, (at) => (0, node_fs_1.existsSync)((0, node_path_1.join)(at, "pnpm-workspace.yaml")) || "workspaces" in manifest(at));
}
/**
 * The nearest folder above whose package.json installs this package by its path, or that git has
 * checked out (`.git` is a file in a worktree); empty when there is none. Git's mark counts for the
 * package itself only: a bundle may lie in anybody's repository.
 */
function checkoutAbove(folder) {
    const unbundled = folder !== "" && (0, node_fs_1.existsSync)((0, node_path_1.join)(folder, "..", "identity.json"));
    return above(folder, (at) => installs(at) || (unbundled && (0, node_fs_1.existsSync)((0, node_path_1.join)(at, ".git"))));
}
/** The nearest folder above whose package.json has the root's name; empty for no name, and for none. */
function packageAbove(folder, name = "") {
    return name === "" ? "" : above(folder, (at) => manifest(at)["name"] === name);
}
/** The folder of the script that runs; empty where none does, as in a compiled program. */
function scriptFolder() {
    try {
        return (0, node_path_1.dirname)((0, node_fs_1.realpathSync)(process.argv[1] ?? ""));
    }
    catch {
        return "";
    }
}
function above(folder, fits) {
    for (let at = folder; at !== ""; at = (0, node_path_1.dirname)(at)) {
        if (fits(at))
            return at;
        if (at === (0, node_path_1.dirname)(at))
            return "";
    }
    return "";
}
function installs(folder) {
    const { dependencies, devDependencies } = manifest(folder);
    const versions = Object.values({ ...object(dependencies), ...object(devDependencies) }).map(String);
    // below the folder: a package beside this one (`file:../node-identity`) is no root
    const paths = versions.flatMap((version) => /^(?:file|link):(?!\.\.|\/)(.+)/.exec(version)?.[1] ?? []);
    return paths.some((path) => (0, node_fs_1.existsSync)((0, node_path_1.join)(folder, path, "identity.json")));
}
/** What the folder's package.json says; {} for none, and for one that cannot be read. */
function manifest(folder) {
    try {
        return object(JSON.parse((0, node_fs_1.readFileSync)((0, node_path_1.join)(folder, "package.json"), "utf8")));
    }
    catch {
        return {};
    }
}
function object(value) {
    return typeof value === "object" && value !== null ? { ...value } : {};
}
/** What a node knows of itself, told to people. */
/** The report as aligned lines: member, value, source, and the problem where there is one. */
function formatReport(report) {
    const rows = Object.entries(report).map(([name, { value, source, problem }]) => [name, value ?? "-", [source && `(${source})`, problem && `PROBLEM: ${problem}`].filter(Boolean).join(" ")]);
    const width = (column) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
    const [names, values] = [width(0), width(1)];
    return rows.map(([name = "", value = "", rest = ""]) => `${name.padEnd(names)}  ${value.padEnd(values)}  ${rest}\n`).join("");
}
/**
 * Who and where this node is. Every member is resolved when it is read, never at import, so a
 * changed environment is seen. The variables' names and the last-resort defaults are data:
 * `identity.json` beside this folder, or what was written in here for a bundle that has no such file.
 */
/**
 * An identity that reads `env` (the process's own by default) each time a member is read. Reading
 * a path throws an Error that names the variable to set when no source knows the path, or when the
 * first source that does gives a relative one, or when the repository's root is the default and is
 * not there. Whether another path is there, only `describe` looks.
 */
function createNodeIdentity(options = {}) {
    const data = options.data ?? identityData(here());
    const names = {
        nodeId: data.env?.nodeId ?? "NODE_ID",
        homeDir: data.env?.home ?? "HOME",
        repoRoot: data.env?.root ?? "REPO_ROOT",
        vaultPath: data.env?.vault ?? "VAULT_PATH",
    };
    const variable = (name) => [`env ${name}`, () => ((options.env ?? process.env)[name] ?? "").trim()];
    const fallback = (value = "") => ["default", () => (value === "~" || value.startsWith("~/") ? (0, node_path_1.join)(homeDir().value, value.slice(1)) : value)];
    const nodeId = () => first([variable(names.nodeId), ["hostname", node_os_1.hostname]]) ?? { value: "", source: "hostname" };
    const homeDir = () => firstPath("homeDir", names.homeDir, [
        variable(names.homeDir), variable("USERPROFILE"), ["account", accountHome],
        ["default", () => data.defaults?.home ?? ""],
    ]);
    const repoRoot = () => {
        const [from, name] = [options.from ?? here(), data.rootPackage];
        const found = firstPath("repoRoot", names.repoRoot, [
            variable(names.repoRoot), ["workspace", () => workspaceAbove(from)], ["checkout", () => checkoutAbove(from)],
            ["package", () => packageAbove(from, name) || packageAbove(scriptFolder(), name)],
            fallback(data.defaults?.root),
        ]);
        if (found.source !== "default" || isFolder(found.value))
            return found;
        const what = `the default ${found.value} is not there`;
        throw new Error(`this node's repoRoot is not known: ${what}; set ${names.repoRoot}`);
    };
    const vaultPath = () => firstPath("vaultPath", names.vaultPath, [variable(names.vaultPath), fallback(data.defaults?.vault)]);
    return {
        get nodeId() {
            return nodeId().value;
        },
        get homeDir() {
            return homeDir().value;
        },
        get repoRoot() {
            return repoRoot().value;
        },
        get vaultPath() {
            return vaultPath().value;
        },
        get platform() {
            return process.platform;
        },
        get arch() {
            return process.arch;
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
exports.nodeIdentity = createNodeIdentity();
/** What a member is; with the name of a variable, the folder has to be there. */
function told(resolve, variable = "") {
    try {
        const { value, source } = resolve();
        const missing = variable !== "" && !isFolder(value);
        return { value, source, problem: missing ? `there is no such folder; set ${variable}` : null };
    }
    catch (error) {
        return { value: null, source: null, problem: error instanceof Error ? error.message : String(error) };
    }
}
/** This module's folder; empty in a bundle whose format has no such thing. */
function here() {
    try {
        return __dirname;
    }
    catch {
        return "";
    }
}
