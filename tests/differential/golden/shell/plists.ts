/** Plists and domains behind names: folders in constants, fields, getters, functions. */
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { processManagerSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";
const AGENTS = join(homedir(), "Library", "LaunchAgents");
const PLIST = join(AGENTS, `${LABEL}.plist`);
const paths = { plist: join(AGENTS, `${LABEL}.plist`), log: "/tmp/lantern.log" };
const service =
  process.platform === "win32" ? join(homedir(), "services", `${LABEL}.json`) : join(AGENTS, `${LABEL}.plist`);
const domain = typeof process.getuid === "function" ? `gui/${process.getuid()}` : "gui/501";

class Lamp {
  private readonly label = LABEL;
  private readonly other = join(AGENTS, "dev.lantern.mirror.plist");

  private get plist(): string {
    return join(AGENTS, `${this.label}.plist`);
  }

  get plists(): string[] {
    return [this.plist, this.other];
  }

  load(): void {
    processManagerSync.load(this.label);
  }

  unloadOther(): void {
    processManagerSync.stop("dev.lantern.mirror");
  }
}

export function folderInConstant(): void {
  processManagerSync.enable(LABEL);
}

export function fieldOfConstant(): void {
  processManagerSync.stop(LABEL);
}

export function chosenByPlatform(): void {
  processManagerSync.enable(LABEL);
}

export function getterOfClass(): void {
  new Lamp().load();
}

export function fieldOfClass(): void {
  new Lamp().unloadOther();
}

export function nameOfFile(): string[] {
  const stopped: string[] = [];
  for (const plist of [PLIST, join(AGENTS, "dev.lantern.mirror.plist")]) {
    const label = basename(plist, ".plist");
    processManagerSync.stop(label);
    stopped.push(label);
  }
  return stopped;
}

export function domainByCondition(): void {
  processManagerSync.restart(LABEL);
}

export function domainByGuard(): void {
  processManagerSync.enable(LABEL, { load: false });
}

export function domainByGuardOfPlist(): void {
  processManagerSync.load(LABEL);
}

export function names(): string[] {
  return [...new Lamp().plists, paths.plist, service, domain];
}
