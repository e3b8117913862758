"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.processManagerSync = exports.processManager = exports.systemctl = exports.launchctl = exports.MACOS_SERVICE_TOOL = exports.ProcessManagerError = void 0;
exports.jsonLines = jsonLines;
exports.setProbeSink = setProbeSink;
exports.formatServices = formatServices;
exports.formatService = formatService;
exports.formatServiceEntry = formatServiceEntry;
exports.requireServices = requireServices;
exports.requireLoaded = requireLoaded;
exports.settle = settle;
exports.settleSync = settleSync;
exports.callBack = callBack;
exports.plistLabel = plistLabel;
exports.nullAdapter = nullAdapter;
exports.createProcessManager = createProcessManager;
exports.createProcessManagerSync = createProcessManagerSync;
const node_child_process_1 = require("node:child_process");
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
const NEXT = {
    "tool-missing": "install it, or set PROCESS_MANAGER=null where something else runs the services",
    timeout: "wait longer by timeoutMs or PROCESS_MANAGER_TIMEOUT_MS",
    "not-found": "load the service first",
    disabled: "enable the service first",
    "no-manager": "set PROCESS_MANAGER=null where something else runs the services",
    "invalid-label": "use letters, digits, '.', '_', '-', '@' and inner spaces, after an optional domain",
    failed: "see the service manager's own message",
    unsupported: "set PROCESS_MANAGER to launchctl, systemctl or null",
};
/** A verb that failed: what was asked, of which adapter, and what to do next. */
class ProcessManagerError extends Error {
    code;
    operation;
    label;
    adapter;
    exitCode;
    stderr;
    hint;
    constructor(details) {
        const said = (details.stderr ?? "").trim();
        const hint = details.hint ?? NEXT[details.code];
        const what = `${details.operation} ${details.label}`.trim();
        super(`${what} by ${details.adapter}: ${said || details.code} (${hint})`);
        this.name = "ProcessManagerError";
        this.code = details.code;
        this.operation = details.operation;
        this.label = details.label;
        this.adapter = details.adapter;
        this.exitCode = details.exitCode ?? 1;
        this.stderr = said;
        this.hint = hint;
    }
}
exports.ProcessManagerError = ProcessManagerError;
// No leading dash, no shell character: a label can be neither flag nor injection. Spaces only inside:
// launchd takes any label, and people have such.
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_.@:+ -]*[A-Za-z0-9_.@:+-])?$/;
const TARGET = /^(?:(gui|user)\/(\d{1,10})|(system))\/(.*)$/s;
/** Take a label or a full service target apart; throws `invalid-label`. */
function parseLabel(label, operation, adapter) {
    const target = splitTarget(label);
    // A label often comes from the environment: undefined would pass as "undefined".
    if (typeof label !== "string" || !LABEL.test(target.name)) {
        throw new ProcessManagerError({ code: "invalid-label", operation, label, adapter });
    }
    return target;
}
/** The same for texts shown to people: takes any label, never throws. */
function splitTarget(label) {
    const match = TARGET.exec(label);
    if (match?.[3])
        return { domain: "system", uid: null, name: match[4] ?? "" };
    if (match?.[1] === "gui" || match?.[1] === "user") {
        return { domain: match[1], uid: Number(match[2]), name: match[4] ?? "" };
    }
    return { domain: "own", uid: null, name: label };
}
/** Quote a word for a POSIX shell where it needs it. */
function shellQuote(word) {
    return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}
/** A word as a command's last operand: quoted, and no option even with a leading dash. */
function operand(word) {
    return word.startsWith("-") ? `-- ${shellQuote(word)}` : shellQuote(word);
}
/** The steps of a verb that runs no command: `answer` is asked once they are driven. */
function* stepless(answer) {
    yield* [];
    return answer();
}
/** The exit code that timeout(1) gives. */
const OVERDUE = 124;
const NOT_RUN = 127;
const MAX_OUTPUT = 16 * 1024 * 1024;
/** Run a verb's steps. Rejects with a ProcessManagerError: the verb's own, or a tool that fails to run. */
async function driveAsync(steps, options) {
    const started = Date.now();
    let next = steps.next();
    while (!next.done) {
        const step = next.value;
        if ("pause" in step) {
            await new Promise((resolve) => setTimeout(resolve, step.pause));
            next = steps.next(waited(step, started, options));
        }
        else if ("warning" in step) {
            next = steps.next(warn(step));
        }
        else {
            next = steps.next(await run(step, options).catch((error) => without(step, error)));
        }
    }
    return next.value;
}
/** The same, blocking. */
function driveSync(steps, options) {
    const started = Date.now();
    let next = steps.next();
    while (!next.done) {
        const step = next.value;
        if ("pause" in step) {
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, step.pause);
            next = steps.next(waited(step, started, options));
        }
        else if ("warning" in step) {
            next = steps.next(warn(step));
        }
        else {
            next = steps.next(tryNow(step, options));
        }
    }
    return next.value;
}
function tryNow(step, options) {
    try {
        return runNow(step, options);
    }
    catch (error) {
        return without(step, error);
    }
}
/** The result of a tool that did not run; throws unless the verb can do without it. */
function without(step, error) {
    if (!step.optional || !(error instanceof ProcessManagerError))
        throw error;
    return { code: error.exitCode, stdout: "", stderr: error.stderr };
}
/** By the runtime's own channel: on standard error, unless the program listens for it. */
function warn({ warning }) {
    process.emitWarning(warning, "ProcessManagerWarning");
    return { code: 0, stdout: "", stderr: "" };
}
function waited(step, started, options) {
    const over = Date.now() - started >= patience(step.atMost ?? 0, options);
    return { code: over ? OVERDUE : 0, stdout: "", stderr: "" };
}
function patience(atMost, { timeoutMs, waitMs }) {
    return waitMs ?? atMost + timeoutMs;
}
function boundOf({ waits }, options) {
    return waits === undefined ? options.timeoutMs : patience(waits.atMost, options);
}
// A group of its own, so that what the tool has started ends with it; C, since messages are read.
const settings = () => ({ detached: true, env: { ...process.env, LC_ALL: "C" } });
function run(command, options) {
    const [program, ...args] = command.argv;
    return new Promise((resolve, reject) => {
        const child = (0, node_child_process_1.spawn)(program, args, { ...settings(), stdio: ["ignore", "pipe", "pipe"] });
        let stdout = "";
        let stderr = "";
        const end = (error) => {
            clearTimeout(timer);
            killGroup(child.pid);
            child.stdout?.destroy();
            child.stderr?.destroy();
            reject(error);
        };
        const timer = setTimeout(() => end(overdue(command, options)), boundOf(command, options));
        const bounded = (text) => {
            if (text.length > MAX_OUTPUT)
                end(broken(program, "printed too much", options));
            return text;
        };
        child.on("error", (error) => end(unstarted(program, error, options)));
        child.on("close", (code, signal) => {
            if (code === null)
                end(broken(program, `was ended by ${signal}`, options));
            clearTimeout(timer);
            resolve({ code: code ?? 1, stdout, stderr });
        });
        // There are no streams when the process has no file descriptor left for them.
        child.stdout?.setEncoding("utf8").on("data", (text) => (stdout = bounded(stdout + text)));
        child.stderr?.setEncoding("utf8").on("data", (text) => (stderr = bounded(stderr + text)));
    });
}
function runNow(command, options) {
    const [program, ...args] = command.argv;
    // `detached` is not among spawnSync's documented options; Node and Bun honour it all the same.
    const done = (0, node_child_process_1.spawnSync)(program, args, {
        ...settings(),
        encoding: "utf8",
        timeout: boundOf(command, options),
        killSignal: "SIGKILL",
        maxBuffer: MAX_OUTPUT,
        stdio: ["ignore", "pipe", "pipe"],
    });
    if (done.error === undefined && done.status !== null) {
        return { code: done.status, stdout: done.stdout, stderr: done.stderr };
    }
    killGroup(done.pid);
    const error = done.error;
    if (error?.code === "ETIMEDOUT")
        throw overdue(command, options);
    if (error?.code === "ENOBUFS")
        throw broken(program, "printed too much", options);
    if (error !== undefined)
        throw unstarted(program, error, options);
    throw broken(program, `was ended by ${done.signal}`, options);
}
function killGroup(pid) {
    if (pid === undefined || pid <= 1)
        return; // never started; 0 would be this process's own group
    try {
        process.kill(-pid, "SIGKILL");
    }
    catch {
        // the group is gone already
    }
}
function unstarted(program, error, options) {
    if (error.code !== "ENOENT" && error.code !== "EACCES") {
        return broken(program, `did not start: ${error.message}`, options);
    }
    return new ProcessManagerError({
        ...options, code: "tool-missing", exitCode: NOT_RUN, stderr: `${program} is not on PATH`,
    });
}
function overdue({ argv, waits }, options) {
    return new ProcessManagerError({
        ...options, code: "timeout", exitCode: OVERDUE,
        stderr: waits?.told ?? `${argv[0]} did not answer within ${options.timeoutMs} ms`,
        hint: waits?.hint ?? `see what \`${argv.map(shellQuote).join(" ")}\` says; `
            + "wait longer by timeoutMs or PROCESS_MANAGER_TIMEOUT_MS",
    });
}
function broken(program, what, options) {
    return new ProcessManagerError({ ...options, code: "failed", stderr: `${program} ${what}` });
}
/**
 * What migrated call sites need where the code around them reads text or exit codes. New code reads
 * the port's own values.
 */
