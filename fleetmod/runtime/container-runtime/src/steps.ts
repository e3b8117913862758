import { spawn, spawnSync } from "node:child_process";
import { ContainerRuntimeError } from "./errors.ts";

/** A program to run: an argument vector, never a shell. */
export interface Command {
  argv: readonly [string, ...string[]];
  /** It starts the runtime, and may take as long as that. */
  starts?: true;
}

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** What an adapter's verb does, as the commands it wants run; driven with or without promises. */
export type Steps<T> = Generator<Command, T, Result>;

/** The steps of a verb that runs no command: `answer` is asked once they are driven. */
export function* stepless<T>(answer: () => T): Steps<T> {
  yield* [];
  return answer();
}

export interface DriveOptions {
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
export async function driveAsync<T>(steps: Steps<T>, options: DriveOptions): Promise<T> {
  let next = steps.next();
  while (!next.done) {
    const ran = await run(next.value, options);
    next = ran instanceof ContainerRuntimeError ? steps.throw(ran) : steps.next(ran);
  }
  return next.value;
}

/** The same, blocking. */
export function driveSync<T>(steps: Steps<T>, options: DriveOptions): T {
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
