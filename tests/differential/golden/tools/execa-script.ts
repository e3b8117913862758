import { formatServices, processManager } from "@lantern/process-manager";

export async function restart(): Promise<void> {
  await processManager.restart("dev.lantern.beacon");
}

export async function output(): Promise<string> {
  const stdout = formatServices(await processManager.list(""), { header: true }).trimEnd();
  return stdout;
}

export async function bound(): Promise<string> {
  await processManager.stop("dev.lantern.beacon");
  return "stopped";
}

export async function caught(): Promise<string> {
  try {
    await processManager.restart("dev.lantern.beacon");
    return "restarted";
  } catch {
    return "failed";
  }
}
