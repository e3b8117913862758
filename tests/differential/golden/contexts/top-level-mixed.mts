import { setTimeout as pause } from "node:timers/promises";
import { formatServices, processManagerSync } from "@lantern/process-manager";

processManagerSync.restart("dev.lantern.beacon");
await pause(1);
const listed = formatServices(processManagerSync.list(""), { header: true }).includes("dev.lantern.beacon");

export const isListed = (): boolean => listed;
