/** Reads what `systemctl show` prints (systemctl(1), systemd.unit(5), org.freedesktop.systemd1(5)). */
import type { ServiceState } from "./types.ts";
/** The properties of one unit, by name. */
export type Facts = ReadonlyMap<string, string>;
export declare const PROPERTIES: string;
/** One map for each unit, in the order of the output. */
export declare function parseShow(output: string): Facts[];
/** Running, or with a unit file; a unit whose file is gone can still run. */
export declare function isKnown(facts: Facts): boolean;
export declare function isLoaded(facts: Facts): boolean;
/** Whether the unit's own [Install] section is in force. */
export declare function isInstalled(facts: Facts): boolean;
export declare const pid: (facts: Facts) => number | null;
export declare function lastExit(facts: Facts): number | null;
/** The state of a service, and of the timer and path units that start it. */
export declare function stateOf(label: string, service: Facts, triggers: readonly Facts[]): ServiceState;
