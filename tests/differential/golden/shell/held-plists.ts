/** Plists whose path the function that names them is given. */
import { plistLabel, processManagerSync, requireLoaded } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";
const FOLDER = `${process.env.HOME}/Library/LaunchAgents`;

interface Job {
  plist: string;
}

function up(plist: string): void {
  processManagerSync.load(plistLabel(plist), { source: plist });
}

function down(plist: string): void {
  try {
    processManagerSync.stop(plistLabel(plist));
  } catch {
    // it may not be loaded
  }
}

function start(job: Job): string {
  try {
    processManagerSync.load(plistLabel(job.plist), { source: job.plist });
    return "loaded";
  } catch {
    return "failed";
  }
}

function stop(job: Job): string {
  try {
    requireLoaded(processManagerSync.inspect(plistLabel(job.plist)));
    processManagerSync.stop(plistLabel(job.plist));
    return "stopped";
  } catch {
    return "was not loaded";
  }
}

export function loads(): void {
  up(`${FOLDER}/${LABEL}.plist`);
}

export function unloads(): void {
  down(`${FOLDER}/${LABEL}.plist`);
}

export function starts(): string {
  return start({ plist: `${FOLDER}/${LABEL}.plist` });
}

export function stops(): string {
  return stop({ plist: `${FOLDER}/${LABEL}.plist` });
}

export function noSuchPlist(): string {
  return start({ plist: `${FOLDER}/dev.lantern.none.plist` });
}
