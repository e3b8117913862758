import { formatServices, processManager, processManagerSync, requireLoaded, settle, settleSync } from "@lantern/process-manager";

const LABELS = ["dev.lantern.beacon", "dev.lantern.mirror"];

export function mapped(): boolean[] {
  return LABELS.map((label) => settleSync(() => requireLoaded(processManagerSync.inspect(label))).exitCode === 0);
}

export function mappedToText(): string[] {
  return LABELS.map((label) => settleSync(() => formatServices(processManagerSync.list(label))).stdout.trim());
}

export function forEach(): string {
  LABELS.forEach((label) => {
    processManagerSync.restart(label);
  });
  return "restarted";
}

export function forEachExpression(): string {
  LABELS.forEach((label) => processManagerSync.restart(label));
  return "restarted";
}

export function forEachOfAsync(): void {
  LABELS.forEach(async (label) => {
    await processManager.restart(label).catch(() => {});
  });
}

export function filtered(): string[] {
  return LABELS.filter((label) => settleSync(() => requireLoaded(processManagerSync.inspect(label))).exitCode === 0);
}

export function found(): string {
  return LABELS.find((label) => settleSync(() => requireLoaded(processManagerSync.inspect(label))).exitCode === 0) ?? "none";
}

export async function filteredInAsync(): Promise<string[]> {
  return LABELS.filter((label) => settleSync(() => requireLoaded(processManagerSync.inspect(label))).exitCode === 0);
}

export async function mappedAsync(): Promise<string[]> {
  return Promise.all(
    LABELS.map(async (label) => {
      const done = await settle(() => processManager.stop(label));
      return `${label}: ${done.exitCode === 0 ? "stopped" : "not stopped"}`;
    }),
  );
}

export async function executor(): Promise<string> {
  await new Promise<void>((resolve) => {
    processManagerSync.restart(`${LABELS[0]}`);
    resolve();
  });
  return "restarted";
}

export async function executorThatRejects(): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    try {
      processManagerSync.restart(`${LABELS[0]}`);
      resolve("restarted");
    } catch (error) {
      reject(error);
    }
  });
}

export async function inThen(): Promise<string> {
  return Promise.resolve(LABELS[0]).then((label) => {
    processManagerSync.restart(`${label}`);
    return "restarted";
  });
}

export async function inThenOfAsync(): Promise<string> {
  return Promise.resolve(LABELS[0]).then(async (label) => {
    await processManager.restart(`${label}`);
    return "restarted";
  });
}

export async function inCatch(): Promise<string> {
  return Promise.reject(new Error("broken")).catch(() => {
    processManagerSync.restart(`${LABELS[0]}`);
    return "mended";
  });
}

export async function inFinally(): Promise<string> {
  return Promise.resolve("work").finally(() => {
    processManagerSync.restart(`${LABELS[0]}`);
  });
}

export function inTimer(): void {
  setTimeout(() => {
    settleSync(() => processManagerSync.restart(`${LABELS[0]}`));
  }, 1);
}

export function inTimerExpression(): void {
  setTimeout(() => settleSync(() => processManagerSync.stop(`${LABELS[0]}`)), 1);
}

export function inTimerOfAsync(): void {
  setTimeout(async () => {
    await processManager.restart(`${LABELS[0]}`).catch(() => {});
  }, 1);
}

export async function afterTimer(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  await processManager.stop(`${LABELS[0]}`);
  return "stopped";
}

export function reduced(): number {
  return LABELS.reduce((sum, label) => sum + (settleSync(() => requireLoaded(processManagerSync.inspect(label))).exitCode === 0 ? 1 : 0), 0);
}

export function predicate(): boolean {
  const isThere = (label: string) => settleSync(() => requireLoaded(processManagerSync.inspect(label))).exitCode === 0;
  return LABELS.some(isThere) && LABELS.every((label) => isThere(label));
}

export async function predicateInAsync(): Promise<string> {
  const isThere = (label: string) => settleSync(() => requireLoaded(processManagerSync.inspect(label))).exitCode === 0;
  if (isThere(LABELS[0]!)) return "there";
  return "not there";
}
