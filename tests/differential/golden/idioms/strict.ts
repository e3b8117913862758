"use strict";

import { processManagerSync } from "@lantern/process-manager";

export function restart(): void {
  processManagerSync.restart("system/dev.lantern.beacon");
}
