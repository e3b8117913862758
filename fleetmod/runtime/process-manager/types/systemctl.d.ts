/**
 * Linux: systemctl(1). A label is the unit `<label>.service` of the user manager, whatever uid a
 * `gui/` or `user/` target names; `system/x` is one of the system manager. The timer and path units
 * of that name belong to it, as its triggers belong to a launchd job. Exit codes: 3 not active,
 * 4 no such unit, 5 not loaded (systemctl(1), EXIT STATUS).
 */
import type { Adapter } from "./adapter.ts";
export declare const systemctl: Adapter;
