/** What the shell around a command does with it. */
import { processManagerSync, settleSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";

export function orTrue(): void {
  settleSync(() => processManagerSync.restart(LABEL));
}

export function orColon(): void {
  settleSync(() => processManagerSync.stop(LABEL));
}

export function quietOrTrue(): void {
  settleSync(() => processManagerSync.stop(LABEL));
}

export function quietOnly(): void {
  processManagerSync.restart(LABEL);
}

export function allQuiet(): void {
  processManagerSync.restart(LABEL);
}

export function olderSpelling(): void {
  processManagerSync.stop(LABEL);
}

export function startOrRestart(): void {
  processManagerSync.restart(LABEL);
}

export function bootstrapOrLoad(): void {
  processManagerSync.load("dev.lantern.beacon");
}

export function bootoutOrUnload(): void {
  settleSync(() => processManagerSync.stop(LABEL));
}

export function both(): void {
  processManagerSync.enable(LABEL, { load: false });
  processManagerSync.load("dev.lantern.beacon");
}

export function bothWhateverHappens(): void {
  settleSync(() => processManagerSync.stop(LABEL));
  processManagerSync.load("dev.lantern.beacon");
}

export function threeInOrder(): void {
  settleSync(() => processManagerSync.stop(LABEL));
  settleSync(() => processManagerSync.enable(LABEL, { load: false }));
  processManagerSync.load("dev.lantern.beacon");
}

export function disableAndStop(): void {
  settleSync(() => processManagerSync.disable(LABEL));
  settleSync(() => processManagerSync.stop(LABEL));
}

export function unloadAndLoad(): void {
  processManagerSync.stop("dev.lantern.beacon");
  processManagerSync.load("dev.lantern.beacon");
}

export function stopAndStart(): void {
  processManagerSync.stop(LABEL);
  processManagerSync.start(LABEL);
}
