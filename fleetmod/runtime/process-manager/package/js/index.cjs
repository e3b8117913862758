"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.processManagerSync = exports.processManager = exports.systemctl = exports.launchctl = exports.MACOS_SERVICE_TOOL = exports.ProcessManagerError = void 0;
exports.formatServices = formatServices;
exports.formatService = formatService;
exports.formatServiceEntry = formatServiceEntry;
exports.requireServices = requireServices;
exports.requireLoaded = requireLoaded;
exports.settle = settle;
exports.settleSync = settleSync;
exports.callBack = callBack;
exports.jsonLines = jsonLines;
exports.setProbeSink = setProbeSink;
exports.nullAdapter = nullAdapter;
exports.createProcessManager = createProcessManager;
exports.createProcessManagerSync = createProcessManagerSync;
const node_child_process_1 = require("node:child_process");
const node_fs_1 = require("node:fs");
const node_os_1 = require("node:os");
const node_path_1 = require("node:path");
const NEXT = {
    "tool-missing": "install it, or choose another adapter by PROCESS_MANAGER",
    timeout: "see whether the service manager answers at all",
    "not-found": "load the service first",
    disabled: "enable the service first",
    "invalid-label": "use letters, digits, '.', '_', '-' and '@', after an optional domain",
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
            next = steps.next(waited(started, options));
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
            next = steps.next(waited(started, options));
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
function waited(started, options) {
    return { code: Date.now() - started < options.timeoutMs ? 0 : OVERDUE, stdout: "", stderr: "" };
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
        const timer = setTimeout(() => end(overdue(program, options)), options.timeoutMs);
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
        timeout: options.timeoutMs,
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
        throw overdue(program, options);
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
function overdue(program, options) {
    return new ProcessManagerError({
        ...options, code: "timeout", exitCode: OVERDUE,
        stderr: `${program} did not answer within ${options.timeoutMs} ms`,
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
/** A sink that appends each event as a line of JSON to a file, or writes it to a stream. */
function jsonLines(to) {
    if (typeof to !== "string")
        to.on("error", () => { }); // a reader that went away ends no probe
    return (event) => {
        const line = `${JSON.stringify(event)}\n`;
        if (typeof to === "string")
            append(to, line);
        else
            to.write(line);
    };
}
let shared;
/** Give the events of every port that has no sink of its own to `sink`; `undefined` drops them, as at first. */
function setProbeSink(sink) {
    shared = sink;
}
/** Hand an event to a sink, whatever the sink does. */
function emit(sink, event) {
    const to = sink ?? shared;
    if (to === undefined)
        return;
    try {
        void Promise.resolve(to(event())).catch(() => { });
    }
    catch {
        // a probe must not fail for its report
    }
}
/** The node's name: NODE_ID, then the host's name. */
function defaultNodeId() {
    return process.env["NODE_ID"]?.trim() || (0, node_os_1.hostname)();
}
function append(path, line) {
    // One write, so that lines of several processes do not mix; O_NONBLOCK, since opening a pipe
    // that nobody reads would wait (open(2)).
    const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = node_fs_1.constants;
    const file = (0, node_fs_1.openSync)(path, O_WRONLY | O_APPEND | O_CREAT | (O_NONBLOCK ?? 0));
    try {
        (0, node_fs_1.writeSync)(file, line);
    }
    finally {
        (0, node_fs_1.closeSync)(file);
    }
}
// No white space, no leading dash, no shell character: a label can be neither flag nor injection.
const LABEL = /^[A-Za-z0-9_][A-Za-z0-9_.@:+-]*$/;
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
 * macOS: launchctl(1), subcommands of 10.11 and later. Exit codes seen there: 3 "No such process",
 * 5 "Input/output error" (already loaded, still being removed, disabled, or a bad plist), 36 and 37
 * "Operation (now|already) in progress", 112 "Could not find domain", 113 "Could not find service",
 * 119 "Service is disabled", 125 "Domain does not support specified action".
 */
/** The tool that manages services on macOS, for code that looks for its name in a text. */
exports.MACOS_SERVICE_TOOL = "launchctl";
const NOT_FOUND = [3, 113];
const IN_PROGRESS = [5, 36, 37];
const DISABLED = 119;
const NO_DOMAIN = [112, 125];
const ATTEMPTS = 8;
const PAUSE_MS = 250;
const ownUid = () => process.getuid?.() ?? 501;
function domain(target) {
    if (target.domain === "system")
        return "system";
    if (target.domain === "own")
        return `gui/${ownUid()}`;
    return `${target.domain}/${target.uid}`;
}
const service = (target) => `${domain(target)}/${target.name}`;
/**
 * Run a subcommand on a target's service, or on `rest` in its domain. Where nobody is logged in at
 * the screen there is no `gui` domain, as over SSH; one's own services are in `user` then
 * (launchctl(1), SUBCOMMANDS).
 */
function* launchctlCall(target, verb, flags = [], rest) {
    const words = (on) => (rest ? [domain(on), ...rest] : [service(on)]);
    const result = yield { argv: [exports.MACOS_SERVICE_TOOL, verb, ...flags, ...words(target)] };
    if (target.domain !== "own" || !NO_DOMAIN.includes(result.code))
        return result;
    return yield { argv: [exports.MACOS_SERVICE_TOOL, verb, ...flags, ...words({ ...target, domain: "user", uid: ownUid() })] };
}
function launchctlError(operation, label, result) {
    const code = NOT_FOUND.includes(result.code)
        ? "not-found"
        : result.code === DISABLED || /service is disabled/i.test(result.stderr)
            ? "disabled"
            : "failed";
    return new ProcessManagerError({
        code, operation, label, adapter: exports.MACOS_SERVICE_TOOL, exitCode: result.code, stderr: result.stderr,
    });
}
/** Where launchd looks for jobs (launchd.plist(5), FILES). */
function plistFolders(target) {
    if (target.domain === "system")
        return ["/Library/LaunchDaemons"];
    return [`${process.env["HOME"] || (0, node_os_1.homedir)()}/Library/LaunchAgents`, "/Library/LaunchAgents"];
}
/** A plist of one of these names, where launchd looks for it. */
function findPlist(target, ...names) {
    const paths = [`${target.name}.plist`, ...names].flatMap((name) => plistFolders(target).map((folder) => `${folder}/${name}`));
    return paths.find((path) => (0, node_fs_1.existsSync)(path)) ?? null;
}
/** Whether a plist has placeholders for the folders of a node, of which launchd knows nothing. */
function isTemplate(plist) {
    try {
        return /__(?:HOME|REPO_ROOT|VAULT)__/.test((0, node_fs_1.readFileSync)(plist, "latin1"));
    }
    catch {
        return false;
    }
}
/** The plist to load for a `source`: itself, or what `fleetmod plists` rendered of a template and is installed. */
function rendered(operation, label, target, source) {
    if (!isTemplate(source))
        return source;
    const installed = findPlist(target, (0, node_path_1.basename)(source));
    if (installed !== null && !isTemplate(installed))
        return installed;
    throw new ProcessManagerError({
        code: "not-found", operation, label, adapter: exports.MACOS_SERVICE_TOOL,
        stderr: `${source} is a template with placeholders, and no list rendered of it is installed`,
        hint: `fleetmod plists --output ${plistFolders(target)[0]}`,
    });
}
/** The plists that are in no folder of launchd's, by service: `stop` would lose the way back. */
const sources = new Map();
function* rememberSource(target) {
    if (findPlist(target) !== null)
        return;
    const result = yield* launchctlCall(target, "print");
    const { source } = parsePrint(result.code === 0 ? result.stdout : "");
    if (source !== null)
        sources.set(service(target), source);
}
function rememberedSource(target) {
    const source = sources.get(service(target));
    return source !== undefined && (0, node_fs_1.existsSync)(source) ? source : null;
}
function* isLoaded(target) {
    return (yield* launchctlCall(target, "print")).code === 0;
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
            return;
        if (!IN_PROGRESS.includes(result.code))
            throw launchctlError(operation, label, result);
        if (yield* isLoaded(target))
            return;
        // A disabled service answers 5 too, and no waiting helps.
        if (attempt === 1 && (yield* isDisabled(target)))
            throw launchctlError(operation, label, { ...result, code: DISABLED });
        const waited = attempt < ATTEMPTS ? yield { pause: PAUSE_MS } : { code: OVERDUE };
        if (waited.code !== 0)
            throw launchctlError(operation, label, result);
    }
}
function* ensureLoaded(operation, label, config) {
    const target = parseLabel(label, operation, exports.MACOS_SERVICE_TOOL);
    if (yield* isLoaded(target))
        return;
    const given = config?.source;
    const plist = given !== undefined
        ? rendered(operation, label, target, given)
        : findPlist(target) ?? rememberedSource(target);
    if (plist === null) {
        throw new ProcessManagerError({
            code: "not-found", operation, label, adapter: exports.MACOS_SERVICE_TOOL, exitCode: 113,
            stderr: `Could not find service "${target.name}": not loaded, and no ${target.name}.plist is found`,
        });
    }
    yield* bootstrap(operation, label, target, plist);
}
function* kickstart(operation, label, flags) {
    const target = parseLabel(label, operation, exports.MACOS_SERVICE_TOOL);
    let result = yield* launchctlCall(target, "kickstart", flags);
    if (NOT_FOUND.includes(result.code)) {
        yield* ensureLoaded(operation, label);
        // What has just been loaded is fresh: -k would kill it in its first moment.
        result = yield* launchctlCall(target, "kickstart");
    }
    // 37: it is being started already, which is what was asked for.
    if (result.code !== 0 && result.code !== 37)
        throw launchctlError(operation, label, result);
}
function bootstrapHint(target) {
    const folder = target.domain === "system" ? "/Library/LaunchDaemons" : "~/Library/LaunchAgents";
    return `launchctl bootstrap ${domain(target)} ${folder}/${shellQuote(`${target.name}.plist`)}`;
}
exports.launchctl = {
    name: exports.MACOS_SERVICE_TOOL,
    *list(pattern) {
        const result = yield { argv: [exports.MACOS_SERVICE_TOOL, "list"] };
        if (result.code !== 0)
            throw launchctlError("list", pattern, result);
        return parseList(result.stdout).filter(({ label }) => label.includes(pattern));
    },
    *restart(label) {
        yield* kickstart("restart", label, ["-k"]);
    },
    *start(label) {
        yield* kickstart("start", label, []);
    },
    *stop(label) {
        const target = parseLabel(label, "stop", exports.MACOS_SERVICE_TOOL);
        yield* rememberSource(target);
        const result = yield* launchctlCall(target, "bootout");
        if (NOT_FOUND.includes(result.code))
            return;
        if (result.code !== 0 && result.code !== 36)
            throw launchctlError("stop", label, result);
        // launchd goes on stopping it after the command has answered, with 36 or with success.
        while (yield* isLoaded(target)) {
            const waited = yield { pause: PAUSE_MS };
            if (waited.code === 0)
                continue;
            throw new ProcessManagerError({
                code: "timeout", operation: "stop", label, adapter: exports.MACOS_SERVICE_TOOL, exitCode: OVERDUE,
                stderr: `${service(target)} is still being stopped`,
            });
        }
    },
    *inspect(label) {
        const target = parseLabel(label, "inspect", exports.MACOS_SERVICE_TOOL);
        const result = yield* launchctlCall(target, "print");
        if (result.code !== 0 && !NOT_FOUND.includes(result.code))
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
            source: facts.source ?? findPlist(target),
        };
    },
    *disable(label) {
        const target = parseLabel(label, "disable", exports.MACOS_SERVICE_TOOL);
        const result = yield* launchctlCall(target, "disable");
        if (result.code !== 0)
            throw launchctlError("disable", label, result);
    },
    *enable(label, config) {
        const target = parseLabel(label, "enable", exports.MACOS_SERVICE_TOOL);
        const result = yield* launchctlCall(target, "enable");
        if (result.code !== 0)
            throw launchctlError("enable", label, result);
        if (config?.load !== false)
            yield* ensureLoaded("enable", label, config);
    },
    *load(label, config) {
        yield* ensureLoaded("load", label, config);
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
/** Ask for a service's state. Never rejects. */
async function probe(adapter, label, options) {
    const question = ask(label);
    try {
        const on = named(question, adapter());
        const state = await driveAsync(on.inspect(label), bounds(question, options));
        return told(question, { outcome: "ok", state }, options);
    }
    catch (error) {
        return told(question, { outcome: "failed", error: wrapped(question, error) }, options);
    }
}
/** The same, synchronously. Never throws. */
function probeSync(adapter, label, options) {
    const question = ask(label);
    try {
        const on = named(question, adapter());
        const state = driveSync(on.inspect(label), bounds(question, options));
        return told(question, { outcome: "ok", state }, options);
    }
    catch (error) {
        return told(question, { outcome: "failed", error: wrapped(question, error) }, options);
    }
}
function ask(label) {
    return { label: String(label), adapter: "unknown", time: new Date(), started: performance.now() };
}
function named(question, on) {
    question.adapter = on.name;
    return on;
}
function bounds({ label, adapter }, { timeoutMs }) {
    return { operation: "probe", label, adapter, timeoutMs };
}
function wrapped({ label, adapter }, error) {
    if (error instanceof ProcessManagerError)
        return error;
    const stderr = error instanceof Error ? error.message : String(error);
    return new ProcessManagerError({ code: "failed", operation: "probe", label, adapter, stderr });
}
function told(question, result, options) {
    const duration_ms = Math.round(performance.now() - question.started);
    emit(options.sink, () => ({
        name: "fleet.probe",
        time: question.time.toISOString(),
        attributes: {
            node_id: (typeof options.nodeId === "function" ? options.nodeId() : options.nodeId) ?? defaultNodeId(),
            platform: process.platform,
            endpoint_class: "localhost",
            adapter_type: question.adapter,
            target: question.label,
            duration_ms,
            outcome: result.outcome,
            ...(result.outcome === "ok" ? facts(result.state) : { "error.type": result.error.code }),
        },
    }));
    return result;
}
function facts(state) {
    return {
        "service.loaded": state.loaded,
        ...(state.state === null ? {} : { "service.state": state.state }),
        ...(state.pid === null ? {} : { "process.pid": state.pid }),
    };
}
/** The two ports of an adapter: each verb as a promise, and as a plain call. */
/** The port of the adapter that `adapter()` gives at each call. */
function asyncPort(adapter, options) {
    const go = (operation, label, steps) => {
        const on = adapter();
        return driveAsync(steps(on), { operation, label, adapter: on.name, timeoutMs: options.timeoutMs });
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
        probe: (label) => probe(adapter, label, options),
        hint: (verb, label) => adapter().hint(verb, label),
    };
}
/** The same, synchronously. */
function syncPort(adapter, options) {
    const go = (operation, label, steps) => {
        const on = adapter();
        return driveSync(steps(on), { operation, label, adapter: on.name, timeoutMs: options.timeoutMs });
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
        probe: (label) => probeSync(adapter, label, options),
        hint: (verb, label) => adapter().hint(verb, label),
    };
}
const PROPERTIES = [
    "Id", "LoadState", "LoadError", "ActiveState", "SubState", "UnitFileState", "MainPID",
    "ExecMainCode", "ExecMainStatus", "ExecMainStartTimestampMonotonic", "ExecStart",
    "WorkingDirectory", "FragmentPath", "NRestarts",
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
const TOO_OFTEN = /attempted too often|start-limit|repeated too quickly/i;
const scope = (target) => (target.domain === "system" ? "--system" : "--user");
const unit = (target) => target.name.endsWith(".service") ? target.name : `${target.name}.service`;
const id = (facts) => facts.get("Id") ?? "";
function* systemctlCall(scope, ...args) {
    return yield { argv: [SYSTEMCTL, scope, "--no-ask-password", "--no-pager", ...args] };
}
function* must(operation, label, scope, ...args) {
    const result = yield* systemctlCall(scope, ...args);
    if (result.code !== 0)
        throw systemctlError(operation, label, result);
    return result;
}
function systemctlError(operation, label, result) {
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
function* launch(operation, label) {
    const target = parseLabel(label, operation, SYSTEMCTL);
    let result = yield* systemctlCall(scope(target), operation, unit(target));
    if (result.code !== 0 && TOO_OFTEN.test(result.stderr)) {
        // StartLimitBurst of systemd.unit(5) refuses it; a start that is asked for is no crash loop.
        yield* systemctlCall(scope(target), "reset-failed", unit(target));
        result = yield* systemctlCall(scope(target), operation, unit(target));
    }
    if (result.code !== 0)
        throw systemctlError(operation, label, result);
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
    const target = parseLabel(label, operation, SYSTEMCTL);
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
        // `list-units` tells neither PID nor exit status; `show` tells both of all units in one call.
        const shown = yield* must("list", pattern, "--user", "show", "--all", `--property=${PROPERTIES}`, "*.service");
        return parseShow(shown.stdout)
            .filter(isKnown)
            .map((facts) => ({ label: id(facts).replace(/\.service$/, ""), pid: pid(facts), lastExit: lastExit(facts) }))
            .filter(({ label }) => label.includes(pattern))
            .sort((one, other) => (one.label < other.label ? -1 : 1));
    },
    restart: (label) => launch("restart", label),
    start: (label) => launch("start", label),
    *stop(label) {
        const target = parseLabel(label, "stop", SYSTEMCTL);
        const { triggers } = yield* show("stop", label, target);
        const result = yield* systemctlCall(scope(target), "stop", ...triggers.map(id), unit(target));
        if (result.code !== 0 && !isMissing(result))
            throw systemctlError("stop", label, result);
    },
    *inspect(label) {
        const target = parseLabel(label, "inspect", SYSTEMCTL);
        const { service, triggers } = yield* show("inspect", label, target);
        return stateOf(target.name, service, triggers);
    },
    *disable(label) {
        const target = parseLabel(label, "disable", SYSTEMCTL);
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
            const own = isInstalled((yield* show("enable", label, target)).service);
            const starting = [...units, ...(own ? [unit(target)] : [])];
            if (starting.length > 0)
                yield* must("enable", label, on, "start", ...starting);
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
function portOptions({ timeoutMs, sink, nodeId }) {
    return { timeoutMs: timeoutMs ?? TIMEOUT_MS, sink, nodeId };
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
