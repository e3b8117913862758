"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.nodeIdentity = void 0;
exports.setProbeSink = setProbeSink;
exports.formatReport = formatReport;
exports.createNodeIdentity = createNodeIdentity;
const node_fs_1 = require("node:fs");
const node_os_1 = require("node:os");
const node_path_1 = require("node:path");
const node_worker_threads_1 = require("node:worker_threads");
const KEY = Symbol.for("fleetmod.events.1");
function shared() {
    const all = globalThis;
    return (all[KEY] ??= { dropped: new WeakMap() });
}
/** Events as log records to an OpenTelemetry collector: OTLP over HTTP, in JSON. */
const QUEUE = 1000; // events that wait to be sent
const EXIT_MS = 1000; // at the program's end, for those that wait
const [DONE, LOST, CLOSING] = [0, 1, 2]; // what is counted
// In a thread of its own, which sends while a synchronous port blocks the caller's. It is a text, since
// a bundle, and a port in one file, has no second module to load. What a collector refuses, and
// what it does not take at the second try, is lost (opentelemetry.io/docs/specs/otlp, "Failures").
const SENDER = `
const { parentPort, workerData: { url, headers, counts } } = require("node:worker_threads");
const { request } = require(url.startsWith("https:") ? "node:https" : "node:http");
const post = (body) => new Promise((resolve) => {
  const call = request(url, { method: "POST", headers: { ...headers, "content-length": Buffer.byteLength(body) } });
  const timer = setTimeout(() => call.destroy(new Error("no answer within 5 s")), 5000);
  call.on("error", ({ code, message }) => resolve(code || message));
  call.on("close", () => clearTimeout(timer));
  call.on("response", (response) => response.on("error", () => {}).on("close", () => resolve(response.statusCode)).resume());
  call.end(body);
});
const pause = async () => {
  for (let left = 20; left > 0 && Atomics.load(counts, ${CLOSING}) === 0; left--) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
const send = async (body) => {
  const answer = await post(body);
  const again = typeof answer === "string" || [429, 502, 503, 504].includes(answer);
  if (!again || Atomics.load(counts, ${CLOSING}) !== 0) return answer;
  await pause();
  return post(body);
};
const waiting = [];
let told = false, busy = false;
parentPort.on("message", async (logs) => {
  waiting.push(logs);
  if (busy) return;
  busy = true;
  while (waiting.length > 0) {
    const resourceLogs = waiting.splice(0, 100);
    const answer = await send(JSON.stringify({ resourceLogs }));
    if (!(answer >= 200 && answer < 300)) {
      Atomics.add(counts, ${LOST}, resourceLogs.length);
      if (!told) parentPort.postMessage(String(answer));
      told = true;
    }
    Atomics.add(counts, ${DONE}, resourceLogs.length);
    Atomics.notify(counts, ${DONE});
  }
  busy = false;
});
`;
/**
 * A sink that sends to the collector at `url`; a URL without a path gets OTLP's own. The headers are
 * those of OTEL_EXPORTER_OTLP_HEADERS. `failed` is told the first reason for which events were lost.
 */
function otlp(url, failed) {
    if (!/^https?:$/.test(url.protocol))
        throw new Error(`${url.href} is no http URL`);
    if (url.pathname === "/")
        url.pathname = "/v1/logs";
    const counts = new Int32Array(new SharedArrayBuffer(12));
    const workerData = { url: url.href, headers: { ...ownHeaders(), "content-type": "application/json" }, counts };
    let ended = false;
    // without the program's own flags, which may load a compiler
    const sender = new node_worker_threads_1.Worker(SENDER, { eval: true, workerData, env: {}, execArgv: [] });
    sender.on("error", () => { ended = true; });
    sender.on("message", failed);
    sender.unref();
    let taken = 0;
    process.on("exit", () => {
        Atomics.store(counts, CLOSING, 1);
        const until = Date.now() + EXIT_MS;
        for (let left = EXIT_MS; left > 0 && !ended; left = until - Date.now()) {
            const done = Atomics.load(counts, DONE);
            if (done >= taken)
                return;
            Atomics.wait(counts, DONE, done, left);
        }
    });
    return (event) => {
        if (ended || taken - Atomics.load(counts, DONE) >= QUEUE)
            throw new Error("the collector is too slow");
        const lost = Atomics.exchange(counts, LOST, 0) + (event.attributes["events.dropped"] ?? 0);
        if (lost > 0)
            event.attributes["events.dropped"] = lost;
        sender.postMessage(resourceLogs(event));
        taken += 1;
    };
}
/** One event as OTLP's JSON has it: keys in camel case, 64-bit numbers as texts. */
function resourceLogs({ name, time, attributes }) {
    const { "service.name": service, port, ...rest } = attributes;
    const failed = attributes.outcome === "failed";
    return {
        resource: { attributes: [attribute("service.name", service)] },
        scopeLogs: [{
                scope: { name: port },
                logRecords: [{
                        timeUnixNano: `${Date.parse(time)}000000`,
                        observedTimeUnixNano: `${Date.now()}000000`,
                        severityNumber: failed ? 13 : 9,
                        severityText: failed ? "WARN" : "INFO",
                        eventName: name,
                        body: { stringValue: `${attributes.operation} ${attributes.target}`.trim() },
                        attributes: Object.entries(rest).map(([key, value]) => attribute(key, value)),
                    }],
            }],
    };
}
function attribute(key, value) {
    if (typeof value === "string")
        return { key, value: { stringValue: value } };
    if (typeof value === "boolean")
        return { key, value: { boolValue: value } };
    return { key, value: { intValue: String(value) } };
}
/** `a=b,c=d`, its values percent-encoded, as OpenTelemetry's exporters read it. */
function ownHeaders() {
    const pairs = (process.env["OTEL_EXPORTER_OTLP_HEADERS"] ?? "").split(",").map((pair) => pair.split("="));
    return Object.fromEntries(pairs.flatMap(([name = "", ...value]) => name.trim() === "" ? [] : [[name.trim().toLowerCase(), decodeURIComponent(value.join("=").trim())]]));
}
/** The sinks: standard error, a file that rotates, a stream, and a collector. */
const FILE_BYTES = 10 * 1024 * 1024;
const FILES = 5; // the file and four older ones
const OLDER = /^\.\d{8}T\d{9}Z-\d+$/;
const OTLP = /^otlp-http(?:\s+(.+))?$/;
const COLLECTOR = "http://localhost:4318";
/**
 * A sink that appends each event as a line of JSON to a file, or writes it to a stream. A file that
 * reaches 10 MiB is renamed to `FILE.TIME-PID`, and four of those are kept; many processes may
 * write to one file. An event that does not fit on the disk, or that nobody takes, is dropped.
 */
