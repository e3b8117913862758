import { formatServices, processManager, processManagerSync } from "@lantern/process-manager";

export function declared(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export async function declaredAsync(): Promise<void> {
  await processManager.restart("dev.lantern.beacon");
}

export const arrow = (): void => {
  processManagerSync.restart("dev.lantern.beacon");
};

export const arrowAsync = async (): Promise<void> => {
  await processManager.restart("dev.lantern.beacon");
};

export const expression = () => formatServices(processManagerSync.list(""), { header: true });

export const expressionAsync = async () => formatServices(await processManager.list(""), { header: true });

export function inner(): string {
  function restart(): void {
    processManagerSync.restart("dev.lantern.beacon");
  }
  restart();
  return "restarted";
}

export async function innerInAsync(): Promise<string> {
  const restart = () => {
    processManagerSync.restart("dev.lantern.beacon");
  };
  restart();
  return "restarted";
}

export async function calledAtOnce(): Promise<string> {
  await (async () => {
    await processManager.restart("dev.lantern.beacon");
  })();
  return "restarted";
}

export function defaultParameter(rows = formatServices(processManagerSync.list(""), { header: true })): number {
  return rows.split("\n").length;
}

export async function defaultParameterOfAsync(
  rows = formatServices(processManagerSync.list(""), { header: true }),
): Promise<number> {
  return rows.split("\n").length;
}

function* steps(): Generator<string> {
  yield "before";
  processManagerSync.restart("dev.lantern.beacon");
  yield "after";
}

export function generator(): string[] {
  return [...steps()];
}

async function* asyncSteps(): AsyncGenerator<string> {
  yield "before";
  await processManager.restart("dev.lantern.beacon");
  yield "after";
}

export async function asyncGenerator(): Promise<string[]> {
  const seen: string[] = [];
  for await (const step of asyncSteps()) seen.push(step);
  return seen;
}

export function objectMethod(): string {
  const actions = {
    restart() {
      processManagerSync.restart("dev.lantern.beacon");
      return "restarted";
    },
  };
  return actions.restart();
}

export function asyncObjectMethod(): Promise<string> {
  const actions = {
    async stop() {
      await processManager.stop("dev.lantern.beacon");
      return "stopped";
    },
  };
  return actions.stop();
}

export function inSwitch(verb = "stop"): string {
  switch (verb) {
    case "stop":
      processManagerSync.stop("dev.lantern.beacon");
      return "stopped";
    default:
      return "nothing";
  }
}

export function withoutBraces(): string {
  for (const wanted of [true, false])
    if (wanted) processManagerSync.start("dev.lantern.beacon");
    else processManagerSync.stop("dev.lantern.beacon");
  return "done";
}

export function voided(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export function calledWithoutAwait(): string[] {
  const order: string[] = [];
  async function stopAndTell(): Promise<void> {
    processManagerSync.stop("dev.lantern.beacon");
    order.push("stopped");
  }
  stopAndTell().catch(() => {});
  return [...order, "left"];
}
