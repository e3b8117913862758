/** Texts for people beside code that runs the tool. */
import { MACOS_SERVICE_TOOL, processManager, processManagerSync, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function outcome(): { ok: boolean; hint: string } {
  const done = settleSync(() => processManagerSync.restart(LABEL));
  return { ok: done.exitCode === 0, hint: `Try: ${processManager.hint("inspect", LABEL)}` };
}

export function hint(): string {
  return `Run: ${processManager.hint("restart", "dev.lantern.beacon")}`;
}

export function failure(): string {
  const done = settleSync(() => processManagerSync.stop(LABEL));
  if (done.exitCode === 0) return "stopped";
  return done.stderr.trim() || `service manager exited with ${done.exitCode}`;
}

export function logged(): void {
  console.warn("service manager is slow today");
}

export function isStale(): boolean {
  return new RegExp(`${MACOS_SERVICE_TOOL}\\s+kickstart`).test(hint());
}
