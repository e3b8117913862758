import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { ProcessManagerError } from "./errors.ts";
import { shellQuote } from "./labels.ts";

/** A program to run: an argument vector, never a shell. */
export interface Command {
  argv: readonly [string, ...string[]];
  /** A tool that the verb can do without: when it does not run, its exit code tells, and no error. */
  optional?: boolean;
  /** It waits for a service, `atMost` so many milliseconds beyond its bound; what is told after that. */
  waits?: { atMost: number; told: string; hint: string };
}

/**
 * A wait in milliseconds; its result's code is `OVERDUE` once the verb has outlasted its bound, and
 * `atMost` that the manager itself gives the service.
 */
export interface Pause {
  pause: number;
  atMost?: number;
}

/** Something that the caller should know though the verb succeeds. */
export interface Warning {
  warning: string;
}

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** What an adapter's verb does, as the commands it wants run; driven with or without promises. */
export type Steps<T> = Generator<Command | Pause | Warning, T, Result>;

/** The steps of a verb that runs no command: `answer` is asked once they are driven. */
export function* stepless<T>(answer: () => T): Steps<T> {
  yield* [];
  return answer();
}

export interface DriveOptions {
  operation: string;
  label: string;
  adapter: string;
  /** The bound on each command. */
  timeoutMs: number;
  /** The bound on a wait for a service; by default `timeoutMs` beyond what the manager gives it. */
  waitMs?: number | undefined;
}

/** The exit code that timeout(1) gives. */
export const OVERDUE = 124;
const NOT_RUN = 127;
const MAX_OUTPUT = 16 * 1024 * 1024;

/** Run a verb's steps. Rejects with a ProcessManagerError: the verb's own, or a tool that fails to run. */
export async function driveAsync<T>(steps: Steps<T>, options: DriveOptions): Promise<T> {
  const started = Date.now();
  let next = steps.next();
  while (!next.done) {
    const step = next.value;
    if ("pause" in step) {
      await new Promise((resolve) => setTimeout(resolve, step.pause));
      next = steps.next(waited(step, started, options));
    } else if ("warning" in step) {
      next = steps.next(warn(step));
    } else {
      next = steps.next(await run(step, options).catch((error) => without(step, error)));
    }
  }
  return next.value;
}

/** The same, blocking. */
export function driveSync<T>(steps: Steps<T>, options: DriveOptions): T {
  const started = Date.now();
  let next = steps.next();
  while (!next.done) {
    const step = next.value;
    if ("pause" in step) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, step.pause);
      next = steps.next(waited(step, started, options));
    } else if ("warning" in step) {
      next = steps.next(warn(step));
    } else {
      next = steps.next(tryNow(step, options));
    }
  }
  return next.value;
}

function tryNow(step: Command, options: DriveOptions): Result {
  try {
    return runNow(step, options);
  } catch (error) {
    return without(step, error);
  }
}

/** The result of a tool that did not run; throws unless the verb can do without it. */
function without(step: Command, error: unknown): Result {
  if (!step.optional || !(error instanceof ProcessManagerError)) throw error;
  return { code: error.exitCode, stdout: "", stderr: error.stderr };
}

/** By the runtime's own channel: on standard error, unless the program listens for it. */
function warn({ warning }: Warning): Result {
  process.emitWarning(warning, "ProcessManagerWarning");
  return { code: 0, stdout: "", stderr: "" };
}

function waited(step: Pause, started: number, options: DriveOptions): Result {
  const over = Date.now() - started >= patience(step.atMost ?? 0, options);
  return { code: over ? OVERDUE : 0, stdout: "", stderr: "" };
}

function patience(atMost: number, { timeoutMs, waitMs }: DriveOptions): number {
  return waitMs ?? atMost + timeoutMs;
}

function boundOf({ waits }: Command, options: DriveOptions): number {
  return waits === undefined ? options.timeoutMs : patience(waits.atMost, options);
}

// A group of its own, so that what the tool has started ends with it; C, since messages are read.
const settings = (): { detached: true; env: NodeJS.ProcessEnv } =>
  ({ detached: true, env: { ...process.env, LC_ALL: "C" } });

function run(command: Command, options: DriveOptions): Promise<Result> {
  const [program, ...args] = command.argv;
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(program, args, { ...settings(), stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    const end = (error: ProcessManagerError): void => {
      clearTimeout(timer);
      killGroup(child.pid);
      child.stdout?.destroy();
      child.stderr?.destroy();
      reject(error);
    };
    const timer = setTimeout(() => end(overdue(command, options)), boundOf(command, options));
    const bounded = (text: string): string => {
      if (text.length > MAX_OUTPUT) end(broken(program, "printed too much", options));
      return text;
    };
    child.on("error", (error) => end(unstarted(program, error, options)));
    child.on("close", (code, signal) => {
      if (code === null) end(broken(program, `was ended by ${signal}`, options));
      clearTimeout(timer);
      resolve({ code: code ?? 1, stdout, stderr });
    });
    // There are no streams when the process has no file descriptor left for them.
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout = bounded(stdout + text)));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr = bounded(stderr + text)));
  });
}

function runNow(command: Command, options: DriveOptions): Result {
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
  if (error?.code === "ETIMEDOUT") throw overdue(command, options);
  if (error?.code === "ENOBUFS") throw broken(program, "printed too much", options);
  if (error !== undefined) throw unstarted(program, error, options);
  throw broken(program, `was ended by ${done.signal}`, options);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined || pid <= 1) return; // never started; 0 would be this process's own group
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // the group is gone already
  }
}

function unstarted(program: string, error: NodeJS.ErrnoException, options: DriveOptions): ProcessManagerError {
  if (error.code !== "ENOENT" && error.code !== "EACCES") {
    return broken(program, `did not start: ${error.message}`, options);
  }
  return new ProcessManagerError({
    ...options, code: "tool-missing", exitCode: NOT_RUN, stderr: `${program} is not on PATH`,
  });
}

function overdue({ argv, waits }: Command, options: DriveOptions): ProcessManagerError {
  return new ProcessManagerError({
    ...options, code: "timeout", exitCode: OVERDUE,
    stderr: waits?.told ?? `${argv[0]} did not answer within ${options.timeoutMs} ms`,
    hint: waits?.hint ?? `see what \`${argv.map(shellQuote).join(" ")}\` says; `
      + "wait longer by timeoutMs or PROCESS_MANAGER_TIMEOUT_MS",
  });
}

function broken(program: string, what: string, options: DriveOptions): ProcessManagerError {
  return new ProcessManagerError({ ...options, code: "failed", stderr: `${program} ${what}` });
}
