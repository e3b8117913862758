/**
 * macOS: launchctl(1), subcommands of 10.11 and later. Exit codes seen there: 3 "No such process",
 * 5 "Input/output error" (already loaded, still being removed, disabled, or a bad plist), 36 and 37
 * "Operation (now|already) in progress", 112 "Could not find domain", 113 "Could not find service",
 * 119 "Service is disabled", 125 "Domain does not support specified action". 5, 36 and 37 say
 * nothing for certain: whether the service is loaded then decides.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Adapter } from "./adapter.ts";
import { ProcessManagerError } from "./errors.ts";
import { operand, parseLabel, shellQuote, splitTarget, type Target } from "./labels.ts";
import {
  callIn, domainsOf, hasNoDomain, isAbsent, isUnderSudo, launchctlCall, type Answer,
} from "./launchctl-domains.ts";
import { exitTimeout, overrideOf, parseDomain, parseList, parsePrint } from "./launchctl-output.ts";
import { findPlist, isSameFile, isTemplate, labelOf, plistFolders, plistNamed, renderedOf } from "./launchctl-plists.ts";
import { MACOS_SERVICE_TOOL } from "./launchctl-tool.ts";
import { OVERDUE, type Result, type Steps } from "./steps.ts";
import type { HintVerb, ManagedService, ServiceConfig, ServiceState } from "./types.ts";

const IN_PROGRESS = [5, 36, 37];
const STARTING = 37;
const DISABLED = 119;
const ATTEMPTS = 8;
const PAUSE_MS = 250;

const service = (target: Target): string => `${domainsOf(target)[0]}/${target.name}`;

function launchctlError(operation: string, label: string, result: Result, hint?: string): ProcessManagerError {
  const code = isAbsent(result)
    ? "not-found"
    : result.code === DISABLED || /service is disabled/i.test(result.stderr)
      ? "disabled"
      : "failed";
  const advice = hasNoDomain(result)
    ? "that user is not logged in there: log in, or name another domain, as in user/501/x"
    : hint;
  return new ProcessManagerError({
    code, operation, label, adapter: MACOS_SERVICE_TOOL, exitCode: result.code, stderr: result.stderr,
    ...(advice === undefined ? {} : { hint: advice }),
  });
}

/** The plists that are in no folder of launchd's, by service: `stop` would lose the way back. */
const sources = new Map<string, string>();

function* rememberSource(target: Target, { stdout }: Result): Steps<void> {
  const { source } = parsePrint(stdout);
  if (source !== null && (yield* findPlist(target)) === null) sources.set(service(target), source);
}

function rememberedSource(target: Target): string | null {
  const source = sources.get(service(target));
  return source !== undefined && existsSync(source) ? source : null;
}

/** What `print` says of a service that is loaded; null where it is not, and an error where that stays unknown. */
function* printed(operation: string, label: string, target: Target): Steps<Answer | null> {
  const answer = yield* launchctlCall(target, "print");
  if (answer.code === 0) return answer;
  if (isAbsent(answer) || hasNoDomain(answer)) return null;
  throw launchctlError(operation, label, answer);
}

/** Whether it is loaded a moment later, too: one that is being removed can still be found (36, 37). */
function* staysLoaded(operation: string, label: string, target: Target): Steps<boolean> {
  if ((yield* printed(operation, label, target)) === null) return false;
  yield { pause: PAUSE_MS };
  return (yield* printed(operation, label, target)) !== null;
}

/** Whether the override that `enable` and `disable` write says disabled; null without one. */
function* isDisabled(target: Target): Steps<boolean | null> {
  const result = yield* launchctlCall(target, "print-disabled", [], []);
  return result.code === 0 ? overrideOf(target.name, result.stdout) : null;
}

/** `bootstrap` right after `bootout` fails until the old job is gone, so it is tried again. */
function* bootstrap(operation: string, label: string, target: Target, plist: string): Steps<string> {
  for (let attempt = 1; ; attempt++) {
    const result = yield* launchctlCall(target, "bootstrap", [], [plist]);
    if (result.code === 0 || /already (loaded|bootstrapped|exists)/i.test(result.stderr)) return result.domain;
    if (!IN_PROGRESS.includes(result.code)) throw launchctlError(operation, label, result);
    if (yield* staysLoaded(operation, label, target)) return result.domain;
    // A disabled service answers 5 too, and no waiting helps.
    if (attempt === 1 && (yield* isDisabled(target))) throw launchctlError(operation, label, { ...result, code: DISABLED });
    const waited = attempt < ATTEMPTS ? yield { pause: PAUSE_MS } : { code: OVERDUE };
    if (waited.code !== 0) throw launchctlError(operation, label, result, bootstrapAdvice(target, plist));
  }
}

