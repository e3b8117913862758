/** The sinks: standard error, a file that rotates, a stream, and a collector. */
import {
  closeSync, constants, fstatSync, openSync, readdirSync, renameSync, statSync, unlinkSync, writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ProbeEvent, ProbeSink } from "./event.ts";
import { otlp } from "./otlp.ts";

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
export function sinkOf(setting: string): ProbeSink | undefined {
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
