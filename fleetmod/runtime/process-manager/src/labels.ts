import { ProcessManagerError } from "./errors.ts";

// No white space, no leading dash, no shell character: a label can be neither flag nor injection.
const LABEL = /^[A-Za-z0-9_][A-Za-z0-9_.@:+-]*$/;
const TARGET = /^(?:(gui|user)\/(\d+)|(system))\/(.+)$/;

export interface Target {
  /** `own` is the caller's own domain, whatever the platform calls it. */
  domain: "own" | "gui" | "user" | "system";
  uid: number | null;
  name: string;
}

/** Take a label or a full service target apart; throws `invalid-label`. */
export function parseLabel(label: string, operation: string, adapter: string): Target {
  const match = TARGET.exec(label);
  const name = match?.[4] ?? label;
  if (!LABEL.test(name)) {
    throw new ProcessManagerError({ code: "invalid-label", operation, label, adapter });
  }
  if (match?.[3]) return { domain: "system", uid: null, name };
  if (match?.[1] === "gui" || match?.[1] === "user") {
    return { domain: match[1], uid: Number(match[2]), name };
  }
  return { domain: "own", uid: null, name };
}

/** Quote a word for a POSIX shell where it needs it. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}
