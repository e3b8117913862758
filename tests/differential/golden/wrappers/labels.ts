/** Local functions that know the verb, and get the label. */
import { formatService, processManagerSync, requireLoaded } from "@lantern/process-manager";

function restart(label: string): void {
  processManagerSync.restart(label);
}

export function once(): void {
  restart("dev.lantern.beacon");
}

export function twice(): void {
  ["dev.lantern.beacon", "dev.lantern.mirror"].forEach(restart);
}

function isRunning(label: string): boolean {
  try {
    return formatService(requireLoaded(processManagerSync.inspect(label))).includes("state = running");
  } catch {
    return false;
  }
}

export function running(): boolean[] {
  return ["dev.lantern.beacon", "dev.lantern.mirror"].map(isRunning);
}

export function ensured(): string {
  if (!isRunning("dev.lantern.beacon")) {
    restart("dev.lantern.beacon");
    return "restarted";
  }
  return "running already";
}

function install(label: string): void {
  processManagerSync.load(label);
}

export function installed(): void {
  install("dev.lantern.beacon");
}

function reinstall(label: string): void {
  try {
    processManagerSync.stop(label);
  } catch {}
  install(label);
}

export function reinstalled(): void {
  reinstall("dev.lantern.beacon");
}
