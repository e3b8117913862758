/** Functions that give the promise of a child process. */
import { formatService, formatServiceEntry, formatServices, processManager, requireLoaded, settle } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export async function texts(): Promise<boolean> {
  return formatServices(await processManager.list(""), { header: true }).includes(LABEL);
}

export async function caught(): Promise<string> {
  try {
    requireLoaded(await processManager.inspect(LABEL));
    await processManager.stop(LABEL);
    return "stopped";
  } catch {
    return "was not loaded";
  }
}

export async function fields(): Promise<string> {
  const done = await settle(async () => formatService(requireLoaded(await processManager.inspect(LABEL))));
  return done.exitCode === 0 && done.stdout.includes("state = running") ? "up" : "down";
}

export async function answer(): Promise<string> {
  return (await settle(async () => requireLoaded(await processManager.inspect(LABEL)))).ok ? "loaded" : "not loaded";
}

export async function acts(): Promise<void> {
  await processManager.restart(LABEL);
}

export async function quietly(): Promise<void> {
  await processManager.stop(LABEL).catch(() => {});
}

export async function loudly(): Promise<string> {
  try {
    return formatServiceEntry(requireLoaded(await processManager.inspect(LABEL))).includes('"PID"') ? "up" : "down";
  } catch {
    return "not loaded";
  }
}
