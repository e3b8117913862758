export type { EndpointClass, ProbeEvent, ProbeSink } from "../../events/src/event.ts";
export { setProbeSink } from "../../events/src/events.ts";
export { jsonLines } from "../../events/src/sinks.ts";
export type { LineStream } from "../../events/src/sinks.ts";
export type { Adapter } from "./adapter.ts";
export { colima } from "./colima.ts";
export {
  formatHealth, formatMachines, requireHealthy, requireVmIp, settleRuntime, settleRuntimeSync,
} from "./compat.ts";
export type { Outcome } from "./compat.ts";
export { docker, remote } from "./docker.ts";
export type { Patience, Tier } from "./breaker.ts";
export { httpProbe, resolveEndpoint, tcpProbe, watchEndpoint } from "./endpoint.ts";
export type {
  EndpointOptions, EndpointResolution, FailedEndpoint, Probe, WatchedEndpoint, WatchedOptions, WatchedResolution,
} from "./endpoint.ts";
export { ContainerRuntimeError } from "./errors.ts";
export type { ErrorCode } from "./errors.ts";
export {
  containerRuntime, containerRuntimeSync, createContainerRuntime, createContainerRuntimeSync,
} from "./factory.ts";
export type { AdapterName, ContainerRuntimeOptions } from "./factory.ts";
export { nullAdapter } from "./null.ts";
export type { NullAdapter, NullState } from "./null.ts";
export type {
  ContainerRuntimePort, ContainerRuntimeSyncPort, HintVerb, Machine,
} from "./types.ts";
