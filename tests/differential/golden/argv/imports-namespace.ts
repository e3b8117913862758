import { formatServices, processManager, processManagerSync } from "@lantern/process-manager";

export function throughNamespace(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export async function promised(): Promise<void> {
  await processManager.stop("dev.lantern.beacon");
}

export function shellThroughNamespace(): string {
  return formatServices(processManagerSync.list(""), { header: true });
}
