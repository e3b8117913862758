export type { Adapter } from "./adapter.ts";
export { colima } from "./colima.ts";
export {
  formatHealth, formatMachines, requireHealthy, requireVmIp, settleRuntime, settleRuntimeSync,
} from "./compat.ts";
export type { Outcome } from "./compat.ts";
export { docker, remote } from "./docker.ts";
export { httpProbe, resolveEndpoint, tcpProbe } from "./endpoint.ts";
export type { EndpointOptions, EndpointResolution, FailedEndpoint, Probe } from "./endpoint.ts";
export { ContainerRuntimeError } from "./errors.ts";
export type { ErrorCode } from "./errors.ts";
export { setProbeSink } from "./events.ts";
export {
  containerRuntime, containerRuntimeSync, createContainerRuntime, createContainerRuntimeSync,
} from "./factory.ts";
export type { AdapterName, ContainerRuntimeOptions } from "./factory.ts";
export { nullAdapter } from "./null.ts";
export type { NullAdapter, NullState } from "./null.ts";
export type {
  ContainerRuntimePort, ContainerRuntimeSyncPort, EndpointClass, HintVerb, Machine, ProbeEvent, ProbeSink,
} from "./types.ts";
