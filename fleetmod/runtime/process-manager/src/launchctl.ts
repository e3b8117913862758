/**
 * macOS: launchctl(1), subcommands of 10.11 and later. Exit codes seen there: 3 "No such process",
 * 5 "Input/output error" (already loaded, still being removed, disabled, or a bad plist), 36 and 37
 * "Operation (now|already) in progress", 112 "Could not find domain", 113 "Could not find service",
 * 119 "Service is disabled", 125 "Domain does not support specified action".
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename } from "node:path";
import type { Adapter } from "./adapter.ts";
import { ProcessManagerError } from "./errors.ts";
import { operand, parseLabel, shellQuote, splitTarget, type Target } from "./labels.ts";
import { overrideOf, parseList, parsePrint } from "./launchctl-output.ts";
import { OVERDUE, type Result, type Steps } from "./steps.ts";
import type { HintVerb, ManagedService, ServiceConfig, ServiceState } from "./types.ts";

/** The tool that manages services on macOS, for code that looks for its name in a text. */
export const MACOS_SERVICE_TOOL = "launchctl";

const NOT_FOUND = [3, 113];
const IN_PROGRESS = [5, 36, 37];
const DISABLED = 119;
const NO_DOMAIN = [112, 125];
const ATTEMPTS = 8;
const PAUSE_MS = 250;

const ownUid = (): number => process.getuid?.() ?? 501;

function domain(target: Target): string {
  if (target.domain === "system") return "system";
  if (target.domain === "own") return `gui/${ownUid()}`;
  return `${target.domain}/${target.uid}`;
}

const service = (target: Target): string => `${domain(target)}/${target.name}`;

/**
 * Run a subcommand on a target's service, or on `rest` in its domain. Where nobody is logged in at
 * the screen there is no `gui` domain, as over SSH; one's own services are in `user` then
 * (launchctl(1), SUBCOMMANDS).
 */
function* launchctlCall(target: Target, verb: string, flags: string[] = [], rest?: string[]): Steps<Result> {
  const words = (on: Target): string[] => (rest ? [domain(on), ...rest] : [service(on)]);
  const result = yield { argv: [MACOS_SERVICE_TOOL, verb, ...flags, ...words(target)] };
  if (target.domain !== "own" || !NO_DOMAIN.includes(result.code)) return result;
  return yield { argv: [MACOS_SERVICE_TOOL, verb, ...flags, ...words({ ...target, domain: "user", uid: ownUid() })] };
}

function launchctlError(operation: string, label: string, result: Result): ProcessManagerError {
  const code = NOT_FOUND.includes(result.code)
    ? "not-found"
    : result.code === DISABLED || /service is disabled/i.test(result.stderr)
      ? "disabled"
      : "failed";
  return new ProcessManagerError({
    code, operation, label, adapter: MACOS_SERVICE_TOOL, exitCode: result.code, stderr: result.stderr,
  });
}

/** Where launchd looks for jobs (launchd.plist(5), FILES). */
function plistFolders(target: Target): [string, ...string[]] {
  if (target.domain === "system") return ["/Library/LaunchDaemons"];
  return [`${process.env["HOME"] || homedir()}/Library/LaunchAgents`, "/Library/LaunchAgents"];
}

/** A plist of one of these names, where launchd looks for it. */
function findPlist(target: Target, ...names: string[]): string | null {
  const paths = [`${target.name}.plist`, ...names].flatMap((name) => plistFolders(target).map((folder) => `${folder}/${name}`));
  return paths.find((path) => existsSync(path)) ?? null;
}

/** Whether a plist has placeholders for the folders of a node, of which launchd knows nothing. */
function isTemplate(plist: string): boolean {
  try {
    return /__(?:HOME|REPO_ROOT|VAULT)__/.test(readFileSync(plist, "latin1"));
  } catch {
    return false;
  }
}

/** The plist to load for a `source`: itself, or what `fleetmod plists` rendered of a template and is installed. */
function rendered(operation: string, label: string, target: Target, source: string): string {
  if (!isTemplate(source)) return source;
  const installed = findPlist(target, basename(source));
  if (installed !== null && !isTemplate(installed)) return installed;
  throw new ProcessManagerError({
    code: "not-found", operation, label, adapter: MACOS_SERVICE_TOOL,
    stderr: `${source} is a template with placeholders, and no list rendered of it is installed`,
    hint: `fleetmod plists --output ${plistFolders(target)[0]}`,
  });
}

/** The plists that are in no folder of launchd's, by service: `stop` would lose the way back. */
const sources = new Map<string, string>();

function* rememberSource(target: Target): Steps<void> {
  if (findPlist(target) !== null) return;
  const result = yield* launchctlCall(target, "print");
  const { source } = parsePrint(result.code === 0 ? result.stdout : "");
  if (source !== null) sources.set(service(target), source);
}

function rememberedSource(target: Target): string | null {
  const source = sources.get(service(target));
  return source !== undefined && existsSync(source) ? source : null;
}

function* isLoaded(target: Target): Steps<boolean> {
  return (yield* launchctlCall(target, "print")).code === 0;
}

/** Whether the override that `enable` and `disable` write says disabled; null without one. */
function* isDisabled(target: Target): Steps<boolean | null> {
  const result = yield* launchctlCall(target, "print-disabled", [], []);
  return result.code === 0 ? overrideOf(target.name, result.stdout) : null;
}

