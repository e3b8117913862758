/** Run as root: the subcommands that name no domain mean the system's. */
import { processManagerSync } from "@lantern/process-manager";

export function load(): void {
  processManagerSync.load("system/dev.lantern.beacon");
}

export function loadForGood(): void {
  processManagerSync.enable("system/dev.lantern.beacon");
}

export function unload(): void {
  processManagerSync.stop("system/dev.lantern.beacon");
}

export function unloadForGood(): void {
  processManagerSync.disable("system/dev.lantern.beacon");
  processManagerSync.stop("system/dev.lantern.beacon");
}

export function restart(): void {
  processManagerSync.restart("system/dev.lantern.beacon");
}

export function bootOutByPlist(): void {
  processManagerSync.stop("system/dev.lantern.beacon");
}
