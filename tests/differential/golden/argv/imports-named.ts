import { processManagerSync, settleSync } from "@lantern/process-manager";

export function renamed(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export function renamedStruct(): boolean {
  return settleSync(() => processManagerSync.stop("dev.lantern.beacon")).exitCode === 0;
}
