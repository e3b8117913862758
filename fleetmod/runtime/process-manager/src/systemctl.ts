/**
 * Linux: systemctl(1). A label is the unit `<label>.service` of the user manager, whatever uid a
 * `gui/` or `user/` target names; `system/x` is one of the system manager. The timer and path units
 * of that name belong to it, as its triggers belong to a launchd job. Exit codes: 3 not active,
 * 4 no such unit, 5 not loaded (systemctl(1), EXIT STATUS).
 */
import type { Adapter } from "./adapter.ts";
import { ProcessManagerError } from "./errors.ts";
import { operand, parseLabel, shellQuote, splitTarget, type Target } from "./labels.ts";
import type { Result, Steps } from "./steps.ts";
import { isUnreachable, managerAdvice, refuseSudo } from "./systemctl-manager.ts";
import {
  hasJob, isInstalled, isKnown, isOneshot, isUnitLoaded, lastExit, milliseconds, parseShow, pid, PROPERTIES, stateOf,
  type Facts,
} from "./systemctl-output.ts";
import { isDaemon, toLink, triggersOf, unitFiles } from "./systemctl-source.ts";
import type { HintVerb, ManagedService, ServiceConfig, ServiceState } from "./types.ts";

/** A service and the trigger units that are there for it. */
interface Shown {
  service: Facts;
  triggers: Facts[];
  /** Triggers without a file that the manager still has. */
  gone: Facts[];
}

const SYSTEMCTL = "systemctl";
const QUIET = ["--no-ask-password", "--no-pager"];
const DEFAULT_TIMEOUT_MS = 90_000; // DefaultTimeoutStartSec=, DefaultTimeoutStopSec= of systemd-system.conf(5)
const LOOKS = 5;
const LOOK_MS = 200;
const TOO_OFTEN = /attempted too often|start-limit|repeated too quickly/i;

const scope = (target: Target): string => (target.domain === "system" ? "--system" : "--user");
// A space in a unit's name is written as systemd-escape(1) writes it.
const unit = (target: Target): string =>
  `${target.name.replace(/\.service$/, "").replace(/ /g, "\\x20")}.service`;
const labelOfUnit = (facts: Facts): string => id(facts).replace(/\.service$/, "").replace(/\\x20/g, " ");
const id = (facts: Facts): string => facts.get("Id") ?? "";

function* systemctlCall(scope: string, ...args: string[]): Steps<Result> {
  return yield { argv: [SYSTEMCTL, scope, ...QUIET, ...args] };
}

function* must(operation: string, label: string, scope: string, ...args: string[]): Steps<Result> {
  const result = yield* systemctlCall(scope, ...args);
  if (result.code !== 0) throw systemctlError(operation, label, result);
  return result;
}

/** The target of a label; throws where nobody's unit can be meant by it. */
function unitTarget(operation: string, label: string): Target {
  const target = parseLabel(label, operation, SYSTEMCTL);
  refuseSudo(operation, label, SYSTEMCTL, target);
  return target;
}

function systemctlError(operation: string, label: string, result: Result): ProcessManagerError {
  if (isUnreachable(result.stderr)) {
    return new ProcessManagerError({
      code: "no-manager", operation, label, adapter: SYSTEMCTL, exitCode: result.code, stderr: result.stderr,
      hint: managerAdvice(),
    });
  }
  const code = isMissing(result) ? "not-found" : /is masked/i.test(result.stderr) ? "disabled" : "failed";
  return new ProcessManagerError({
    code, operation, label, adapter: SYSTEMCTL, exitCode: result.code, stderr: result.stderr,
  });
}

function isMissing(result: Result): boolean {
  return result.code === 4 || result.code === 5
    || /unit .*(not found|not loaded|does not exist)/i.test(result.stderr);
}

function* show(operation: string, label: string, target: Target): Steps<Shown> {
  const units = [unit(target), ...triggersOf(unit(target))];
  const shown = yield* must(operation, label, scope(target), "show", "--all", `--property=${PROPERTIES}`, ...units);
  const [service = new Map(), ...triggers] = parseShow(shown.stdout);
  const gone = triggers.filter((facts) => !isUnitLoaded(facts) && facts.get("ActiveState") !== "inactive");
  return { service, triggers: triggers.filter(isKnown), gone };
}

