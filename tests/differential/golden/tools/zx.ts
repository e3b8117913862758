import { formatService, formatServices, processManager, requireLoaded, settle } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export async function restart(): Promise<void> {
  await processManager.restart(LABEL);
}

export async function nothrow(): Promise<string> {
  await processManager.stop(LABEL).catch(() => {});
  return "done";
}

export async function quiet(): Promise<void> {
  await processManager.restart(LABEL);
}

export async function text(): Promise<string> {
  return formatServices(await processManager.list(""), { header: true });
}

export async function output(): Promise<boolean> {
  const stdout = formatService(requireLoaded(await processManager.inspect(LABEL)));
  return stdout.includes("state = running");
}

export async function exitCode(): Promise<boolean> {
  const result = await settle(() => processManager.disable(LABEL));
  return result.exitCode === 0;
}

export async function bound(): Promise<void> {
  await processManager.restart(LABEL);
}

export async function shellOperators(): Promise<void> {
  await processManager.stop(LABEL).catch(() => {});
}

export async function caught(): Promise<string> {
  try {
    await processManager.restart(LABEL);
    return "restarted";
  } catch {
    return "failed";
  }
}
