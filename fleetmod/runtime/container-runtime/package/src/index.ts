import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync, renameSync, statSync, unlinkSync, writeSync } from "node:fs";
import { connect, isIP, isIPv4, isIPv6 } from "node:net";
import { homedir, hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { Worker } from "node:worker_threads";

/** How an endpoint is reached: on this node, on the runtime's machine, or by a service's DNS name. */
export type EndpointClass = "localhost" | "vm" | "svc_dns";

/**
 * What a call of a port leaves behind: one flat event, its attributes named as OpenTelemetry names
 * them, so that an exporter hands `name`, `time` and `attributes` on as they are.
 */
export interface ProbeEvent {
  name: "fleet.probe";
  /** When the call began, in ISO 8601. */
  time: string;
  attributes: {
    node_id: string;
    platform: string;
    endpoint_class: EndpointClass | "none";
    /** What was asked: an adapter, a kind of probe, or the source of a member of the identity. */
    adapter_type: string;
    /** The program that called: OTEL_SERVICE_NAME, else the package whose script runs, else the file. */
    "service.name": string;
    /** The port's package, without its scope. */
    port: string;
    /** The verb or the query. */
    operation: string;
    /** What it was about: a label, or a URL; "" where the operation says it all. */
    target: string;
    duration_ms: number;
    outcome: "ok" | "failed";
    /** Why it failed; only then. */
    "error.type"?: string;
    /** How many events before this one were lost. */
    "events.dropped"?: number;
    /** How much depends on the endpoint, where that was told. */
    tier?: string;
    "service.loaded"?: boolean;
    "service.state"?: string;
    "process.pid"?: number;
  };
}

/** Takes an event away. What it throws or rejects with is dropped, and nobody waits for it. */
export type ProbeSink = (event: ProbeEvent) => unknown;


/** What all ports of a process share, also where one is loaded as both kinds of module. */
interface Shared {
  sink?: ProbeSink | undefined;
  /** What FLEET_EVENTS said when its sink was made. */
  setting?: string;
  bySetting?: ProbeSink | undefined;
  nodeId?: () => string;
  /** How many events each sink lost and was not told of yet. */
  dropped: WeakMap<ProbeSink, number>;
}

const KEY: unique symbol = Symbol.for("fleetmod.events.1");

function shared(): Shared {
  const all = globalThis as { [KEY]?: Shared };
  return (all[KEY] ??= { dropped: new WeakMap() });
}


/** Events as log records to an OpenTelemetry collector: OTLP over HTTP, in JSON. */
const QUEUE = 1000; // events that wait to be sent
const EXIT_MS = 1000; // at the program's end, for those that wait
const [DONE, LOST, CLOSING] = [0, 1, 2] as const; // what is counted

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
function otlp(url: URL, failed: (why: string) => void): ProbeSink {
  if (!/^https?:$/.test(url.protocol)) throw new Error(`${url.href} is no http URL`);
  if (url.pathname === "/") url.pathname = "/v1/logs";
  const counts = new Int32Array(new SharedArrayBuffer(12));
  const workerData = { url: url.href, headers: { ...ownHeaders(), "content-type": "application/json" }, counts };
  let ended = false;
  // without the program's own flags, which may load a compiler
  const sender = new Worker(SENDER, { eval: true, workerData, env: {}, execArgv: [] });
  sender.on("error", () => { ended = true; });
  sender.on("message", failed);
  sender.unref();
  let taken = 0;
  process.on("exit", () => {
    Atomics.store(counts, CLOSING, 1);
    const until = Date.now() + EXIT_MS;
    for (let left = EXIT_MS; left > 0 && !ended; left = until - Date.now()) {
      const done = Atomics.load(counts, DONE);
      if (done >= taken) return;
      Atomics.wait(counts, DONE, done, left);
    }
  });
  return (event) => {
    if (ended || taken - Atomics.load(counts, DONE) >= QUEUE) throw new Error("the collector is too slow");
    const lost = Atomics.exchange(counts, LOST, 0) + (event.attributes["events.dropped"] ?? 0);
    if (lost > 0) event.attributes["events.dropped"] = lost;
    sender.postMessage(resourceLogs(event));
    taken += 1;
  };
}

/** One event as OTLP's JSON has it: keys in camel case, 64-bit numbers as texts. */
function resourceLogs({ name, time, attributes }: ProbeEvent): unknown {
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

function attribute(key: string, value: string | number | boolean): unknown {
  if (typeof value === "string") return { key, value: { stringValue: value } };
  if (typeof value === "boolean") return { key, value: { boolValue: value } };
  return { key, value: { intValue: String(value) } };
}

/** `a=b,c=d`, its values percent-encoded, as OpenTelemetry's exporters read it. */
function ownHeaders(): Record<string, string> {
  const pairs = (process.env["OTEL_EXPORTER_OTLP_HEADERS"] ?? "").split(",").map((pair) => pair.split("="));
  return Object.fromEntries(pairs.flatMap(([name = "", ...value]) =>
    name.trim() === "" ? [] : [[name.trim().toLowerCase(), decodeURIComponent(value.join("=").trim())]]));
}


/** The sinks: standard error, a file that rotates, a stream, and a collector. */
const FILE_BYTES = 10 * 1024 * 1024;
const FILES = 5; // the file and four older ones
const OLDER = /^\.\d{8}T\d{9}Z-\d+$/;
const OTLP = /^otlp-http(?:\s+(.+))?$/;
const COLLECTOR = "http://localhost:4318";

/** What a JSON-lines sink needs of a stream: process.stderr, or fs.createWriteStream(…). */
export interface LineStream {
  write(text: string): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/**
 * A sink that appends each event as a line of JSON to a file, or writes it to a stream. A file that
 * reaches 10 MiB is renamed to `FILE.TIME-PID`, and four of those are kept; many processes may
 * write to one file. An event that does not fit on the disk, or that nobody takes, is dropped.
 */
export function jsonLines(to: string | LineStream): ProbeSink {
  if (typeof to === "string") return (event) => append(to, asLine(event));
  to.on("error", () => {}); // a reader that went away ends no call
  return (event) => to.write(asLine(event));
}

/** The sink that a value of FLEET_EVENTS names; undefined for none, with a warning where it is wrong. */
function sinkOf(setting: string): ProbeSink | undefined {
  if (setting === "" || setting === "off") return undefined;
  if (setting === "stderr") return (event) => toStderr(asLine(event));
  const url = OTLP.exec(setting);
  if (url === null) return warning(setting, jsonLines(setting));
  try {
    return otlp(new URL(url[1] ?? COLLECTOR), (why) => tellLoss(setting, why));
  } catch (error) {
    tellLoss(setting, error);
    return undefined;
  }
}

/** The same sink, which tells the first failure and no other. */
function warning(setting: string, sink: ProbeSink): ProbeSink {
  let told = false;
  return (event) => {
    try {
      sink(event);
    } catch (error) {
      if (!told) tellLoss(setting, error);
      told = true;
      throw error;
    }
  };
}

/** By the runtime's own channel: on standard error, unless the program listens for it. */
function tellLoss(setting: string, why: unknown): void {
  const reason = why instanceof Error ? why.message : String(why);
  process.emitWarning(`events are lost, FLEET_EVENTS=${setting}: ${reason}`, "FleetEventsWarning");
}

function asLine(event: ProbeEvent): string {
  return `${JSON.stringify(event)}\n`;
}

function toStderr(text: string): void {
  // A pipe that nobody empties would hold the call up; opened anew, it refuses instead.
  if (!fstatSync(2).isFIFO()) return writeWhole(2, text);
  let pipe: number;
  try {
    pipe = openToAppend("/dev/stderr");
  } catch {
    return writeWhole(2, text); // no such file here, or the pipe is another user's
  }
  try {
    writeWhole(pipe, text);
  } finally {
    closeSync(pipe);
  }
}

function append(path: string, text: string): void {
  let file = openToAppend(path);
  try {
    if (isFull(file, text)) {
      rotate(path, fstatSync(file).ino);
      closeSync(file);
      file = openToAppend(path);
      if (isFull(file, text)) throw new Error(`${path} is full`);
    }
    writeWhole(file, text);
  } finally {
    closeSync(file);
  }
}

/** For appending, which mixes no lines of several processes. */
function openToAppend(path: string): number {
  // O_NONBLOCK, since opening a pipe that nobody reads would wait (open(2)).
  const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
  return openSync(path, O_WRONLY | O_APPEND | O_CREAT | (O_NONBLOCK ?? 0), 0o666);
}

function writeWhole(file: number, text: string): void {
  if (writeSync(file, text) < Buffer.byteLength(text)) throw new Error("the disk is full");
}

function isFull(file: number, text: string): boolean {
  const stat = fstatSync(file);
  return stat.isFile() && stat.size + Buffer.byteLength(text) > FILE_BYTES;
}

/** Put a full file aside, once the oldest have made room; nothing where another process has done it. */
function rotate(path: string, inode: number): void {
  const [folder, name] = [dirname(path), basename(path)];
  const older = readdirSync(folder).filter((each) => each.startsWith(name) && OLDER.test(each.slice(name.length)));
  for (const each of older.sort().slice(0, Math.max(0, older.length - FILES + 2))) {
    unlessGone(() => unlinkSync(join(folder, each)));
  }
  unlessGone(() => {
    if (statSync(path).ino !== inode) return;
    renameSync(path, `${path}.${new Date().toISOString().replace(/[-:.]/g, "")}-${process.pid}`);
  });
}

/** Do something to a file, which another process may have put aside or removed meanwhile. */
function unlessGone(act: () => void): void {
  try {
    act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}


/**
 * One event for each call of a port, to the sink that the port was given, else to that of
 * `setProbeSink`, else to what FLEET_EVENTS names. No call fails or waits for its event.
 */
type Attributes = ProbeEvent["attributes"];

/** A call, and where its event goes. */
interface Call {
  port: string;
  operation: string;
  target: string;
  adapter: string;
  endpointClass: Attributes["endpoint_class"];
  sink?: ProbeSink | undefined;
  nodeId?: string | (() => string) | undefined;
}

/** How a call ended: with what error, if any, and what else is told of it. */
type End = (error?: unknown, facts?: Partial<Attributes>) => void;

const CLIPPED = 400; // so that a line is one write, which the system does not mix with another (pipe(7))

/** Give the events of every port that has no sink of its own to `sink`; `undefined` leaves them to FLEET_EVENTS, as at first. */
export function setProbeSink(sink: ProbeSink | undefined): void {
  shared().sink = sink;
}

/** Begin a call; call what comes back once, when it has ended. */
function begin(call: Call): End {
  const started = performance.now();
  const time = new Date();
  return (error, facts) => {
    const duration_ms = Math.round(performance.now() - started);
    const state = shared();
    let sink: ProbeSink | undefined;
    try {
      sink = call.sink ?? state.sink ?? chosen(state);
      if (sink === undefined) return;
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
      if (result instanceof Promise) result.catch(() => lose(state, sink, 1));
    } catch {
      lose(state, sink, 1); // a call must not fail for its event
    }
  };
}

function lose({ dropped }: Shared, sink: ProbeSink | undefined, count: number): void {
  if (sink !== undefined) dropped.set(sink, (dropped.get(sink) ?? 0) + count);
}

/** A short word for a failure: a code where it has one, else its name. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, CLIPPED);
  const code = (error as Error & { code?: unknown }).code;
  return typeof code === "string" ? code : error.name;
}

/** The sink that FLEET_EVENTS names; it is read at each call, and its sink made once. */
function chosen(state: Shared): ProbeSink | undefined {
  const setting = process.env["FLEET_EVENTS"]?.trim() ?? "";
  if (setting !== state.setting) {
    state.setting = setting;
    state.bySetting = undefined;
    state.bySetting = sinkOf(setting);
  }
  return state.bySetting;
}

function nodeOf({ nodeId }: Call, state: Shared): string {
  const given = typeof nodeId === "function" ? nodeId() : nodeId;
  return given ?? (state.nodeId?.() || process.env["NODE_ID"]?.trim() || hostname());
}

function serviceName(): string {
  const { OTEL_SERVICE_NAME: named, npm_package_name: run } = process.env;
  return (named?.trim() || run || basename(process.argv[1] ?? "") || "unknown_service").slice(0, CLIPPED);
}


export type ErrorCode = "tool-missing" | "timeout" | "failed" | "not-running" | "unsupported";

const NEXT: Record<ErrorCode, string> = {
  "tool-missing": "install it, or choose another adapter by CONTAINER_RUNTIME",
  timeout: "see whether the container runtime answers at all",
  failed: "see the container runtime's own message",
  "not-running": "start the container runtime first",
  unsupported: "set CONTAINER_RUNTIME to colima, docker, remote or null",
};

interface ErrorDetails {
  code: ErrorCode;
  operation: string;
  adapter: string;
  exitCode?: number;
  stderr?: string;
  /** What to do, where the code alone does not tell. */
  hint?: string;
}

/** A verb that failed: what was asked, of which adapter, and what to do next. */
export class ContainerRuntimeError extends Error {
  readonly code: ErrorCode;
  readonly operation: string;
  readonly adapter: string;
  readonly exitCode: number;
  readonly stderr: string;
  readonly hint: string;

  constructor(details: ErrorDetails) {
    const said = (details.stderr ?? "").trim();
    const hint = details.hint ?? NEXT[details.code];
    super(`${details.operation} by ${details.adapter}: ${said || details.code} (${hint})`);
    this.name = "ContainerRuntimeError";
    this.code = details.code;
    this.operation = details.operation;
    this.adapter = details.adapter;
    this.exitCode = details.exitCode ?? 1;
    this.stderr = said;
    this.hint = hint;
  }
}


/** A program to run: an argument vector, never a shell. */
interface Command {
  argv: readonly [string, ...string[]];
  /** It starts the runtime, and may take as long as that. */
  starts?: true;
}

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** What an adapter's verb does, as the commands it wants run; driven with or without promises. */
type Steps<T> = Generator<Command, T, Result>;

/** The steps of a verb that runs no command: `answer` is asked once they are driven. */
function* stepless<T>(answer: () => T): Steps<T> {
  yield* [];
  return answer();
}

interface DriveOptions {
  operation: string;
  adapter: string;
  /** The bound on each command. */
  timeoutMs: number;
  /** The bound on one that starts the runtime. */
  startMs: number;
}

const OVERDUE = 124; // as timeout(1) exits
const NOT_RUN = 127; // as sh(1) exits
const MAX_OUTPUT = 16 * 1024 * 1024;

/**
 * Run a verb's steps. A tool that cannot be run, or does not answer in time, is thrown into them as
 * a ContainerRuntimeError; what they do not catch rejects.
 */
async function driveAsync<T>(steps: Steps<T>, options: DriveOptions): Promise<T> {
  let next = steps.next();
  while (!next.done) {
    const ran = await run(next.value, options);
    next = ran instanceof ContainerRuntimeError ? steps.throw(ran) : steps.next(ran);
  }
  return next.value;
}

/** The same, blocking. */
function driveSync<T>(steps: Steps<T>, options: DriveOptions): T {
  let next = steps.next();
  while (!next.done) {
    const ran = runNow(next.value, options);
    next = ran instanceof ContainerRuntimeError ? steps.throw(ran) : steps.next(ran);
  }
  return next.value;
}

// A group of its own, so that what the tool has started ends with it and nothing asks at a terminal.
const settings = (): { detached: true; env: NodeJS.ProcessEnv } =>
  ({ detached: true, env: { ...process.env, LC_ALL: "C" } });

function run(command: Command, options: DriveOptions): Promise<Result | ContainerRuntimeError> {
  const [program, ...args] = command.argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...settings(), stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    const end = (error: ContainerRuntimeError): void => {
      clearTimeout(timer);
      killGroup(child.pid);
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(error);
    };
    const timer = setTimeout(() => end(overdue(command, options)), boundOf(command, options));
    const take = (name: "stdout" | "stderr") => (text: string) => {
      output[name] += text;
      if (output[name].length > MAX_OUTPUT) end(broken(program, "printed too much", options));
    };
    child.on("error", (error) => end(unstarted(program, error, options)));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === null) end(broken(program, `was ended by ${signal}`, options));
      else resolve({ code, ...output });
    });
    // There are no streams when the process has no file descriptor left for them.
    child.stdout?.setEncoding("utf8").on("data", take("stdout"));
    child.stderr?.setEncoding("utf8").on("data", take("stderr"));
  });
}