/** launchd's own words for 5 name no cause; these are the ones it has (launchd.plist(5), Ownership). */
function bootstrapAdvice(target: Target, plist: string): string {
  const owner = target.domain === "system" ? "root" : "its user";
  return `try plutil -lint ${shellQuote(plist)}; see that its program is there, that the file belongs to ${owner} `
    + "with mode 644, and that the home is on the boot volume";
}

/** Load it, from `config.source` where it is given; gives the domain that it is loaded in. */
function* ensureLoaded(operation: string, label: string, target: Target, config?: ServiceConfig): Steps<string> {
  const known = yield* printed(operation, label, target);
  const given = config?.source;
  const template = given !== undefined && isTemplate(given);
  const wanted = given === undefined ? null : template ? renderedOf(target, given) : resolve(given);
  if (known !== null) {
    const { source } = parsePrint(known.stdout);
    if (wanted === null || source === null || isSameFile(source, wanted)) return known.domain;
    // launchd keeps the definition that it has loaded, and answers 5 to another one.
    throw new ProcessManagerError({
      code: "failed", operation, label, adapter: MACOS_SERVICE_TOOL, exitCode: 5,
      stderr: `${target.name} is loaded from ${source}, not from ${wanted}`,
      hint: `stop it first, which ends it: stop(${JSON.stringify(label)})`,
    });
  }
  if (template && wanted === null) throw notRendered(operation, label, target, given);
  const plist = wanted ?? (yield* findPlist(target)) ?? rememberedSource(target);
  if (plist === null) {
    const folders = plistFolders(target).join(" and ");
    throw noPlist(operation, label, target, `not loaded, and no plist in ${folders} has that Label`);
  }
  return yield* bootstrap(operation, label, target, plist);
}

function notRendered(operation: string, label: string, target: Target, template: string): ProcessManagerError {
  return new ProcessManagerError({
    code: "not-found", operation, label, adapter: MACOS_SERVICE_TOOL,
    stderr: `${template} is a template with placeholders, and no list rendered of it is installed`,
    hint: `fleetmod plists --output ${plistFolders(target)[0]}`,
  });
}

function noPlist(operation: string, label: string, { name }: Target, why: string): ProcessManagerError {
  return new ProcessManagerError({
    code: "not-found", operation, label, adapter: MACOS_SERVICE_TOOL, exitCode: 113,
    stderr: `Could not find service "${name}": ${why}`,
    hint: `name its file: load(${JSON.stringify(label)}, { source })`,
  });
}

/** The service that a label and a source mean: launchd loads what the file says. */
function* targetOf(operation: string, label: string, config?: ServiceConfig): Steps<Target> {
  const target = parseLabel(label, operation, MACOS_SERVICE_TOOL);
  const found = config?.source === undefined ? null : yield* labelOf(config.source);
  if (found === null || found === target.name) return target;
  yield { warning: `${config?.source} has the Label ${found}, not ${target.name}: ${found} is meant` };
  return { ...target, name: found };
}

function* kickstart(operation: string, label: string, flags: string[]): Steps<void> {
  const target = parseLabel(label, operation, MACOS_SERVICE_TOOL);
  let result = yield* launchctlCall(target, "kickstart", flags);
  // It is being started already, which is what was asked for, or it is being removed.
  if (result.code === STARTING && (yield* staysLoaded(operation, label, target))) return;
  if (isAbsent(result) || result.code === STARTING) {
    yield* ensureLoaded(operation, label, target);
    // What has just been loaded is fresh: -k would kill it in its first moment.
    result = yield* launchctlCall(target, "kickstart");
    if (result.code === STARTING && (yield* staysLoaded(operation, label, target))) return;
  }
  if (result.code !== 0) throw launchctlError(operation, label, result);
}

/** Remove it from each domain that has it, and wait until it is gone; gives whether one had it. */
function* bootout(operation: string, label: string, target: Target): Steps<boolean> {
  const answers: Answer[] = [];
  for (const domain of domainsOf(target)) {
    const before = yield* callIn(domain, target, "print");
    answers.push(before);
    if (isAbsent(before) || hasNoDomain(before)) continue;
    if (before.code !== 0) throw launchctlError(operation, label, before);
    yield* rememberSource(target, before);
    const answer = yield* callIn(domain, target, "bootout");
    if (answer.code !== 0 && answer.code !== 36 && !isAbsent(answer)) throw launchctlError(operation, label, answer);
    yield* waitUntilGone(operation, label, target, domain, exitTimeout(before.stdout));
  }
  const [first] = answers;
  if (first !== undefined && answers.every(hasNoDomain)) throw launchctlError(operation, label, first);
  return answers.some(({ code }) => code === 0);
}

