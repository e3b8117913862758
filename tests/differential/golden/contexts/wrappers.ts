/** Functions that do more than run a command: that stays, and an action takes the command's place. */
import { formatService, processManager, processManagerSync, requireLoaded, settle, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function closure(): string[] {
  const steps: string[] = [];
  const attempt = (what: string, action: () => void): { ok: boolean; error?: unknown } => {
    try {
      action();
      steps.push(`${what}: done`);
      return { ok: true };
    } catch (error) {
      steps.push(`${what}: failed`);
      return { ok: false, error };
    }
  };
  const loaded = attempt("print", () => requireLoaded(processManagerSync.inspect(LABEL)));
  steps.push(loaded.ok ? "was loaded" : "was not loaded");
  if (!attempt("restart", () => processManagerSync.restart(LABEL)).ok) steps.push("no restart");
  attempt("stop", () => { requireLoaded(processManagerSync.inspect(LABEL)); processManagerSync.stop(LABEL); });
  return steps;
}

let tries = 0;

async function persist(action: () => Promise<void>): Promise<void> {
  for (tries = 1; tries < 3; tries++) {
    try {
      await action();
      return;
    } catch (error) {
      if (tries === 2) throw error;
    }
  }
}

export async function again(): Promise<string> {
  try {
    await persist(() => processManager.start(LABEL));
    return `started after ${tries}`;
  } catch {
    return `not started after ${tries}`;
  }
}

export async function againStopped(): Promise<string> {
  try {
    await persist(async () => { requireLoaded(await processManager.inspect(LABEL)); await processManager.stop(LABEL); });
    return `stopped after ${tries}`;
  } catch {
    return `not stopped after ${tries}`;
  }
}

const settings = { dry: false };

function manageService(action: () => void): boolean {
  if (settings.dry) return false;
  action();
  return true;
}

export function dryAndWet(): boolean[] {
  return [true, false].map((dry) => {
    settings.dry = dry;
    return manageService(() => processManagerSync.disable(LABEL));
  });
}

let count = 0;

const counted = (action: () => void): number => {
  settleSync(action);
  return ++count;
};

export function whateverComes(): number {
  count = 0; // a comparison may run it again
  counted(() => processManagerSync.disable(LABEL));
  return counted(() => processManagerSync.stop(LABEL));
}

export async function oneOfTwo(): Promise<string> {
  const enabled = await settle(() => processManager.enable(LABEL, { load: false }));
  const { ok: fine, stdout: text } = await settle(async () => formatService(requireLoaded(await processManager.inspect(LABEL))));
  return `${enabled.ok} ${fine} ${/pid = \d+/.test(text) ? "running" : "not running"}`;
}