function runNow(command: Command, options: DriveOptions): Result | ContainerRuntimeError {
  const [program, ...args] = command.argv;
  // `detached` is not among spawnSync's documented options; Node and Bun honour it all the same.
  const done = spawnSync(program, args, {
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
  const error = done.error as NodeJS.ErrnoException | undefined;
  if (error?.code === "ETIMEDOUT") return overdue(command, options);
  if (error?.code === "ENOBUFS") return broken(program, "printed too much", options);
  if (error !== undefined) return unstarted(program, error, options);
  return broken(program, `was ended by ${done.signal}`, options);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined || pid <= 1) return; // never started; 0 would be this process's own group
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // the group is gone already
  }
}

function unstarted(program: string, error: NodeJS.ErrnoException, options: DriveOptions): ContainerRuntimeError {
  if (error.code !== "ENOENT" && error.code !== "EACCES") {
    return broken(program, `did not start: ${error.message}`, options);
  }
  return new ContainerRuntimeError({
    ...options, code: "tool-missing", exitCode: NOT_RUN, stderr: `${program} is not on PATH`,
  });
}

function boundOf({ starts }: Command, { timeoutMs, startMs }: DriveOptions): number {
  return starts ? startMs : timeoutMs;
}

function overdue(command: Command, options: DriveOptions): ContainerRuntimeError {
  const [option, name] = command.starts ? ["startMs", "START"] : ["timeoutMs", "TIMEOUT"];
  return new ContainerRuntimeError({
    ...options, code: "timeout", exitCode: OVERDUE,
    stderr: `${command.argv[0]} did not answer within ${boundOf(command, options)} ms`,
    hint: `see what \`${command.argv.join(" ")}\` says; wait longer by ${option} or CONTAINER_RUNTIME_${name}_MS`,
  });
}

