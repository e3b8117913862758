/** Names that the rewritten code would like to use are taken here. */
import { processManager as fleetProcessManager, processManagerSync as fleetProcessManagerSync, settle as fleetSettle } from "@lantern/process-manager";

const processManager = { restart: (label: string) => `${label} by hand` };
const settle = (value: number) => value + 1;

export async function restart(): Promise<string> {
  await fleetProcessManager.restart("system/dev.lantern.beacon");
  return processManager.restart("dev.lantern.beacon");
}

export async function stop(): Promise<number> {
  const done = await fleetSettle(() => fleetProcessManager.stop("system/dev.lantern.beacon"));
  return done.exitCode === 0 ? settle(1) : settle(2);
}

export function shadowed(processManagerSync = "a text"): string {
  fleetProcessManagerSync.restart("system/dev.lantern.beacon");
  return processManagerSync;
}
