/**
 * macOS: launchctl(1), subcommands of 10.11 and later. Exit codes seen there: 3 "No such process",
 * 5 "Input/output error", 36 and 37 "Operation (now|already) in progress", 113 "Could not find
 * service", 119 "Service is disabled".
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import type { Adapter } from "./adapter.ts";
import { ProcessManagerError } from "./errors.ts";
import { parseLabel, shellQuote, type Target } from "./labels.ts";
import type { Result, Steps } from "./steps.ts";
import type { HintVerb, ManagedService, ServiceConfig, ServiceState } from "./types.ts";

const NAME = "launchctl";
const NOT_FOUND = [3, 113];
const IN_PROGRESS = [5, 36, 37];
const DISABLED = 119;
const ATTEMPTS = 8;
const PAUSE_MS = 250;

const uid = (): number => process.getuid?.() ?? 501;

function domain(target: Target): string {
  if (target.domain === "system") return "system";
  if (target.domain === "own") return `gui/${uid()}`;
  return `${target.domain}/${target.uid}`;
}

function* call(...args: string[]): Steps<Result> {
  return yield { argv: [NAME, ...args] };
}

function failed(operation: string, label: string, result: Result): ProcessManagerError {
  const code = NOT_FOUND.includes(result.code)
    ? "not-found"
    : result.code === DISABLED || /service is disabled/i.test(result.stderr)
      ? "disabled"
      : "failed";
  return new ProcessManagerError({
    code, operation, label, adapter: NAME, exitCode: result.code, stderr: result.stderr,
  });
}

/** Where launchd looks for a job's plist (launchd.plist(5), FILES). */
function findPlist(target: Target): string | null {
  const folders = target.domain === "system"
    ? ["/Library/LaunchDaemons"]
    : [`${process.env["HOME"] || homedir()}/Library/LaunchAgents`, "/Library/LaunchAgents"];
  return folders.map((folder) => `${folder}/${target.name}.plist`).find((path) => existsSync(path)) ?? null;
}

function* isLoaded(service: string): Steps<boolean> {
  return (yield* call("print", service)).code === 0;
}

/** `bootstrap` right after `bootout` fails until the old job is gone, so it is tried again. */
function* bootstrap(operation: string, label: string, target: Target, plist: string): Steps<void> {
  const service = `${domain(target)}/${target.name}`;
  for (let attempt = 1; ; attempt++) {
    const result = yield* call("bootstrap", domain(target), plist);
    if (result.code === 0 || /already (loaded|bootstrapped)/i.test(result.stderr)) return;
    if (!IN_PROGRESS.includes(result.code)) throw failed(operation, label, result);
    if (yield* isLoaded(service)) return;
    if (attempt === ATTEMPTS) throw failed(operation, label, result);
    yield { argv: [NAME], pause: PAUSE_MS };
  }
}

function* ensureLoaded(operation: string, label: string, config?: ServiceConfig): Steps<Target> {
  const target = parseLabel(label, operation, NAME);
  if (yield* isLoaded(`${domain(target)}/${target.name}`)) return target;
  const plist = config?.source ?? findPlist(target);
  if (plist === null) {
    throw new ProcessManagerError({
      code: "not-found", operation, label, adapter: NAME, exitCode: 113,
      stderr: `not loaded, and no ${target.name}.plist is found`,
    });
  }
  yield* bootstrap(operation, label, target, plist);
  return target;
}

function* kickstart(operation: string, label: string, flags: string[]): Steps<void> {
  const target = parseLabel(label, operation, NAME);
  const service = `${domain(target)}/${target.name}`;
  let result = yield* call("kickstart", ...flags, service);
  if (NOT_FOUND.includes(result.code)) {
    yield* ensureLoaded(operation, label);
    result = yield* call("kickstart", ...flags, service);
  }
  // 37: it is being started already, which is what was asked for.
  if (result.code !== 0 && result.code !== 37) throw failed(operation, label, result);
}

