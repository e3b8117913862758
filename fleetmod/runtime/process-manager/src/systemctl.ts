/**
 * Linux: systemctl(1). A label is the unit `<label>.service` of the user manager; `system/x` is one
 * of the system manager. Exit codes: 3 not running, 4 no such unit, 5 not loaded (LSB, systemctl(1)
 * EXIT STATUS).
 */
import type { Adapter } from "./adapter.ts";
import { ProcessManagerError } from "./errors.ts";
import { parseLabel, shellQuote, type Target } from "./labels.ts";
import type { Result, Steps } from "./steps.ts";
import type { HintVerb, ManagedService, ServiceConfig, ServiceState } from "./types.ts";

const NAME = "systemctl";
const SHOWN = [
  "Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "MainPID", "ExecMainStatus",
  "ExecMainStartTimestampMonotonic", "ExecStart", "WorkingDirectory", "FragmentPath", "NRestarts",
];

const scope = (target: Target): string[] => (target.domain === "system" ? ["--system"] : ["--user"]);
const unit = (target: Target): string =>
  target.name.endsWith(".service") ? target.name : `${target.name}.service`;

function* call(...args: string[]): Steps<Result> {
  return yield { argv: [NAME, ...args] };
}

function failed(operation: string, label: string, result: Result): ProcessManagerError {
  const missing = result.code === 4 || result.code === 5
    || /not found|not loaded|does not exist|no such file/i.test(result.stderr);
  const code = missing ? "not-found" : /is masked/i.test(result.stderr) ? "disabled" : "failed";
  return new ProcessManagerError({
    code, operation, label, adapter: NAME, exitCode: result.code, stderr: result.stderr,
  });
}

function* act(operation: string, label: string, ...verb: string[]): Steps<void> {
  const target = parseLabel(label, operation, NAME);
  const result = yield* call(...scope(target), ...verb, unit(target));
  if (result.code !== 0) throw failed(operation, label, result);
}

function* show(target: Target): Steps<Map<string, string>> {
  const result = yield* call(...scope(target), "show", "-p", SHOWN.join(","), unit(target));
  if (result.code !== 0) throw failed("inspect", target.name, result);
  const facts = new Map<string, string>();
  for (const line of result.stdout.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) facts.set(line.slice(0, at), line.slice(at + 1));
  }
  return facts;
}

function* makeKnown(operation: string, label: string, config?: ServiceConfig): Steps<Target> {
  const target = parseLabel(label, operation, NAME);
  if (config?.source?.startsWith("/") && /\.(service|timer|path)$/.test(config.source)) {
    const linked = yield* call(...scope(target), "link", config.source);
    if (linked.code !== 0 && !/already exists/i.test(linked.stderr)) throw failed(operation, label, linked);
  }
  const reloaded = yield* call(...scope(target), "daemon-reload");
  if (reloaded.code !== 0) throw failed(operation, label, reloaded);
  if ((yield* show(target)).get("LoadState") === "not-found") {
    throw new ProcessManagerError({
      code: "not-found", operation, label, adapter: NAME, exitCode: 4,
      stderr: `no unit ${unit(target)} is installed`,
    });
  }
  return target;
}

function number(text: string | undefined): number | null {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}

export const systemctl: Adapter = {
  name: NAME,

  *list(pattern: string): Steps<ManagedService[]> {
    const units = yield* call("--user", "list-units", "--all", "--type=service", "--output=json");
    if (units.code !== 0) throw failed("list", pattern, units);
    const names = (JSON.parse(units.stdout || "[]") as { unit: string; load: string }[])
      .filter((each) => each.load === "loaded" && each.unit.includes(pattern))
      .map((each) => each.unit);
    const services: ManagedService[] = [];
    for (const name of names) {
      const facts = yield* show({ domain: "own", uid: null, name });
      services.push({
        label: name.replace(/\.service$/, ""),
        pid: number(facts.get("MainPID")) || null,
        lastExit: ran(facts) ? number(facts.get("ExecMainStatus")) : null,
      });
    }
    return services;
  },

  restart: (label: string): Steps<void> => act("restart", label, "restart"),
  start: (label: string): Steps<void> => act("start", label, "start"),

  *stop(label: string): Steps<void> {
    const target = parseLabel(label, "stop", NAME);
    const result = yield* call(...scope(target), "stop", unit(target));
    if (result.code !== 0 && result.code !== 5) throw failed("stop", label, result);
  },

  *inspect(label: string): Steps<ServiceState> {
    const target = parseLabel(label, "inspect", NAME);
    const facts = yield* show(target);
    const fileState = facts.get("UnitFileState") ?? "";
    const active = facts.get("ActiveState") ?? "";
    return {
      label: target.name,
      loaded: facts.get("LoadState") === "loaded",
      enabled: fileState ? /^(enabled|static|linked|generated)/.test(fileState) : null,
      pid: number(facts.get("MainPID")) || null,
      state: active === "active" && facts.get("SubState") === "running" ? "running" : active || null,
      program: /\bpath=([^;]+?) ;/.exec(facts.get("ExecStart") ?? "")?.[1] ?? null,
      workingDirectory: facts.get("WorkingDirectory") || null,
      lastExit: ran(facts) ? number(facts.get("ExecMainStatus")) : null,
      runs: ran(facts) ? (number(facts.get("NRestarts")) ?? 0) + 1 : 0,
      source: facts.get("FragmentPath") || null,
    };
  },

  disable: (label: string): Steps<void> => act("disable", label, "disable"),

  *enable(label: string, config?: ServiceConfig): Steps<void> {
    const target = yield* makeKnown("enable", label, config);
    const now = config?.load === false ? [] : ["--now"];
    const result = yield* call(...scope(target), "enable", ...now, unit(target));
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
    const system = label.startsWith("system/");
    const name = shellQuote(`${label.split("/").pop() ?? label}.service`);
    const tool = system ? "systemctl" : "systemctl --user";
    if (verb === "inspect") return `${tool} status ${name}`;
    if (verb === "load") return `${tool} daemon-reload`;
    if (verb === "enable") return `${tool} enable --now ${name}`;
    return `${tool} ${verb} ${name}`;
  },
};

function ran(facts: Map<string, string>): boolean {
  return (number(facts.get("ExecMainStartTimestampMonotonic")) ?? 0) > 0;
}