/** Services as a table: PID, last exit status and label, separated by tabs, one a line. */
function formatServices(services, options = {}) {
    const rows = services.map(({ pid, lastExit, label }) => `${pid ?? "-"}\t${lastExit ?? 0}\t${label}\n`);
    return (options.header ? "PID\tStatus\tLabel\n" : "") + rows.join("");
}
/** A state as indented `key = value` lines; what is not known is left out. */
function formatService(state) {
    const facts = [
        ["path", state.source],
        ["state", state.state],
        ["program", state.program],
        ["working directory", state.workingDirectory],
        ["pid", state.pid],
        ["runs", state.runs],
        ["last exit code", state.lastExit ?? (state.loaded ? "(never exited)" : null)],
    ];
    const known = facts.filter(([, value]) => value !== null);
    return `${state.label} = {\n${known.map(([key, value]) => `\t${key} = ${value}\n`).join("")}}\n`;
}
/**
 * A state as the dictionary that listing a single label prints. `LastExitStatus` is a wait status
 * there: an exit code times 256, or a signal's number (wait(2)).
 */
function formatServiceEntry(state) {
    const exit = state.lastExit ?? 0;
    const facts = [
        ["Label", `"${state.label}"`],
        ["LastExitStatus", exit < 0 ? -exit : exit * 256],
        ["PID", state.pid],
        ["Program", state.program === null ? null : `"${state.program}"`],
    ];
    const known = facts.filter(([, value]) => value !== null);
    return `{\n${known.map(([key, value]) => `\t"${key}" = ${value};\n`).join("")}};\n`;
}
/** The same services; throws `not-found` when there are none. */
function requireServices(services) {
    if (services.length > 0)
        return services;
    throw new ProcessManagerError({
        code: "not-found", operation: "list", label: "", adapter: "process-manager", exitCode: 1,
        stderr: "no service matches",
    });
}
/** The same state; throws `not-found` when the service is not loaded. */
function requireLoaded(state) {
    if (state.loaded)
        return state;
    throw new ProcessManagerError({
        code: "not-found", operation: "inspect", label: state.label, adapter: "process-manager", exitCode: 113,
        stderr: `Could not find service "${state.label}"`,
    });
}
/** Run an action and tell how it went; never throws. A text that it gives is the outcome's stdout. */
async function settle(action) {
    try {
        return success(await action());
    }
    catch (error) {
        return failure(error);
    }
}
/** The same for the synchronous companion. */
function settleSync(action) {
    try {
        return success(action());
    }
    catch (error) {
        return failure(error);
    }
}
/**
 * Run an action and tell a callback how it went, in the way of `child_process.exec`: the error, or
 * null, and the texts. What the callback throws is uncaught, as there.
 */
function callBack(action, callback) {
    const tell = (error, { stdout, stderr }) => {
        setImmediate(() => callback(error, stdout, stderr));
    };
    void (async () => action())().then((result) => tell(null, success(result)), (thrown) => tell(thrown instanceof Error ? thrown : new Error(String(thrown)), failure(thrown)));
}
function success(result) {
    return { ok: true, exitCode: 0, stdout: typeof result === "string" ? result : "", stderr: "" };
}
function failure(thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const outcome = { ok: false, exitCode: 1, stdout: "", stderr: error.message };
    if (!(error instanceof ProcessManagerError))
        return { ...outcome, error };
    const asked = error.code !== "tool-missing" && error.code !== "timeout";
    return { ...outcome, exitCode: error.exitCode || 1, ...(asked ? {} : { error }) };
}
/** The tool that manages services on macOS, for code that looks for its name in a text. */
exports.MACOS_SERVICE_TOOL = "launchctl";
const NOT_FOUND = [3, 113];
const NO_DOMAIN = [112, 125];
const isAbsent = ({ code }) => NOT_FOUND.includes(code);
const hasNoDomain = ({ code }) => NO_DOMAIN.includes(code);
function isUnderSudo() {
    return process.getuid?.() === 0 && Number(process.env["SUDO_UID"]) > 0;
}
/** The person whose services a bare label means: under sudo the one who typed it (sudo(8), SUDO_UID). */
function ownUid() {
    return isUnderSudo() ? Number(process.env["SUDO_UID"]) : process.getuid?.() ?? 501;
}
/**
 * The domains that can have the service, in the order to look. One's own services are in `gui` where
 * one is logged in at the screen, and in `user` where they were loaded without that, as over SSH
 * (launchctl(1), SUBCOMMANDS); both can be there at once.
 */
function domainsOf(target) {
    if (target.domain === "system")
        return ["system"];
    if (target.domain === "own")
        return [`gui/${ownUid()}`, `user/${ownUid()}`];
    return [`${target.domain}/${target.uid}`];
}
function* callIn(domain, target, verb, flags = []) {
    const result = yield { argv: [exports.MACOS_SERVICE_TOOL, verb, ...flags, `${domain}/${target.name}`] };
    return { ...result, domain };
}
/**
 * Run a subcommand on a target's service, or on `rest` in its domain: in the first domain that has
 * it, else with the answer of the first domain that there is.
 */
function* launchctlCall(target, verb, flags = [], rest) {
    let missing;
    for (const domain of domainsOf(target)) {
        const words = rest ? [domain, ...rest] : [`${domain}/${target.name}`];
        const answer = { ...(yield { argv: [exports.MACOS_SERVICE_TOOL, verb, ...flags, ...words] }), domain };
        if (!isAbsent(answer) && !hasNoDomain(answer))
            return answer;
        if (missing === undefined || (hasNoDomain(missing) && isAbsent(answer)))
            missing = answer;
    }
    return missing;
}
/**
 * Reads what launchctl prints. launchctl(1) calls the output of `print` no interface, so a fact that
 * is not found is null and never an error.
 */