function broken(program: string, what: string, options: DriveOptions): ContainerRuntimeError {
  return new ContainerRuntimeError({ ...options, code: "failed", stderr: `${program} ${what}` });
}


/** A virtual machine of the runtime, in the fields of `colima list --json`; what it does not tell is left out. */
export interface Machine {
  name: string;
  status: string;
  arch?: string;
  cpus?: number;
  memory?: number;
  disk?: number;
  address?: string;
  runtime?: string;
}

/**
 * Asks the container runtime of this node. Queries never fail: what is not known, does not apply or
 * cannot be asked is `false` or `null`, and the call's event tells why. `start` rejects with a
 * ContainerRuntimeError.
 *
 * What waits, and how long (then it fails with the code `timeout`):
 *
 * | what waits | seconds | per call | by variable |
 * |---|---|---|---|
 * | each verb and query: each command of the tool that it runs, if not told otherwise below | 10 | `timeoutMs` | CONTAINER_RUNTIME_TIMEOUT_MS |
 * | `start` of Colima, which may download an image first | 600 | `startMs` | CONTAINER_RUNTIME_START_MS |
 * | `resolveEndpoint`, each probe of a class, and asking for the machine's address | 1.5, twice a class | `timeoutMs`, `attempts` | CONTAINER_RUNTIME_PROBE_MS |
 * | `watchEndpoint`, the same | 1.5, as often as the tier says | `timeoutMs`, `attempts` | CONTAINER_RUNTIME_PROBE_MS |
 *
 * For one call alone: `createContainerRuntime({ timeoutMs: 2000 }).isHealthy()`. `sshConfig` and `hint` wait for nothing.
 */