/**
 * A call that waits for units, as long as the manager gives them: twice TimeoutStopSec to end, for
 * SIGTERM and for SIGKILL, and TimeoutStartSec to start (systemd.service(5)). What is `infinity`
 * there counts as systemd's default.
 */
function* waitingCall(target: Target, service: Facts, verb: "start" | "stop" | "restart", units: string[]): Steps<Result> {
  const ending = 2 * (milliseconds(service.get("TimeoutStopUSec")) ?? DEFAULT_TIMEOUT_MS);
  const starting = milliseconds(service.get("TimeoutStartUSec")) ?? DEFAULT_TIMEOUT_MS;
  const setting = verb === "stop" ? "TimeoutStopSec" : "TimeoutStartSec";
  const call = yield {
    argv: [SYSTEMCTL, scope(target), ...QUIET, verb, ...units],
    waits: {
      atMost: (verb === "start" ? 0 : ending) + (verb === "stop" ? 0 : starting),
      told: `${unit(target)} is still being ${verb === "stop" ? "stopped" : "started"}`,
      hint: `look at ${setting} in the unit; wait longer by waitMs or PROCESS_MANAGER_WAIT_MS`,
    },
  };
  return call;
}

/**
 * Start a oneshot unit. systemctl would wait until its work is done; here a moment shows whether it
 * fails at once, and what works then goes on.
 */
function* launchOneshot(operation: string, label: string, target: Target, verb: "start" | "restart"): Steps<Result> {
  const asked = yield* systemctlCall(scope(target), verb, "--no-block", unit(target));
  if (asked.code !== 0) return asked;
  for (let look = 0; look < LOOKS; look++) {
    const { service } = yield* show(operation, label, target);
    if (!hasJob(service)) {
      if (service.get("ActiveState") !== "failed") return asked;
      return { code: 1, stdout: "", stderr: `${unit(target)} failed: ${service.get("Result")}` };
    }
    yield { pause: LOOK_MS };
  }
  return asked;
}

/** Start or restart the service alone, its triggers are another matter. */
function* launchService(operation: string, label: string, target: Target, verb: "start" | "restart"): Steps<void> {
  const { service } = yield* show(operation, label, target);
  const once = (): Steps<Result> => isOneshot(service)
    ? launchOneshot(operation, label, target, verb)
    : waitingCall(target, service, verb, [unit(target)]);
  let result = yield* once();
  if (result.code !== 0 && TOO_OFTEN.test(result.stderr)) {
    // StartLimitBurst of systemd.unit(5) refuses it; a start that is asked for is no crash loop.
    yield* systemctlCall(scope(target), "reset-failed", unit(target));
    result = yield* once();
  }
  if (result.code !== 0) throw systemctlError(operation, label, result);
}

function* launch(operation: "start" | "restart", label: string): Steps<void> {
  const target = unitTarget(operation, label);
  yield* launchService(operation, label, target, operation);
  // `stop` has stopped them too; what is disabled stays off.
  const triggers = (yield* show(operation, label, target)).triggers.filter(isInstalled).map(id);
  if (triggers.length > 0) yield* must(operation, label, scope(target), "start", ...triggers);
}

/** Stop the triggers that run on though their files are gone, and drop what is left of them. */
function* dropGone(operation: string, label: string, on: string, gone: readonly Facts[]): Steps<void> {
  const running = gone.filter(isKnown).map(id);
  if (running.length > 0) yield* must(operation, label, on, "stop", ...running);
  if (gone.length === 0) return;
  // each fails where nothing is left to do
  yield* systemctlCall(on, "disable", ...gone.map(id));
  yield* systemctlCall(on, "reset-failed", ...gone.map(id));
}