/**
 * launchd goes on stopping a job after the command has answered, with 36 or with success: SIGTERM,
 * and after ExitTimeOut SIGKILL (launchd.plist(5), ExitTimeOut).
 */
function* waitUntilGone(operation: string, label: string, target: Target, domain: string, atMost: number): Steps<void> {
  for (;;) {
    const answer = yield* callIn(domain, target, "print");
    if (isAbsent(answer) || hasNoDomain(answer)) return;
    if (answer.code !== 0) throw launchctlError(operation, label, answer);
    const waited = yield { pause: PAUSE_MS, atMost };
    if (waited.code === 0) continue;
    throw new ProcessManagerError({
      code: "timeout", operation, label, adapter: MACOS_SERVICE_TOOL, exitCode: OVERDUE,
      stderr: `${domain}/${target.name} is still being stopped`,
      hint: "look at ExitTimeOut in its plist; wait longer by waitMs or PROCESS_MANAGER_WAIT_MS",
    });
  }
}

function bootstrapHint(target: Target): string {
  const folder = target.domain === "system" ? "/Library/LaunchDaemons" : "~/Library/LaunchAgents";
  return `launchctl bootstrap ${domainsOf(target)[0]} ${folder}/${shellQuote(`${target.name}.plist`)}`;
}

export const launchctl: Adapter = {
  name: MACOS_SERVICE_TOOL,

  *list(pattern: string): Steps<ManagedService[]> {
    const services = new Map<string, ManagedService>();
    if (!isUnderSudo()) {
      const result = yield { argv: [MACOS_SERVICE_TOOL, "list"] };
      if (result.code !== 0) throw launchctlError("list", pattern, result);
      for (const each of parseList(result.stdout)) services.set(each.label, each);
    }
    // `list` tells of the domain that it runs in; one's own services can be in the other, too.
    const own = splitTarget("");
    const answers: Result[] = [];
    for (const domain of domainsOf(own)) {
      const result = yield { argv: [MACOS_SERVICE_TOOL, "print", domain] };
      answers.push(result);
      for (const each of parseDomain(result.code === 0 ? result.stdout : "")) {
        if (!services.has(each.label)) services.set(each.label, each);
      }
    }
    const [first] = answers;
    if (isUnderSudo() && first && answers.every(({ code }) => code !== 0)) throw launchctlError("list", pattern, first);
    return [...services.values()].filter(({ label }) => label.includes(pattern));
  },

  *restart(label: string): Steps<void> {
    yield* kickstart("restart", label, ["-k"]);
  },

  *start(label: string): Steps<void> {
    yield* kickstart("start", label, []);
  },

  *stop(label: string): Steps<void> {
    const target = parseLabel(label, "stop", MACOS_SERVICE_TOOL);
    if (yield* bootout("stop", label, target)) return;
    const named = plistNamed(target);
    const other = named === null ? null : yield* labelOf(named);
    if (other === null || other === target.name) return;
    throw new ProcessManagerError({
      code: "not-found", operation: "stop", label, adapter: MACOS_SERVICE_TOOL, exitCode: 113,
      stderr: `${named} has the Label ${other}, and nothing is loaded as ${target.name}`,
      hint: `use the label ${other}`,
    });
  },

  *inspect(label: string): Steps<ServiceState> {
    const target = parseLabel(label, "inspect", MACOS_SERVICE_TOOL);
    const result = yield* launchctlCall(target, "print");
    if (result.code !== 0 && !isAbsent(result)) throw launchctlError("inspect", label, result);
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

  *disable(label: string): Steps<void> {
    const target = parseLabel(label, "disable", MACOS_SERVICE_TOOL);
    const result = yield* launchctlCall(target, "disable");
    if (result.code !== 0) throw launchctlError("disable", label, result);
  },

  *enable(label: string, config?: ServiceConfig): Steps<void> {
    const target = yield* targetOf("enable", label, config);
    const result = yield* launchctlCall(target, "enable");
    if (result.code !== 0) throw launchctlError("enable", label, result);
    if (config?.load === false) return;
    yield* ensureLoaded("enable", label, target, config);
    if (result.domain === domainsOf(target)[0]) return;
    // launchd loads LaunchAgents at a login, and nobody is logged in at the screen (launchd(8)).
    yield {
      warning: `${target.name} is enabled and loaded into ${result.domain}, but does not start at boot until its user `
        + `logs in; for that make it a LaunchDaemon: system/${target.name}`,
    };
  },

  *load(label: string, config?: ServiceConfig): Steps<void> {
    yield* ensureLoaded("load", label, yield* targetOf("load", label, config), config);
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
