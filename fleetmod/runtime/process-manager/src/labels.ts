import { ProcessManagerError } from "./errors.ts";

// No leading dash, no shell character: a label can be neither flag nor injection. Spaces only inside:
// launchd takes any label, and people have such.
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_.@:+ -]*[A-Za-z0-9_.@:+-])?$/;
const TARGET = /^(?:(gui|user)\/(\d{1,10})|(system))\/(.*)$/s;

export interface Target {
  /** `own` is the caller's own domain, whatever the platform calls it. */
  domain: "own" | "gui" | "user" | "system";
  uid: number | null;
  name: string;
}

/** Take a label or a full service target apart; throws `invalid-label`. */
export function parseLabel(label: string, operation: string, adapter: string): Target {
  const target = splitTarget(label);
  // A label often comes from the environment: undefined would pass as "undefined".
  if (typeof label !== "string" || !LABEL.test(target.name)) {
    throw new ProcessManagerError({ code: "invalid-label", operation, label, adapter });
  }
  return target;
}

/** The same for texts shown to people: takes any label, never throws. */
export function splitTarget(label: string): Target {
  const match = TARGET.exec(label);
  if (match?.[3]) return { domain: "system", uid: null, name: match[4] ?? "" };
  if (match?.[1] === "gui" || match?.[1] === "user") {
    return { domain: match[1], uid: Number(match[2]), name: match[4] ?? "" };
  }
  return { domain: "own", uid: null, name: label };
}

/** Quote a word for a POSIX shell where it needs it. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}

/** A word as a command's last operand: quoted, and no option even with a leading dash. */
export function operand(word: string): string {
  return word.startsWith("-") ? `-- ${shellQuote(word)}` : shellQuote(word);
}
