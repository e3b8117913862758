/**
 * Linux: systemctl(1). A label is the unit `<label>.service` of the user manager; `system/x` is one
 * of the system manager. Exit codes: 3 not running, 4 no such unit, 5 not loaded (LSB, systemctl(1)
 * EXIT STATUS).
 */
import type { Adapter } from "./adapter.ts";
export declare const systemctl: Adapter;
