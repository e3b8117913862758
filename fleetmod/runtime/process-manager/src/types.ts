import type { ProcessManagerError } from "./errors.ts";

/** A service as the manager lists it. */
export interface ManagedService {
  label: string;
  pid: number | null;
  /** The exit status of its last run; null when it never ran or the manager does not tell. */
  lastExit: number | null;
}

/** What the manager knows of one service; `null` is a fact that it does not tell. */
export interface ServiceState {
  label: string;
  loaded: boolean;
  enabled: boolean | null;
  pid: number | null;
  state: string | null;
  program: string | null;
  workingDirectory: string | null;
  lastExit: number | null;
  runs: number | null;
  /** The file that defines it: a plist or a unit. */
  source: string | null;
}

/** What a probe found: the state, or why there is none. */
export type ProbeResult =
  | { outcome: "ok"; state: ServiceState }
  | { outcome: "failed"; error: ProcessManagerError };

export interface ServiceConfig {
  /**
   * The plist or unit file, where it is not in a folder that the manager searches. launchctl
   * fails for a service that is loaded from another plist: stop it first. For a plist,
   * systemctl takes the units that `fleetmod units` has made of it: those beside it, or in a folder
   * `systemd` beside its own, and for `system/x` in the folder `system` there. For a template of
   * `fleetmod plists` launchctl takes the list that is rendered of it into launchd's folder.
   */
  source?: string;
  /** `false` enables a service for the next load and does not load it now. */
  load?: boolean;
}

export type HintVerb =
  | "list"
  | "start"
  | "restart"
  | "stop"
  | "inspect"
  | "disable"
  | "enable"
  | "load";

/**
 * Manages services by label. A bare label is one of the caller's own services, wherever it is: on
 * macOS in `gui/UID` or `user/UID`, and `stop` reaches both; under sudo it is the person's, or an
 * error. `system/x`, `user/501/x` and `gui/501/x` name another domain. Every verb is safe to repeat. One that fails
 * rejects with a ProcessManagerError, whose `code` tells why; `hint` never fails.
 *
 * What waits, and how long (then it fails with the code `timeout`):
 *
 * | what waits | seconds | per call | by variable |
 * |---|---|---|---|
 * | each verb and query: each command of the tool that it runs, if not told otherwise below | 10 | `timeoutMs` | PROCESS_MANAGER_TIMEOUT_MS |
 * | `stop` on macOS, until the job is gone | its ExitTimeOut + 10 | `waitMs` | PROCESS_MANAGER_WAIT_MS |
 * | `restart`, `start`, `load`, `enable` on macOS of a job that is still being removed | 2, eight tries | `waitMs`, if shorter | PROCESS_MANAGER_WAIT_MS, if shorter |
 * | `stop` on Linux | twice its TimeoutStopSec (90 by default) + 10 | `waitMs` | PROCESS_MANAGER_WAIT_MS |
 * | `start`, `enable` on Linux | its TimeoutStartSec (90 by default) + 10 | `waitMs` | PROCESS_MANAGER_WAIT_MS |
 * | `restart` on Linux | both of these together + 10 | `waitMs` | PROCESS_MANAGER_WAIT_MS |
 * | the same of a oneshot unit, to see whether it fails at once; its work goes on | 1 | | |
 *
 * For one call alone: `createProcessManager({ waitMs: 5000 }).stop(label)`. `hint` waits for nothing.
 */
export interface ProcessManagerPort {
  /** The services whose label contains `pattern`; all of them for "". */
  list(pattern: string): Promise<ManagedService[]>;
  /** Start or restart; a service that is not loaded is loaded first. */
  restart(label: string): Promise<void>;
  /** Stop, and keep it stopped; what is not loaded is stopped already. */
  stop(label: string): Promise<void>;
  /** What is known of a service; one that is not loaded is no error. */
  inspect(label: string): Promise<ServiceState>;
  /** Keep it from starting, beyond a reboot; what runs goes on. */
  disable(label: string): Promise<void>;
  /** Undo `disable`, and load. */
  enable(label: string, config?: ServiceConfig): Promise<void>;
  /** Start; a service that runs is not restarted. */
  start(label: string): Promise<void>;
  /** Make the service known to the manager, unless it is disabled; what starts by itself starts. */
  load(label: string, config?: ServiceConfig): Promise<void>;
  /** `inspect` for watchers: never rejects. */
  probe(label: string): Promise<ProbeResult>;
  /** The command that a person types for it on this platform. Runs nothing, never throws. */
  hint(verb: HintVerb, label: string): string;
}

/** The synchronous companion, for callers that cannot wait for a promise: it throws where the port rejects. */
export interface ProcessManagerSyncPort {
  list(pattern: string): ManagedService[];
  restart(label: string): void;
  stop(label: string): void;
  inspect(label: string): ServiceState;
  disable(label: string): void;
  enable(label: string, config?: ServiceConfig): void;
  start(label: string): void;
  load(label: string, config?: ServiceConfig): void;
  probe(label: string): ProbeResult;
  hint(verb: HintVerb, label: string): string;
}
