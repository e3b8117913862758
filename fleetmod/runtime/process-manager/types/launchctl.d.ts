import type { Adapter } from "./adapter.ts";
/** The tool that manages services on macOS, for code that looks for its name in a text. */
export declare const MACOS_SERVICE_TOOL = "launchctl";
export declare const launchctl: Adapter;