/** `launchctl list`: a header, then PID, last exit status (negative: a signal) and label. */
function parseList(output) {
    const services = [];
    for (const line of output.split("\n")) {
        const match = /^(-|\d+)\t(-|-?\d+|\?\?\?)\t(\S.*)$/.exec(line);
        const [, pid, status, label] = match ?? [];
        if (label === undefined)
            continue;
        services.push({ label, pid: leadingNumber(pid), lastExit: leadingNumber(status) });
    }
    return services;
}
/** The rows below `services` of `launchctl print DOMAIN`: pid (0: none), last exit (-: never), label. */
function parseDomain(output) {
    const services = [];
    const rows = /^\tservices = \{\n(.*?)^\t\}/ms.exec(output)?.[1] ?? "";
    for (const [, pid, status, label = ""] of rows.matchAll(/^\s+(\d+)\s+(\S+)\s+(\S.*)$/gm)) {
        services.push({ label, pid: leadingNumber(pid) || null, lastExit: leadingNumber(status) });
    }
    return services;
}
/** How long launchd lets it end before SIGKILL, in milliseconds; 0 where `print` does not tell. */
function exitTimeout(output) {
    return Number(/^\texit timeout = (\d+)$/m.exec(output)?.[1] ?? 0) * 1000;
}
/** The facts at the top level of `launchctl print TARGET`. */
function parsePrint(output) {
    const field = (key) => new RegExp(`^\\t${key} = (.*)$`, "m").exec(output)?.[1]?.trim();
    const signal = /: (\d+)$/.exec(field("last terminating signal") ?? "")?.[1];
    return {
        pid: leadingNumber(field("pid")),
        state: field("state") ?? null,
        program: field("program") ?? null,
        workingDirectory: field("working directory") ?? null,
        lastExit: signal === undefined ? leadingNumber(field("last exit code")) : -Number(signal),
        runs: leadingNumber(field("runs")),
        source: field("path") ?? null,
    };
}
/**
 * Whether `launchctl print-disabled DOMAIN` says that a service is disabled; null when it has no
 * line there. Older releases say `true` for `disabled`.
 */
function overrideOf(name, output) {
    for (const line of output.split("\n")) {
        const [, label, word] = /^\s*"(.*)" => (\w+)$/.exec(line) ?? [];
        if (label === name)
            return word === "disabled" || word === "true";
    }
    return null;
}
function leadingNumber(text) {
    const match = /^-?\d+/.exec(text ?? "");
    return match ? Number(match[0]) : null;
}
/**
 * Finds a job's plist. launchd goes by the Label in it and not by the file's name, which is a
 * convention only (launchd.plist(5), EXPECTATIONS and Label).
 */
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
/** Where launchd looks for plists (launchd.plist(5), FILES). */
function plistFolders(target) {
    return target.domain === "system"
        ? ["/Library/LaunchDaemons"]
        : [`${process.env["HOME"] || (0, node_os_1.homedir)()}/Library/LaunchAgents`, "/Library/LaunchAgents"];
}
/** Whether a plist has placeholders for the folders of a node, of which launchd knows nothing. */
function isTemplate(plist) {
    return /__(?:HOME|REPO_ROOT|VAULT)__/.test(readBytes(plist).toString("latin1"));
}
/** What `fleetmod plists` rendered of a template and is installed; null without that. */
function renderedOf(target, template) {
    const names = [`${target.name}.plist`, (0, node_path_1.basename)(template)];
    const paths = names.flatMap((name) => plistFolders(target).map((folder) => `${folder}/${name}`));
    const installed = paths.find((path) => (0, node_fs_1.existsSync)(path)) ?? null;
    return installed === null || isTemplate(installed) ? null : installed;
}
/** The plist with a target's label: the one of that name, else any of launchd's folders; null without one. */
function* findPlist(target) {
    const named = plistNamed(target);
    if (named !== null && [target.name, null].includes(yield* labelOf(named)))
        return named;
    for (const folder of plistFolders(target)) {
        for (const path of plistsIn(folder)) {
            // Text stands as it is in a binary plist, too; most files need no second look.
            if (readBytes(path).includes(target.name) && (yield* labelOf(path)) === target.name)
                return path;
        }
    }
    return null;
}
/** The plist whose file is named as the label, whatever Label it has. */
function plistNamed(target) {
    return plistFolders(target).map((folder) => `${folder}/${target.name}.plist`).find(node_fs_1.existsSync) ?? null;
}
/** The Label in a plist; null where it cannot be read. */
function* labelOf(path) {
    const bytes = readBytes(path);
    if (!bytes.subarray(0, 6).equals(Buffer.from("bplist")))
        return labelIn(bytes.toString());
    const asXml = yield { argv: ["plutil", "-convert", "xml1", "-o", "-", path], optional: true };
    return asXml.code === 0 ? labelIn(asXml.stdout) : null;
}
/**
 * The label of the service that a plist defines, as the port takes it: `system/x` for one of
 * /Library/LaunchDaemons. Of a file that cannot be read it is the name, by convention.
 */
function plistLabel(path) {
    const label = labelIn(readBytes(path).toString()) ?? (0, node_path_1.basename)(path, ".plist");
    return (0, node_path_1.dirname)(path) === "/Library/LaunchDaemons" ? `system/${label}` : label;
}
/** Whether two paths are one file, whatever links lead there. */
function isSameFile(one, other) {
    const a = (0, node_fs_1.statSync)(one, { throwIfNoEntry: false });
    const b = (0, node_fs_1.statSync)(other, { throwIfNoEntry: false });
    return one === other || (a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev);
}
function labelIn(xml) {
    let depth = 0;
    let key = "";
    for (const [, tag, text = ""] of xml.replace(/<!--.*?-->/gs, "").matchAll(/<(dict|\/dict|key|string)>([^<]*)/g)) {
        if (tag === "dict")
            depth++;
        else if (tag === "/dict")
            depth--;
        else if (depth === 1 && tag === "key")
            key = text;
        else if (depth === 1 && key === "Label")
            return text.replace(/&(\w+);/g, (all, name) => ENTITIES[name] ?? all);
    }
    return null;
}
function plistsIn(folder) {
    try {
        return (0, node_fs_1.readdirSync)(folder).filter((name) => name.endsWith(".plist")).sort().map((name) => `${folder}/${name}`);
    }
    catch {
        return [];
    }
}
function readBytes(path) {
    try {
        return (0, node_fs_1.readFileSync)(path);
    }
    catch {
        return Buffer.alloc(0);
    }
}
/**
 * macOS: launchctl(1), subcommands of 10.11 and later. Exit codes seen there: 3 "No such process",
 * 5 "Input/output error" (already loaded, still being removed, disabled, or a bad plist), 36 and 37
 * "Operation (now|already) in progress", 112 "Could not find domain", 113 "Could not find service",
 * 119 "Service is disabled", 125 "Domain does not support specified action". 5, 36 and 37 say
 * nothing for certain: whether the service is loaded then decides.
 */
