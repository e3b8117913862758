/** What `print` and `list LABEL` print, where every use of the text is one that the port answers. */
import { formatService, formatServiceEntry, processManagerSync, requireLoaded, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

const print = (): string => formatService(requireLoaded(processManagerSync.inspect(LABEL)));

function field(printed: string, key: string): string | null {
  const match = printed.match(new RegExp(`^\\s*${key}\\s*=\\s*(.+)$`, "m"));
  return match?.[1]?.trim() ?? null;
}

function normal(printed: string): string {
  return printed.trim().replace(/\s+/g, " ");
}

export function shown(): void {
  console.log(formatService(requireLoaded(processManagerSync.inspect(LABEL))));
}

export function entryShown(): void {
  const entry = formatServiceEntry(requireLoaded(processManagerSync.inspect(LABEL)));
  console.log("the entry", { entry });
}

export function shownOrNothing(): void {
  console.log(settleSync(() => formatService(requireLoaded(processManagerSync.inspect(LABEL)))).stdout);
}

export function inMessage(): void {
  const printed = formatServiceEntry(requireLoaded(processManagerSync.inspect(LABEL)));
  if (!printed.includes('"PID"')) throw new Error(`not running: ${printed.trim()}`);
}

export function byHelper(): (string | null)[] {
  const printed = formatService(requireLoaded(processManagerSync.inspect(LABEL)));
  return [field(printed, "state"), field(printed, "working directory")];
}

export function byHelperThatReturnsIt(): boolean {
  return normal(formatService(requireLoaded(processManagerSync.inspect(LABEL)))).includes("state = running");
}

export function returnedByHelper(): boolean {
  return print().includes("state = running");
}

export function pidWithBoundary(): string | undefined {
  const printed = formatService(requireLoaded(processManagerSync.inspect(LABEL)));
  return /\bpid = (\d+)/.exec(printed)?.[1];
}

export function ownName(): boolean {
  return formatServiceEntry(requireLoaded(processManagerSync.inspect(LABEL))).includes(LABEL);
}

export function lineOfState(): string {
  const printed = formatService(requireLoaded(processManagerSync.inspect(LABEL)));
  const line = printed.split("\n").find((each) => each.includes("state ="));
  return line?.split("=")[1]?.trim() ?? "none";
}

export function lineInLoop(): boolean {
  for (const line of formatService(requireLoaded(processManagerSync.inspect(LABEL))).split("\n")) {
    if (line.trim() === "state = running") return true;
  }
  return false;
}

export function thereOrNot(): string {
  const printed = settleSync(() => formatService(requireLoaded(processManagerSync.inspect(LABEL)))).stdout;
  return printed.trim().length > 0 && printed !== "" ? "there" : "not there";
}
