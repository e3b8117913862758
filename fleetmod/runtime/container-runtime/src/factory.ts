import type { ProbeSink } from "../../events/src/event.ts";
import { asyncPort, syncPort, unsupported, type Adapter, type Bounds, type PortOptions } from "./adapter.ts";
import { colima } from "./colima.ts";
import { docker, isRemote, remote } from "./docker.ts";
import { nullAdapter } from "./null.ts";
import type { ContainerRuntimePort, ContainerRuntimeSyncPort } from "./types.ts";

export type AdapterName = "colima" | "docker" | "remote" | "null";

export interface ContainerRuntimeOptions {
  /** By default CONTAINER_RUNTIME, else a remote DOCKER_HOST, else what the platform has. */
  adapter?: AdapterName | Adapter;
  /** Colima's profile; by default COLIMA_PROFILE, else `default`. */
  profile?: string;
  /** The bound on each command, in milliseconds; by default CONTAINER_RUNTIME_TIMEOUT_MS, else 10 seconds. */
  timeoutMs?: number;
  /** The bound on a start by Colima, in milliseconds; by default CONTAINER_RUNTIME_START_MS, else ten minutes. */
  startMs?: number;
  /** Takes the event of each call; by default what setProbeSink has set, else what FLEET_EVENTS names. */
  sink?: ProbeSink;
  /** The node's name in events; by default NODE_ID, else the host's name. */
  nodeId?: string | (() => string);
}

const TIMEOUT_MS = 10_000;
const START_MS = 10 * 60_000; // the first start downloads an image
const BY_PLATFORM: Record<string, AdapterName> = { darwin: "colima", linux: "docker" };
// One for all ports, so that the synchronous companion sees what its fellow did.
const NOTHING = nullAdapter();

/**
 * A port on the adapter asked for. The adapter is chosen at each call, so creating a port runs and
 * reads nothing; a name that no adapter has makes `start` fail with `unsupported`.
 */
export function createContainerRuntime(options: ContainerRuntimeOptions = {}): ContainerRuntimePort {
  return asyncPort(() => choose(options), portOptions(options));
}

/** The same, synchronously. */
export function createContainerRuntimeSync(options: ContainerRuntimeOptions = {}): ContainerRuntimeSyncPort {
  return syncPort(() => choose(options), portOptions(options));
}

/** This node's container runtime. */
export const containerRuntime: ContainerRuntimePort = createContainerRuntime();

/** The same, synchronously. */
export const containerRuntimeSync: ContainerRuntimeSyncPort = createContainerRuntimeSync();

function portOptions({ timeoutMs, startMs, sink, nodeId }: ContainerRuntimeOptions): PortOptions {
  const bounds = (): Bounds => ({
    timeoutMs: timeoutMs ?? variable("CONTAINER_RUNTIME_TIMEOUT_MS") ?? TIMEOUT_MS,
    startMs: startMs ?? variable("CONTAINER_RUNTIME_START_MS") ?? START_MS,
  });
  return { bounds, sink, nodeId };
}

/** A number of milliseconds in the environment; undefined for none, and for what is none. */
export function variable(name: string): number | undefined {
  const value = Number(process.env[name]);
  return value > 0 ? value : undefined;
}

function choose(options: ContainerRuntimeOptions): Adapter {
  if (typeof options.adapter === "object") return options.adapter;
  const host = process.env["DOCKER_HOST"]?.trim();
  const name = options.adapter
    ?? (process.env["CONTAINER_RUNTIME"]?.trim() || (isRemote(host) ? "remote" : BY_PLATFORM[process.platform]));
  if (name === "colima") return colima(options.profile);
  if (name === "docker") return docker;
  if (name === "remote") return remote(host ?? "");
  if (name === "null") return NOTHING;
  return unsupported(name ?? process.platform, `no adapter for ${JSON.stringify(name ?? process.platform)}`);
}
