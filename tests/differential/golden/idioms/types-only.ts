import type { SpawnSyncReturns } from "node:child_process";
import { spawnSync, type SpawnSyncOptions } from "node:child_process";
import { processManagerSync, requireLoaded, settleSync } from "@lantern/process-manager";

const options: SpawnSyncOptions = { timeout: 1_000 };

function attempt(): SpawnSyncReturns<string | Buffer> {
  return spawnSync("true", [], options);
}

export function other(): boolean {
  return attempt().status === 0;
}

export function isLoaded(): boolean {
  return settleSync(() => requireLoaded(processManagerSync.inspect("system/dev.lantern.beacon"))).exitCode === 0;
}
