import { formatService, formatServices, processManager, processManagerSync, requireLoaded, settle, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function ignored(): void {
  settleSync(() => processManagerSync.restart(LABEL));
}

export function exitCode(): number {
  return settleSync(() => processManagerSync.restart(LABEL)).exitCode;
}

export function success(): boolean {
  return settleSync(() => requireLoaded(processManagerSync.inspect(LABEL))).ok;
}

export function byConstant(): { ok: boolean; detail: string } {
  const proc = settleSync(() => processManagerSync.stop(LABEL));
  if (proc.exitCode !== 0 && !proc.stderr.toString().includes("No such process")) {
    return { ok: false, detail: proc.stderr.toString() };
  }
  return { ok: true, detail: "" };
}

export function takenApart(): boolean {
  const { exitCode } = settleSync(() => processManagerSync.disable(LABEL));
  return exitCode === 0;
}

export function byObject(): boolean {
  return settleSync(() => processManagerSync.enable(LABEL, { load: false })).exitCode === 0;
}

export function output(): string {
  return settleSync(() => formatServices(processManagerSync.list(""), { header: true })).stdout.toString();
}

export function outputDecoded(): boolean {
  const proc = settleSync(() => formatService(requireLoaded(processManagerSync.inspect(LABEL))));
  return proc.stdout.includes("state = running");
}

export function throwsOnFailure(): string {
  processManagerSync.restart(LABEL);
  return "restarted";
}

export function throwsWithoutSuccess(): string {
  processManagerSync.stop(LABEL);
  return "stopped";
}

export async function inAsyncFunction(): Promise<string> {
  const proc = await settle(() => processManager.restart(LABEL));
  return proc.exitCode === 0 ? "restarted" : "failed";
}

export async function inCallback(): Promise<boolean[]> {
  return Promise.all([LABEL, "dev.lantern.mirror"].map(async (label) => (await settle(async () => requireLoaded(await processManager.inspect(label)))).exitCode === 0));
}

export function byShell(): number {
  return settleSync(() => processManagerSync.restart(LABEL)).exitCode;
}
