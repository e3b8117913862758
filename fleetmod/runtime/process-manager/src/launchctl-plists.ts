/**
 * Finds a job's plist. launchd goes by the Label in it and not by the file's name, which is a
 * convention only (launchd.plist(5), EXPECTATIONS and Label).
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname } from "node:path";
import type { Target } from "./labels.ts";
import type { Steps } from "./steps.ts";

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Where launchd looks for plists (launchd.plist(5), FILES). */
export function plistFolders(target: Target): [string, ...string[]] {
  return target.domain === "system"
    ? ["/Library/LaunchDaemons"]
    : [`${process.env["HOME"] || homedir()}/Library/LaunchAgents`, "/Library/LaunchAgents"];
}

/** Whether a plist has placeholders for the folders of a node, of which launchd knows nothing. */
export function isTemplate(plist: string): boolean {
  return /__(?:HOME|REPO_ROOT|VAULT)__/.test(readBytes(plist).toString("latin1"));
}

/** What `fleetmod plists` rendered of a template and is installed; null without that. */
export function renderedOf(target: Target, template: string): string | null {
  const names = [`${target.name}.plist`, basename(template)];
  const paths = names.flatMap((name) => plistFolders(target).map((folder) => `${folder}/${name}`));
  const installed = paths.find((path) => existsSync(path)) ?? null;
  return installed === null || isTemplate(installed) ? null : installed;
}

/** The plist with a target's label: the one of that name, else any of launchd's folders; null without one. */
export function* findPlist(target: Target): Steps<string | null> {
  const named = plistNamed(target);
  if (named !== null && [target.name, null].includes(yield* labelOf(named))) return named;
  for (const folder of plistFolders(target)) {
    for (const path of plistsIn(folder)) {
      // Text stands as it is in a binary plist, too; most files need no second look.
      if (readBytes(path).includes(target.name) && (yield* labelOf(path)) === target.name) return path;
    }
  }
  return null;
}

/** The plist whose file is named as the label, whatever Label it has. */
export function plistNamed(target: Target): string | null {
  return plistFolders(target).map((folder) => `${folder}/${target.name}.plist`).find(existsSync) ?? null;
}

/** The Label in a plist; null where it cannot be read. */
export function* labelOf(path: string): Steps<string | null> {
  const bytes = readBytes(path);
  if (!bytes.subarray(0, 6).equals(Buffer.from("bplist"))) return labelIn(bytes.toString());
  const asXml = yield { argv: ["plutil", "-convert", "xml1", "-o", "-", path], optional: true };
  return asXml.code === 0 ? labelIn(asXml.stdout) : null;
}

/**
 * The label of the service that a plist defines, as the port takes it: `system/x` for one of
 * /Library/LaunchDaemons. Of a file that cannot be read it is the name, by convention.
 */
export function plistLabel(path: string): string {
  const label = labelIn(readBytes(path).toString()) ?? basename(path, ".plist");
  return dirname(path) === "/Library/LaunchDaemons" ? `system/${label}` : label;
}

/** Whether two paths are one file, whatever links lead there. */
export function isSameFile(one: string, other: string): boolean {
  const a = statSync(one, { throwIfNoEntry: false });
  const b = statSync(other, { throwIfNoEntry: false });
  return one === other || (a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev);
}

function labelIn(xml: string): string | null {
  let depth = 0;
  let key = "";
  for (const [, tag, text = ""] of xml.replace(/<!--.*?-->/gs, "").matchAll(/<(dict|\/dict|key|string)>([^<]*)/g)) {
    if (tag === "dict") depth++;
    else if (tag === "/dict") depth--;
    else if (depth === 1 && tag === "key") key = text;
    else if (depth === 1 && key === "Label") return text.replace(/&(\w+);/g, (all, name: string) => ENTITIES[name] ?? all);
  }
  return null;
}

function plistsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".plist")).sort().map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
