import { processManagerSync, requireLoaded, settleSync } from "@lantern/process-manager";

export function takenApart(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export function whole(): boolean {
  return settleSync(() => requireLoaded(processManagerSync.inspect("dev.lantern.beacon"))).exitCode === 0;
}
