import { formatService, formatServiceEntry, formatServices, processManagerSync, requireLoaded, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function restart(): void {
  processManagerSync.restart(LABEL);
}

export function start(): void {
  processManagerSync.start(LABEL);
}

export function bootOut(): void {
  processManagerSync.stop(LABEL);
}

export function bootOutByPlist(): void {
  processManagerSync.stop(LABEL);
}

export function bootstrap(): void {
  processManagerSync.load(LABEL);
}

export function bootstrapSystem(): void {
  processManagerSync.load("system/dev.lantern.beacon");
}

export function bootstrapElsewhere(): void {
  processManagerSync.load(LABEL, { source: `/opt/lantern/${LABEL}.plist` });
}

export function enable(): void {
  processManagerSync.enable(LABEL, { load: false });
}

export function disable(): void {
  processManagerSync.disable(LABEL);
}

export function printed(): void {
  console.log(formatService(requireLoaded(processManagerSync.inspect(LABEL))));
}

export function table(): string {
  return formatServices(processManagerSync.list(""), { header: true });
}

export function entry(): void {
  console.log(formatServiceEntry(requireLoaded(processManagerSync.inspect(LABEL))));
}

export function startByLabel(): void {
  processManagerSync.start(LABEL);
}

export function stopByLabel(): void {
  processManagerSync.stop(LABEL);
}

export function remove(): void {
  processManagerSync.stop(LABEL);
}

export function load(): void {
  processManagerSync.load(LABEL);
}

export function loadForGood(): void {
  processManagerSync.enable(LABEL);
}

export function unload(): void {
  processManagerSync.stop(LABEL);
}

export function unloadForGood(): void {
  processManagerSync.disable(LABEL);
  processManagerSync.stop(LABEL);
}

export function viaBash(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export function viaSh(): void {
  settleSync(() => processManagerSync.stop(LABEL));
}

export function argumentsInConstant(): void {
  processManagerSync.restart(LABEL);
}

export function flagInConstant(): void {
  processManagerSync.restart(LABEL);
}

export function verbInConstant(): void {
  processManagerSync.restart(LABEL);
}

export function toolInConstant(): void {
  processManagerSync.restart(LABEL);
}

export function userInfoOf(label = LABEL): string {
  const result = formatService(requireLoaded(processManagerSync.inspect(`user/${process.getuid?.()}/${label}`)));
  return result.toString().includes("state = running") ? "running" : "not running";
}

export function ignored(): void {
  try {
    processManagerSync.stop(LABEL);
  } catch {
    /* nothing to stop */
  }
}

export function told(): { ok: boolean; detail: string } {
  try {
    requireLoaded(processManagerSync.inspect(LABEL));
    processManagerSync.stop(LABEL);
    return { ok: true, detail: "" };
  } catch (error) {
    return { ok: false, detail: (error as Error).message };
  }
}
