import { execFile, spawnSync } from "node:child_process";
import { ProcessManagerError } from "./errors.ts";

/** A program to run: an argument vector, never a shell. `pause` waits (ms) and runs nothing. */
export interface Command {
  argv: readonly [string, ...string[]];
  pause?: number;
}

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** What an adapter's verb does, as the commands it wants run; driven with or without promises. */
export type Steps<T> = Generator<Command, T, Result>;

export interface DriveOptions {
  operation: string;
  label: string;
  adapter: string;
  timeoutMs: number;
}

const MAX_OUTPUT = 16 * 1024 * 1024;

export async function driveAsync<T>(steps: Steps<T>, options: DriveOptions): Promise<T> {
  let next = steps.next();
  while (!next.done) {
    const command = next.value;
    if (command.pause !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, command.pause));
      next = steps.next({ code: 0, stdout: "", stderr: "" });
    } else {
      next = steps.next(await run(command, options));
    }
  }
  return next.value;
}

export function driveSync<T>(steps: Steps<T>, options: DriveOptions): T {
  let next = steps.next();
  while (!next.done) {
    const command = next.value;
    if (command.pause !== undefined) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, command.pause);
      next = steps.next({ code: 0, stdout: "", stderr: "" });
    } else {
      next = steps.next(runNow(command, options));
    }
  }
  return next.value;
}

function run(command: Command, options: DriveOptions): Promise<Result> {
  const [program, ...args] = command.argv;
  return new Promise((resolve, reject) => {
    const limits = { timeout: options.timeoutMs, killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT } as const;
    const child = execFile(program, args, { ...limits, encoding: "utf8" }, (error, stdout, stderr) => {
      if (error === null) {
        resolve({ code: 0, stdout, stderr });
      } else if (error.code === "ENOENT" || error.code === "EACCES") {
        reject(missing(program, options));
      } else if (typeof error.code === "number") {
        resolve({ code: error.code, stdout, stderr });
      } else {
        reject(killed(program, options));
      }
    });
    child.stdin?.end();
  });
}

function runNow(command: Command, options: DriveOptions): Result {
  const [program, ...args] = command.argv;
  const done = spawnSync(program, args, {
    encoding: "utf8",
    timeout: options.timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: MAX_OUTPUT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const code = (done.error as (Error & { code?: string }) | undefined)?.code;
  if (code === "ENOENT" || code === "EACCES") throw missing(program, options);
  if (done.error !== undefined || done.status === null) throw killed(program, options);
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

function missing(program: string, options: DriveOptions): ProcessManagerError {
  return new ProcessManagerError({
    ...options, code: "tool-missing", exitCode: 127, stderr: `${program} is not on PATH`,
  });
}

function killed(program: string, options: DriveOptions): ProcessManagerError {
  return new ProcessManagerError({
    ...options, code: "timeout", exitCode: 124,
    stderr: `${program} did not answer within ${options.timeoutMs} ms`,
  });
}
