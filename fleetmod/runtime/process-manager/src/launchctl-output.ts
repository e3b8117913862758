/**
 * Reads what launchctl prints. launchctl(1) calls the output of `print` no interface, so a fact that
 * is not found is null and never an error.
 */
import type { ManagedService, ServiceState } from "./types.ts";

/** `launchctl list`: a header, then PID, last exit status (negative: a signal) and label. */
export function parseList(output: string): ManagedService[] {
  const services: ManagedService[] = [];
  for (const line of output.split("\n")) {
    const match = /^(-|\d+)\t(-|-?\d+|\?\?\?)\t(\S.*)$/.exec(line);
    const [, pid, status, label] = match ?? [];
    if (label === undefined) continue;
    services.push({ label, pid: leadingNumber(pid), lastExit: leadingNumber(status) });
  }
  return services;
}

/** The rows below `services` of `launchctl print DOMAIN`: pid (0: none), last exit (-: never), label. */
export function parseDomain(output: string): ManagedService[] {
  const services: ManagedService[] = [];
  const rows = /^\tservices = \{\n(.*?)^\t\}/ms.exec(output)?.[1] ?? "";
  for (const [, pid, status, label = ""] of rows.matchAll(/^\s+(\d+)\s+(\S+)\s+(\S.*)$/gm)) {
    services.push({ label, pid: leadingNumber(pid) || null, lastExit: leadingNumber(status) });
  }
  return services;
}

/** How long launchd lets it end before SIGKILL, in milliseconds; 0 where `print` does not tell. */
export function exitTimeout(output: string): number {
  return Number(/^\texit timeout = (\d+)$/m.exec(output)?.[1] ?? 0) * 1000;
}

/** The facts at the top level of `launchctl print TARGET`. */
export function parsePrint(
  output: string,
): Pick<ServiceState, "pid" | "state" | "program" | "workingDirectory" | "lastExit" | "runs" | "source"> {
  const field = (key: string): string | undefined =>
    new RegExp(`^\\t${key} = (.*)$`, "m").exec(output)?.[1]?.trim();
  const signal = /: (\d+)$/.exec(field("last terminating signal") ?? "")?.[1];
  return {
    pid: leadingNumber(field("pid")),
    state: field("state") ?? null,
    program: field("program") ?? null,
    workingDirectory: field("working directory") ?? null,
    lastExit: signal === undefined ? leadingNumber(field("last exit code")) : -Number(signal),
    runs: leadingNumber(field("runs")),
    source: field("path") ?? null,
  };
}

/**
 * Whether `launchctl print-disabled DOMAIN` says that a service is disabled; null when it has no
 * line there. Older releases say `true` for `disabled`.
 */
export function overrideOf(name: string, output: string): boolean | null {
  for (const line of output.split("\n")) {
    const [, label, word] = /^\s*"(.*)" => (\w+)$/.exec(line) ?? [];
    if (label === name) return word === "disabled" || word === "true";
  }
  return null;
}

function leadingNumber(text: string | undefined): number | null {
  const match = /^-?\d+/.exec(text ?? "");
  return match ? Number(match[0]) : null;
}
