/** What the tool prints, and what the code reads of it. */
import { formatService, formatServiceEntry, formatServices, processManagerSync, requireLoaded, requireServices, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function table(): string {
  return formatServices(processManagerSync.list(""), { header: true });
}

export function tableOfBytes(): string {
  return formatServices(processManagerSync.list(""), { header: true });
}

export function labels(): string[] {
  const out = formatServices(processManagerSync.list(""), { header: true });
  return out.split("\n").slice(1).filter(Boolean).map((line) => line.split("\t")[2] ?? "");
}

export function isListed(): boolean {
  return formatServices(processManagerSync.list(""), { header: true }).includes(LABEL);
}

export function rows(): string[] {
  return settleSync(() => formatServices(processManagerSync.list("dev.lantern"))).stdout.split("\n").filter(Boolean);
}

export function rowsOrFailure(): string[] {
  return formatServices(requireServices(processManagerSync.list("dev.lantern.beacon"))).trim().split("\n");
}

export function rowsOfLabel(): string {
  return settleSync(() => formatServices(processManagerSync.list(LABEL))).stdout.trim();
}

export function pidOfRow(): number | null {
  const row = settleSync(() => formatServices(processManagerSync.list(LABEL))).stdout;
  const pid = row.split(/\s+/)[0] ?? "";
  return /^\d+$/.test(pid) ? Number(pid) : null;
}

export function pid(): number | null {
  const printed = formatService(requireLoaded(processManagerSync.inspect(LABEL)));
  return Number(/pid = (\d+)/.exec(printed)?.[1]) || null;
}

export function isRunning(): boolean {
  return formatService(requireLoaded(processManagerSync.inspect(LABEL))).includes("state = running");
}

export function lastExit(): string {
  const printed = formatService(requireLoaded(processManagerSync.inspect(LABEL)));
  return printed.match(/last exit code = (.*)/)?.[1] ?? "none";
}

export function runs(): number {
  const printed = formatService(requireLoaded(processManagerSync.inspect(LABEL)));
  return Number(/runs = (\d+)/.exec(printed)?.[1] ?? -1);
}

export function folderAndProgram(): string[] {
  const printed = formatService(requireLoaded(processManagerSync.inspect(LABEL)));
  const lines = printed.split("\n").map((line) => line.trim());
  return lines.filter((line) => line.startsWith("program = ") || line.startsWith("working directory = "));
}

export function source(): string {
  const printed = formatService(requireLoaded(processManagerSync.inspect(LABEL)));
  return printed.match(/path = (.*)/)?.[1] ?? "";
}

export function pidOfEntry(): number | null {
  const printed = formatServiceEntry(requireLoaded(processManagerSync.inspect(LABEL)));
  return Number(/"PID" = (\d+);/.exec(printed)?.[1]) || null;
}

export function exitOfEntry(): number {
  const printed = formatServiceEntry(requireLoaded(processManagerSync.inspect(LABEL)));
  return Number(/"LastExitStatus" = (\d+);/.exec(printed)?.[1] ?? -1);
}

export function countOfRunning(): number {
  const out = formatServices(processManagerSync.list(""), { header: true });
  return out.split("\n").filter((line) => /^\d+\t/.test(line)).length;
}

export function inTemplateOfBytes(): string {
  return `<${settleSync(() => formatServices(processManagerSync.list(LABEL))).stdout}>`;
}

export function decodedBytes(): string {
  return settleSync(() => formatServices(processManagerSync.list(LABEL))).stdout.trim();
}

export function logged(): void {
  console.log(formatServices(processManagerSync.list(""), { header: true }));
}

export function firstRow(): string {
  const [first] = formatServices(processManagerSync.list(""), { header: true }).split("\n");
  return first ?? "";
}

export function parsedRows(): { pid: number | null; label: string }[] {
  const out = formatServices(processManagerSync.list(""), { header: true });
  const found: { pid: number | null; label: string }[] = [];
  for (const line of out.trim().split("\n").slice(1)) {
    const [pid, , label] = line.split("\t");
    if (label?.startsWith("dev.lantern.")) found.push({ pid: pid === "-" ? null : Number(pid), label });
  }
  return found;
}

export function lineOfLabel(): string | undefined {
  const out = formatServices(processManagerSync.list(""), { header: true });
  return out.split("\n").find((line) => line.endsWith(LABEL));
}

export function exitOfRow(): string {
  const row = settleSync(() => formatServices(processManagerSync.list(LABEL))).stdout;
  return row.trim().split("\t")[1] ?? "none";
}

export function truthOfDescription(): string {
  const printed = settleSync(() => formatService(requireLoaded(processManagerSync.inspect(LABEL)))).stdout;
  return printed ? "there" : "not there";
}

export function domainOfUser(): boolean {
  return formatService(requireLoaded(processManagerSync.inspect(`user/${process.getuid?.()}/${LABEL}`))).includes("running");
}