/** `bootstrap` right after `bootout` fails until the old job is gone, so it is tried again. */
function* bootstrap(operation: string, label: string, target: Target, plist: string): Steps<void> {
  for (let attempt = 1; ; attempt++) {
    const result = yield* launchctlCall(target, "bootstrap", [], [plist]);
    if (result.code === 0 || /already (loaded|bootstrapped|exists)/i.test(result.stderr)) return;
    if (!IN_PROGRESS.includes(result.code)) throw launchctlError(operation, label, result);
    if (yield* isLoaded(target)) return;
    // A disabled service answers 5 too, and no waiting helps.
    if (attempt === 1 && (yield* isDisabled(target))) throw launchctlError(operation, label, { ...result, code: DISABLED });
    const waited = attempt < ATTEMPTS ? yield { pause: PAUSE_MS } : { code: OVERDUE };
    if (waited.code !== 0) throw launchctlError(operation, label, result);
  }
}

function* ensureLoaded(operation: string, label: string, config?: ServiceConfig): Steps<void> {
  const target = parseLabel(label, operation, MACOS_SERVICE_TOOL);
  if (yield* isLoaded(target)) return;
  const given = config?.source;
  const plist = given !== undefined
    ? rendered(operation, label, target, given)
    : findPlist(target) ?? rememberedSource(target);
  if (plist === null) {
    throw new ProcessManagerError({
      code: "not-found", operation, label, adapter: MACOS_SERVICE_TOOL, exitCode: 113,
      stderr: `Could not find service "${target.name}": not loaded, and no ${target.name}.plist is found`,
    });
  }
  yield* bootstrap(operation, label, target, plist);
}

function* kickstart(operation: string, label: string, flags: string[]): Steps<void> {
  const target = parseLabel(label, operation, MACOS_SERVICE_TOOL);
  let result = yield* launchctlCall(target, "kickstart", flags);
  if (NOT_FOUND.includes(result.code)) {
    yield* ensureLoaded(operation, label);
    // What has just been loaded is fresh: -k would kill it in its first moment.
    result = yield* launchctlCall(target, "kickstart");
  }
  // 37: it is being started already, which is what was asked for.
  if (result.code !== 0 && result.code !== 37) throw launchctlError(operation, label, result);
}

function bootstrapHint(target: Target): string {
  const folder = target.domain === "system" ? "/Library/LaunchDaemons" : "~/Library/LaunchAgents";
  return `launchctl bootstrap ${domain(target)} ${folder}/${shellQuote(`${target.name}.plist`)}`;
}

export const launchctl: Adapter = {
  name: MACOS_SERVICE_TOOL,

  *list(pattern: string): Steps<ManagedService[]> {
    const result = yield { argv: [MACOS_SERVICE_TOOL, "list"] };
    if (result.code !== 0) throw launchctlError("list", pattern, result);
    return parseList(result.stdout).filter(({ label }) => label.includes(pattern));
  },

  *restart(label: string): Steps<void> {
    yield* kickstart("restart", label, ["-k"]);
  },

  *start(label: string): Steps<void> {
    yield* kickstart("start", label, []);
  },

  *stop(label: string): Steps<void> {
    const target = parseLabel(label, "stop", MACOS_SERVICE_TOOL);
    yield* rememberSource(target);
    const result = yield* launchctlCall(target, "bootout");
    if (NOT_FOUND.includes(result.code)) return;
    if (result.code !== 0 && result.code !== 36) throw launchctlError("stop", label, result);
    // launchd goes on stopping it after the command has answered, with 36 or with success.
    while (yield* isLoaded(target)) {
      const waited = yield { pause: PAUSE_MS };
      if (waited.code === 0) continue;
      throw new ProcessManagerError({
        code: "timeout", operation: "stop", label, adapter: MACOS_SERVICE_TOOL, exitCode: OVERDUE,
        stderr: `${service(target)} is still being stopped`,
      });
    }
  },

  *inspect(label: string): Steps<ServiceState> {
    const target = parseLabel(label, "inspect", MACOS_SERVICE_TOOL);
    const result = yield* launchctlCall(target, "print");
    if (result.code !== 0 && !NOT_FOUND.includes(result.code)) throw launchctlError("inspect", label, result);
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

  *disable(label: string): Steps<void> {
    const target = parseLabel(label, "disable", MACOS_SERVICE_TOOL);
    const result = yield* launchctlCall(target, "disable");
    if (result.code !== 0) throw launchctlError("disable", label, result);
  },

  *enable(label: string, config?: ServiceConfig): Steps<void> {
    const target = parseLabel(label, "enable", MACOS_SERVICE_TOOL);
    const result = yield* launchctlCall(target, "enable");
    if (result.code !== 0) throw launchctlError("enable", label, result);
    if (config?.load !== false) yield* ensureLoaded("enable", label, config);
  },

  *load(label: string, config?: ServiceConfig): Steps<void> {
    yield* ensureLoaded("load", label, config);
  },

  hint(verb: HintVerb, label: string): string {
    if (verb === "list") return label ? `launchctl list | grep ${operand(label)}` : "launchctl list";
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
