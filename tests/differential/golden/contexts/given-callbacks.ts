/** Callbacks that get what came of a command. */
import { type ExecException } from "node:child_process";
import { callBack, formatService, formatServices, processManager, requireLoaded, requireServices } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function rejecting(): Promise<string> {
  return new Promise((resolve, reject) => {
    callBack(() => processManager.restart(LABEL), (error) => (error ? reject(error) : resolve("restarted")));
  });
}

export async function telling(): Promise<void> {
  return new Promise((resolve, reject) => {
    callBack(() => processManager.disable(LABEL), (error, _stdout, stderr) => {
      if (error) {
        console.error("not disabled", stderr.length > 0);
        reject(new Error("not disabled", { cause: error }));
      } else {
        console.log("disabled");
        resolve();
      }
    });
  });
}

export async function whatever(): Promise<string> {
  await new Promise<void>((resolve) => callBack(() => processManager.stop(LABEL), () => resolve()));
  return "stopped";
}

export async function listed(): Promise<boolean> {
  return new Promise((resolve) => {
    callBack(async () => formatServices(requireServices(await processManager.list(LABEL))), (error: ExecException | null, stdout: string) => {
      if (error) {
        resolve(false);
        return;
      }
      resolve(stdout.split("\n").some((line) => line.trim().split(/\s+/)[2] === LABEL));
    });
  });
}

export function pidOf(): Promise<number | null> {
  return new Promise((resolve) => {
    callBack(async () => formatService(requireLoaded(await processManager.inspect(LABEL))), function (error, stdout) {
      const pid = /pid = (\d+)/.exec(stdout);
      resolve(!error && pid !== null ? Number(pid[1]) : null);
    });
  });
}

export function oneBehindTheOther(): Promise<string> {
  return new Promise((resolve) => {
    callBack(() => processManager.stop(LABEL), () => {
      callBack(() => processManager.load(LABEL), (error) => resolve(error === null ? "loaded" : "not loaded"));
    });
  });
}

export function nobodyWaits(): void {
  callBack(async () => formatServices(await processManager.list(""), { header: true }), (_error, stdout) => console.log(stdout.split("\n").length > 1));
}

export async function thrownByTheCallback(): Promise<string> {
  await new Promise<void>((resolve) => {
    process.setUncaughtExceptionCaptureCallback((error) => {
      console.log(error.message);
      process.setUncaughtExceptionCaptureCallback(null);
      resolve();
    });
    callBack(async () => requireLoaded(await processManager.inspect(LABEL)), (error) => {
      throw new Error(error === null ? "there" : "not there");
    });
  });
  return "caught";
}
