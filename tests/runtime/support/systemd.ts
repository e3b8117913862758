/**
 * A real user manager of systemd with a home and a runtime folder of its own. It serves its socket
 * there itself, so neither a login session nor a bus is needed (systemd(1), user manager).
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Environment } from "./environment.ts";

const MANAGERS = ["/lib/systemd/systemd", "/usr/lib/systemd/systemd"];
const CLIENTS = ["/usr/bin/systemctl", "/bin/systemctl"];
const BOOTED = "/run/systemd/system"; // sd_booted(3): both programs refuse to work without it
const PATIENCE_MS = 20_000;

/** Why the manager cannot run here; empty when it can. In CI an absent package is a failure. */
export function unavailable(): string {
  const reason = process.platform !== "linux" ? "systemd is Linux only"
    : !MANAGERS.some(existsSync) || !CLIENTS.some(existsSync) ? "the package systemd is not installed"
    : !existsSync(BOOTED) && process.getuid?.() !== 0 ? `not booted with systemd, and only root can make ${BOOTED}`
    : "";
  if (reason !== "" && process.env["CI"] === "true" && existsSync("/usr/bin/apt-get")) {
    throw new Error(`${reason}; CI installs it: apt-get install systemd`);
  }
  return reason;
}

export class SystemdHost extends Environment {
  #manager: ChildProcess | undefined;
  #said = "";

  async start(): Promise<void> {
    const runtime = join(this.folder, "run");
    mkdirSync(runtime, { mode: 0o700 });
    mkdirSync(join(this.folder, "home"));
    this.set("XDG_RUNTIME_DIR", runtime);
    this.set("HOME", join(this.folder, "home"));
    for (const name of ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS"]) this.set(name, undefined);
    mkdirSync(BOOTED, { recursive: true }); // it stays: tests beside this one need it, too
    const manager = MANAGERS.find(existsSync) ?? "systemd";
    this.#manager = spawn(manager, ["--user"], { stdio: ["ignore", "pipe", "pipe"] });
    this.#manager.stdout?.on("data", (data) => (this.#said += data));
    this.#manager.stderr?.on("data", (data) => (this.#said += data));
    await until(() => existsSync(join(runtime, "systemd/private")) || this.#exited());
    if (this.#exited()) throw new Error(`systemd --user ended: ${this.#said}`);
  }

  /** A unit in ~/.config/systemd/user, or in another folder of the home. */
  unit(name: string, lines = "ExecStart=/bin/sleep 1000", folder = ".config/systemd/user"): string {
    return this.write(`home/${folder}/${name}.service`,
      `[Service]\n${lines}\nWorkingDirectory=/tmp\n[Install]\nWantedBy=default.target\n`);
  }

  /** Ends the manager, which ends its services first. */
  async stop(): Promise<void> {
    this.#manager?.kill("SIGTERM");
    await until(() => this.#exited()).catch(() => this.#manager?.kill("SIGKILL"));
    this.restore();
  }

  #exited(): boolean {
    return this.#manager?.exitCode !== null || this.#manager.signalCode !== null;
  }
}

async function until(done: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!done()) {
    if (Date.now() > end) throw new Error("systemd --user did not get ready");
    await sleep(20);
  }
}
