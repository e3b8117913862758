/**
 * Linux: systemctl(1). A label is the unit `<label>.service` of the user manager, whatever uid a
 * `gui/` or `user/` target names; `system/x` is one of the system manager. Exit codes: 4 no such
 * unit, 5 not loaded (systemctl(1), EXIT STATUS).
 */
import { resolve } from "node:path";
import type { Adapter } from "./adapter.ts";
import { ProcessManagerError } from "./errors.ts";
import { operand, parseLabel, shellQuote, splitTarget, type Target } from "./labels.ts";
import type { Result, Steps } from "./steps.ts";
import type { HintVerb, ManagedService, ServiceConfig, ServiceState } from "./types.ts";

/** The properties of one unit, by name (systemctl(1), show). */
type Facts = Map<string, string>;

const NAME = "systemctl";
const SHOWN = [
  "Id", "LoadState", "LoadError", "ActiveState", "SubState", "UnitFileState", "MainPID",
  "ExecMainCode", "ExecMainStatus", "ExecMainStartTimestampMonotonic", "ExecStart",
  "WorkingDirectory", "FragmentPath", "NRestarts",
];
const EXITED = "1"; // CLD_EXITED of waitid(2); what else is not 0 was ended by a signal
const TOO_OFTEN = /attempted too often|start-limit|repeated too quickly/i;

const scope = (target: Target): string => (target.domain === "system" ? "--system" : "--user");
const unit = (target: Target): string =>
  target.name.endsWith(".service") ? target.name : `${target.name}.service`;

function* call(scope: string, ...args: string[]): Steps<Result> {
  return yield { argv: [NAME, scope, "--no-ask-password", "--no-pager", ...args] };
}

function failed(operation: string, label: string, result: Result): ProcessManagerError {
  const code = isMissing(result) ? "not-found" : /is masked/i.test(result.stderr) ? "disabled" : "failed";
  return new ProcessManagerError({
    code, operation, label, adapter: NAME, exitCode: result.code, stderr: result.stderr,
  });
}

function isMissing(result: Result): boolean {
  return result.code === 4 || result.code === 5
    || /unit .*(not found|not loaded|does not exist)/i.test(result.stderr);
}

function* launch(operation: "start" | "restart", label: string): Steps<void> {
  const target = parseLabel(label, operation, NAME);
  let result = yield* call(scope(target), operation, unit(target));
  if (result.code !== 0 && TOO_OFTEN.test(result.stderr)) {
    // StartLimitBurst of systemd.unit(5) refuses it; a start that is asked for is no crash loop.
    yield* call(scope(target), "reset-failed", unit(target));
    result = yield* call(scope(target), operation, unit(target));
  }
  if (result.code !== 0) throw failed(operation, label, result);
}

/** The facts of the units that `names` match, one map each. */
function* show(scope: string, operation: string, label: string, ...names: string[]): Steps<Facts[]> {
  const result = yield* call(scope, "show", "--all", `--property=${SHOWN.join(",")}`, ...names);
  if (result.code !== 0) throw failed(operation, label, result);
  const blocks = result.stdout.split("\n\n").filter((block) => block.trim() !== "");
  return blocks.map((block) => {
    const facts: Facts = new Map();
    for (const line of block.split("\n")) {
      const at = line.indexOf("=");
      if (at > 0) facts.set(line.slice(0, at), line.slice(at + 1));
    }
    return facts;
  });
}

function* showOne(operation: string, label: string, target: Target): Steps<Facts> {
  return (yield* show(scope(target), operation, label, unit(target)))[0] ?? new Map();
}

