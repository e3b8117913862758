import { formatService, formatServiceEntry, formatServices, processManager, requireLoaded, settle } from "@lantern/process-manager";

/** Children of Bun whose exit and outputs are awaited, directly and in a function of their own. */
const LABEL = "dev.lantern.beacon";

export async function exitOfHeld(): Promise<boolean> {
  const child = await settle(() => processManager.restart(LABEL));
  return child.exitCode === 0;
}

export async function exitThenErrors(): Promise<string> {
  const child = await settle(() => processManager.load(LABEL));
  const code = child.exitCode;
  if (code !== 0) {
    return `not loaded: ${child.stderr}`;
  }
  return "loaded";
}

export async function together(): Promise<boolean> {
  const child = await settle(() => processManager.enable(LABEL));
  const [code, errors] = [child.exitCode, child.stderr];
  if (code !== 0) console.error(errors);
  return code === 0;
}

export async function output(): Promise<boolean> {
  const child = await settle(async () => formatServices(await processManager.list(""), { header: true }));
  const text = child.stdout;
  return text.includes(LABEL);
}

export async function pidOfEntry(): Promise<string | null> {
  const child = await settle(async () => formatServiceEntry(requireLoaded(await processManager.inspect(LABEL))));
  const text = child.stdout;
  if (child.exitCode !== 0) return null;
  return text.match(/"PID" = (\d+)/)?.[1] ?? "none";
}

export async function byFunction(): Promise<string> {
  const { exitCode, stderr } = await settle(() => processManager.restart(LABEL));
  return exitCode === 0 ? "restarted" : stderr.trim();
}

export async function byFunctionHeld(): Promise<void> {
  await processManager.load(LABEL);
}

export async function byFunctionIgnored(): Promise<string> {
  await processManager.stop(LABEL).catch(() => undefined);
  return "stopped";
}

export async function listedByFunction(): Promise<boolean> {
  const { exitCode: code, stdout } = await settle(async () => formatServices(await processManager.list(""), { header: true }));
  return code === 0 && stdout.includes(LABEL);
}

export async function renamedFields(): Promise<string> {
  const started = await settle(() => processManager.start(LABEL));
  return started.ok ? "started" : `failed: ${started.stderr}`;
}

export async function renamedOutput(): Promise<string> {
  const { ok, stdout: told } = await settle(async () => formatService(requireLoaded(await processManager.inspect(LABEL))));
  return ok ? (told.split("\n").find((line) => line.includes("state ="))?.trim() ?? "none") : "not loaded";
}

export async function renamedAndInline(): Promise<boolean> {
  return (await settle(() => processManager.enable(LABEL, { load: false }))).ok;
}

export async function renamedAndIgnored(): Promise<string> {
  await processManager.stop(LABEL).catch(() => {});
  return "gone";
}