export interface ContainerRuntimePort {
  /** Whether the runtime runs and its engine answers. */
  isHealthy(): Promise<boolean>;
  /** The address at which the runtime's machine is reached from this node; null where there is none. */
  vmIp(): Promise<string | null>;
  /** Seconds since the runtime's machine booted; null where there is none. */
  uptimeSeconds(): Promise<number | null>;
  /** The file to give to `ssh -F` to reach the runtime's machine; null where there is none. */
  sshConfig(): string | null;
  /** The virtual machines that it manages, which are none for an engine without; null where it cannot be asked. */
  machines(): Promise<Machine[] | null>;
  /** Start the runtime; one that runs already is left alone. */
  start(): Promise<void>;
  /** The command that a person types for it on this node. Runs nothing, never throws. */
  hint(verb: HintVerb): string;
}

/** The synchronous companion, for callers that cannot wait for a promise: it throws where the port rejects. */
export interface ContainerRuntimeSyncPort {
  isHealthy(): boolean;
  vmIp(): string | null;
  uptimeSeconds(): number | null;
  sshConfig(): string | null;
  machines(): Machine[] | null;
  start(): void;
  hint(verb: HintVerb): string;
}

export type HintVerb = "status" | "start";


/**
 * One container runtime. Each verb is written once, as steps, and serves both ports. A query throws
 * where it cannot be answered, and gives null where there is nothing to tell.
 */
export interface Adapter {
  readonly name: string;
  /** Where its engine runs, for the events. */
  readonly endpointClass: EndpointClass | "none";
  /** Returns when the runtime is healthy; throws the reason when it is not. */
  check(): Steps<void>;
  vmIp(): Steps<string | null>;
  uptimeSeconds(): Steps<number | null>;
  sshConfig(): string | null;
  machines(): Steps<Machine[]>;
  start(): Steps<void>;
  hint(verb: HintVerb): string;
}

type Bounds = Pick<DriveOptions, "timeoutMs" | "startMs">;

interface PortOptions extends Pick<Call, "sink" | "nodeId"> {
  /** Asked at each call. */
  bounds: () => Bounds;
}

/** The port of the adapter that `adapter()` gives at each call. */
function asyncPort(adapter: () => Adapter, options: PortOptions): ContainerRuntimePort {
  const probe = async <T,>(operation: string, steps: (on: Adapter) => Steps<T>): Promise<T> => {
    const { on, drive, end } = prepare(adapter, operation, options);
    try {
      const value = await driveAsync(steps(on), drive);
      end();
      return value;
    } catch (error) {
      end(error);
      throw error;
    }
  };
  const ask = <T,>(operation: string, otherwise: T, steps: (on: Adapter) => Steps<T>): Promise<T> =>
    probe(operation, steps).catch(() => otherwise);
  return {
    isHealthy: () => ask("isHealthy", false, (on) => checked(on)),
    vmIp: () => ask("vmIp", null, (on) => on.vmIp()),
    uptimeSeconds: () => ask("uptimeSeconds", null, (on) => on.uptimeSeconds()),
    sshConfig: () => sshConfig(adapter, options),
    machines: () => ask<Machine[] | null>("machines", null, (on) => on.machines()),
    start: () => probe("start", (on) => on.start()),
    hint: (verb) => adapter().hint(verb),
  };
}

/** The same, synchronously. */
function syncPort(adapter: () => Adapter, options: PortOptions): ContainerRuntimeSyncPort {
  const probe = <T,>(operation: string, steps: (on: Adapter) => Steps<T>): T => {
    const { on, drive, end } = prepare(adapter, operation, options);
    try {
      const value = driveSync(steps(on), drive);
      end();
      return value;
    } catch (error) {
      end(error);
      throw error;
    }
  };
  const ask = <T,>(operation: string, otherwise: T, steps: (on: Adapter) => Steps<T>): T => {
    try {
      return probe(operation, steps);
    } catch {
      return otherwise;
    }
  };
  return {
    isHealthy: () => ask("isHealthy", false, (on) => checked(on)),
    vmIp: () => ask("vmIp", null, (on) => on.vmIp()),
    uptimeSeconds: () => ask("uptimeSeconds", null, (on) => on.uptimeSeconds()),
    sshConfig: () => sshConfig(adapter, options),
    machines: () => ask<Machine[] | null>("machines", null, (on) => on.machines()),
    start: () => probe("start", (on) => on.start()),
    hint: (verb) => adapter().hint(verb),
  };
}

function prepare(adapter: () => Adapter, operation: string, options: PortOptions) : {
  on: Adapter; drive: DriveOptions; end: End;
} {
  const on = adapter();
  const { sink, nodeId } = options;
  const end = begin({
    port: "container-runtime", operation, target: "", adapter: on.name, endpointClass: on.endpointClass, sink, nodeId,
  });
  return { on, drive: { operation, adapter: on.name, ...options.bounds() }, end };
}

function sshConfig(adapter: () => Adapter, options: PortOptions): string | null {
  const { on, end } = prepare(adapter, "sshConfig", options);
  const file = on.sshConfig();
  end();
  return file;
}

function* checked(on: Adapter): Steps<boolean> {
  yield* on.check();
  return true;
}

/** An adapter that cannot answer: its queries give nothing, its `start` throws what `reason` tells. */
function unsupported(name: string, reason: string, hint?: string): Adapter {
  const refuse = (operation: string): ContainerRuntimeError => new ContainerRuntimeError({
    code: "unsupported", operation, adapter: name, stderr: reason, ...(hint === undefined ? {} : { hint }),
  });
  return {
    name,
    endpointClass: "none",
    check: () => stepless(() => { throw refuse("isHealthy"); }),
    vmIp: () => stepless(() => null),
    uptimeSeconds: () => stepless(() => null),
    sshConfig: () => null,
    machines: () => stepless(() => []),
    start: () => stepless(() => { throw refuse("start"); }),
    hint: (verb) => `(no container runtime) ${verb}`,
  };
}


