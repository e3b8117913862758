/** Which unit files a `source` stands for. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The unit files to link for the service unit `unit`; none where the source names none. */
export function unitFiles(source: string, unit: string): string[] {
  const file = resolve(source);
  if (file.endsWith(".service")) return [file, ...triggersOf(file).filter(existsSync)];
  if (!file.endsWith(".plist")) return [];
  const folder = dirname(file);
  for (const beside of [folder, join(dirname(folder), "systemd")]) {
    const service = join(beside, unit);
    if (existsSync(service)) return [service, ...triggersOf(service).filter(existsSync)];
  }
  return [];
}

/** The units that start a service by time or by path have its name (systemd.timer(5), Unit=). */
export function triggersOf(service: string): string[] {
  const stem = service.replace(/\.service$/, "");
  return [`${stem}.timer`, `${stem}.path`];
}
