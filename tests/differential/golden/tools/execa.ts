import { formatService, formatServices, processManager, processManagerSync, requireLoaded, settle, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export async function restart(): Promise<void> {
  await processManager.restart(LABEL);
}

export async function withoutRejection(): Promise<string> {
  await processManager.stop(LABEL).catch(() => {});
  return "done";
}

export async function exitCode(): Promise<boolean> {
  const { exitCode } = await settle(async () => requireLoaded(await processManager.inspect(LABEL)));
  return exitCode === 0;
}

export async function outcome(): Promise<string> {
  const result = await settle(() => processManager.stop(LABEL));
  return result.exitCode === 0 ? "stopped" : "not stopped";
}

export async function output(): Promise<string> {
  const stdout = formatServices(await processManager.list(""), { header: true }).trimEnd();
  return stdout;
}

export async function outputInline(): Promise<boolean> {
  return formatService(requireLoaded(await processManager.inspect(LABEL))).trimEnd().includes("state = running");
}

export async function caught(): Promise<string> {
  try {
    await processManager.restart(LABEL);
    return "restarted";
  } catch {
    return "failed";
  }
}

export function sync(): void {
  processManagerSync.restart(LABEL);
}

export function syncOutput(): string {
  const stdout = formatServices(processManagerSync.list(""), { header: true }).trimEnd();
  return stdout;
}

export function syncWithoutRejection(): boolean {
  return settleSync(() => processManagerSync.disable(LABEL)).exitCode === 0;
}

export async function together(): Promise<void> {
  await Promise.all([
    processManager.restart(LABEL),
    processManager.stop("dev.lantern.mirror"),
  ]);
}

export async function command(): Promise<void> {
  await processManager.restart(LABEL);
}

export function commandSync(): boolean {
  return settleSync(() => processManagerSync.disable(LABEL)).exitCode === 0;
}

export async function commandWithoutRejection(): Promise<string> {
  await processManager.restart(LABEL).catch(() => {});
  return "done";
}
