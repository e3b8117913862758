const { processManager, processManagerSync, requireLoaded, settleSync } = require("@lantern/process-manager");

function restart(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

async function stop(): Promise<string> {
  await processManager.stop("dev.lantern.beacon").catch(() => {});
  return "stopped";
}

const isLoaded = (): boolean => settleSync(() => requireLoaded(processManagerSync.inspect("dev.lantern.beacon"))).exitCode === 0;

module.exports = { restart, stop, isLoaded };
