/** Which launchd domains a label means, and how a subcommand finds the one that has the service. */
import { MACOS_SERVICE_TOOL } from "./launchctl-tool.ts";
import type { Target } from "./labels.ts";
import type { Result, Steps } from "./steps.ts";

/** What launchctl answered, and in which domain. */
export interface Answer extends Result {
  domain: string;
}

const NOT_FOUND = [3, 113];
const NO_DOMAIN = [112, 125];

export const isAbsent = ({ code }: Result): boolean => NOT_FOUND.includes(code);
export const hasNoDomain = ({ code }: Result): boolean => NO_DOMAIN.includes(code);

export function isUnderSudo(): boolean {
  return process.getuid?.() === 0 && Number(process.env["SUDO_UID"]) > 0;
}

/** The person whose services a bare label means: under sudo the one who typed it (sudo(8), SUDO_UID). */
export function ownUid(): number {
  return isUnderSudo() ? Number(process.env["SUDO_UID"]) : process.getuid?.() ?? 501;
}

/**
 * The domains that can have the service, in the order to look. One's own services are in `gui` where
 * one is logged in at the screen, and in `user` where they were loaded without that, as over SSH
 * (launchctl(1), SUBCOMMANDS); both can be there at once.
 */
export function domainsOf(target: Target): [string, ...string[]] {
  if (target.domain === "system") return ["system"];
  if (target.domain === "own") return [`gui/${ownUid()}`, `user/${ownUid()}`];
  return [`${target.domain}/${target.uid}`];
}

export function* callIn(domain: string, target: Target, verb: string, flags: string[] = []): Steps<Answer> {
  const result = yield { argv: [MACOS_SERVICE_TOOL, verb, ...flags, `${domain}/${target.name}`] };
  return { ...result, domain };
}

/**
 * Run a subcommand on a target's service, or on `rest` in its domain: in the first domain that has
 * it, else with the answer of the first domain that there is.
 */
export function* launchctlCall(target: Target, verb: string, flags: string[] = [], rest?: string[]): Steps<Answer> {
  let missing: Answer | undefined;
  for (const domain of domainsOf(target)) {
    const words = rest ? [domain, ...rest] : [`${domain}/${target.name}`];
    const answer = { ...(yield { argv: [MACOS_SERVICE_TOOL, verb, ...flags, ...words] }), domain };
    if (!isAbsent(answer) && !hasNoDomain(answer)) return answer;
    if (missing === undefined || (hasNoDomain(missing) && isAbsent(answer))) missing = answer;
  }
  return missing as Answer;
}
