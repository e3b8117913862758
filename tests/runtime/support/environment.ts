/** Changes to this process's environment and folders, undone by `restore`. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export class Environment {
  readonly folder: string = mkdtempSync(join(tmpdir(), "fleetmod-"));
  readonly #before = new Map<string, string | undefined>();

  /** Set a variable, or unset it. */
  set(name: string, value: string | undefined): void {
    if (!this.#before.has(name)) this.#before.set(name, process.env[name]);
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }

  /** A file below the folder, with the folders it needs. */
  write(path: string, text: string): string {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** A shell script that PATH finds first. */
  tool(name: string, script: string): void {
    const file = this.write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    const bin = dirname(file);
    const path = process.env["PATH"] ?? "";
    if (!path.startsWith(`${bin}:`)) this.set("PATH", `${bin}:${path}`);
  }

  restore(): void {
    for (const [name, value] of this.#before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