function* makeKnown(operation: string, label: string, config?: ServiceConfig): Steps<[Target, Shown]> {
  const target = unitTarget(operation, label);
  const on = scope(target);
  const source = config?.source ?? "";
  const files = source === "" ? [] : unitFiles(source, unit(target), target.domain === "system");
  const isPlist = source.endsWith(".plist");
  if (!isPlist && files.length > 0) yield* must(operation, label, on, "link", ...files);
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
  if (isUnitLoaded(shown.service)) return [target, shown];
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
function* warnOfLogout(target: Target): Steps<void> {
  const uid = process.getuid?.();
  if (target.domain === "system" || uid === undefined) return;
  const result = yield { argv: ["loginctl", "show-user", String(uid), "--property=Linger"], optional: true };
  if (result.code !== 0 || result.stdout.trim() !== "Linger=no") return;
  yield {
    warning: `${unit(target)} is enabled, but ends when user ${uid} logs out, and does not start at boot; `
      + "run: loginctl enable-linger",
  };
}

export const systemctl: Adapter = {
  name: SYSTEMCTL,

  *list(pattern: string): Steps<ManagedService[]> {
    refuseSudo("list", pattern, SYSTEMCTL, splitTarget(""));
    // `list-units` tells neither PID nor exit status; `show` tells both of all units in one call.
    const shown = yield* must("list", pattern, "--user", "show", "--all", `--property=${PROPERTIES}`, "*.service");
    return parseShow(shown.stdout)
      .filter(isKnown)
      .map((facts) => ({ label: labelOfUnit(facts), pid: pid(facts), lastExit: lastExit(facts) }))
      .filter(({ label }) => label.includes(pattern))
      .sort((one, other) => (one.label < other.label ? -1 : 1));
  },

  restart: (label: string): Steps<void> => launch("restart", label),
  start: (label: string): Steps<void> => launch("start", label),

  *stop(label: string): Steps<void> {
    const target = unitTarget("stop", label);
    const { service, triggers } = yield* show("stop", label, target);
    const result = yield* waitingCall(target, service, "stop", [...triggers.map(id), unit(target)]);
    if (result.code !== 0 && !isMissing(result)) throw systemctlError("stop", label, result);
  },

  *inspect(label: string): Steps<ServiceState> {
    const target = unitTarget("inspect", label);
    const { service, triggers } = yield* show("inspect", label, target);
    return stateOf(target.name, service, triggers);
  },

  *disable(label: string): Steps<void> {
    const target = unitTarget("disable", label);
    const { triggers } = yield* show("disable", label, target);
    const result = yield* systemctlCall(scope(target), "disable", unit(target), ...triggers.filter(isUnitLoaded).map(id));
    // What is not installed does not start, and disabling a linked unit twice finds it gone.
    if (result.code !== 0 && !isMissing(result)) throw systemctlError("disable", label, result);
  },

  *enable(label: string, config?: ServiceConfig): Steps<void> {
    const [target, { triggers }] = yield* makeKnown("enable", label, config);
    const on = scope(target);
    const units = triggers.map(id);
    yield* must("enable", label, on, "enable", unit(target), ...units);
    if (config?.load !== false) {
      // What starts on demand, by its triggers or by hand, is not started for being enabled, as launchd
      // runs no job without RunAtLoad or KeepAlive for being loaded (launchd.plist(5), RunAtLoad).
      if (units.length > 0) yield* must("enable", label, on, "start", ...units);
      const own = isInstalled((yield* show("enable", label, target)).service);
      if (own) yield* launchService("enable", label, target, "start");
    }
    yield* warnOfLogout(target);
  },

  *load(label: string, config?: ServiceConfig): Steps<void> {
    const [target, { service, triggers }] = yield* makeKnown("load", label, config);
    // As launchd runs RunAtLoad jobs once they are loaded: what starts with the manager starts now.
    const starting = [service, ...triggers].filter(isInstalled).map(id);
    if (starting.length > 0) yield* must("load", label, scope(target), "start", "--no-block", ...starting);
  },

  hint(verb: HintVerb, label: string): string {
    if (verb === "list") {
      const pattern = label ? ` ${shellQuote(`*${label}*`)}` : "";
      return `systemctl --user list-units --all${pattern}`;
    }
    const target = splitTarget(label);
    const tool = target.domain === "system" ? "systemctl" : "systemctl --user";
    if (verb === "load") return `${tool} daemon-reload`;
    const command = verb === "inspect" ? "status" : verb === "enable" ? "enable --now" : verb;
    return `${tool} ${command} ${operand(unit(target))}`;
  },
};
