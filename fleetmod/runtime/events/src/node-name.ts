import { shared } from "./shared.ts";

/** Have the events name this node as `nodeId` says, where a port was not told otherwise. */
export function setNodeId(nodeId: () => string): void {
  shared().nodeId = nodeId;
}
