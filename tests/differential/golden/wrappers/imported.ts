/** Functions of other modules that run what they are given. */
import { formatService, formatServices, processManager, processManagerSync, requireLoaded, requireServices, settleSync } from "@lantern/process-manager";
import { run } from "../lib/run.ts";

const LABEL = "dev.lantern.beacon";

export async function trimmed(): Promise<boolean> {
  return formatService(requireLoaded(await processManager.inspect(LABEL))).trim().includes("state = running");
}

export async function promised(): Promise<string> {
  const stdout = formatServices(requireServices(await processManager.list(LABEL)));
  return stdout;
}

export async function acts(): Promise<void> {
  await processManager.restart(LABEL);
}

export function program(): string {
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    processManagerSync.stop(LABEL);
    return "stopped";
  } catch {
    return "was not loaded";
  }
}

export function handedOn(): void {
  processManagerSync.start(LABEL);
}

export function ofAll(): string {
  return formatServices(processManagerSync.list(""), { header: true }).trim();
}

export function fields(): boolean {
  return settleSync(() => requireLoaded(processManagerSync.inspect(LABEL))).exitCode === 0;
}

export async function standard(): Promise<string> {
  return formatServices(await processManager.list(""), { header: true }).trim();
}

export function anotherProgram(): string {
  return run("echo", ["lantern"]);
}
