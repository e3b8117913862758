/** Processes that are started and not waited for. */
import { processManager } from "@lantern/process-manager";

export function started(): void {
  void processManager.restart("dev.lantern.beacon").catch(() => {});
}

export function startedAndLeft(): void {
  void processManager.restart("dev.lantern.beacon").catch(() => {});
}

export function startedByFile(): void {
  void processManager.stop("dev.lantern.beacon").catch(() => {});
}

export async function startedInAsyncFunction(): Promise<string> {
  void processManager.restart("dev.lantern.beacon").catch(() => {});
  return "started";
}