const IN_PROGRESS = [5, 36, 37];
const STARTING = 37;
const DISABLED = 119;
const ATTEMPTS = 8;
const PAUSE_MS = 250;
const service = (target) => `${domainsOf(target)[0]}/${target.name}`;
function launchctlError(operation, label, result, hint) {
    const code = isAbsent(result)
        ? "not-found"
        : result.code === DISABLED || /service is disabled/i.test(result.stderr)
            ? "disabled"
            : "failed";
    const advice = hasNoDomain(result)
        ? "that user is not logged in there: log in, or name another domain, as in user/501/x"
        : hint;
    return new ProcessManagerError({
        code, operation, label, adapter: exports.MACOS_SERVICE_TOOL, exitCode: result.code, stderr: result.stderr,
        ...(advice === undefined ? {} : { hint: advice }),
    });
}
/** The plists that are in no folder of launchd's, by service: `stop` would lose the way back. */
const sources = new Map();
function* rememberSource(target, { stdout }) {
    const { source } = parsePrint(stdout);
    if (source !== null && (yield* findPlist(target)) === null)
        sources.set(service(target), source);
}
function rememberedSource(target) {
    const source = sources.get(service(target));
    return source !== undefined && (0, node_fs_1.existsSync)(source) ? source : null;
}
/** What `print` says of a service that is loaded; null where it is not, and an error where that stays unknown. */
function* printed(operation, label, target) {
    const answer = yield* launchctlCall(target, "print");
    if (answer.code === 0)
        return answer;
    if (isAbsent(answer) || hasNoDomain(answer))
        return null;
    throw launchctlError(operation, label, answer);
}
/** Whether it is loaded a moment later, too: one that is being removed can still be found (36, 37). */
function* staysLoaded(operation, label, target) {
    if ((yield* printed(operation, label, target)) === null)
        return false;
    yield { pause: PAUSE_MS };
    return (yield* printed(operation, label, target)) !== null;
}
/** Whether the override that `enable` and `disable` write says disabled; null without one. */
function* isDisabled(target) {
    const result = yield* launchctlCall(target, "print-disabled", [], []);
    return result.code === 0 ? overrideOf(target.name, result.stdout) : null;
}
/** `bootstrap` right after `bootout` fails until the old job is gone, so it is tried again. */
function* bootstrap(operation, label, target, plist) {
    for (let attempt = 1;; attempt++) {
        const result = yield* launchctlCall(target, "bootstrap", [], [plist]);
        if (result.code === 0 || /already (loaded|bootstrapped|exists)/i.test(result.stderr))
            return result.domain;
        if (!IN_PROGRESS.includes(result.code))
            throw launchctlError(operation, label, result);
        if (yield* staysLoaded(operation, label, target))
            return result.domain;
        // A disabled service answers 5 too, and no waiting helps.
        if (attempt === 1 && (yield* isDisabled(target)))
            throw launchctlError(operation, label, { ...result, code: DISABLED });
        const waited = attempt < ATTEMPTS ? yield { pause: PAUSE_MS } : { code: OVERDUE };
        if (waited.code !== 0)
            throw launchctlError(operation, label, result, bootstrapAdvice(target, plist));
    }
}
/** launchd's own words for 5 name no cause; these are the ones it has (launchd.plist(5), Ownership). */
function bootstrapAdvice(target, plist) {
    const owner = target.domain === "system" ? "root" : "its user";
    return `try plutil -lint ${shellQuote(plist)}; see that its program is there, that the file belongs to ${owner} `
        + "with mode 644, and that the home is on the boot volume";
}
/** Load it, from `config.source` where it is given; gives the domain that it is loaded in. */
function* ensureLoaded(operation, label, target, config) {
    const known = yield* printed(operation, label, target);
    const given = config?.source;
    const template = given !== undefined && isTemplate(given);
    const wanted = given === undefined ? null : template ? renderedOf(target, given) : (0, node_path_1.resolve)(given);
    if (known !== null) {
        const { source } = parsePrint(known.stdout);
        if (wanted === null || source === null || isSameFile(source, wanted))
            return known.domain;
        // launchd keeps the definition that it has loaded, and answers 5 to another one.
        throw new ProcessManagerError({
            code: "failed", operation, label, adapter: exports.MACOS_SERVICE_TOOL, exitCode: 5,
            stderr: `${target.name} is loaded from ${source}, not from ${wanted}`,
            hint: `stop it first, which ends it: stop(${JSON.stringify(label)})`,
        });
    }
    if (template && wanted === null)
        throw notRendered(operation, label, target, given);
    const plist = wanted ?? (yield* findPlist(target)) ?? rememberedSource(target);
    if (plist === null) {
        const folders = plistFolders(target).join(" and ");
        throw noPlist(operation, label, target, `not loaded, and no plist in ${folders} has that Label`);
    }
    return yield* bootstrap(operation, label, target, plist);
}
function notRendered(operation, label, target, template) {
    return new ProcessManagerError({
        code: "not-found", operation, label, adapter: exports.MACOS_SERVICE_TOOL,
        stderr: `${template} is a template with placeholders, and no list rendered of it is installed`,
        hint: `fleetmod plists --output ${plistFolders(target)[0]}`,
    });
}
function noPlist(operation, label, { name }, why) {
    return new ProcessManagerError({
        code: "not-found", operation, label, adapter: exports.MACOS_SERVICE_TOOL, exitCode: 113,
        stderr: `Could not find service "${name}": ${why}`,
        hint: `name its file: load(${JSON.stringify(label)}, { source })`,
    });
}
/** The service that a label and a source mean: launchd loads what the file says. */
function* targetOf(operation, label, config) {
    const target = parseLabel(label, operation, exports.MACOS_SERVICE_TOOL);
    const found = config?.source === undefined ? null : yield* labelOf(config.source);
    if (found === null || found === target.name)
        return target;
    yield { warning: `${config?.source} has the Label ${found}, not ${target.name}: ${found} is meant` };
    return { ...target, name: found };
}
function* kickstart(operation, label, flags) {
    const target = parseLabel(label, operation, exports.MACOS_SERVICE_TOOL);
    let result = yield* launchctlCall(target, "kickstart", flags);
    // It is being started already, which is what was asked for, or it is being removed.
    if (result.code === STARTING && (yield* staysLoaded(operation, label, target)))
        return;
    if (isAbsent(result) || result.code === STARTING) {
        yield* ensureLoaded(operation, label, target);
        // What has just been loaded is fresh: -k would kill it in its first moment.
        result = yield* launchctlCall(target, "kickstart");
        if (result.code === STARTING && (yield* staysLoaded(operation, label, target)))
            return;
    }
    if (result.code !== 0)
        throw launchctlError(operation, label, result);
}
/** Remove it from each domain that has it, and wait until it is gone; gives whether one had it. */
function* bootout(operation, label, target) {
    const answers = [];
    for (const domain of domainsOf(target)) {
        const before = yield* callIn(domain, target, "print");
        answers.push(before);
        if (isAbsent(before) || hasNoDomain(before))
            continue;
        if (before.code !== 0)
            throw launchctlError(operation, label, before);
        yield* rememberSource(target, before);
        const answer = yield* callIn(domain, target, "bootout");
        if (answer.code !== 0 && answer.code !== 36 && !isAbsent(answer))
            throw launchctlError(operation, label, answer);
        yield* waitUntilGone(operation, label, target, domain, exitTimeout(before.stdout));
    }
    const [first] = answers;
    if (first !== undefined && answers.every(hasNoDomain))
        throw launchctlError(operation, label, first);
    return answers.some(({ code }) => code === 0);
}
/**
 * launchd goes on stopping a job after the command has answered, with 36 or with success: SIGTERM,
 * and after ExitTimeOut SIGKILL (launchd.plist(5), ExitTimeOut).
 */
