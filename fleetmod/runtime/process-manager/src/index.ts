export type { EndpointClass, ProbeEvent, ProbeSink } from "../../events/src/event.ts";
export { setProbeSink } from "../../events/src/events.ts";
export { jsonLines } from "../../events/src/sinks.ts";
export type { LineStream } from "../../events/src/sinks.ts";
export type { Adapter } from "./adapter.ts";
export {
  callBack, formatService, formatServiceEntry, formatServices, requireLoaded, requireServices, settle, settleSync,
} from "./compat.ts";
export type { Outcome } from "./compat.ts";
export { ProcessManagerError } from "./errors.ts";
export type { ErrorCode } from "./errors.ts";
export {
  createProcessManager, createProcessManagerSync, processManager, processManagerSync,
} from "./factory.ts";
export type { AdapterName, ProcessManagerOptions } from "./factory.ts";
export { launchctl } from "./launchctl.ts";
export { plistLabel } from "./launchctl-plists.ts";
export { MACOS_SERVICE_TOOL } from "./launchctl-tool.ts";
export { nullAdapter } from "./null.ts";
export type { NullAdapter, RecordedCall } from "./null.ts";
export { systemctl } from "./systemctl.ts";
export type {
  HintVerb, ManagedService, ProbeResult, ProcessManagerPort, ProcessManagerSyncPort, ServiceConfig,
  ServiceState,
} from "./types.ts";
