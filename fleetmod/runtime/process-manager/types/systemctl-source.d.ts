/** The unit files to link for the service unit `unit`; none where the source names none. */
export declare function unitFiles(source: string, unit: string): string[];
/** The units that start a service by time or by path have its name (systemd.timer(5), Unit=). */
export declare function triggersOf(service: string): string[];