function* waitUntilGone(operation, label, target, domain, atMost) {
    for (;;) {
        const answer = yield* callIn(domain, target, "print");
        if (isAbsent(answer) || hasNoDomain(answer))
            return;
        if (answer.code !== 0)
            throw launchctlError(operation, label, answer);
        const waited = yield { pause: PAUSE_MS, atMost };
        if (waited.code === 0)
            continue;
        throw new ProcessManagerError({
            code: "timeout", operation, label, adapter: exports.MACOS_SERVICE_TOOL, exitCode: OVERDUE,
            stderr: `${domain}/${target.name} is still being stopped`,
            hint: "look at ExitTimeOut in its plist; wait longer by waitMs or PROCESS_MANAGER_WAIT_MS",
        });
    }
}
function bootstrapHint(target) {
    const folder = target.domain === "system" ? "/Library/LaunchDaemons" : "~/Library/LaunchAgents";
    return `launchctl bootstrap ${domainsOf(target)[0]} ${folder}/${shellQuote(`${target.name}.plist`)}`;
}
exports.launchctl = {
    name: exports.MACOS_SERVICE_TOOL,
    *list(pattern) {
        const services = new Map();
        if (!isUnderSudo()) {
            const result = yield { argv: [exports.MACOS_SERVICE_TOOL, "list"] };
            if (result.code !== 0)
                throw launchctlError("list", pattern, result);
            for (const each of parseList(result.stdout))
                services.set(each.label, each);
        }
        // `list` tells of the domain that it runs in; one's own services can be in the other, too.
        const own = splitTarget("");
        const answers = [];
        for (const domain of domainsOf(own)) {
            const result = yield { argv: [exports.MACOS_SERVICE_TOOL, "print", domain] };
            answers.push(result);
            for (const each of parseDomain(result.code === 0 ? result.stdout : "")) {
                if (!services.has(each.label))
                    services.set(each.label, each);
            }
        }
        const [first] = answers;
        if (isUnderSudo() && first && answers.every(({ code }) => code !== 0))
            throw launchctlError("list", pattern, first);
        return [...services.values()].filter(({ label }) => label.includes(pattern));
    },
    *restart(label) {
        yield* kickstart("restart", label, ["-k"]);
    },
    *start(label) {
        yield* kickstart("start", label, []);
    },
    *stop(label) {
        const target = parseLabel(label, "stop", exports.MACOS_SERVICE_TOOL);
        if (yield* bootout("stop", label, target))
            return;
        const named = plistNamed(target);
        const other = named === null ? null : yield* labelOf(named);
        if (other === null || other === target.name)
            return;
        throw new ProcessManagerError({
            code: "not-found", operation: "stop", label, adapter: exports.MACOS_SERVICE_TOOL, exitCode: 113,
            stderr: `${named} has the Label ${other}, and nothing is loaded as ${target.name}`,
            hint: `use the label ${other}`,
        });
    },
    *inspect(label) {
        const target = parseLabel(label, "inspect", exports.MACOS_SERVICE_TOOL);
        const result = yield* launchctlCall(target, "print");
        if (result.code !== 0 && !isAbsent(result))
            throw launchctlError("inspect", label, result);
        const loaded = result.code === 0;
        const disabled = yield* isDisabled(target);
        const facts = parsePrint(loaded ? result.stdout : "");
        return {
            label: target.name,
            loaded,
            // Without an override the plist decides, and what it disables is not loaded.
            enabled: disabled === null ? (loaded ? true : null) : !disabled,
            ...facts,
            source: facts.source ?? (yield* findPlist(target)),
        };
    },
    *disable(label) {
        const target = parseLabel(label, "disable", exports.MACOS_SERVICE_TOOL);
        const result = yield* launchctlCall(target, "disable");
        if (result.code !== 0)
            throw launchctlError("disable", label, result);
    },
    *enable(label, config) {
        const target = yield* targetOf("enable", label, config);
        const result = yield* launchctlCall(target, "enable");
        if (result.code !== 0)
            throw launchctlError("enable", label, result);
        if (config?.load === false)
            return;
        yield* ensureLoaded("enable", label, target, config);
        if (result.domain === domainsOf(target)[0])
            return;
        // launchd loads LaunchAgents at a login, and nobody is logged in at the screen (launchd(8)).
        yield {
            warning: `${target.name} is enabled and loaded into ${result.domain}, but does not start at boot until its user `
                + `logs in; for that make it a LaunchDaemon: system/${target.name}`,
        };
    },
    *load(label, config) {
        yield* ensureLoaded("load", label, yield* targetOf("load", label, config), config);
    },
    hint(verb, label) {
        if (verb === "list")
            return label ? `launchctl list | grep ${operand(label)}` : "launchctl list";
        const target = splitTarget(label);
        const full = shellQuote(service(target));
        switch (verb) {
            case "restart": return `launchctl kickstart -k ${full}`;
            case "start": return `launchctl kickstart ${full}`;
            case "stop": return `launchctl bootout ${full}`;
            case "inspect": return `launchctl print ${full}`;
            case "load": return bootstrapHint(target);
            case "enable": return `launchctl enable ${full} && ${bootstrapHint(target)}`;
            default: return `launchctl ${verb} ${full}`;
        }
    },
};
/** Manages nothing: for tests, and for hosts where something else supervises the processes. */
const NULL = "null";
const KEPT = 1000; // a daemon that polls must not grow by it
/** An adapter that begins with `states`, which it copies, and runs nothing. */
function nullAdapter(states = []) {
    const known = new Map();
    for (const state of states)
        known.set(state.label, { ...state });
    const calls = [];
    let lastPid = 1000;
    const record = (verb, label, config) => {
        calls.push(config === undefined ? { verb, label } : { verb, label, config });
        if (calls.length > KEPT)
            calls.shift();
        return verb === "list" ? label : parseLabel(label, verb, NULL).name;
    };
    const of = (name) => {
        const state = known.get(name) ?? absent(name);
        known.set(name, state);
        return state;
    };
    const run = (name, again) => {
        const state = of(name);
        if (state.pid !== null && !again)
            return;
        Object.assign(state, { loaded: true, state: "running", pid: ++lastPid, runs: (state.runs ?? 0) + 1 });
    };
    return {
        name: NULL,
        calls,
        states: known,
        list: (pattern) => stepless(() => {
            record("list", pattern);
            return [...known.values()]
                .filter((state) => state.loaded && state.label.includes(pattern))
                .map(({ label, pid, lastExit }) => ({ label, pid, lastExit }));
        }),
        restart: (label) => stepless(() => run(record("restart", label), true)),
        start: (label) => stepless(() => run(record("start", label), false)),
        stop: (label) => stepless(() => {
            const name = record("stop", label);
            if (known.has(name))
                Object.assign(of(name), { loaded: false, state: null, pid: null });
        }),
        inspect: (label) => stepless(() => {
            const name = record("inspect", label);
            return { ...(known.get(name) ?? absent(name)) };
        }),
        disable: (label) => stepless(() => {
            of(record("disable", label)).enabled = false;
        }),
        enable: (label, config) => stepless(() => {
            const state = of(record("enable", label, config));
            state.enabled = true;
            if (config?.load !== false)
                state.loaded = true;
        }),
        load: (label, config) => stepless(() => {
            of(record("load", label, config)).loaded = true;
        }),
        hint(verb, label) {
            return `(no service manager) ${verb}${label ? ` ${shellQuote(label)}` : ""}`;
        },
    };
}
function absent(label) {
    return {
        label, loaded: false, enabled: null, pid: null, state: null, program: null,
        workingDirectory: null, lastExit: null, runs: null, source: null,
    };
}
/** The port of the adapter that `adapter()` gives at each call. */
function asyncPort(adapter, options) {
    const go = async (operation, label, steps) => {
        const { on, drive, end } = prepare(adapter, operation, label, options);
        try {
            const value = await driveAsync(steps(on), drive);
            end(undefined, facts(value));
            return value;
        }
        catch (error) {
            end(error);
            throw error;
        }
    };
    return {
        list: (pattern) => go("list", pattern, (on) => on.list(pattern)),
        restart: (label) => go("restart", label, (on) => on.restart(label)),
        stop: (label) => go("stop", label, (on) => on.stop(label)),
        inspect: (label) => go("inspect", label, (on) => on.inspect(label)),
        disable: (label) => go("disable", label, (on) => on.disable(label)),
        enable: (label, config) => go("enable", label, (on) => on.enable(label, config)),
        start: (label) => go("start", label, (on) => on.start(label)),
        load: (label, config) => go("load", label, (on) => on.load(label, config)),
        probe: (label) => go("probe", label, (on) => on.inspect(label))
            .then(answered, (error) => unanswered(adapter, label, error)),
        hint: (verb, label) => adapter().hint(verb, label),
    };
}
/** The same, synchronously. */
function syncPort(adapter, options) {
    const go = (operation, label, steps) => {
        const { on, drive, end } = prepare(adapter, operation, label, options);
        try {
            const value = driveSync(steps(on), drive);
            end(undefined, facts(value));
            return value;
        }
        catch (error) {
            end(error);
            throw error;
        }
    };
    return {
        list: (pattern) => go("list", pattern, (on) => on.list(pattern)),
        restart: (label) => go("restart", label, (on) => on.restart(label)),
        stop: (label) => go("stop", label, (on) => on.stop(label)),
        inspect: (label) => go("inspect", label, (on) => on.inspect(label)),
        disable: (label) => go("disable", label, (on) => on.disable(label)),
        enable: (label, config) => go("enable", label, (on) => on.enable(label, config)),
        start: (label) => go("start", label, (on) => on.start(label)),
        load: (label, config) => go("load", label, (on) => on.load(label, config)),
        probe: (label) => {
            try {
                return answered(go("probe", label, (on) => on.inspect(label)));
            }
            catch (error) {
                return unanswered(adapter, label, error);
            }
        },
        hint: (verb, label) => adapter().hint(verb, label),
    };
}
function prepare(adapter, operation, label, options) {
    const on = adapter();
    const { sink, nodeId, bounds } = options;
    // A service manager is on this host.
    const end = begin({
        port: "process-manager", operation, target: label, adapter: on.name, endpointClass: "localhost", sink, nodeId,
    });
    return { on, drive: { operation, label, adapter: on.name, ...bounds() }, end };
}
function answered(state) {
    return { outcome: "ok", state };
}
function unanswered(adapter, label, thrown) {
    if (thrown instanceof ProcessManagerError)
        return { outcome: "failed", error: thrown };
    const stderr = thrown instanceof Error ? thrown.message : String(thrown);
    const details = { code: "failed", operation: "probe", label, adapter: adapter().name, stderr };
    return { outcome: "failed", error: new ProcessManagerError(details) };
}
/** What an event tells of the state that a verb found. */
function facts(value) {
    if (typeof value !== "object" || value === null || !("loaded" in value))
        return {};
    const { loaded, state, pid } = value;
    return {
        "service.loaded": loaded,
        ...(state === null ? {} : { "service.state": state }),
        ...(pid === null ? {} : { "process.pid": pid }),
    };
}
/** When no service manager can be reached: what to set or start (systemctl(1), sd_booted(3)). */
const BOOTED = "/run/systemd/system"; // sd_booted(3): there where systemd is the init system
const UNREACHABLE = /failed to connect to bus|failed to get d-bus connection|has not been booted with systemd/i;
const OR_NOTHING = "set PROCESS_MANAGER=null where something else runs the services, as in a container or in WSL without systemd";
const isUnreachable = (stderr) => UNREACHABLE.test(stderr);
/** What leads on from here, by what this host has. */
function managerAdvice() {
    const uid = process.getuid?.();
    const runtime = `/run/user/${uid}`;
    if (!(0, node_fs_1.existsSync)(BOOTED)) {
        const wsl = process.env["WSL_DISTRO_NAME"] === undefined
            ? ""
            : "set systemd=true below [boot] in /etc/wsl.conf and run wsl.exe --shutdown, or ";
        return `systemd does not run here: ${wsl}${OR_NOTHING}`;
    }
    // pam_systemd(8) sets the variable at a login; su, sudo -u and cron do not log in.
    const set = process.env["XDG_RUNTIME_DIR"] === runtime ? "log in anew" : `set XDG_RUNTIME_DIR=${runtime}`;
    const linger = (0, node_fs_1.existsSync)(runtime) ? "" : `run loginctl enable-linger ${userName()}, `;
    return `${linger}${set}; ${OR_NOTHING}`;
}
function userName() {
    try {
        return (0, node_os_1.userInfo)().username;
    }
    catch {
        return String(process.getuid?.());
    }
}
/**
 * Throws under sudo, where a bare label would be root's own unit and the person's would run on
 * (sudo(8), SUDO_UID). `system/x`, and `user/0/x` for root's own, say what is meant.
 */
