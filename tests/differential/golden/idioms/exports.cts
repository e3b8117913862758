"use strict";

const { formatServices, processManagerSync } = require("@lantern/process-manager");
exports.restart = function restart(): void {
  processManagerSync.restart("system/dev.lantern.beacon");
};

exports.rows = (): string => formatServices(processManagerSync.list(""), { header: true });