function jsonLines(to) {
    if (typeof to === "string")
        return (event) => append(to, asLine(event));
    to.on("error", () => { }); // a reader that went away ends no call
    return (event) => to.write(asLine(event));
}
/** The sink that a value of FLEET_EVENTS names; undefined for none, with a warning where it is wrong. */
function sinkOf(setting) {
    if (setting === "" || setting === "off")
        return undefined;
    if (setting === "stderr")
        return (event) => toStderr(asLine(event));
    const url = OTLP.exec(setting);
    if (url === null)
        return warning(setting, jsonLines(setting));
    try {
        return otlp(new URL(url[1] ?? COLLECTOR), (why) => tellLoss(setting, why));
    }
    catch (error) {
        tellLoss(setting, error);
        return undefined;
    }
}
/** The same sink, which tells the first failure and no other. */
function warning(setting, sink) {
    let told = false;
    return (event) => {
        try {
            sink(event);
        }
        catch (error) {
            if (!told)
                tellLoss(setting, error);
            told = true;
            throw error;
        }
    };
}
/** By the runtime's own channel: on standard error, unless the program listens for it. */
function tellLoss(setting, why) {
    const reason = why instanceof Error ? why.message : String(why);
    process.emitWarning(`events are lost, FLEET_EVENTS=${setting}: ${reason}`, "FleetEventsWarning");
}
function asLine(event) {
    return `${JSON.stringify(event)}\n`;
}
function toStderr(text) {
    // A pipe that nobody empties would hold the call up; opened anew, it refuses instead.
    if (!(0, node_fs_1.fstatSync)(2).isFIFO())
        return writeWhole(2, text);
    let pipe;
    try {
        pipe = openToAppend("/dev/stderr");
    }
    catch {
        return writeWhole(2, text); // no such file here, or the pipe is another user's
    }
    try {
        writeWhole(pipe, text);
    }
    finally {
        (0, node_fs_1.closeSync)(pipe);
    }
}
function append(path, text) {
    let file = openToAppend(path);
    try {
        if (isFull(file, text)) {
            rotate(path, (0, node_fs_1.fstatSync)(file).ino);
            (0, node_fs_1.closeSync)(file);
            file = openToAppend(path);
            if (isFull(file, text))
                throw new Error(`${path} is full`);
        }
        writeWhole(file, text);
    }
    finally {
        (0, node_fs_1.closeSync)(file);
    }
}
/** For appending, which mixes no lines of several processes. */
function openToAppend(path) {
    // O_NONBLOCK, since opening a pipe that nobody reads would wait (open(2)).
    const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = node_fs_1.constants;
    return (0, node_fs_1.openSync)(path, O_WRONLY | O_APPEND | O_CREAT | (O_NONBLOCK ?? 0), 0o666);
}
function writeWhole(file, text) {
    if ((0, node_fs_1.writeSync)(file, text) < Buffer.byteLength(text))
        throw new Error("the disk is full");
}
function isFull(file, text) {
    const stat = (0, node_fs_1.fstatSync)(file);
    return stat.isFile() && stat.size + Buffer.byteLength(text) > FILE_BYTES;
}
/** Put a full file aside, once the oldest have made room; nothing where another process has done it. */
function rotate(path, inode) {
    const [folder, name] = [(0, node_path_1.dirname)(path), (0, node_path_1.basename)(path)];
    const older = (0, node_fs_1.readdirSync)(folder).filter((each) => each.startsWith(name) && OLDER.test(each.slice(name.length)));
    for (const each of older.sort().slice(0, Math.max(0, older.length - FILES + 2))) {
        unlessGone(() => (0, node_fs_1.unlinkSync)((0, node_path_1.join)(folder, each)));
    }
    unlessGone(() => {
        if ((0, node_fs_1.statSync)(path).ino !== inode)
            return;
        (0, node_fs_1.renameSync)(path, `${path}.${new Date().toISOString().replace(/[-:.]/g, "")}-${process.pid}`);
    });
}
/** Do something to a file, which another process may have put aside or removed meanwhile. */
function unlessGone(act) {
    try {
        act();
    }
    catch (error) {
        if (error.code !== "ENOENT")
            throw error;
    }
}
const CLIPPED = 400; // so that a line is one write, which the system does not mix with another (pipe(7))
/** Give the events of every port that has no sink of its own to `sink`; `undefined` leaves them to FLEET_EVENTS, as at first. */
function setProbeSink(sink) {
    shared().sink = sink;
}
/** Begin a call; call what comes back once, when it has ended. */
function begin(call) {
    const started = performance.now();
    const time = new Date();
    return (error, facts) => {
        const duration_ms = Math.round(performance.now() - started);
        const state = shared();
        let sink;
        try {
            sink = call.sink ?? state.sink ?? chosen(state);
            if (sink === undefined)
                return;
            const dropped = state.dropped.get(sink) ?? 0;
            const result = sink({
                name: "fleet.probe",
                time: time.toISOString(),
                attributes: {
                    node_id: nodeOf(call, state),
                    platform: process.platform,
                    endpoint_class: call.endpointClass,
                    adapter_type: call.adapter,
                    "service.name": serviceName(),
                    port: call.port,
                    operation: call.operation,
                    target: String(call.target).slice(0, CLIPPED),
                    duration_ms,
                    outcome: error === undefined ? "ok" : "failed",
                    ...facts,
                    ...(error === undefined ? {} : { "error.type": errorType(error) }),
                    ...(dropped === 0 ? {} : { "events.dropped": dropped }),
                },
            });
            lose(state, sink, -dropped);
            if (result instanceof Promise)
                result.catch(() => lose(state, sink, 1));
        }
        catch {
            lose(state, sink, 1); // a call must not fail for its event
        }
    };
}
function lose({ dropped }, sink, count) {
    if (sink !== undefined)
        dropped.set(sink, (dropped.get(sink) ?? 0) + count);
}
/** A short word for a failure: a code where it has one, else its name. */
function errorType(error) {
    if (!(error instanceof Error))
        return String(error).slice(0, CLIPPED);
    const code = error.code;
    return typeof code === "string" ? code : error.name;
}
/** The sink that FLEET_EVENTS names; it is read at each call, and its sink made once. */
function chosen(state) {
    const setting = process.env["FLEET_EVENTS"]?.trim() ?? "";
    if (setting !== state.setting) {
        state.setting = setting;
        state.bySetting = undefined;
        state.bySetting = sinkOf(setting);
    }
    return state.bySetting;
}
function nodeOf({ nodeId }, state) {
    const given = typeof nodeId === "function" ? nodeId() : nodeId;
    return given ?? (state.nodeId?.() || process.env["NODE_ID"]?.trim() || (0, node_os_1.hostname)());
}
function serviceName() {
    const { OTEL_SERVICE_NAME: named, npm_package_name: run } = process.env;
    return (named?.trim() || run || (0, node_path_1.basename)(process.argv[1] ?? "") || "unknown_service").slice(0, CLIPPED);
}
/** Have the events name this node as `nodeId` says, where a port was not told otherwise. */
function setNodeId(nodeId) {
    shared().nodeId = nodeId;
}
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
    const answers = new Map();
    const read = (operation, resolve) => {
        const call = { port: "node-identity", operation, target: "", adapter: "none", endpointClass: "localhost" };
        const end = begin(call);
        const answer = (text, error) => {
            // a member is read in loops: only an answer that is new is told
            if (answers.get(operation) === text)
                return;
            answers.set(operation, text);
            end(error);
        };
        try {
            const { value, source } = resolve();
            call.adapter = source.split(" ")[0] ?? source;
            answer(`${source}: ${value}`);
            return value;
        }
        catch (error) {
            answer(String(error), error);
            throw error;
        }
    };
    return {
        get nodeId() {
            return read("nodeId", nodeId);
        },
        get homeDir() {
            return read("homeDir", homeDir);
        },
        get repoRoot() {
            return read("repoRoot", repoRoot);
        },
        get vaultPath() {
            return read("vaultPath", vaultPath);
        },
        get platform() {
            read("platform", () => ({ value: process.platform, source: "process" }));
            return process.platform;
        },
        get arch() {
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
exports.nodeIdentity = createNodeIdentity();
setNodeId(() => exports.nodeIdentity.nodeId);
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
