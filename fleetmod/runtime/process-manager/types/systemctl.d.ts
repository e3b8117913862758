import type { Adapter } from "./adapter.ts";
export declare const systemctl: Adapter;
