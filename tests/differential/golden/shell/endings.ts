/** Failures that end as successes do, and those that the port tells otherwise. */
import { processManagerSync, requireLoaded, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function endsAlike(): void {
  try {
    processManagerSync.stop(LABEL);
  } catch {
    return;
  }
}

export function returnsAlike(): string {
  try {
    processManagerSync.stop(LABEL);
    return "done";
  } catch {
    console.warn("it was not loaded");
    return "done";
  }
}

export function endsBefore(): string {
  let ended = "early";
  const stop = (): void => {
    try {
      requireLoaded(processManagerSync.inspect(LABEL));
      processManagerSync.stop(LABEL);
    } catch {
      return;
    }
    ended = "late";
  };
  stop();
  return ended;
}

export function restarted(): boolean {
  return settleSync(() => processManagerSync.restart(LABEL)).exitCode === 0;
}

export function restartedOrNot(): string {
  try {
    processManagerSync.restart(LABEL);
    return "restarted";
  } catch {
    return "not restarted";
  }
}

export function loadedOrNot(): string {
  try {
    processManagerSync.load(LABEL);
    return "loaded";
  } catch {
    return "not loaded";
  }
}

export function statusOfLoad(): boolean {
  return settleSync(() => processManagerSync.enable(LABEL)).exitCode === 0;
}
