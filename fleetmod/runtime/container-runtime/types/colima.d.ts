import type { Adapter } from "./adapter.ts";
/** Colima's profile of that name; by default what COLIMA_PROFILE names, else `default`. */
export declare function colima(profile?: string): Adapter;