/** One `key = value` of the top level of `launchctl print`. */
function field(output: string, key: string): string | null {
  const match = new RegExp(`^\\t${key} = (.*)$`, "m").exec(output);
  return match?.[1]?.trim() ?? null;
}

function number(text: string | null): number | null {
  const match = text === null ? null : /^-?\d+/.exec(text);
  return match ? Number(match[0]) : null;
}

export const launchctl: Adapter = {
  name: NAME,

  *list(pattern: string): Steps<ManagedService[]> {
    const result = yield* call("list");
    if (result.code !== 0) throw failed("list", pattern, result);
    const services: ManagedService[] = [];
    for (const line of result.stdout.split("\n")) {
      const match = /^(-|\d+)\t(-|-?\d+)\t(\S.*)$/.exec(line);
      const label = match?.[3];
      if (!match || label === undefined || !label.includes(pattern)) continue;
      services.push({
        label,
        pid: match[1] === "-" ? null : Number(match[1]),
        lastExit: match[2] === "-" ? null : Number(match[2]),
      });
    }
    return services;
  },

  *restart(label: string): Steps<void> {
    yield* kickstart("restart", label, ["-k"]);
  },

  *start(label: string): Steps<void> {
    yield* kickstart("start", label, []);
  },

  *stop(label: string): Steps<void> {
    const target = parseLabel(label, "stop", NAME);
    const result = yield* call("bootout", `${domain(target)}/${target.name}`);
    // 36: launchd goes on stopping it after the command has answered.
    if (result.code === 0 || result.code === 36 || NOT_FOUND.includes(result.code)) return;
    throw failed("stop", label, result);
  },

  *inspect(label: string): Steps<ServiceState> {
    const target = parseLabel(label, "inspect", NAME);
    const result = yield* call("print", `${domain(target)}/${target.name}`);
    if (result.code !== 0 && !NOT_FOUND.includes(result.code)) throw failed("inspect", label, result);
    const out = result.code === 0 ? result.stdout : "";
    return {
      label: target.name,
      loaded: result.code === 0,
      enabled: null,
      pid: number(field(out, "pid")),
      state: field(out, "state"),
      program: field(out, "program"),
      workingDirectory: field(out, "working directory"),
      lastExit: number(field(out, "last exit code")),
      runs: number(field(out, "runs")),
      source: field(out, "path"),
    };
  },

  *disable(label: string): Steps<void> {
    const target = parseLabel(label, "disable", NAME);
    const result = yield* call("disable", `${domain(target)}/${target.name}`);
    if (result.code !== 0) throw failed("disable", label, result);
  },

  *enable(label: string, config?: ServiceConfig): Steps<void> {
    const target = parseLabel(label, "enable", NAME);
    const result = yield* call("enable", `${domain(target)}/${target.name}`);
    if (result.code !== 0) throw failed("enable", label, result);
    if (config?.load !== false) yield* ensureLoaded("enable", label, config);
  },

  *load(label: string, config?: ServiceConfig): Steps<void> {
    yield* ensureLoaded("load", label, config);
  },

  hint(verb: HintVerb, label: string): string {
    if (verb === "list") return label ? `launchctl list | grep ${shellQuote(label)}` : "launchctl list";
    const full = /^(gui\/\d+|user\/\d+|system)\//.test(label) ? label : `gui/${uid()}/${label}`;
    const service = shellQuote(full);
    switch (verb) {
      case "restart": return `launchctl kickstart -k ${service}`;
      case "start": return `launchctl kickstart ${service}`;
      case "stop": return `launchctl bootout ${service}`;
      case "inspect": return `launchctl print ${service}`;
      case "load": {
        const name = full.split("/").pop() ?? label;
        return `launchctl bootstrap ${shellQuote(full.slice(0, -name.length - 1))} ~/Library/LaunchAgents/${shellQuote(name)}.plist`;
      }
      default: return `launchctl ${verb} ${service}`;
    }
  },
};