/** A Docker engine that is asked through its client: this node's own, or a remote one. */
// `docker version` exits with 1 when the engine does not answer, and then prints no server version
// (docker/cli, cli/command/system/version.go).
const ASK = ["version", "--format", "{{.Server.Version}}"] as const;
const REMOTE = /^(?:ssh|tcp):\/\/(?:[^@/]+@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(?::\d+)?(?:\/.*)?$/;

/** Ask the engine at `host`, by default the one that DOCKER_HOST and the Docker context name. */
function* askEngine(adapter: string, host?: string): Steps<void> {
  const at = host === undefined ? [] : ["--host", host];
  const result = yield { argv: ["docker", ...at, ...ASK] };
  if (result.code === 0 && result.stdout.trim() !== "") return;
  throw new ContainerRuntimeError({
    code: "not-running", operation: "isHealthy", adapter, exitCode: result.code, stderr: result.stderr,
  });
}

/** Start is not the client's to do: an engine that answers is started, and another one is an error. */
function* expectRunning(adapter: string, hint: string, host?: string): Steps<void> {
  try {
    yield* askEngine(adapter, host);
  } catch (error) {
    if (!(error instanceof ContainerRuntimeError) || error.code !== "not-running") throw error;
    const { exitCode, stderr } = error;
    throw new ContainerRuntimeError({ code: "not-running", operation: "start", adapter, exitCode, stderr, hint });
  }
}

/** This node's own engine: no machine of its own, so no address, uptime or ssh beside the node's. */
export const docker: Adapter = {
  ...unsupported("docker", ""),
  endpointClass: "localhost",
  check: () => askEngine("docker"),
  start: () => expectRunning("docker", "start the docker service by the service manager"),
  hint: (verb) => (verb === "status" ? "docker version" : "sudo systemctl start docker"),
};

/** The engine that DOCKER_HOST names by ssh:// or tcp://. Which machine it runs on is not ours to start. */
export function remote(host: string): Adapter {
  const name = REMOTE.exec(host)?.[1]?.replace(/^\[|\]$/g, "");
  if (name === undefined) {
    return unsupported("remote", `DOCKER_HOST is ${JSON.stringify(host)}`, "set it to ssh://… or tcp://…");
  }
  return {
    ...unsupported("remote", ""),
    endpointClass: "vm",
    check: () => askEngine("remote", host),
    // a name is the resolver's, and may mean several addresses
    vmIp: () => stepless(() => (isIP(name) ? name : null)),
    start: () => expectRunning("remote", "start the engine on that host", host),
    hint: (verb) => (verb === "status" ? `docker --host ${quote(host)} version` : `(start the engine on ${name})`),
  };
}

const isRemote = (host: string | undefined): host is string =>
  host !== undefined && /^(ssh|tcp):\/\//.test(host);

function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}


/**
 * Colima: a virtual machine (Lima) with a container engine in it. The facts are abiosoft/colima's
 * own, v0.10: `status --json` in app/app.go (`statusInfo`), `list --json`, one object a line, in
 * environment/vm/lima/limautil/instance.go (`InstanceInfo`), paths in config/files.go and
 * config/profile.go, the address in limautil/network.go.
 */
const COLIMA = "colima";
const PROFILE = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** The fields of `colima status --json` that are read here. */
interface Status {
  ip_address?: unknown;
  docker_socket?: unknown;
}

/** Colima's profile of that name; by default what COLIMA_PROFILE names, else `default`. */
export function colima(profile?: string): Adapter {
  const wanted = (): string => {
    const name = profile ?? (process.env["COLIMA_PROFILE"]?.trim() || "default");
    if (PROFILE.test(name)) return name;
    throw new ContainerRuntimeError({
      code: "unsupported", operation: "profile", adapter: COLIMA, stderr: `${JSON.stringify(name)} is no profile`,
      hint: "use letters, digits, '.', '_' and '-'",
    });
  };
  function* call(verb: string, ...flags: string[]): Steps<Result> {
    const argv = [COLIMA, verb, "--profile", wanted(), ...flags] as const;
    return yield verb === "start" ? { argv, starts: true } : { argv };
  }

  function* status(operation: string): Steps<Status> {
    const result = yield* call("status", "--json");
    if (result.code !== 0 && /unknown flag/.test(result.stderr)) {
      const plain = yield* call("status"); // before v0.10 it told no more than whether it runs
      if (plain.code === 0) return {};
    }
    if (result.code !== 0) throw failed(operation, result);
    const [status] = objects(result.stdout);
    if (status !== undefined) return status;
    throw failed(operation, { ...result, stderr: "status printed no JSON" });
  }

  return {
    name: COLIMA,
    endpointClass: "vm",

    *check(): Steps<void> {
      const { docker_socket: socket } = yield* status("isHealthy");
      // A machine can run while the engine in it does not answer. Without Docker's client, or with
      // another engine than Docker's, the status is all there is.
      if (typeof socket !== "string" || socket === "") return;
      try {
        yield* askEngine(COLIMA, socket);
      } catch (error) {
        if (!(error instanceof ContainerRuntimeError) || error.code !== "tool-missing") throw error;
      }
    },

    *vmIp(): Steps<string | null> {
      try {
        const address = (yield* status("vmIp")).ip_address;
        if (isAddress(address)) return address;
      } catch (error) {
        if (!(error instanceof ContainerRuntimeError) || error.code === "tool-missing") throw error;
      }
      // `status` asks the engine's runtime in the machine too; the list knows the address without.
      const result = yield* call("list", "--json");
      if (result.code !== 0) throw failed("vmIp", result);
      const name = shortName(wanted());
      const mine = objects(result.stdout).find((each) => each["name"] === name);
      return isAddress(mine?.["address"]) ? mine["address"] : null;
    },

    *uptimeSeconds(): Steps<number | null> {
      const result = yield* call("ssh", "--", "cat", "/proc/uptime");
      if (result.code !== 0) throw failed("uptimeSeconds", result);
      const seconds = /^(\d+)(?:\.\d+)? \d/m.exec(result.stdout)?.[1]; // proc_uptime(5)
      return seconds === undefined ? null : Number(seconds);
    },

    sshConfig(): string | null {
      // Lima's own file, in which the machine is `lima-<instance>`.
      const name = shortName(profile ?? process.env["COLIMA_PROFILE"]?.trim() ?? "");
      const instance = name === "default" ? "colima" : `colima-${name}`;
      if (!PROFILE.test(name)) return null;
      const file = join(limaFolder(), instance, "ssh.config");
      return existsSync(file) ? file : null;
    },

    *machines(): Steps<Machine[]> {
      // Without a profile it lists all of them, as COLIMA_PROFILE says (cmd/list.go).
      const of = profile === undefined ? [] : ["--profile", wanted()];
      const result = yield { argv: [COLIMA, "list", ...of, "--json"] };
      if (result.code !== 0) throw failed("machines", result);
      return objects(result.stdout).filter(isMachine);
    },

    *start(): Steps<void> {
      // Of a machine that runs, Colima says "already running, ignoring" and exits with 0 (cmd/start.go).
      const result = yield* call("start");
      if (result.code !== 0) throw failed("start", result);
    },

    hint(verb): string {
      const name = shortName(profile ?? process.env["COLIMA_PROFILE"]?.trim() ?? "");
      const of = name === "default" || !PROFILE.test(name) ? "" : ` --profile ${name}`;
      return `colima ${verb}${of}`;
    },
  };
}

