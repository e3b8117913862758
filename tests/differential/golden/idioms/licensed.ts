/**
 * Copyright the keepers of the lantern.
 * @license MIT
 */

// @ts-check
// the shell
import { join } from "node:path";
import { processManagerSync } from "@lantern/process-manager";

export function restart(): string {
  processManagerSync.restart("system/dev.lantern.beacon"); // at once
  return join("lantern", "beacon");
}
