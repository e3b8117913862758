/**
 * Colima: a virtual machine (Lima) with a container engine in it. The facts are abiosoft/colima's
 * own, v0.10: `status --json` in app/app.go (`statusInfo`), `list --json`, one object a line, in
 * environment/vm/lima/limautil/instance.go (`InstanceInfo`), paths in config/files.go and
 * config/profile.go, the address in limautil/network.go.
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import type { Adapter } from "./adapter.ts";
import { askEngine } from "./docker.ts";
import { ContainerRuntimeError } from "./errors.ts";
import type { Result, Steps } from "./steps.ts";
import type { Machine } from "./types.ts";

const COLIMA = "colima";
const PROFILE = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** The fields of `colima status --json` that are read here. */
interface Status {
  ip_address?: unknown;
  docker_socket?: unknown;
}

/** Colima's profile of that name; by default what COLIMA_PROFILE names, else `default`. */
export function colima(profile?: string): Adapter {
  const wanted = (): string => {
    const name = profile ?? (process.env["COLIMA_PROFILE"]?.trim() || "default");
    if (PROFILE.test(name)) return name;
    throw new ContainerRuntimeError({
      code: "unsupported", operation: "profile", adapter: COLIMA, stderr: `${JSON.stringify(name)} is no profile`,
      hint: "use letters, digits, '.', '_' and '-'",
    });
  };
  function* call(verb: string, ...flags: string[]): Steps<Result> {
    const argv = [COLIMA, verb, "--profile", wanted(), ...flags] as const;
    return yield verb === "start" ? { argv, starts: true } : { argv };
  }

  function* status(operation: string): Steps<Status> {
    const result = yield* call("status", "--json");
    if (result.code !== 0 && /unknown flag/.test(result.stderr)) {
      const plain = yield* call("status"); // before v0.10 it told no more than whether it runs
      if (plain.code === 0) return {};
    }
    if (result.code !== 0) throw failed(operation, result);
    const [status] = objects(result.stdout);
    if (status !== undefined) return status;
    throw failed(operation, { ...result, stderr: "status printed no JSON" });
  }

  return {
    name: COLIMA,
    endpointClass: "vm",

    *check(): Steps<void> {
      const { docker_socket: socket } = yield* status("isHealthy");
      // A machine can run while the engine in it does not answer. Without Docker's client, or with
      // another engine than Docker's, the status is all there is.
      if (typeof socket !== "string" || socket === "") return;
      try {
        yield* askEngine(COLIMA, socket);
      } catch (error) {
        if (!(error instanceof ContainerRuntimeError) || error.code !== "tool-missing") throw error;
      }
    },

    *vmIp(): Steps<string | null> {
      try {
        const address = (yield* status("vmIp")).ip_address;
        if (isAddress(address)) return address;
      } catch (error) {
        if (!(error instanceof ContainerRuntimeError) || error.code === "tool-missing") throw error;
      }
      // `status` asks the engine's runtime in the machine too; the list knows the address without.
      const result = yield* call("list", "--json");
      if (result.code !== 0) throw failed("vmIp", result);
      const name = shortName(wanted());
      const mine = objects(result.stdout).find((each) => each["name"] === name);
      return isAddress(mine?.["address"]) ? mine["address"] : null;
    },

    *uptimeSeconds(): Steps<number | null> {
      const result = yield* call("ssh", "--", "cat", "/proc/uptime");
      if (result.code !== 0) throw failed("uptimeSeconds", result);
      const seconds = /^(\d+)(?:\.\d+)? \d/m.exec(result.stdout)?.[1]; // proc_uptime(5)
      return seconds === undefined ? null : Number(seconds);
    },

    sshConfig(): string | null {
      // Lima's own file, in which the machine is `lima-<instance>`.
      const name = shortName(profile ?? process.env["COLIMA_PROFILE"]?.trim() ?? "");
      const instance = name === "default" ? "colima" : `colima-${name}`;
      if (!PROFILE.test(name)) return null;
      const file = join(limaFolder(), instance, "ssh.config");
      return existsSync(file) ? file : null;
    },

    *machines(): Steps<Machine[]> {
      // Without a profile it lists all of them, as COLIMA_PROFILE says (cmd/list.go).
      const of = profile === undefined ? [] : ["--profile", wanted()];
      const result = yield { argv: [COLIMA, "list", ...of, "--json"] };
      if (result.code !== 0) throw failed("machines", result);
      return objects(result.stdout).filter(isMachine);
    },

    *start(): Steps<void> {
      // Of a machine that runs, Colima says "already running, ignoring" and exits with 0 (cmd/start.go).
      const result = yield* call("start");
      if (result.code !== 0) throw failed("start", result);
    },

    hint(verb): string {
      const name = shortName(profile ?? process.env["COLIMA_PROFILE"]?.trim() ?? "");
      const of = name === "default" || !PROFILE.test(name) ? "" : ` --profile ${name}`;
      return `colima ${verb}${of}`;
    },
  };
}

/** A profile as `list` prints it: `colima`, `default` and "" are one (config/profile.go). */
function shortName(profile: string): string {
  return profile === "" || profile === "colima" ? "default" : profile.replace(/^colima-/, "");
}

/** The folder of the machines: LIMA_HOME, else `_lima` below Colima's own folder. */
function limaFolder(): string {
  const lima = process.env["LIMA_HOME"];
  if (lima) return lima;
  const own = process.env["COLIMA_HOME"];
  if (own && existsSync(own)) return join(own, "_lima");
  const home = process.env["HOME"] || homedir(); // Bun's homedir() does not follow HOME
  const usual = join(home, ".colima");
  if (existsSync(usual)) return join(usual, "_lima");
  return join(process.env["XDG_CONFIG_HOME"] || join(home, ".config"), "colima", "_lima");
}

/** The JSON objects of an output with one object a line; other lines are left. */
function objects(text: string): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  for (const line of text.split("\n")) {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === "object" && value !== null) found.push(value as Record<string, unknown>);
    } catch {
      // no JSON
    }
  }
  return found;
}

type Fields = Record<string, unknown>;
const isMachine = (value: Fields): value is Fields & Machine =>
  typeof value["name"] === "string" && typeof value["status"] === "string";

function isAddress(value: unknown): value is string {
  return typeof value === "string" && isIPv4(value) && !value.startsWith("127.");
}

function failed(operation: string, result: Result): ContainerRuntimeError {
  const stopped = /is not running|does not exist/.test(result.stderr);
  return new ContainerRuntimeError({
    code: stopped ? "not-running" : "failed", operation, adapter: COLIMA,
    exitCode: result.code, stderr: result.stderr,
  });
}