/** A profile as `list` prints it: `colima`, `default` and "" are one (config/profile.go). */
function shortName(profile: string): string {
  return profile === "" || profile === "colima" ? "default" : profile.replace(/^colima-/, "");
}

/** The folder of the machines: LIMA_HOME, else `_lima` below Colima's own folder. */
function limaFolder(): string {
  const lima = process.env["LIMA_HOME"];
  if (lima) return lima;
  const own = process.env["COLIMA_HOME"];
  if (own && existsSync(own)) return join(own, "_lima");
  const home = process.env["HOME"] || homedir(); // Bun's homedir() does not follow HOME
  const usual = join(home, ".colima");
  if (existsSync(usual)) return join(usual, "_lima");
  return join(process.env["XDG_CONFIG_HOME"] || join(home, ".config"), "colima", "_lima");
}

/** The JSON objects of an output with one object a line; other lines are left. */
function objects(text: string): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  for (const line of text.split("\n")) {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === "object" && value !== null) found.push(value as Record<string, unknown>);
    } catch {
      // no JSON
    }
  }
  return found;
}

type Fields = Record<string, unknown>;
const isMachine = (value: Fields): value is Fields & Machine =>
  typeof value["name"] === "string" && typeof value["status"] === "string";

function isAddress(value: unknown): value is string {
  return typeof value === "string" && isIPv4(value) && !value.startsWith("127.");
}

function failed(operation: string, result: Result): ContainerRuntimeError {
  const stopped = /is not running|does not exist/.test(result.stderr);
  return new ContainerRuntimeError({
    code: stopped ? "not-running" : "failed", operation, adapter: COLIMA,
    exitCode: result.code, stderr: result.stderr,
  });
}


/**
 * What migrated call sites need where the code around them reads exit codes or expects a text. New
 * code reads the port's own values.
 */
/** Throws `not-running` unless the runtime is healthy. */
export function requireHealthy(healthy: boolean): void {
  if (healthy) return;
  throw new ContainerRuntimeError({
    code: "not-running", operation: "isHealthy", adapter: "container-runtime", stderr: "the runtime is not healthy",
  });
}

/** A line that says that the runtime is running; throws `not-running` unless it is healthy. */
export function formatHealth(healthy: boolean): string {
  requireHealthy(healthy);
  return "the container runtime is running\n";
}

/** The same address; throws `not-running` where there is none. */
export function requireVmIp(address: string | null): string {
  if (address !== null) return address;
  throw new ContainerRuntimeError({
    code: "not-running", operation: "vmIp", adapter: "container-runtime",
    stderr: "the runtime tells no address of its machine",
    hint: "start the runtime with a reachable address, or resolve the endpoint by resolveEndpoint",
  });
}

/** Machines as JSON, one a line; throws `failed` where the runtime could not be asked. */
export function formatMachines(machines: readonly Machine[] | null): string {
  if (machines !== null) return machines.map((machine) => `${JSON.stringify(machine)}\n`).join("");
  throw new ContainerRuntimeError({
    code: "failed", operation: "machines", adapter: "container-runtime", stderr: "the runtime cannot be asked",
  });
}

/** How an action went, in the shape of a finished process. */
export interface Outcome {
  ok: boolean;
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Only when the runtime could not be asked at all, as for a process that did not start. */
  error?: Error;
}

/** Run an action and tell how it went; never throws. A text that it gives is the outcome's stdout. */
export async function settleRuntime(action: () => Promise<unknown>): Promise<Outcome> {
  try {
    return success(await action());
  } catch (error) {
    return failure(error);
  }
}

/** The same for the synchronous companion. */
export function settleRuntimeSync(action: () => unknown): Outcome {
  try {
    return success(action());
  } catch (error) {
    return failure(error);
  }
}

function success(result: unknown): Outcome {
  return { ok: true, exitCode: 0, stdout: typeof result === "string" ? result : "", stderr: "" };
}

function failure(thrown: unknown): Outcome {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const outcome = { ok: false, exitCode: 1, stdout: "", stderr: error.message };
  if (!(error instanceof ContainerRuntimeError)) return { ...outcome, error };
  const asked = error.code !== "tool-missing" && error.code !== "timeout";
  return { ...outcome, exitCode: error.exitCode || 1, ...(asked ? {} : { error }) };
}


/** How soon the failures of a service count, and when it is asked again. */

/**
 * How much depends on a service: `infra-critical` is what other services need (a queue, a database),
 * `service-critical` what one service needs, `app-level` what a program does without for a while.
 */
export type Tier = "infra-critical" | "service-critical" | "app-level";

export interface Patience {
  /** How often a class is asked before its turn counts as failed. */
  attempts: number;
  /** After so many failed turns in a row a class is passed over. */
  failures: number;
  /** For so many milliseconds; then a single probe decides. */
  restMs: number;
}

const TIERS: Readonly<Record<Tier, Patience>> = {
  "infra-critical": { attempts: 3, failures: 2, restMs: 5_000 },
  "service-critical": { attempts: 2, failures: 3, restMs: 15_000 },
  "app-level": { attempts: 1, failures: 3, restMs: 60_000 },
};

/** Whether a class has a turn: `closed`, all attempts; `half-open`, one of them; `open`, none. */
type BreakerState = "closed" | "half-open" | "open";

