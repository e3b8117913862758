import { containerRuntime, containerRuntimeSync, createContainerRuntime, requireHealthy, settleRuntime } from "@lantern/container-runtime";

export function now(): void {
  containerRuntimeSync.start();
}

export async function awaited(): Promise<void> {
  await createContainerRuntime({ profile: "work" }).start();
}

export async function unlessItRuns(): Promise<string> {
  await containerRuntime.start();
  return "ready";
}

export async function byHand(): Promise<string> {
  try {
    requireHealthy(await containerRuntime.isHealthy());
    return "ran already";
  } catch {
    await containerRuntime.start();
    return "started";
  }
}

export function checked(): string {
  containerRuntimeSync.start();
  return "started";
}

export async function byExeca(): Promise<boolean> {
  const { exitCode } = await settleRuntime(async () => requireHealthy(await containerRuntime.isHealthy()));
  return exitCode === 0;
}