function* makeKnown(operation: string, label: string, config?: ServiceConfig): Steps<Target> {
  const target = parseLabel(label, operation, NAME);
  if (config?.source !== undefined && config.source.endsWith(".service")) {
    const linked = yield* call(scope(target), "link", resolve(config.source));
    if (linked.code !== 0) throw failed(operation, label, linked);
  }
  const reloaded = yield* call(scope(target), "daemon-reload");
  if (reloaded.code !== 0) throw failed(operation, label, reloaded);
  const facts = yield* showOne(operation, label, target);
  const state = facts.get("LoadState");
  if (state === "loaded") return target;
  throw new ProcessManagerError({
    code: state === "not-found" ? "not-found" : state === "masked" ? "disabled" : "failed",
    operation, label, adapter: NAME, exitCode: 4,
    stderr: `${unit(target)} is ${state} ${facts.get("LoadError") ?? ""}`,
  });
}

function number(text: string | undefined): number | null {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}

/** Running, or with a unit file; a unit whose file is gone can still run. */
function isKnown(facts: Facts): boolean {
  return facts.get("LoadState") === "loaded" || facts.get("ActiveState") === "active";
}

function lastExit(facts: Facts): number | null {
  const how = facts.get("ExecMainCode") ?? "0";
  const status = number(facts.get("ExecMainStatus"));
  if (how === "0" || status === null) return null;
  return how === EXITED ? status : -status;
}

const pid = (facts: Facts): number | null => number(facts.get("MainPID")) || null;

export const systemctl: Adapter = {
  name: NAME,

  *list(pattern: string): Steps<ManagedService[]> {
    return (yield* show("--user", "list", pattern, "*.service"))
      .filter(isKnown)
      .map((facts) => ({
        label: (facts.get("Id") ?? "").replace(/\.service$/, ""), pid: pid(facts), lastExit: lastExit(facts),
      }))
      .filter(({ label }) => label.includes(pattern))
      .sort((one, other) => (one.label < other.label ? -1 : 1));
  },

  restart: (label: string): Steps<void> => launch("restart", label),
  start: (label: string): Steps<void> => launch("start", label),

  *stop(label: string): Steps<void> {
    const target = parseLabel(label, "stop", NAME);
    const result = yield* call(scope(target), "stop", unit(target));
    if (result.code !== 0 && !isMissing(result)) throw failed("stop", label, result);
  },

  *inspect(label: string): Steps<ServiceState> {
    const target = parseLabel(label, "inspect", NAME);
    const facts = yield* showOne("inspect", label, target);
    const fileState = facts.get("UnitFileState") ?? "";
    const active = facts.get("ActiveState") ?? "";
    const started = (number(facts.get("ExecMainStartTimestampMonotonic")) ?? 0) > 0;
    return {
      label: target.name,
      loaded: isKnown(facts),
      enabled: fileState ? /^(enabled|static|alias|generated)/.test(fileState) : null,
      pid: pid(facts),
      state: active === "active" && facts.get("SubState") === "running" ? "running" : active || null,
      program: /\bpath=([^;]+?) ;/.exec(facts.get("ExecStart") ?? "")?.[1] ?? null,
      workingDirectory: facts.get("WorkingDirectory") || null,
      lastExit: lastExit(facts),
      runs: started ? (number(facts.get("NRestarts")) ?? 0) + 1 : 0,
      source: facts.get("FragmentPath") || null,
    };
  },

  *disable(label: string): Steps<void> {
    const target = parseLabel(label, "disable", NAME);
    const result = yield* call(scope(target), "disable", unit(target));
    // What is not installed does not start, and disabling a linked unit twice finds it gone.
    if (result.code !== 0 && !isMissing(result)) throw failed("disable", label, result);
  },

  *enable(label: string, config?: ServiceConfig): Steps<void> {
    const target = yield* makeKnown("enable", label, config);
    const now = config?.load === false ? [] : ["--now"];
    const result = yield* call(scope(target), "enable", ...now, unit(target));
    if (result.code !== 0) throw failed("enable", label, result);
  },

  *load(label: string, config?: ServiceConfig): Steps<void> {
    yield* makeKnown("load", label, config);
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
