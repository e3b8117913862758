/** A home folder with LaunchAgents, and the fake launchctl first on PATH. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Environment } from "./environment.ts";

const FAKE = fileURLToPath(new URL("../../fakes/launchctl", import.meta.url));
const PYTHON = process.env["FLEETMOD_TEST_PYTHON"] ?? "python3";
/** The domain of bare labels, and the one where they can be, too. */
export const OWN = `gui/${process.getuid?.()}`;
export const OTHER = `user/${process.getuid?.()}`;

export interface Fault {
  verb: string;
  code?: number;
  stderr?: string;
  times?: number;
  hang?: boolean;
}

export class Mac extends Environment {
  constructor() {
    super();
    this.set("HOME", join(this.folder, "home"));
    this.set("FAKE_LAUNCHCTL_STATE", join(this.folder, "state.json"));
    this.set("FAKE_LAUNCHCTL_LOG", join(this.folder, "log.jsonl"));
    this.tool("launchctl", `exec '${PYTHON}' -S -E '${FAKE}' "$@"`);
  }

  /** A plist in ~/Library/LaunchAgents, or in another folder of the home. */
  plist(label: string, options: { keepAlive?: boolean; folder?: string; exitTimeout?: number } = {}): string {
    const keepAlive = options.keepAlive ?? true;
    return this.write(`home/${options.folder ?? "Library/LaunchAgents"}/${label}.plist`, `<?xml version="1.0"?>
<plist version="1.0"><dict>
  <key>Label</key><string>${label}</string>
  <key>ProgramArguments</key><array><string>/bin/sleep</string><string>9</string></array>
  <key>WorkingDirectory</key><string>/srv/work</string>
  <key>KeepAlive</key><${keepAlive}/>
  <key>ExitTimeOut</key><integer>${options.exitTimeout ?? 5}</integer>
</dict></plist>
`);
  }

  /** Lay keys over launchd's state (tests/fakes/launchd_state.py). */
  script(changes: { faults?: Fault[]; teardown?: object; leaving?: object; absent_domains?: string[]; old_words?: boolean }): void {
    const path = join(this.folder, "state.json");
    const state = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as object) : {};
    writeFileSync(path, JSON.stringify({ ...state, ...changes }));
  }

  /** The arguments of every call since the last question. */
  calls(): string[] {
    const path = join(this.folder, "log.jsonl");
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, "utf8").trimEnd().split("\n").filter(Boolean);
    writeFileSync(path, "");
    return lines.map((line) => (JSON.parse(line) as string[]).join(" "));
  }
}
