/** A virtual machine of the runtime, in the fields of `colima list --json`; what it does not tell is left out. */
export interface Machine {
  name: string;
  status: string;
  arch?: string;
  cpus?: number;
  memory?: number;
  disk?: number;
  address?: string;
  runtime?: string;
}

/**
 * Asks the container runtime of this node. Queries never fail: what is not known, does not apply or
 * cannot be asked is `false` or `null`, and the call's event tells why. `start` rejects with a
 * ContainerRuntimeError.
 *
 * What waits, and how long (then it fails with the code `timeout`):
 *
 * | what waits | seconds | per call | by variable |
 * |---|---|---|---|
 * | each verb and query: each command of the tool that it runs, if not told otherwise below | 10 | `timeoutMs` | CONTAINER_RUNTIME_TIMEOUT_MS |
 * | `start` of Colima, which may download an image first | 600 | `startMs` | CONTAINER_RUNTIME_START_MS |
 * | `resolveEndpoint`, each probe of a class, and asking for the machine's address | 1.5, twice a class | `timeoutMs`, `attempts` | CONTAINER_RUNTIME_PROBE_MS |
 * | `watchEndpoint`, the same | 1.5, as often as the tier says | `timeoutMs`, `attempts` | CONTAINER_RUNTIME_PROBE_MS |
 *
 * For one call alone: `createContainerRuntime({ timeoutMs: 2000 }).isHealthy()`. `sshConfig` and `hint` wait for nothing.
 */
export interface ContainerRuntimePort {
  /** Whether the runtime runs and its engine answers. */
  isHealthy(): Promise<boolean>;
  /** The address at which the runtime's machine is reached from this node; null where there is none. */
  vmIp(): Promise<string | null>;
  /** Seconds since the runtime's machine booted; null where there is none. */
  uptimeSeconds(): Promise<number | null>;
  /** The file to give to `ssh -F` to reach the runtime's machine; null where there is none. */
  sshConfig(): string | null;
  /** The virtual machines that it manages, which are none for an engine without; null where it cannot be asked. */
  machines(): Promise<Machine[] | null>;
  /** Start the runtime; one that runs already is left alone. */
  start(): Promise<void>;
  /** The command that a person types for it on this node. Runs nothing, never throws. */
  hint(verb: HintVerb): string;
}

/** The synchronous companion, for callers that cannot wait for a promise: it throws where the port rejects. */
export interface ContainerRuntimeSyncPort {
  isHealthy(): boolean;
  vmIp(): string | null;
  uptimeSeconds(): number | null;
  sshConfig(): string | null;
  machines(): Machine[] | null;
  start(): void;
  hint(verb: HintVerb): string;
}

export type HintVerb = "status" | "start";
