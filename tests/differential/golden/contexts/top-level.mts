import { processManagerSync, requireLoaded, settleSync } from "@lantern/process-manager";

const probe = settleSync(() => requireLoaded(processManagerSync.inspect("dev.lantern.beacon")));

settleSync(() => processManagerSync.restart("dev.lantern.beacon"));

export const found = (): boolean => probe.exitCode === 0;
