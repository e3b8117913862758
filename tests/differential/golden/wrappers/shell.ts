/** Local functions that hand a command to the shell. */
import { execSync } from "node:child_process";
import { formatService, formatServices, processManager, processManagerSync, requireLoaded, requireServices, settle, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

function run(command: string): string {
  return execSync(command, { encoding: "utf8", timeout: 10_000 }).trim();
}

export function text(): string {
  return formatServices(processManagerSync.list(""), { header: true }).trim();
}

export function action(): void {
  processManagerSync.restart(LABEL);
}

export function rows(): string[] {
  return settleSync(() => formatServices(processManagerSync.list(LABEL))).stdout.trim().split("\n").filter(Boolean);
}

export async function inAsyncFunction(): Promise<boolean> {
  return formatService(requireLoaded(await processManager.inspect(LABEL))).trim().includes("state = running");
}

export function otherUse(): string {
  return run("echo lantern");
}

export function throughArrow(): string {
  return formatServices(processManagerSync.list(""), { header: true });
}

export function throughQuiet(): void {
  processManagerSync.stop(LABEL);
}

export function emptyOnFailure(): boolean {
  return settleSync(() => formatService(requireLoaded(processManagerSync.inspect(LABEL)))).stdout.includes("state = running");
}

export function emptyOnFailureOfList(): string {
  return settleSync(() => formatServices(processManagerSync.list(LABEL))).stdout;
}

export async function emptyOnFailureInAsync(): Promise<boolean> {
  return (await settle(async () => formatService(requireLoaded(await processManager.inspect(LABEL))))).stdout.includes("state = running");
}

export function emptyOnFailureIgnored(): string {
  settleSync(() => processManagerSync.restart(LABEL));
  return "done";
}

export function trueOrFalse(): boolean {
  return settleSync(() => requireLoaded(processManagerSync.inspect(LABEL))).ok;
}

export function trueOrFalseOfAction(): boolean {
  return settleSync(() => processManagerSync.restart(LABEL)).ok;
}

export function trueOrFalseOfStop(): boolean {
  return settleSync(() => processManagerSync.stop(LABEL)).ok;
}

export function trueOrFalseIgnored(): string {
  settleSync(() => processManagerSync.stop(LABEL));
  return "done";
}

export function trueOrFalseInCondition(): string {
  if (!settleSync(() => requireLoaded(processManagerSync.inspect(LABEL))).ok) return "not there";
  return settleSync(() => requireServices(processManagerSync.list(LABEL))).ok ? "listed" : "odd";
}

export async function trueOrFalseInAsync(): Promise<string> {
  return (await settle(() => processManager.load(LABEL))).ok ? "loaded" : "not loaded";
}

export async function promisedText(): Promise<string> {
  return formatServices(await processManager.list(""), { header: true }).trim();
}

export async function promisedAction(): Promise<string> {
  await processManager.restart(LABEL);
  return "restarted";
}

export async function throughExecutor(): Promise<string> {
  const out = formatServices(await processManager.list(""), { header: true });
  return out;
}

export async function actionThroughExecutor(): Promise<string> {
  await processManager.restart(LABEL);
  return "restarted";
}

export async function caughtThroughExecutor(): Promise<string> {
  try {
    requireLoaded(await processManager.inspect(LABEL));
    await processManager.stop(LABEL);
    return "stopped";
  } catch {
    return "was not loaded";
  }
}

export async function throughForgivingExecutor(): Promise<boolean> {
  return (await settle(async () => formatService(requireLoaded(await processManager.inspect(LABEL))))).stdout.includes("state = running");
}