function refuseSudo(operation, label, adapter, { domain, uid }) {
    if (process.getuid?.() !== 0 || !(Number(process.env["SUDO_UID"]) > 0))
        return;
    if (domain === "system" || (domain === "user" && uid === 0))
        return;
    const person = process.env["SUDO_USER"] || `user ${process.env["SUDO_UID"]}`;
    throw new ProcessManagerError({
        code: "no-manager", operation, label, adapter,
        stderr: `under sudo this would be root's own service manager, not that of ${person}`,
        hint: "run it without sudo; or name system/x, or user/0/x for root's own",
    });
}
const PROPERTIES = [
    "Id", "LoadState", "LoadError", "ActiveState", "SubState", "UnitFileState", "MainPID",
    "ExecMainCode", "ExecMainStatus", "ExecMainStartTimestampMonotonic", "ExecStart",
    "WorkingDirectory", "FragmentPath", "NRestarts", "Type", "Job", "Result", "TimeoutStartUSec", "TimeoutStopUSec",
].join(",");
const EXITED = "1"; // CLD_EXITED of waitid(2); what else is not 0 was ended by a signal
/** One map for each unit, in the order of the output. */
function parseShow(output) {
    const blocks = output.split("\n\n").filter((block) => block.trim() !== "");
    return blocks.map((block) => {
        const facts = new Map();
        for (const line of block.split("\n")) {
            const at = line.indexOf("=");
            if (at > 0)
                facts.set(line.slice(0, at), line.slice(at + 1));
        }
        return facts;
    });
}
/** Running, or with a unit file; a unit whose file is gone can still run. */
function isKnown(facts) {
    return facts.get("LoadState") === "loaded" || facts.get("ActiveState") === "active";
}
function isUnitLoaded(facts) {
    return facts.get("LoadState") === "loaded";
}
/** Whether the unit's own [Install] section is in force. */
function isInstalled(facts) {
    return (facts.get("UnitFileState") ?? "").startsWith("enabled");
}
const pid = (facts) => exactNumber(facts.get("MainPID")) || null;
function lastExit(facts) {
    const how = facts.get("ExecMainCode") ?? "0";
    const status = exactNumber(facts.get("ExecMainStatus"));
    if (how === "0" || status === null)
        return null;
    return how === EXITED ? status : -status;
}
/** The state of a service, and of the timer and path units that start it. */
function stateOf(label, service, triggers) {
    const active = service.get("ActiveState") ?? "";
    const started = (exactNumber(service.get("ExecMainStartTimestampMonotonic")) ?? 0) > 0;
    return {
        label,
        loaded: isKnown(service),
        enabled: isEnabled(service, triggers),
        pid: pid(service),
        state: active === "active" && service.get("SubState") === "running" ? "running" : active || null,
        program: /\bpath=([^;]+?) ;/.exec(service.get("ExecStart") ?? "")?.[1] ?? null,
        workingDirectory: service.get("WorkingDirectory") || null,
        lastExit: lastExit(service),
        runs: started ? (exactNumber(service.get("NRestarts")) ?? 0) + 1 : 0,
        source: service.get("FragmentPath") || null,
    };
}
/** `start` of a oneshot unit waits until its work is done (systemd.service(5), Type=). */
const isOneshot = (facts) => facts.get("Type") === "oneshot";
/** Whether the manager has still to do what was last asked of the unit. */
const hasJob = (facts) => (exactNumber(facts.get("Job")) ?? 0) > 0;
/** The milliseconds of a time span, as `1min 30s` (systemd.time(7)); null for `infinity` and for none. */
function milliseconds(span) {
    let sum = null;
    for (const [, count, word = ""] of (span ?? "").matchAll(/([\d.]+)([a-z]+)/g)) {
        sum = (sum ?? 0) + Number(count) * (UNITS[word] ?? 0);
    }
    return sum;
}
const UNITS = {
    us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000,
};
function isEnabled(service, triggers) {
    const fileState = service.get("UnitFileState") ?? "";
    if (isInstalled(service))
        return true;
    if (triggers.length > 0 && fileState !== "masked")
        return triggers.some(isInstalled);
    return fileState ? /^(static|alias|generated)/.test(fileState) : null;
}
function exactNumber(text) {
    return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}
