/** What the code does about a command that fails. */
import { formatService, processManagerSync, requireLoaded, requireServices } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function passedOn(): string {
  processManagerSync.stop(LABEL);
  return "stopped";
}

export function ignored(): string {
  try {
    processManagerSync.stop(LABEL);
  } catch {}
  return "done";
}

export function ignoredWithReason(): void {
  try {
    processManagerSync.restart(LABEL);
  } catch {
    // it may not be there
  }
}

export function told(): string {
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    processManagerSync.stop(LABEL);
    return "stopped";
  } catch {
    return "was not loaded";
  }
}

export function toldOfRestart(): string {
  try {
    processManagerSync.restart(LABEL);
    return "restarted";
  } catch {
    return "not restarted";
  }
}

export function logged(): void {
  try {
    processManagerSync.stop(LABEL);
  } catch (error) {
    console.error("not stopped", error);
  }
}

export function wrapped(): void {
  try {
    processManagerSync.restart(LABEL);
  } catch (error) {
    throw new Error("the beacon did not restart", { cause: error });
  }
}

export function messageOf(): string {
  try {
    processManagerSync.restart(LABEL);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function errorOutputOf(): string {
  try {
    processManagerSync.restart(LABEL);
    return "";
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr ?? "");
  }
}

export function isLoaded(): boolean {
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    return true;
  } catch {
    return false;
  }
}

export function isListed(): boolean {
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    return true;
  } catch {
    return false;
  }
}

export function isMatched(): boolean {
  try {
    requireServices(processManagerSync.list(LABEL));
    return true;
  } catch {
    return false;
  }
}

export function wasStopped(): boolean {
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    processManagerSync.stop(LABEL);
    return true;
  } catch {
    return false;
  }
}

export function wasRemoved(): boolean {
  try {
    processManagerSync.stop(LABEL);
    return true;
  } catch {
    return false;
  }
}

export function wasStarted(): boolean {
  try {
    processManagerSync.start(LABEL);
    return true;
  } catch {
    return false;
  }
}

export function wasLoaded(): boolean {
  try {
    processManagerSync.load(LABEL);
    return true;
  } catch {
    return false;
  }
}

export function wasUnloaded(): boolean {
  try {
    processManagerSync.stop(LABEL);
    return true;
  } catch {
    return false;
  }
}

export function declaredBefore(): string {
  let running = false;
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    running = true;
  } catch {
    running = false;
  }
  return running ? "there" : "not there";
}

export function textDeclaredBefore(): boolean {
  let printed = "";
  try {
    printed = formatService(requireLoaded(processManagerSync.inspect(LABEL)));
  } catch {}
  return printed.includes("state = running");
}

export function restartsWhatIsThere(): string {
  if (isLoaded()) {
    processManagerSync.restart(LABEL);
    return "restarted";
  }
  processManagerSync.load(LABEL);
  return "loaded";
}

export function fallsBack(): string {
  try {
    processManagerSync.restart(LABEL);
    return "restarted";
  } catch {
    processManagerSync.load(LABEL);
    return "loaded";
  }
}

export function cleansUp(): string[] {
  const steps: string[] = [];
  try {
    steps.push("stop");
    requireLoaded(processManagerSync.inspect(LABEL));
    processManagerSync.stop(LABEL);
    steps.push("stopped");
  } catch {
    steps.push("nothing to stop");
  } finally {
    steps.push("end");
  }
  return steps;
}

export function inOneTry(): string {
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    processManagerSync.stop(LABEL);
    processManagerSync.load(LABEL);
    return "bounced";
  } catch {
    return "failed";
  }
}

export function nested(): string {
  try {
    try {
      processManagerSync.stop(LABEL);
    } catch {}
    processManagerSync.load(LABEL);
    return "loaded";
  } catch {
    return "failed";
  }
}

export function messageLookedAt(): string {
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    return "there";
  } catch (error) {
    if (error instanceof Error && error.message.includes("Could not find service")) return "not there";
    throw error;
  }
}

export function messageOfRestartLookedAt(): string {
  try {
    processManagerSync.restart(LABEL);
    return "restarted";
  } catch (error) {
    if (error instanceof Error && error.message.includes("Could not find service")) return "not there";
    throw error;
  }
}

export function passedToHandler(): string {
  const told: string[] = [];
  const tell = (error: unknown) => told.push(error instanceof Error ? "error" : "odd");
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    processManagerSync.stop(LABEL);
  } catch (error) {
    tell(error);
  }
  return told.join();
}

export function countedFailures(): number {
  let failures = 0;
  for (const name of [LABEL, "dev.lantern.mirror"]) {
    try {
      requireLoaded(processManagerSync.inspect(name));
      processManagerSync.stop(name);
    } catch {
      failures += 1;
    }
  }
  return failures;
}

export function continuesLoop(): string[] {
  const stopped: string[] = [];
  for (const name of [LABEL, "dev.lantern.mirror"]) {
    try {
      requireLoaded(processManagerSync.inspect(name));
      processManagerSync.stop(name);
    } catch {
      continue;
    }
    stopped.push(name);
  }
  return stopped;
}

export function statusAfterTry(): string {
  let state = "unknown";
  try {
    processManagerSync.stop(LABEL);
    state = "stopped";
  } finally {
    console.log(state);
  }
  return state;
}
