/** When no service manager can be reached: what to set or start (systemctl(1), sd_booted(3)). */
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { ProcessManagerError } from "./errors.ts";
import type { Target } from "./labels.ts";

const BOOTED = "/run/systemd/system"; // sd_booted(3): there where systemd is the init system
const UNREACHABLE = /failed to connect to bus|failed to get d-bus connection|has not been booted with systemd/i;
const OR_NOTHING = "set PROCESS_MANAGER=null where something else runs the services, as in a container or in WSL without systemd";

export const isUnreachable = (stderr: string): boolean => UNREACHABLE.test(stderr);

/** What leads on from here, by what this host has. */
export function managerAdvice(): string {
  const uid = process.getuid?.();
  const runtime = `/run/user/${uid}`;
  if (!existsSync(BOOTED)) {
    const wsl = process.env["WSL_DISTRO_NAME"] === undefined
      ? ""
      : "set systemd=true below [boot] in /etc/wsl.conf and run wsl.exe --shutdown, or ";
    return `systemd does not run here: ${wsl}${OR_NOTHING}`;
  }
  // pam_systemd(8) sets the variable at a login; su, sudo -u and cron do not log in.
  const set = process.env["XDG_RUNTIME_DIR"] === runtime ? "log in anew" : `set XDG_RUNTIME_DIR=${runtime}`;
  const linger = existsSync(runtime) ? "" : `run loginctl enable-linger ${userName()}, `;
  return `${linger}${set}; ${OR_NOTHING}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}

/**
 * Throws under sudo, where a bare label would be root's own unit and the person's would run on
 * (sudo(8), SUDO_UID). `system/x`, and `user/0/x` for root's own, say what is meant.
 */
export function refuseSudo(operation: string, label: string, adapter: string, { domain, uid }: Target): void {
  if (process.getuid?.() !== 0 || !(Number(process.env["SUDO_UID"]) > 0)) return;
  if (domain === "system" || (domain === "user" && uid === 0)) return;
  const person = process.env["SUDO_USER"] || `user ${process.env["SUDO_UID"]}`;
  throw new ProcessManagerError({
    code: "no-manager", operation, label, adapter,
    stderr: `under sudo this would be root's own service manager, not that of ${person}`,
    hint: "run it without sudo; or name system/x, or user/0/x for root's own",
  });
}
