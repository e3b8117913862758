import { processManagerSync } from "@lantern/process-manager";

export default function restart(): void {
  processManagerSync.restart("system/dev.lantern.beacon");
}

export { restart as again };
