/** Reads what `systemctl show` prints (systemctl(1), systemd.unit(5), org.freedesktop.systemd1(5)). */
import type { ServiceState } from "./types.ts";

/** The properties of one unit, by name. */
export type Facts = ReadonlyMap<string, string>;

export const PROPERTIES: string = [
  "Id", "LoadState", "LoadError", "ActiveState", "SubState", "UnitFileState", "MainPID",
  "ExecMainCode", "ExecMainStatus", "ExecMainStartTimestampMonotonic", "ExecStart",
  "WorkingDirectory", "FragmentPath", "NRestarts", "Type", "Job", "Result", "TimeoutStartUSec", "TimeoutStopUSec",
].join(",");
const EXITED = "1"; // CLD_EXITED of waitid(2); what else is not 0 was ended by a signal

/** One map for each unit, in the order of the output. */
export function parseShow(output: string): Facts[] {
  const blocks = output.split("\n\n").filter((block) => block.trim() !== "");
  return blocks.map((block) => {
    const facts = new Map<string, string>();
    for (const line of block.split("\n")) {
      const at = line.indexOf("=");
      if (at > 0) facts.set(line.slice(0, at), line.slice(at + 1));
    }
    return facts;
  });
}

/** Running, or with a unit file; a unit whose file is gone can still run. */
export function isKnown(facts: Facts): boolean {
  return facts.get("LoadState") === "loaded" || facts.get("ActiveState") === "active";
}

export function isUnitLoaded(facts: Facts): boolean {
  return facts.get("LoadState") === "loaded";
}

/** Whether the unit's own [Install] section is in force. */
export function isInstalled(facts: Facts): boolean {
  return (facts.get("UnitFileState") ?? "").startsWith("enabled");
}

export const pid = (facts: Facts): number | null => exactNumber(facts.get("MainPID")) || null;

export function lastExit(facts: Facts): number | null {
  const how = facts.get("ExecMainCode") ?? "0";
  const status = exactNumber(facts.get("ExecMainStatus"));
  if (how === "0" || status === null) return null;
  return how === EXITED ? status : -status;
}

/** The state of a service, and of the timer and path units that start it. */
export function stateOf(label: string, service: Facts, triggers: readonly Facts[]): ServiceState {
  const active = service.get("ActiveState") ?? "";
  const started = (exactNumber(service.get("ExecMainStartTimestampMonotonic")) ?? 0) > 0;
  return {
    label,
    loaded: isKnown(service),
    enabled: isEnabled(service, triggers),
    pid: pid(service),
    state: active === "active" && service.get("SubState") === "running" ? "running" : active || null,
    program: /\bpath=([^;]+?) ;/.exec(service.get("ExecStart") ?? "")?.[1] ?? null,
    workingDirectory: service.get("WorkingDirectory") || null,
    lastExit: lastExit(service),
    runs: started ? (exactNumber(service.get("NRestarts")) ?? 0) + 1 : 0,
    source: service.get("FragmentPath") || null,
  };
}

/** `start` of a oneshot unit waits until its work is done (systemd.service(5), Type=). */
export const isOneshot = (facts: Facts): boolean => facts.get("Type") === "oneshot";

/** Whether the manager has still to do what was last asked of the unit. */
export const hasJob = (facts: Facts): boolean => (exactNumber(facts.get("Job")) ?? 0) > 0;

/** The milliseconds of a time span, as `1min 30s` (systemd.time(7)); null for `infinity` and for none. */
export function milliseconds(span: string | undefined): number | null {
  let sum: number | null = null;
  for (const [, count, word = ""] of (span ?? "").matchAll(/([\d.]+)([a-z]+)/g)) {
    sum = (sum ?? 0) + Number(count) * (UNITS[word] ?? 0);
  }
  return sum;
}

const UNITS: Record<string, number> = {
  us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000,
};

function isEnabled(service: Facts, triggers: readonly Facts[]): boolean | null {
  const fileState = service.get("UnitFileState") ?? "";
  if (isInstalled(service)) return true;
  if (triggers.length > 0 && fileState !== "masked") return triggers.some(isInstalled);
  return fileState ? /^(static|alias|generated)/.test(fileState) : null;
}

function exactNumber(text: string | undefined): number | null {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}
