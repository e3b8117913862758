import { type Adapter } from "./adapter.ts";
import { type Steps } from "./steps.ts";
/** Ask the engine at `host`, by default the one that DOCKER_HOST and the Docker context name. */
export declare function askEngine(adapter: string, host?: string): Steps<void>;
/** This node's own engine: no machine of its own, so no address, uptime or ssh beside the node's. */
export declare const docker: Adapter;
/** The engine that DOCKER_HOST names by ssh:// or tcp://. Which machine it runs on is not ours to start. */
export declare function remote(host: string): Adapter;
export declare const isRemote: (host: string | undefined) => host is string;
