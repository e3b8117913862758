import { formatService, formatServices, processManager, requireLoaded, requireServices } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export async function restart(): Promise<void> {
  await processManager.restart(LABEL);
}

export async function stop(): Promise<string> {
  await processManager.stop(LABEL).catch(() => {});
  return "stopped";
}

export async function table(): Promise<string> {
  const stdout = formatServices(await processManager.list(""), { header: true });
  return stdout;
}

export async function rows(): Promise<string[]> {
  const out = formatServices(await processManager.list("dev.lantern").catch(() => []));
  return out.split("\n").filter(Boolean);
}

export async function rowsOrFailure(): Promise<string> {
  return formatServices(requireServices(await processManager.list(LABEL))).trim();
}

export async function printed(): Promise<boolean> {
  const result = { stdout: formatService(requireLoaded(await processManager.inspect(LABEL))), stderr: "" };
  return result.stdout.includes("state = running") && result.stderr === "";
}

export async function isLoaded(): Promise<boolean> {
  try {
    requireLoaded(await processManager.inspect(LABEL));
    return true;
  } catch {
    return false;
  }
}

export async function told(): Promise<string> {
  try {
    requireLoaded(await processManager.inspect(LABEL));
    await processManager.stop(LABEL);
    return "stopped";
  } catch {
    return "was not loaded";
  }
}

export async function inAll(): Promise<void> {
  await Promise.all([
    processManager.restart(LABEL),
    processManager.restart("dev.lantern.mirror"),
  ]);
}

export async function inAllSettled(): Promise<void> {
  await Promise.allSettled([
    processManager.stop(LABEL),
    processManager.stop("dev.lantern.mirror"),
  ]);
}

export async function caughtInChain(): Promise<string> {
  await processManager.restart(LABEL).catch(() => {});
  return "done";
}

export function floating(): void {
  processManager.restart(LABEL).catch(() => console.error("not restarted"));
}

export function started(): void {
  void processManager.restart(LABEL).catch(() => {});
}
