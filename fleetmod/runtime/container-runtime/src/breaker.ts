/** How soon the failures of a service count, and when it is asked again. */

/**
 * How much depends on a service: `infra-critical` is what other services need (a queue, a database),
 * `service-critical` what one service needs, `app-level` what a program does without for a while.
 */
export type Tier = "infra-critical" | "service-critical" | "app-level";

export interface Patience {
  /** How often a class is asked before its turn counts as failed. */
  attempts: number;
  /** After so many failed turns in a row a class is passed over. */
  failures: number;
  /** For so many milliseconds; then a single probe decides. */
  restMs: number;
}

export const TIERS: Readonly<Record<Tier, Patience>> = {
  "infra-critical": { attempts: 3, failures: 2, restMs: 5_000 },
  "service-critical": { attempts: 2, failures: 3, restMs: 15_000 },
  "app-level": { attempts: 1, failures: 3, restMs: 60_000 },
};

/** Whether a class has a turn: `closed`, all attempts; `half-open`, one of them; `open`, none. */
export type BreakerState = "closed" | "half-open" | "open";

export interface Breaker {
  /** What the next turn is. One that is told `half-open` has to `end`; others find it open until then. */
  begin(): BreakerState;
  end(answered: boolean): void;
  /** Why it is open, for people. */
  reason(): string;
}

export function createBreaker({ failures, restMs }: Patience): Breaker {
  let failed = 0;
  let until = 0;
  return {
    begin(): BreakerState {
      if (failed < failures) return "closed";
      if (performance.now() < until) return "open";
      until = Infinity;
      return "half-open";
    },
    end(answered: boolean): void {
      failed = answered ? 0 : failed + 1;
      until = performance.now() + restMs;
    },
    reason(): string {
      const left = until - performance.now();
      const again = Number.isFinite(left) ? `asked again in ${Math.ceil(left)} ms` : "being asked again";
      return `passed over after ${failed} failures, ${again}`;
    },
  };
}
