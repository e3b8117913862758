import { formatServices, processManager } from "@lantern/process-manager";

export async function takenApart(): Promise<void> {
  await processManager.restart("dev.lantern.beacon");
}

export async function asNamespace(): Promise<string> {
  return formatServices(await processManager.list("dev.lantern").catch(() => []));
}

export async function inPlace(): Promise<void> {
  await processManager.stop("dev.lantern.beacon");
}
