// Calls exported functions, one task a line, and tells how each went. Runs under Node and Bun.
//   {file, name, state, plists, improved, home}   name "" is the evaluation of the module alone
// Every task starts from its own state of the fake; a module is evaluated once for
// each home, in a quiet one.
import childProcess from "node:child_process";
import { createRequire } from "node:module";
import { copyFileSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const paths = JSON.parse(process.argv[2]); // name -> path, of the room's files
const answers = Number(process.argv[3]);
const require = createRequire(import.meta.url);
const { Effect } = await import(pathToFileURL(paths.effect).href);
const later = setTimeout;
let said = [];
let stray = [];

// -- what runs on after a function has returned ---------------------------------------------------

const children = new Set();
const start = childProcess.ChildProcess.prototype.spawn;
if (start !== undefined) {
  childProcess.ChildProcess.prototype.spawn = function (...args) {
    children.add(this);
    this.once("close", () => children.delete(this));
    this.once("error", () => children.delete(this));
    return start.apply(this, args);
  };
}
if (globalThis.Bun !== undefined) {
  const spawn = Bun.spawn;
  Bun.spawn = (...args) => {
    const child = spawn(...args);
    children.add(child);
    child.exited.finally(() => children.delete(child));
    return child;
  };
}
const timers = new Set();
globalThis.setTimeout = Object.assign((callback, delay, ...args) => {
  const timer = later(() => {
    timers.delete(timer);
    callback(...args);
  }, delay);
  timers.add(timer);
  return timer;
}, later);
const clear = clearTimeout;
globalThis.clearTimeout = (timer) => {
  timers.delete(timer);
  clear(timer);
};
const pause = (ms) => new Promise((resolve) => later(resolve, ms));

async function idle() {
  for (let quiet = 0; quiet < 3; ) {
    await (quiet === 0 ? pause(1) : new Promise((resolve) => setImmediate(resolve)));
    quiet = children.size + timers.size === 0 ? quiet + 1 : 0;
  }
}

// -- what a function says, and leaves unhandled ----------------------------------------------------

for (const method of ["log", "info", "warn", "error", "debug"]) {
  console[method] = (...args) => said.push([method, ...args.map(plain)]);
}
process.on("unhandledRejection", (error) => stray.push(["unhandled rejection", plain(error)]));
process.on("uncaughtException", (error) => stray.push(["uncaught exception", plain(error)]));

// A stand-in: Deno's own runs nowhere but in Deno. Others take its presence for Deno's.
const deno = {
  Command: class {
    constructor(program, options = {}) {
      this.run = [program, options.args ?? [], { encoding: "buffer" }];
    }
    outputSync() {
      const { status, stdout, stderr } = childProcess.spawnSync(...this.run);
      return { code: status, success: status === 0, stdout, stderr };
    }
    async output() {
      return this.outputSync();
    }
  },
};

// -- a value as data -------------------------------------------------------------------------------

function plain(value, depth = 4) {
  if (value === undefined) return { type: "undefined" };
  if (value === null || ["boolean", "number", "string"].includes(typeof value)) return value;
  if (typeof value === "function" || typeof value === "symbol") return { type: typeof value };
  if (typeof value === "bigint") return { type: "bigint", text: String(value) };
  if (value instanceof Error) return { type: "error", message: String(value.message) };
  if (value instanceof Uint8Array) return { type: "bytes", text: Buffer.from(value).toString() };
  if (depth === 0) return { type: "deep" };
  if (Array.isArray(value)) return value.map((each) => plain(each, depth - 1));
  const made = Object.getPrototypeOf(value)?.constructor?.name ?? "Object";
  // a finished process's own pid is another one each time
  const entries = Object.entries(value).filter(([key]) => key !== "pid" || !("signal" in value));
  const fields = entries.map(([key, each]) => [key, plain(each, depth - 1)]);
  return { type: made, fields: Object.fromEntries(fields) };
}

async function finish(made) {
  if (typeof made?.then === "function") {
    return made.then((value) => ["resolved", plain(value)], (error) => ["rejected", plain(error)]);
  }
  if (!Effect.isEffect(made)) return ["returned", plain(made)];
  const exit = await Effect.runPromiseExit(made);
  if (exit._tag === "Success") return ["succeeded", plain(exit.value)];
  return [exit.cause._tag === "Fail" ? "failed" : "died", plain(exit.cause.error ?? exit.cause.defect)];
}

// -- a task ----------------------------------------------------------------------------------------

const modules = new Map();
let count = 0;

function reset(task) {
  for (const name of ["log", "said"]) rmSync(paths[name], { force: true });
  copyFileSync(task.state, paths.state);
  writeFileSync(paths.improved, JSON.stringify(task.improved));
  for (const [link, folder] of Object.entries(task.plists)) {
    rmSync(link, { force: true });
    symlinkSync(folder, link);
  }
  said = [];
  stray = [];
}

const lines = (path) => (existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line)) : []);

async function load(file) {
  delete require.cache[file];
  const namespace = await import(`${pathToFileURL(file).href}?${count++}`);
  return namespace["module.exports"] ?? namespace;
}

async function perform(task) {
  if (task.name === "") {
    reset(task);
    return load(task.file).then(() => ["loaded"], (error) => ["not loaded", plain(error)]);
  }
  const key = `${task.home}:${task.file}`;
  if (!modules.has(key)) {
    reset({ ...task, state: task.quiet });
    modules.set(key, await load(task.file));
    await idle();
  }
  const exported = modules.get(key);
  reset(task);
  try {
    return await finish(exported[task.name]());
  } catch (error) {
    return ["threw", plain(error)];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  process.env.HOME = task.home;
  if (task.file.endsWith("/deno.ts")) globalThis.Deno = deno;
  else delete globalThis.Deno;
  let outcome;
  try {
    outcome = await perform(task);
  } catch (error) {
    outcome = ["no such function", plain(error)];
  }
  await idle();
  const calls = lines(paths.log);
  const state = JSON.parse(readFileSync(paths.state, "utf8"));
  const told = lines(paths.said);
  writeSync(answers, JSON.stringify({ outcome, said, stray, calls, told, state }) + "\n");
}