interface Breaker {
  /** What the next turn is. One that is told `half-open` has to `end`; others find it open until then. */
  begin(): BreakerState;
  end(answered: boolean): void;
  /** Why it is open, for people. */
  reason(): string;
}

function createBreaker({ failures, restMs }: Patience): Breaker {
  let failed = 0;
  let until = 0;
  return {
    begin(): BreakerState {
      if (failed < failures) return "closed";
      if (performance.now() < until) return "open";
      until = Infinity;
      return "half-open";
    },
    end(answered: boolean): void {
      failed = answered ? 0 : failed + 1;
      until = performance.now() + restMs;
    },
    reason(): string {
      const left = until - performance.now();
      const again = Number.isFinite(left) ? `asked again in ${Math.ceil(left)} ms` : "being asked again";
      return `passed over after ${failed} failures, ${again}`;
    },
  };
}


/** Runs nothing: for tests, and for nodes without containers. */
/** What the null adapter answers; a test may change it. */
export interface NullState {
  healthy: boolean;
  vmIp: string | null;
  uptimeSeconds: number | null;
  sshConfig: string | null;
  machines: Machine[];
}

export interface NullAdapter extends Adapter {
  readonly state: NullState;
  /** The verbs that were called, in order; the last thousand of them. */
  readonly calls: string[];
}

const NULL = "null";
const KEPT = 1000; // a daemon that polls must not grow by it

/** An adapter that answers from `state`, by default that nothing runs. */
export function nullAdapter(state: Partial<NullState> = {}): NullAdapter {
  const now: NullState = { healthy: false, vmIp: null, uptimeSeconds: null, sshConfig: null, machines: [], ...state };
  const calls: string[] = [];
  const record = (verb: string): NullState => {
    calls.push(verb);
    if (calls.length > KEPT) calls.shift();
    return now;
  };
  return {
    name: NULL,
    endpointClass: "none",
    state: now,
    calls,
    check: () =>
      stepless(() => {
        if (record("isHealthy").healthy) return;
        throw new ContainerRuntimeError({ code: "not-running", operation: "isHealthy", adapter: NULL });
      }),
    vmIp: () => stepless(() => record("vmIp").vmIp),
    uptimeSeconds: () => stepless(() => record("uptimeSeconds").uptimeSeconds),
    sshConfig: () => record("sshConfig").sshConfig,
    machines: () => stepless(() => record("machines").machines.map((machine) => ({ ...machine }))),
    start: () =>
      stepless(() => {
        record("start").healthy = true;
      }),
    hint: (verb) => `(no container runtime) ${verb}`,
  };
}


export type AdapterName = "colima" | "docker" | "remote" | "null";

export interface ContainerRuntimeOptions {
  /** By default CONTAINER_RUNTIME, else a remote DOCKER_HOST, else what the platform has. */
  adapter?: AdapterName | Adapter;
  /** Colima's profile; by default COLIMA_PROFILE, else `default`. */
  profile?: string;
  /** The bound on each command, in milliseconds; by default CONTAINER_RUNTIME_TIMEOUT_MS, else 10 seconds. */
  timeoutMs?: number;
  /** The bound on a start by Colima, in milliseconds; by default CONTAINER_RUNTIME_START_MS, else ten minutes. */
  startMs?: number;
  /** Takes the event of each call; by default what setProbeSink has set, else what FLEET_EVENTS names. */
  sink?: ProbeSink;
  /** The node's name in events; by default NODE_ID, else the host's name. */
  nodeId?: string | (() => string);
}

const TIMEOUT_MS = 10_000;
const START_MS = 10 * 60_000; // the first start downloads an image
const BY_PLATFORM: Record<string, AdapterName> = { darwin: "colima", linux: "docker" };
// One for all ports, so that the synchronous companion sees what its fellow did.
const NOTHING = nullAdapter();

/**
 * A port on the adapter asked for. The adapter is chosen at each call, so creating a port runs and
 * reads nothing; a name that no adapter has makes `start` fail with `unsupported`.
 */
export function createContainerRuntime(options: ContainerRuntimeOptions = {}): ContainerRuntimePort {
  return asyncPort(() => choose(options), portOptions(options));
}

/** The same, synchronously. */
export function createContainerRuntimeSync(options: ContainerRuntimeOptions = {}): ContainerRuntimeSyncPort {
  return syncPort(() => choose(options), portOptions(options));
}

/** This node's container runtime. */
export const containerRuntime: ContainerRuntimePort = createContainerRuntime();

/** The same, synchronously. */
export const containerRuntimeSync: ContainerRuntimeSyncPort = createContainerRuntimeSync();

function portOptions({ timeoutMs, startMs, sink, nodeId }: ContainerRuntimeOptions): PortOptions {
  const bounds = (): Bounds => ({
    timeoutMs: timeoutMs ?? variable("CONTAINER_RUNTIME_TIMEOUT_MS") ?? TIMEOUT_MS,
    startMs: startMs ?? variable("CONTAINER_RUNTIME_START_MS") ?? START_MS,
  });
  return { bounds, sink, nodeId };
}

/** A number of milliseconds in the environment; undefined for none, and for what is none. */
function variable(name: string): number | undefined {
  const value = Number(process.env[name]);
  return value > 0 ? value : undefined;
}

function choose(options: ContainerRuntimeOptions): Adapter {
  if (typeof options.adapter === "object") return options.adapter;
  const host = process.env["DOCKER_HOST"]?.trim();
  const name = options.adapter
    ?? (process.env["CONTAINER_RUNTIME"]?.trim() || (isRemote(host) ? "remote" : BY_PLATFORM[process.platform]));
  if (name === "colima") return colima(options.profile);
  if (name === "docker") return docker;
  if (name === "remote") return remote(host ?? "");
  if (name === "null") return NOTHING;
  return unsupported(name ?? process.platform, `no adapter for ${JSON.stringify(name ?? process.platform)}`);
}


/**
 * Finds out how a service is reached from this node: on localhost, at the runtime's machine, or by
 * its DNS name in the cluster. No single probe decides: a candidate is asked several times before
 * it counts as failed, then the next class has its turn.
 */
/** Asks one URL; resolves when the service answers, rejects or throws when it does not. */
export type Probe = (url: URL, signal: AbortSignal) => Promise<unknown>;

