import { processManager, processManagerSync, requireLoaded } from "@lantern/process-manager";

export async function unloadForGood(): Promise<void> {
	if (process.env.LANTERN_KEEP === undefined) {
		await processManager.disable("dev.lantern.beacon");
		await processManager.stop("dev.lantern.beacon");
	}
}

export function told(): string {
	try {
		requireLoaded(processManagerSync.inspect("system/dev.lantern.beacon"));
		processManagerSync.stop("system/dev.lantern.beacon");
		return "stopped";
	} catch {
		return "was not loaded";
	}
}
