import { formatServices, processManagerSync } from "@lantern/process-manager";

processManagerSync.restart("dev.lantern.beacon");
const stdout = formatServices(processManagerSync.list(""), { header: true });

export const rows = (): number => stdout.split("\n").length;