/** Which unit files a `source` stands for. */
/** Where `fleetmod units` puts the units of daemons, below the folder of the others. */
const DAEMONS = "system";
/** The unit files to link for the service unit `unit`; none where the source names none. */
function unitFiles(source, unit, system) {
    const file = (0, node_path_1.resolve)(source);
    if (file.endsWith(".service"))
        return [file, ...triggersOf(file).filter(node_fs_1.existsSync)];
    if (!file.endsWith(".plist"))
        return [];
    const beside = unitFolders(file);
    for (const folder of system ? [...beside.map((each) => (0, node_path_1.join)(each, DAEMONS)), ...beside] : beside) {
        const service = (0, node_path_1.join)(folder, unit);
        if ((0, node_fs_1.existsSync)(service))
            return [service, ...triggersOf(service).filter(node_fs_1.existsSync)];
    }
    return [];
}
/** Whether the units of a plist are there for the manager of the system only. */
function isDaemon(source, unit) {
    return unitFolders((0, node_path_1.resolve)(source)).some((folder) => (0, node_fs_1.existsSync)((0, node_path_1.join)(folder, DAEMONS, unit)));
}
/** The units that start a service by time, path or socket have its name (systemd.timer(5), Unit=). */
function triggersOf(service) {
    const stem = service.replace(/\.service$/, "");
    return [`${stem}.timer`, `${stem}.path`, `${stem}.socket`];
}
/** Those of `files` to link, now that the manager knows `known`, and the service from `fragment`. */
function toLink(files, known, fragment) {
    const [service = ""] = files;
    if (!known.includes((0, node_path_1.basename)(service)))
        return [...files];
    // units that the manager found elsewhere go before those of the source
    return isSame(service, fragment) ? files.filter((file) => !known.includes((0, node_path_1.basename)(file))) : [];
}
function unitFolders(plist) {
    const folder = (0, node_path_1.dirname)(plist);
    return [folder, (0, node_path_1.join)((0, node_path_1.dirname)(folder), "systemd")];
}
function isSame(one, other) {
    try {
        return (0, node_fs_1.realpathSync)(one) === (0, node_fs_1.realpathSync)(other);
    }
    catch {
        return false;
    }
}
const SYSTEMCTL = "systemctl";
const QUIET = ["--no-ask-password", "--no-pager"];
const DEFAULT_TIMEOUT_MS = 90_000; // DefaultTimeoutStartSec=, DefaultTimeoutStopSec= of systemd-system.conf(5)
const LOOKS = 5;
const LOOK_MS = 200;
const TOO_OFTEN = /attempted too often|start-limit|repeated too quickly/i;
const scope = (target) => (target.domain === "system" ? "--system" : "--user");
// A space in a unit's name is written as systemd-escape(1) writes it.
const unit = (target) => `${target.name.replace(/\.service$/, "").replace(/ /g, "\\x20")}.service`;
const labelOfUnit = (facts) => id(facts).replace(/\.service$/, "").replace(/\\x20/g, " ");
const id = (facts) => facts.get("Id") ?? "";
function* systemctlCall(scope, ...args) {
    return yield { argv: [SYSTEMCTL, scope, ...QUIET, ...args] };
}
function* must(operation, label, scope, ...args) {
    const result = yield* systemctlCall(scope, ...args);
    if (result.code !== 0)
        throw systemctlError(operation, label, result);
    return result;
}
/** The target of a label; throws where nobody's unit can be meant by it. */
function unitTarget(operation, label) {
    const target = parseLabel(label, operation, SYSTEMCTL);
    refuseSudo(operation, label, SYSTEMCTL, target);
    return target;
}
function systemctlError(operation, label, result) {
    if (isUnreachable(result.stderr)) {
        return new ProcessManagerError({
            code: "no-manager", operation, label, adapter: SYSTEMCTL, exitCode: result.code, stderr: result.stderr,
            hint: managerAdvice(),
        });
    }
    const code = isMissing(result) ? "not-found" : /is masked/i.test(result.stderr) ? "disabled" : "failed";
    return new ProcessManagerError({
        code, operation, label, adapter: SYSTEMCTL, exitCode: result.code, stderr: result.stderr,
    });
}
function isMissing(result) {
    return result.code === 4 || result.code === 5
        || /unit .*(not found|not loaded|does not exist)/i.test(result.stderr);
}
function* show(operation, label, target) {
    const units = [unit(target), ...triggersOf(unit(target))];
    const shown = yield* must(operation, label, scope(target), "show", "--all", `--property=${PROPERTIES}`, ...units);
    const [service = new Map(), ...triggers] = parseShow(shown.stdout);
    const gone = triggers.filter((facts) => !isUnitLoaded(facts) && facts.get("ActiveState") !== "inactive");
    return { service, triggers: triggers.filter(isKnown), gone };
}
/**
 * A call that waits for units, as long as the manager gives them: twice TimeoutStopSec to end, for
 * SIGTERM and for SIGKILL, and TimeoutStartSec to start (systemd.service(5)). What is `infinity`
 * there counts as systemd's default.
 */
function* waitingCall(target, service, verb, units) {
    const ending = 2 * (milliseconds(service.get("TimeoutStopUSec")) ?? DEFAULT_TIMEOUT_MS);
    const starting = milliseconds(service.get("TimeoutStartUSec")) ?? DEFAULT_TIMEOUT_MS;
    const setting = verb === "stop" ? "TimeoutStopSec" : "TimeoutStartSec";
    const call = yield {
        argv: [SYSTEMCTL, scope(target), ...QUIET, verb, ...units],
        waits: {
            atMost: (verb === "start" ? 0 : ending) + (verb === "stop" ? 0 : starting),
            told: `${unit(target)} is still being ${verb === "stop" ? "stopped" : "started"}`,
            hint: `look at ${setting} in the unit; wait longer by waitMs or PROCESS_MANAGER_WAIT_MS`,
        },
    };
    return call;
}
/**
 * Start a oneshot unit. systemctl would wait until its work is done; here a moment shows whether it
 * fails at once, and what works then goes on.
 */
function* launchOneshot(operation, label, target, verb) {
    const asked = yield* systemctlCall(scope(target), verb, "--no-block", unit(target));
    if (asked.code !== 0)
        return asked;
    for (let look = 0; look < LOOKS; look++) {
        const { service } = yield* show(operation, label, target);
        if (!hasJob(service)) {
            if (service.get("ActiveState") !== "failed")
                return asked;
            return { code: 1, stdout: "", stderr: `${unit(target)} failed: ${service.get("Result")}` };
        }
        yield { pause: LOOK_MS };
    }
    return asked;
}
/** Start or restart the service alone, its triggers are another matter. */
function* launchService(operation, label, target, verb) {
    const { service } = yield* show(operation, label, target);
    const once = () => isOneshot(service)
        ? launchOneshot(operation, label, target, verb)
        : waitingCall(target, service, verb, [unit(target)]);
    let result = yield* once();
    if (result.code !== 0 && TOO_OFTEN.test(result.stderr)) {
        // StartLimitBurst of systemd.unit(5) refuses it; a start that is asked for is no crash loop.
        yield* systemctlCall(scope(target), "reset-failed", unit(target));
        result = yield* once();
    }
    if (result.code !== 0)
        throw systemctlError(operation, label, result);
}
function* launch(operation, label) {
    const target = unitTarget(operation, label);
    yield* launchService(operation, label, target, operation);
    // `stop` has stopped them too; what is disabled stays off.
    const triggers = (yield* show(operation, label, target)).triggers.filter(isInstalled).map(id);
    if (triggers.length > 0)
        yield* must(operation, label, scope(target), "start", ...triggers);
}
/** Stop the triggers that run on though their files are gone, and drop what is left of them. */
function* dropGone(operation, label, on, gone) {
    const running = gone.filter(isKnown).map(id);
    if (running.length > 0)
        yield* must(operation, label, on, "stop", ...running);
    if (gone.length === 0)
        return;
    // each fails where nothing is left to do
    yield* systemctlCall(on, "disable", ...gone.map(id));
    yield* systemctlCall(on, "reset-failed", ...gone.map(id));
}
function* makeKnown(operation, label, config) {
    const target = unitTarget(operation, label);
    const on = scope(target);
    const source = config?.source ?? "";
    const files = source === "" ? [] : unitFiles(source, unit(target), target.domain === "system");
    const isPlist = source.endsWith(".plist");
    if (!isPlist && files.length > 0)
        yield* must(operation, label, on, "link", ...files);
    yield* must(operation, label, on, "daemon-reload");
    let shown = yield* show(operation, label, target);
    if (isPlist && files.length > 0) {
        const known = [shown.service, ...shown.triggers].filter(isUnitLoaded).map(id);
        const fresh = shown.service.get("LoadState") === "masked"
            ? [] : toLink(files, known, shown.service.get("FragmentPath") ?? "");
        if (fresh.length > 0) {
            yield* must(operation, label, on, "link", ...fresh);
            shown = yield* show(operation, label, target);
        }
    }
    yield* dropGone(operation, label, on, shown.gone);
    shown.triggers = shown.triggers.filter(isUnitLoaded);
    const state = shown.service.get("LoadState");
    if (isUnitLoaded(shown.service))
        return [target, shown];
    if (isPlist && target.domain !== "system" && isDaemon(source, unit(target))) {
        throw new ProcessManagerError({
            code: "unsupported", operation, label, adapter: SYSTEMCTL,
            stderr: `${source} is a daemon, and its unit is for the manager of the system`,
            hint: `as root, use the label system/${target.name}`,
        });
    }
    throw new ProcessManagerError({
        code: state === "not-found" ? "not-found" : state === "masked" ? "disabled" : "failed",
        operation, label, adapter: SYSTEMCTL, exitCode: 4,
        stderr: `${unit(target)} is ${state} ${shown.service.get("LoadError") ?? ""}`,
        ...(isPlist && state === "not-found"
            ? { hint: `make units of ${source} with fleetmod units, and install them` }
            : {}),
    });
}
/**
 * Without lingering, a user's manager and its services end at the last logout and do not start at
 * boot (loginctl(1), enable-linger). That is told and no failure: the service is enabled. loginctl
 * itself fails for a user without a session, and where no logind runs.
 */
