import { processManager, processManagerSync } from "@lantern/process-manager";

export function throughDefault(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export async function promisedThere(): Promise<void> {
  await processManager.restart("dev.lantern.beacon");
}
