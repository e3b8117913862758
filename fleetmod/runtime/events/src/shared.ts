import type { ProbeSink } from "./event.ts";

/** What all ports of a process share, also where one is loaded as both kinds of module. */
export interface Shared {
  sink?: ProbeSink | undefined;
  /** What FLEET_EVENTS said when its sink was made. */
  setting?: string;
  bySetting?: ProbeSink | undefined;
  nodeId?: () => string;
  /** How many events each sink lost and was not told of yet. */
  dropped: WeakMap<ProbeSink, number>;
}

const KEY: unique symbol = Symbol.for("fleetmod.events.1");

export function shared(): Shared {
  const all = globalThis as { [KEY]?: Shared };
  return (all[KEY] ??= { dropped: new WeakMap() });
}
