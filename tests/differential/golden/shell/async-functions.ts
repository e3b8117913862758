/** execSync inside async functions, where the port is awaited. */
import { formatService, formatServices, processManager, requireLoaded } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";
const tick = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

export async function restart(): Promise<string> {
  await processManager.restart(LABEL);
  return "restarted";
}

export async function inOrder(): Promise<void> {
  await processManager.stop(LABEL);
  await tick();
  await processManager.load(LABEL);
}

export async function caught(): Promise<string> {
  try {
    await processManager.restart(LABEL);
    return "restarted";
  } catch (error) {
    return error instanceof Error ? "failed" : "odd";
  }
}

export async function printed(): Promise<void> {
  console.log(formatService(requireLoaded(await processManager.inspect(LABEL))).trim());
}

export async function inCondition(): Promise<string> {
  if (formatServices(await processManager.list(""), { header: true }).includes(LABEL)) return "listed";
  return "not listed";
}

export async function inTernary(): Promise<string> {
  return formatServices(await processManager.list(LABEL).catch(() => [])) ? "some" : "none";
}

export async function inTemplate(): Promise<string> {
  return `<${formatServices(await processManager.list(LABEL).catch(() => [])).trim()}>`;
}

export async function asArgument(): Promise<number> {
  return String(formatServices(await processManager.list(""), { header: true })).split("\n").length;
}

export async function inLoop(): Promise<number> {
  let count = 0;
  for (const name of [LABEL, "dev.lantern.mirror"]) {
    await processManager.restart(name);
    count += 1;
  }
  return count;
}

export async function inLogic(): Promise<boolean> {
  const found = formatServices(await processManager.list(LABEL).catch(() => [])).trim() !== "";
  return found && formatService(requireLoaded(await processManager.inspect(LABEL))).includes("running");
}

export async function beforeKill(): Promise<string> {
  const victim = { ended: false };
  await processManager.stop(LABEL).catch(() => {});
  const listed = formatServices(await processManager.list(""), { header: true }).includes(LABEL);
  victim.ended = true;
  return listed ? "ended too early" : "ended in order";
}
