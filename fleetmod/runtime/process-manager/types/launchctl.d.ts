import type { Adapter } from "./adapter.ts";
export declare const launchctl: Adapter;
