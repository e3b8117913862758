import type { Steps } from "./steps.ts";
import type { HintVerb, ManagedService, ServiceConfig, ServiceState } from "./types.ts";

/** One service manager. Each verb is written once, as steps, and serves both ports. */
export interface Adapter {
  readonly name: string;
  list(pattern: string): Steps<ManagedService[]>;
  restart(label: string): Steps<void>;
  stop(label: string): Steps<void>;
  inspect(label: string): Steps<ServiceState>;
  disable(label: string): Steps<void>;
  enable(label: string, config?: ServiceConfig): Steps<void>;
  start(label: string): Steps<void>;
  load(label: string, config?: ServiceConfig): Steps<void>;
  hint(verb: HintVerb, label: string): string;
}
