/** Property lists in the folders that the manager searches by itself, and in others. */
import { processManagerSync, settleSync } from "@lantern/process-manager";

const HOME = process.env.HOME ?? "";

export function byTilde(): void {
  processManagerSync.load("dev.lantern.beacon");
}

export function byShellHome(): void {
  processManagerSync.load("dev.lantern.beacon");
}

export function byHomeVariable(): void {
  processManagerSync.load("dev.lantern.beacon");
}

export function byHomeConstant(): void {
  processManagerSync.load("dev.lantern.beacon", { source: `${HOME}/Library/LaunchAgents/dev.lantern.beacon.plist` });
}

export function byHomedir(): void {
  processManagerSync.load("dev.lantern.beacon");
}

export function byJoin(): void {
  processManagerSync.load("dev.lantern.beacon");
}

export function byConstant(): void {
  processManagerSync.load("dev.lantern.beacon");
}

export function bySharedAgents(): void {
  processManagerSync.load("dev.lantern.shared");
}

export function elsewhere(): void {
  processManagerSync.load("dev.lantern.beacon", { source: "/opt/lantern/dev.lantern.beacon.plist" });
}

export function elsewhereForGood(): void {
  processManagerSync.enable("dev.lantern.beacon", { source: "/opt/lantern/dev.lantern.beacon.plist" });
}

export function elsewhereUnloaded(): void {
  processManagerSync.stop("dev.lantern.beacon");
}

export function inSystem(): void {
  processManagerSync.load("system/dev.lantern.beacon", { source: "/opt/lantern/dev.lantern.beacon.plist" });
}

export function reinstall(): void {
  settleSync(() => processManagerSync.stop("dev.lantern.beacon"));
  processManagerSync.enable("dev.lantern.beacon");
}
