import { formatService, formatServices, processManager, requireLoaded, settle } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export async function restart(): Promise<void> {
  await processManager.restart(LABEL);
}

export async function quiet(): Promise<void> {
  await processManager.restart(LABEL);
}

export async function nothrow(): Promise<string> {
  await processManager.stop(LABEL).catch(() => {});
  return "done";
}

export async function quietAndNothrow(): Promise<string> {
  await processManager.stop(LABEL).catch(() => {});
  return "done";
}

export async function text(): Promise<string> {
  return formatServices(await processManager.list(""), { header: true });
}

export async function textOfService(): Promise<boolean> {
  const printed = formatService(requireLoaded(await processManager.inspect(LABEL)));
  return printed.includes("state = running");
}

export async function textNothrow(): Promise<boolean> {
  const printed = (await settle(async () => formatService(requireLoaded(await processManager.inspect(LABEL))))).stdout;
  return printed.includes("state = running");
}

export async function exitCode(): Promise<number> {
  const { exitCode } = await settle(() => processManager.restart(LABEL));
  return exitCode;
}

export async function outcome(): Promise<string> {
  const result = await settle(() => processManager.stop(LABEL));
  if (result.exitCode !== 0) return result.stderr.toString() ? "with a reason" : "without one";
  return "stopped";
}

export async function caught(): Promise<string> {
  try {
    await processManager.restart(LABEL);
    return "restarted";
  } catch {
    return "failed";
  }
}

export async function shellUid(): Promise<void> {
  await processManager.restart(LABEL);
}

export async function home(): Promise<void> {
  await processManager.enable("dev.lantern.beacon");
}

export async function elsewhere(): Promise<void> {
  await processManager.load("dev.lantern.beacon", { source: "/opt/lantern/dev.lantern.beacon.plist" }).catch(() => {});
}
