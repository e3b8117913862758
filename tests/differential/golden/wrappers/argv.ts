/** Local functions that hand arguments on. */
import { execFileSync } from "node:child_process";
import { formatService, formatServiceEntry, formatServices, processManager, processManagerSync, requireLoaded, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function rest(): void {
  processManagerSync.restart(LABEL);
}

export function restText(): string {
  return formatServices(processManagerSync.list(""), { header: true }).trim();
}

export function restEntry(): boolean {
  return formatServiceEntry(requireLoaded(processManagerSync.inspect(LABEL))).includes('"PID"');
}

export function restCaught(): string {
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    processManagerSync.stop(LABEL);
    return "stopped";
  } catch {
    return "was not loaded";
  }
}

export function array(): void {
  processManagerSync.load(LABEL);
}

export function arrayText(): boolean {
  return formatService(requireLoaded(processManagerSync.inspect(LABEL))).includes("state = running");
}

function run(program: string, args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8" });
}

export function programAndArguments(): void {
  processManagerSync.restart(LABEL);
}

export function anotherProgram(): string {
  return run("echo", ["lantern"]);
}

export async function promised(): Promise<string> {
  await processManager.restart(LABEL);
  return "restarted";
}

export async function promisedText(): Promise<boolean> {
  return formatServices(await processManager.list(""), { header: true }).includes(LABEL);
}

export async function promisedTogether(): Promise<void> {
  await Promise.all([
    processManager.restart(LABEL),
    processManager.restart("dev.lantern.mirror"),
  ]);
}

export function struct(): boolean {
  return settleSync(() => requireLoaded(processManagerSync.inspect(LABEL))).exitCode === 0;
}

export function structByConstant(): string {
  const done = settleSync(() => processManagerSync.stop(LABEL));
  return done.exitCode === 0 ? "stopped" : "not stopped";
}

class Manager {
  restart(label: string): void {
    processManagerSync.restart(label);
  }
}

export function fromMethod(): void {
  new Manager().restart(LABEL);
}

export function fromCallback(): boolean[] {
  return [LABEL, "dev.lantern.mirror"].map((label) => formatServiceEntry(requireLoaded(processManagerSync.inspect(label))).includes('"PID"'));
}

export function throwing(): string {
  processManagerSync.restart(LABEL);
  return "restarted";
}

export function throwingCaught(): string {
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    processManagerSync.stop(LABEL);
    return "stopped";
  } catch {
    return "was not loaded";
  }
}

export function failureAllowed(): string {
  settleSync(() => processManagerSync.stop(LABEL));
  processManagerSync.restart(LABEL);
  return "restarted";
}