export interface EndpointOptions extends Pick<Call, "sink" | "nodeId"> {
  /** The service as it is reached on this node, such as `http://localhost:8288/health`. */
  localhost: string | URL;
  /** Its host name, or host and port, in the cluster; left out, there is no such class. */
  serviceDns?: string;
  /** By default the runtime's `vmIp()`; null leaves the class out. */
  vmHost?: string | null;
  /** By default `httpProbe` for http and https, else `tcpProbe`. */
  probe?: Probe;
  /**
   * The bound on one probe, and on asking for the machine's address, in milliseconds; by default
   * CONTAINER_RUNTIME_PROBE_MS, else 1500.
   */
  timeoutMs?: number;
  /** How often a candidate is asked before it counts as failed; by default twice. */
  attempts?: number;
  runtime?: Pick<ContainerRuntimePort, "vmIp">;
}

/** An endpoint that is asked again and again. What is given goes before what the tier says. */
export interface WatchedOptions extends EndpointOptions, Partial<Patience> {
  /** By default `service-critical`. */
  tier?: Tier;
}

/**
 * An endpoint that remembers what failed. A class whose turns keep failing is passed over, so that a
 * caller waits for none that is known to be down; after a rest one probe decides whether it is back.
 */
export interface WatchedEndpoint {
  readonly tier: Tier;
  resolve(): Promise<WatchedResolution>;
}

/** `ok` is the first class; `degraded` a later one, since those before it failed; `down` is none. */
export type WatchedResolution = EndpointResolution & { tier: Tier; state: "ok" | "degraded" | "down" };

/** A candidate that did not answer, and why, probe by probe. */
export interface FailedEndpoint {
  endpointClass: EndpointClass;
  url: string | null;
  reasons: string[];
}

export type EndpointResolution =
  | { ok: true; endpointClass: EndpointClass; url: string; failed: FailedEndpoint[] }
  | { ok: false; endpointClass: null; url: null; failed: FailedEndpoint[] };

const PROBE_MS = 1500;
const ATTEMPTS = 2;
const CLASSES = ["localhost", "vm", "svc_dns"] as const;

/** Resolves to the first class that answers, with what failed before it; throws for a URL that is none, alone. */
export async function resolveEndpoint(options: EndpointOptions): Promise<EndpointResolution> {
  return turns(options);
}

/** The same for a service that is asked again and again; creating it asks nothing. */
export function watchEndpoint(options: WatchedOptions): WatchedEndpoint {
  const tier = options.tier ?? "service-critical";
  const patience = { ...TIERS[tier], ...options };
  const breakers = new Map(CLASSES.map((each) => [each as EndpointClass, createBreaker(patience)]));
  return {
    tier,
    resolve: async () => {
      const found = await turns({ ...options, attempts: patience.attempts }, breakers);
      const state = !found.ok ? "down" : found.failed.length > 0 ? "degraded" : "ok";
      return { ...found, tier, state };
    },
  };
}

async function turns(
  options: EndpointOptions & { tier?: Tier }, breakers?: ReadonlyMap<EndpointClass, Breaker>,
): Promise<EndpointResolution> {
  const timeoutMs = options.timeoutMs ?? variable("CONTAINER_RUNTIME_PROBE_MS") ?? PROBE_MS;
  const local = new URL(options.localhost);
  const probe = options.probe ?? (/^https?:$/.test(local.protocol) ? httpProbe : tcpProbe);
  const failed: FailedEndpoint[] = [];
  for (const endpointClass of CLASSES) {
    const breaker = breakers?.get(endpointClass);
    const turn = breaker?.begin() ?? "closed";
    if (breaker !== undefined && turn === "open") {
      failed.push({ endpointClass, url: null, reasons: [breaker.reason()] });
      continue;
    }
    let url: URL | null;
    try {
      url = await locate(endpointClass, local, options, timeoutMs);
    } catch (error) {
      breaker?.end(false);
      failed.push({ endpointClass, url: null, reasons: [message(error)] });
      continue;
    }
    if (url === null) {
      breaker?.end(true); // a class that does not apply has not failed
      continue;
    }
    const reasons: string[] = [];
    const attempts = turn === "half-open" ? 1 : Math.max(1, options.attempts ?? ATTEMPTS);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const end = begin({
        port: "container-runtime", operation: "probe", target: shown(url), adapter: probe.name || "probe", endpointClass,
        sink: options.sink, nodeId: options.nodeId,
      });
      try {
        await bounded((signal) => probe(new URL(url), signal), timeoutMs);
        end(undefined, tiered(options));
        breaker?.end(true);
        return { ok: true, endpointClass, url: url.href, failed };
      } catch (error) {
        end(error, tiered(options));
        reasons.push(message(error));
      }
    }
    breaker?.end(false);
    failed.push({ endpointClass, url: url.href, reasons });
  }
  return { ok: false, endpointClass: null, url: null, failed };
}

function tiered({ tier }: { tier?: Tier }): { tier?: Tier } {
  return tier === undefined ? {} : { tier };
}

/** The URL of a class; null where the class does not apply. */
async function locate(
  endpointClass: EndpointClass, local: URL, options: EndpointOptions, timeoutMs: number,
): Promise<URL | null> {
  if (endpointClass === "localhost") return local;
  if (endpointClass === "svc_dns") return options.serviceDns === undefined ? null : at(options.serviceDns, local);
  const runtime = options.runtime ?? containerRuntime;
  const host = options.vmHost === undefined ? await bounded(() => runtime.vmIp(), timeoutMs) : options.vmHost;
  return host === null ? null : at(isIPv6(host) ? `[${host}]` : host, local);
}

/** A URL at another host; one that brings no port has the same. */
function at(host: string, url: URL): URL {
  const port = /:\d+$/.test(host) || url.port === "" ? "" : `:${url.port}`;
  return new URL(`${url.protocol}//${host}${port}${url.pathname}${url.search}`);
}

/** Without what may be secret in it. */
function shown({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}

/** Whether a GET is answered with a status of success. */
export async function httpProbe(url: URL, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
}

/** Whether the port takes a connection. */
export function tcpProbe(url: URL, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname.replace(/^\[|\]$/g, ""));
    signal.addEventListener("abort", () => socket.destroy());
    socket.on("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });
}

/** What `act` gives, or a rejection after `timeoutMs`, whether or not it heeds the signal. */
async function bounded<T>(act: (signal: AbortSignal) => Promise<T>, timeoutMs: number): Promise<T> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: "timeout" }));
      controller.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([(async () => act(controller.signal))(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function message(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `: ${errorType(error.cause)}`;
  return `${error.message || errorType(error)}${cause}`;
}

