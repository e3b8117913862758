/** Which unit files a `source` stands for. */
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** Where `fleetmod units` puts the units of daemons, below the folder of the others. */
const DAEMONS = "system";

/** The unit files to link for the service unit `unit`; none where the source names none. */
export function unitFiles(source: string, unit: string, system: boolean): string[] {
  const file = resolve(source);
  if (file.endsWith(".service")) return [file, ...triggersOf(file).filter(existsSync)];
  if (!file.endsWith(".plist")) return [];
  const beside = unitFolders(file);
  for (const folder of system ? [...beside.map((each) => join(each, DAEMONS)), ...beside] : beside) {
    const service = join(folder, unit);
    if (existsSync(service)) return [service, ...triggersOf(service).filter(existsSync)];
  }
  return [];
}

/** Whether the units of a plist are there for the manager of the system only. */
export function isDaemon(source: string, unit: string): boolean {
  return unitFolders(resolve(source)).some((folder) => existsSync(join(folder, DAEMONS, unit)));
}

/** The units that start a service by time, path or socket have its name (systemd.timer(5), Unit=). */
export function triggersOf(service: string): string[] {
  const stem = service.replace(/\.service$/, "");
  return [`${stem}.timer`, `${stem}.path`, `${stem}.socket`];
}

/** Those of `files` to link, now that the manager knows `known`, and the service from `fragment`. */
export function toLink(files: readonly string[], known: readonly string[], fragment: string): string[] {
  const [service = ""] = files;
  if (!known.includes(basename(service))) return [...files];
  // units that the manager found elsewhere go before those of the source
  return isSame(service, fragment) ? files.filter((file) => !known.includes(basename(file))) : [];
}

function unitFolders(plist: string): string[] {
  const folder = dirname(plist);
  return [folder, join(dirname(folder), "systemd")];
}

function isSame(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}
