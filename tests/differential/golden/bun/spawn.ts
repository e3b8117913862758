import { processManager } from "@lantern/process-manager";

export async function exited(): Promise<string> {
  await processManager.restart("dev.lantern.beacon").catch(() => {});
  return "done";
}

export async function exitedWithOptions(): Promise<string> {
  await processManager.stop("dev.lantern.beacon").catch(() => {});
  return "done";
}

export function started(): void {
  void processManager.restart("dev.lantern.beacon").catch(() => {});
}

export async function imported(): Promise<string> {
  await processManager.disable("dev.lantern.beacon").catch(() => {});
  return "done";
}
