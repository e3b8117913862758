import { processManager, processManagerSync } from "@lantern/process-manager";

export async function unloadForGood(): Promise<void> {
  await processManager.disable("dev.lantern.beacon");
  await processManager.stop("dev.lantern.beacon");
}

export function restart(): void {
  processManagerSync.restart("system/dev.lantern.beacon");
}
