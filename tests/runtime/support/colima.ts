/** A home folder, and the fake Colima first on PATH. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  createContainerRuntime, createContainerRuntimeSync, type ContainerRuntimeOptions, type ContainerRuntimePort,
} from "../../../fleetmod/runtime/container-runtime/src/index.ts";
import { Environment } from "./environment.ts";

const FAKE = fileURLToPath(new URL("../../fakes/colima", import.meta.url));
const PYTHON = process.env["FLEETMOD_TEST_PYTHON"] ?? "python3";

export interface Profile {
  running: boolean;
  address?: string;
  socket?: string;
  uptime?: number;
}

export interface Fault {
  verb: string;
  code?: number;
  stdout?: string;
  stderr?: string;
}

export class ColimaHost extends Environment {
  constructor() {
    super();
    this.set("HOME", join(this.folder, "home"));
    for (const name of ["CONTAINER_RUNTIME", "COLIMA_PROFILE", "COLIMA_HOME", "LIMA_HOME", "DOCKER_HOST",
      "DOCKER_CONTEXT", "NODE_ID", "XDG_CONFIG_HOME"]) this.set(name, undefined);
    this.set("FAKE_COLIMA_STATE", join(this.folder, "colima.json"));
    this.set("FAKE_COLIMA_LOG", join(this.folder, "colima.jsonl"));
    this.tool("colima", `exec '${PYTHON}' -S -E '${FAKE}' "$@"`);
  }

  /** What Colima holds (tests/fakes/colima_cli.py). */
  script(state: { profiles?: Record<string, Profile>; faults?: Fault[]; old?: boolean }): void {
    writeFileSync(join(this.folder, "colima.json"), JSON.stringify(state));
  }

  /** The arguments of every call since the last question. */
  calls(): string[] {
    const path = join(this.folder, "colima.jsonl");
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, "utf8").trimEnd().split("\n").filter(Boolean);
    writeFileSync(path, "");
    return lines.map((line) => (JSON.parse(line) as string[]).join(" "));
  }

  /** Leave nothing on PATH but the test's own tools: this host may have a Docker client. */
  isolate(): void {
    this.set("PATH", join(this.folder, "bin"));
  }
}

export const KINDS = ["promises", "sync"] as const;

/** A port of the kind; the synchronous one with its results and errors made promises. */
export function runtimeOf(kind: (typeof KINDS)[number], options: ContainerRuntimeOptions): ContainerRuntimePort {
  if (kind === "promises") return createContainerRuntime(options);
  const sync = createContainerRuntimeSync(options);
  return {
    isHealthy: async () => sync.isHealthy(),
    vmIp: async () => sync.vmIp(),
    uptimeSeconds: async () => sync.uptimeSeconds(),
    sshConfig: () => sync.sshConfig(),
    machines: async () => sync.machines(),
    start: async () => sync.start(),
    hint: (verb) => sync.hint(verb),
  };
}
