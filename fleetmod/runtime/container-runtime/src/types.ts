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
