import { processManagerSync, requireLoaded, requireServices } from "@lantern/process-manager";

export function restart(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export function restartQuietly(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export function start(): void {
  processManagerSync.start("dev.lantern.beacon");
}

export function bootOut(): void {
  processManagerSync.stop("dev.lantern.beacon");
}

export function bootOutByPlist(): void {
  processManagerSync.stop("dev.lantern.beacon");
}

export function bootstrapOwn(): void {
  processManagerSync.load("dev.lantern.beacon");
}

export function bootstrapSystem(): void {
  processManagerSync.load("system/dev.lantern.beacon");
}

export function bootstrapOtherUser(): void {
  processManagerSync.load("gui/501/dev.lantern.beacon", { source: "/opt/lantern/dev.lantern.beacon.plist" });
}

export function enable(): void {
  processManagerSync.enable("dev.lantern.beacon", { load: false });
}

export function enableSystem(): void {
  processManagerSync.enable("system/dev.lantern.beacon", { load: false });
}

export function disable(): void {
  processManagerSync.disable("dev.lantern.beacon");
}

export function disableOtherUser(): void {
  processManagerSync.disable("gui/501/dev.lantern.beacon");
}

export function ensureThere(): void {
  requireLoaded(processManagerSync.inspect("dev.lantern.beacon"));
}

export function ensureListed(): void {
  requireLoaded(processManagerSync.inspect("dev.lantern.beacon"));
}

export function ensureAny(): void {
  requireServices(processManagerSync.list("dev.lantern.beacon"));
}

export function startByLabel(): void {
  processManagerSync.start("dev.lantern.beacon");
}

export function stopByLabel(): void {
  processManagerSync.stop("dev.lantern.beacon");
}

export function remove(): void {
  processManagerSync.stop("dev.lantern.beacon");
}

export function load(): void {
  processManagerSync.load("dev.lantern.beacon");
}

export function loadForGood(): void {
  processManagerSync.enable("dev.lantern.beacon");
}

export function unload(): void {
  processManagerSync.stop("dev.lantern.beacon");
}

export function unloadForGood(): void {
  processManagerSync.disable("dev.lantern.beacon");
  processManagerSync.stop("dev.lantern.beacon");
}

export function reload(): void {
  processManagerSync.stop("dev.lantern.beacon");
  processManagerSync.load("dev.lantern.beacon");
}

export function bounce(): void {
  processManagerSync.stop("dev.lantern.beacon");
  processManagerSync.load("dev.lantern.beacon");
}

export function unloadForGoodByForce(): void {
  processManagerSync.disable("dev.lantern.beacon");
  processManagerSync.stop("dev.lantern.beacon");
}