function* warnOfLogout(target) {
    const uid = process.getuid?.();
    if (target.domain === "system" || uid === undefined)
        return;
    const result = yield { argv: ["loginctl", "show-user", String(uid), "--property=Linger"], optional: true };
    if (result.code !== 0 || result.stdout.trim() !== "Linger=no")
        return;
    yield {
        warning: `${unit(target)} is enabled, but ends when user ${uid} logs out, and does not start at boot; `
            + "run: loginctl enable-linger",
    };
}
exports.systemctl = {
    name: SYSTEMCTL,
    *list(pattern) {
        refuseSudo("list", pattern, SYSTEMCTL, splitTarget(""));
        // `list-units` tells neither PID nor exit status; `show` tells both of all units in one call.
        const shown = yield* must("list", pattern, "--user", "show", "--all", `--property=${PROPERTIES}`, "*.service");
        return parseShow(shown.stdout)
            .filter(isKnown)
            .map((facts) => ({ label: labelOfUnit(facts), pid: pid(facts), lastExit: lastExit(facts) }))
            .filter(({ label }) => label.includes(pattern))
            .sort((one, other) => (one.label < other.label ? -1 : 1));
    },
    restart: (label) => launch("restart", label),
    start: (label) => launch("start", label),
    *stop(label) {
        const target = unitTarget("stop", label);
        const { service, triggers } = yield* show("stop", label, target);
        const result = yield* waitingCall(target, service, "stop", [...triggers.map(id), unit(target)]);
        if (result.code !== 0 && !isMissing(result))
            throw systemctlError("stop", label, result);
    },
    *inspect(label) {
        const target = unitTarget("inspect", label);
        const { service, triggers } = yield* show("inspect", label, target);
        return stateOf(target.name, service, triggers);
    },
    *disable(label) {
        const target = unitTarget("disable", label);
        const { triggers } = yield* show("disable", label, target);
        const result = yield* systemctlCall(scope(target), "disable", unit(target), ...triggers.filter(isUnitLoaded).map(id));
        // What is not installed does not start, and disabling a linked unit twice finds it gone.
        if (result.code !== 0 && !isMissing(result))
            throw systemctlError("disable", label, result);
    },
    *enable(label, config) {
        const [target, { triggers }] = yield* makeKnown("enable", label, config);
        const on = scope(target);
        const units = triggers.map(id);
        yield* must("enable", label, on, "enable", unit(target), ...units);
        if (config?.load !== false) {
            // What starts on demand, by its triggers or by hand, is not started for being enabled, as launchd
            // runs no job without RunAtLoad or KeepAlive for being loaded (launchd.plist(5), RunAtLoad).
            if (units.length > 0)
                yield* must("enable", label, on, "start", ...units);
            const own = isInstalled((yield* show("enable", label, target)).service);
            if (own)
                yield* launchService("enable", label, target, "start");
        }
        yield* warnOfLogout(target);
    },
    *load(label, config) {
        const [target, { service, triggers }] = yield* makeKnown("load", label, config);
        // As launchd runs RunAtLoad jobs once they are loaded: what starts with the manager starts now.
        const starting = [service, ...triggers].filter(isInstalled).map(id);
        if (starting.length > 0)
            yield* must("load", label, scope(target), "start", "--no-block", ...starting);
    },
    hint(verb, label) {
        if (verb === "list") {
            const pattern = label ? ` ${shellQuote(`*${label}*`)}` : "";
            return `systemctl --user list-units --all${pattern}`;
        }
        const target = splitTarget(label);
        const tool = target.domain === "system" ? "systemctl" : "systemctl --user";
        if (verb === "load")
            return `${tool} daemon-reload`;
        const command = verb === "inspect" ? "status" : verb === "enable" ? "enable --now" : verb;
        return `${tool} ${command} ${operand(unit(target))}`;
    },
};
const TIMEOUT_MS = 10_000;
const BY_PLATFORM = { darwin: "launchctl", linux: "systemctl" };
// One for all ports, so that the synchronous companion sees what its fellow did.
const NOTHING = nullAdapter();
/**
 * A port on the adapter asked for. The adapter is chosen at each call, so creating a port runs and
 * reads nothing; a name that no adapter has makes every verb fail with `unsupported`.
 */
function createProcessManager(options = {}) {
    return asyncPort(() => choose(options.adapter), portOptions(options));
}
/** The same, synchronously. */
function createProcessManagerSync(options = {}) {
    return syncPort(() => choose(options.adapter), portOptions(options));
}
/** This host's process manager. */
exports.processManager = createProcessManager();
/** The same, synchronously. */
exports.processManagerSync = createProcessManagerSync();
function portOptions({ timeoutMs, waitMs, sink, nodeId }) {
    const bounds = () => ({
        timeoutMs: timeoutMs ?? variable("PROCESS_MANAGER_TIMEOUT_MS") ?? TIMEOUT_MS,
        waitMs: waitMs ?? variable("PROCESS_MANAGER_WAIT_MS"),
    });
    return { bounds, sink, nodeId };
}
function variable(name) {
    const value = Number(process.env[name]);
    return value > 0 ? value : undefined;
}
function choose(wanted) {
    if (typeof wanted === "object")
        return wanted;
    const name = wanted ?? (process.env["PROCESS_MANAGER"]?.trim() || BY_PLATFORM[process.platform]);
    if (name === "launchctl")
        return exports.launchctl;
    if (name === "systemctl")
        return exports.systemctl;
    if (name === "null")
        return NOTHING;
    return unsupported(name ?? process.platform);
}
/** An adapter whose verbs fail when they are called, so that a program that calls none still runs. */
function unsupported(name) {
    const refuse = (operation) => (label) => stepless(() => {
        throw new ProcessManagerError({ code: "unsupported", operation, label, adapter: name });
    });
    return {
        name,
        list: refuse("list"), restart: refuse("restart"), stop: refuse("stop"),
        inspect: refuse("inspect"), disable: refuse("disable"), enable: refuse("enable"),
        start: refuse("start"), load: refuse("load"), hint: NOTHING.hint,
    };
}
