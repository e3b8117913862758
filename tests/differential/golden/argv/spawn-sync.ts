import { userInfo } from "node:os";
import { formatService, formatServiceEntry, formatServices, processManager, processManagerSync, requireLoaded, settle, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function ignored(): void {
  settleSync(() => processManagerSync.restart(LABEL));
}

export function ignoredStop(): void {
  settleSync(() => processManagerSync.stop(LABEL));
}

export function statusInline(): number | null {
  return settleSync(() => processManagerSync.restart(LABEL)).exitCode;
}

export function statusCompared(): boolean {
  return settleSync(() => requireLoaded(processManagerSync.inspect(LABEL))).exitCode === 0;
}

export function statusByConstant(): string {
  const result = settleSync(() => processManagerSync.stop(LABEL));
  return result.exitCode === 0 ? "stopped" : "not stopped";
}

export function statusTakenApart(): string {
  const { exitCode: status } = settleSync(() => processManagerSync.disable(LABEL));
  return status === 0 ? "disabled" : "not disabled";
}

export function statusAndErrorsTakenApart(): { ok: boolean; said: string } {
  const { exitCode: status, stderr } = settleSync(() => processManagerSync.start(LABEL));
  return { ok: status === 0, said: stderr.trim() };
}

export function renamedWhenTakenApart(): string {
  const { exitCode: code, stdout: out } = settleSync(() => formatServiceEntry(requireLoaded(processManagerSync.inspect(LABEL))));
  return code === 0 && out.includes('"PID"') ? "running" : "not running";
}

export function errorOutput(): string {
  const result = settleSync(() => processManagerSync.restart(LABEL));
  return result.stderr.toString();
}

export function errorOutputOfString(): string {
  const result = settleSync(() => processManagerSync.restart(LABEL));
  return result.stderr.trim() || "fine";
}

export function output(): string {
  return settleSync(() => formatServices(processManagerSync.list(""), { header: true })).stdout;
}

export function outputOfBytes(): boolean {
  const listed = settleSync(() => formatServices(processManagerSync.list(""), { header: true }));
  return listed.stdout.toString().includes(LABEL);
}

export function outputDecoded(): boolean {
  const listed = settleSync(() => formatService(requireLoaded(processManagerSync.inspect(LABEL))));
  return listed.stdout.includes("state = running");
}

export function throwsOnFailure(): void {
  processManagerSync.restart(LABEL);
}

export function throwsWithErrorOutput(): string {
  processManagerSync.stop(LABEL);
  return "stopped";
}

export function throwsAndIsCaught(): string {
  try {
    processManagerSync.restart(LABEL);
    return "restarted";
  } catch {
    return "failed";
  }
}

export function expectsOneError(): string {
  const result = settleSync(() => processManagerSync.stop(LABEL));
  if (result.exitCode !== 0 && !result.stderr.includes("No such process")) return "failed";
  return "stopped";
}

export function inCondition(): string {
  if (settleSync(() => requireLoaded(processManagerSync.inspect(LABEL))).exitCode !== 0) return "not there";
  return "there";
}

export function negated(): boolean {
  const probe = settleSync(() => requireLoaded(processManagerSync.inspect(LABEL)));
  return !(probe.exitCode !== 0);
}

export function statusOfEnable(): number | null {
  const done = settleSync(() => processManagerSync.enable(LABEL, { load: false }));
  return done.exitCode;
}

export function errorOrStatus(): string {
  const done = settleSync(() => processManagerSync.restart(LABEL));
  if (done.error) return "not run";
  return done.exitCode === 0 ? "restarted" : "failed";
}

export async function inAsyncFunction(): Promise<string> {
  const done = await settle(() => processManager.stop(LABEL));
  if (done.exitCode === 0) return "stopped";
  return done.stderr.toString() ? "with a reason" : "without one";
}

export async function throwsInAsyncFunction(): Promise<void> {
  await processManager.restart(LABEL);
}

export function loadedByPlist(): boolean {
  const done = settleSync(() => processManagerSync.load(LABEL, { source: `/opt/lantern/${LABEL}.plist` }));
  return done.exitCode === 0;
}

export function legacyLoad(): boolean {
  return settleSync(() => processManagerSync.load(LABEL)).exitCode === 0;
}

export function legacyStop(): boolean {
  return settleSync(() => processManagerSync.stop(LABEL)).exitCode === 0;
}

export function legacyStart(): boolean {
  return settleSync(() => processManagerSync.start(LABEL)).exitCode === 0;
}

export function statusOrOne(): number {
  return settleSync(() => processManagerSync.restart(LABEL)).exitCode ?? 1;
}

export function statusAssigned(): number {
  let code = -1;
  code = settleSync(() => processManagerSync.restart(LABEL)).exitCode ?? 1;
  return code;
}

export function outputMaybe(): string {
  const done = settleSync(() => formatServiceEntry(requireLoaded(processManagerSync.inspect(LABEL))));
  return done.stdout?.toString().trim().match(/"PID" = (\d+)/)?.[1] ?? "";
}

export function errorThenStatus(): string {
  const done = settleSync(() => processManagerSync.restart(LABEL));
  if (done.error) throw done.error;
  if (done.exitCode !== 0) throw new Error(`exited with ${done.exitCode}: ${done.stderr}`);
  return "restarted";
}

export function switchOnStatus(): string {
  const done = settleSync(() => requireLoaded(processManagerSync.inspect(LABEL)));
  switch (done.exitCode) {
    case 0:
      return "there";
    case 113:
      return "not there";
    default:
      return "odd";
  }
}

export function particularStatus(): string {
  const done = settleSync(() => requireLoaded(processManagerSync.inspect(LABEL)));
  if (done.exitCode === 113) return "not there";
  return done.exitCode === 0 ? "there" : "odd";
}

export function particularError(): string {
  const done = settleSync(() => requireLoaded(processManagerSync.inspect(LABEL)));
  if (done.exitCode !== 0 && !done.stderr.includes("Could not find service")) throw new Error("odd");
  return done.exitCode === 0 ? "there" : "not there";
}

export function particularErrorOfRestart(): string {
  const done = settleSync(() => processManagerSync.restart(LABEL));
  if (done.stderr.includes("Could not find service")) return "not there";
  if (done.exitCode !== 0) throw new Error("odd");
  return "restarted";
}

export function logsOutput(): void {
  const done = settleSync(() => formatServices(processManagerSync.list(""), { header: true }));
  console.log(done.stdout.split("\n").length, done.exitCode);
}

export function untilGone(): number {
  for (let tries = 0; tries < 3; tries += 1) {
    if (settleSync(() => requireLoaded(processManagerSync.inspect(LABEL))).exitCode !== 0) return tries;
    settleSync(() => processManagerSync.stop(LABEL));
  }
  return -1;
}

export function renamedFields(): string {
  const stopped = settleSync(() => processManagerSync.disable(LABEL));
  return stopped.exitCode === 0 ? "disabled" : `failed: ${stopped.stderr.trim()}`;
}

export function renamedOutput(): number | null {
  const told = settleSync(() => formatService(requireLoaded(processManagerSync.inspect(LABEL))));
  if (told.exitCode !== 0) return null;
  return Number(/pid = (\d+)/.exec(told.stdout.trim())?.[1] ?? 0);
}

const { uid } = userInfo();

export function handedDomain(): string {
  const plist = `${process.env.HOME}/Library/LaunchAgents/${LABEL}.plist`;
  const loaded = settleSync(() => processManagerSync.load(`gui/${uid}/${LABEL}`, { source: plist }));
  return loaded.exitCode === 0 ? "loaded" : "not loaded";
}

export function handedDomainOut(domain: string = `gui/${uid}`): string {
  const gone = settleSync(() => processManagerSync.stop(`${domain}/${LABEL}`));
  return gone.exitCode === 0 ? "stopped" : "not stopped";
}

export function bootstrapUser(): string {
  const plist = `/opt/lantern/${LABEL}.plist`;
  const loaded = settleSync(() => processManagerSync.load(`user/${process.getuid?.()}/${LABEL}`, { source: plist }));
  return loaded.exitCode === 0 ? "loaded" : "not loaded";
}

export function chosenFlags(): boolean[] {
  return [true, false].map((again) => {
    return settleSync(() => processManagerSync[again ? "restart" : "start"](LABEL)).exitCode === 0;
  });
}

export async function chosenInPlace(): Promise<void> {
  for (const jobs of [0, 2]) {
    await processManager[jobs > 1 ? "start" : "restart"](LABEL).catch(() => {});
  }
}
