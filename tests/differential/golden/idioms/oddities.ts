import { formatServices, processManager, processManagerSync, requireLoaded, settle, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function optionalChain(): boolean {
  return settleSync(() => requireLoaded(processManagerSync.inspect(`system/${LABEL}`))).exitCode === 0;
}

export function cast(): string {
  return formatServices(processManagerSync.list(""), { header: true }).trim();
}

export function nonNull(): number {
  return settleSync(() => requireLoaded(processManagerSync.inspect(`system/${LABEL}`))).exitCode!;
}

export function satisfied(): string {
  return formatServices(processManagerSync.list(""), { header: true }).trim();
}

export function assigned(): string {
  let out: string;
  out = formatServices(processManagerSync.list(""), { header: true });
  return out;
}

export function severalConstants(): string {
  const before = "a",
    out = formatServices(processManagerSync.list(""), { header: true }),
    after = "b";
  return before + out + after;
}

export function inObject(): { rows: string; there: boolean } {
  return {
    rows: formatServices(processManagerSync.list(""), { header: true }),
    there: settleSync(() => requireLoaded(processManagerSync.inspect(`system/${LABEL}`))).exitCode === 0,
  };
}

export function inArray(): string[] {
  return [formatServices(processManagerSync.list(""), { header: true })];
}

export function defaulted(): string {
  return settleSync(() => formatServices(processManagerSync.list(LABEL))).stdout || "none";
}

export function labelled(): string {
  search: for (const name of ["dev.lantern.mirror", LABEL]) {
    for (const domain of ["system"]) {
      if (settleSync(() => requireLoaded(processManagerSync.inspect(`${domain}/${name}`))).exitCode === 0) break search;
    }
  }
  return "searched";
}

export function whileThere(): number {
  let rounds = 0;
  while (settleSync(() => requireLoaded(processManagerSync.inspect(`system/${LABEL}`))).exitCode === 0 && rounds < 2) {
    settleSync(() => processManagerSync.stop(`system/${LABEL}`));
    rounds += 1;
  }
  return rounds;
}

export function nestedTernary(): string {
  return settleSync(() => requireLoaded(processManagerSync.inspect(`system/${LABEL}`))).exitCode === 0
    ? "system"
    : settleSync(() => requireLoaded(processManagerSync.inspect(LABEL))).exitCode === 0
      ? "own"
      : "none";
}

export function usedTwice(): string {
  const done = settleSync(() => processManagerSync.start(`system/${LABEL}`));
  const ok = done.exitCode === 0;
  return ok ? done.stdout : done.stderr.length > 0 ? "failed" : "silent";
}

export async function awaitedInArguments(): Promise<string> {
  return [formatServices(await processManager.list(""), { header: true }), "x"].join("");
}

export async function afterAwait(): Promise<boolean> {
  const name = await Promise.resolve(LABEL);
  const done = await settle(async () => requireLoaded(await processManager.inspect(`system/${name}`)));
  return done.exitCode === 0;
}

export async function inAwaitedCondition(): Promise<string> {
  const there = (await settle(async () => requireLoaded(await processManager.inspect(`system/${LABEL}`)))).exitCode === 0;
  if (!there) await processManager.load(`system/${LABEL}`);
  return there ? "there" : "loaded";
}

export function booleanOf(): boolean {
  return !settleSync(() => requireLoaded(processManagerSync.inspect(`system/${LABEL}`))).exitCode;
}

export function spreadIntoArray(): string[] {
  return [...formatServices(processManagerSync.list(""), { header: true }).split("\n")];
}

export function inReturnedObject(): { code: number | null } {
  const done = settleSync(() => processManagerSync.restart(`system/${LABEL}`));
  return { code: done.exitCode };
}

export function shorthand(): { status: number | null } {
  const { exitCode: status } = settleSync(() => processManagerSync.restart(`system/${LABEL}`));
  return { status };
}

export function renamedFields(): { exitCode: number | null; stderr: string } {
  const { exitCode, stderr } = settleSync(() => processManagerSync.restart(`system/${LABEL}`));
  return { exitCode, stderr };
}

export function ifElse(): string {
  const done = settleSync(() => processManagerSync.restart(`system/${LABEL}`));
  if (done.exitCode !== 0) {
    throw new Error("not restarted");
  } else {
    return "restarted";
  }
}

export function throwsBeforeMore(): string {
  const done = settleSync(() => processManagerSync.restart(`system/${LABEL}`));
  // what follows needs it
  if (done.exitCode !== 0) throw new Error("not restarted");
  return `restarted with ${done.exitCode}`;
}

export function throwsWithHint(): string {
  const done = settleSync(() => processManagerSync.restart(`system/${LABEL}`));
  if (done.exitCode !== 0) {
    console.error("see the log");
    throw new Error("not restarted");
  }
  return "restarted";
}
