import { formatService, formatServices, processManager, requireLoaded } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export async function restart(): Promise<void> {
  await processManager.restart(LABEL);
}

export async function stop(): Promise<string> {
  await processManager.stop(LABEL);
  return "stopped";
}

export async function table(): Promise<number> {
  const stdout = formatServices(await processManager.list(""), { header: true });
  return stdout.split("\n").length;
}

export async function description(): Promise<void> {
  const result = { stdout: formatService(requireLoaded(await processManager.inspect(LABEL))), stderr: "" };
  console.log(result.stdout);
}

export async function pid(): Promise<number | undefined> {
  const stdout = formatService(requireLoaded(await processManager.inspect(LABEL)));
  const match = stdout.match(/pid = (\d+)/);
  return match ? Number(match[1]) : undefined;
}

export async function isLoaded(): Promise<boolean> {
  try {
    requireLoaded(await processManager.inspect(LABEL));
    return true;
  } catch {
    return false;
  }
}

export function floating(): void {
  void processManager.restart(LABEL);
}

export function floatingCaught(): void {
  processManager.stop(LABEL).catch((error) => {
    console.error("stop failed", error);
  });
}

export async function finallyTold(): Promise<string[]> {
  const steps: string[] = [];
  await processManager.restart(LABEL).finally(() => steps.push("end"));
  return steps;
}

export async function loadsIfMissing(): Promise<string> {
  try {
    requireLoaded(await processManager.inspect(LABEL));
    return "there already";
  } catch {
    await processManager.load(LABEL);
    return "loaded";
  }
}

export async function stopsThenDisables(): Promise<void> {
  await processManager.stop(LABEL).catch(() => undefined);
  await processManager.disable(LABEL);
}

export async function mappedInAsync(): Promise<boolean[]> {
  return Promise.all(
    [LABEL, "dev.lantern.mirror"].map(async (label) => {
      const stdout = formatServices(await processManager.list(""), { header: true });
      return stdout.includes(label);
    }),
  );
}

export async function returnedAwaited(): Promise<string> {
  try {
    await processManager.restart(LABEL);
    return "restarted";
  } finally {
    console.log("done");
  }
}

export async function notAwaitedInTry(): Promise<string> {
  try {
    void processManager.restart(LABEL).catch(() => console.log("later"));
    return "started";
  } catch {
    return "never";
  }
}

export async function inSequence(): Promise<string[]> {
  const seen: string[] = [];
  for (const label of [LABEL, "dev.lantern.mirror"]) {
    try {
      requireLoaded(await processManager.inspect(label));
      await processManager.stop(label);
      seen.push(`${label} stopped`);
    } catch (error) {
      seen.push(`${label} ${error instanceof Error ? "failed" : "odd"}`);
    }
  }
  return seen;
}

export async function pollsUntilThere(): Promise<number> {
  for (let tries = 0; tries < 3; tries += 1) {
    const stdout = formatServices(await processManager.list(""), { header: true });
    if (stdout.includes(LABEL)) return tries;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return -1;
}
