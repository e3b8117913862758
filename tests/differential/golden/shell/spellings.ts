/** One command in the spellings that a shell string has. */
import { processManagerSync } from "@lantern/process-manager";

const LABEL = "dev.lantern.beacon";
const OTHER_TARGET = process.env.LANTERN_TARGET ?? "gui/501/dev.lantern.beacon";
const label = () => process.env.LANTERN_LABEL ?? LABEL;

export function byTemplate(): void {
  processManagerSync.restart(LABEL);
}

export function byUid(): void {
  processManagerSync.restart(LABEL);
}

export function byUidConstant(): void {
  processManagerSync.restart(LABEL);
}

export function byUserInfo(): void {
  processManagerSync.restart(LABEL);
}

export function byAskedUid(): void {
  processManagerSync.restart(LABEL);
}

export function byShellUid(): void {
  processManagerSync.restart(LABEL);
}

export function byBracedUid(): void {
  processManagerSync.restart(LABEL);
}

export function byConcatenation(): void {
  processManagerSync.restart(LABEL);
}

export function byJoin(): void {
  processManagerSync.restart(LABEL);
}

export function byToolConstant(): void {
  processManagerSync.restart(LABEL);
}

export function byOtherTarget(): void {
  processManagerSync.restart(OTHER_TARGET);
}

export function byCommandConstant(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export function byPath(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export function byLabelFunction(): void {
  processManagerSync.restart(label());
}

export function byTargetFunction(): void {
  processManagerSync.restart(LABEL);
}

export function byParameter(name = LABEL): void {
  processManagerSync.restart(name);
}

export function byQuotedParameter(name = LABEL): void {
  processManagerSync.restart(name);
}

export function byLocalCommand(): void {
  processManagerSync.restart(LABEL);
}

export function byBash(): void {
  processManagerSync.restart("dev.lantern.beacon");
}

export function inSystem(): void {
  processManagerSync.restart(`system/${LABEL}`);
}

export function flagsTogether(): void {
  processManagerSync.restart(LABEL);
}

export function overTwoLines(): void {
  processManagerSync.restart(LABEL);
}

export function withOptions(): void {
  processManagerSync.restart(LABEL);
}

export function byTargetConstant(): void {
  processManagerSync.restart(LABEL);
}

export function byVerbConstant(): void {
  processManagerSync.restart(LABEL);
}

export function byUidOfEnvironment(): void {
  const uid = process.env.LANTERN_UID ? Number(process.env.LANTERN_UID) : process.getuid?.();
  processManagerSync.restart(`gui/${uid}/${LABEL}`);
}

export function byUidOfEnvironmentFirst(): void {
  const uid = Number(process.env.LANTERN_UID ?? process.getuid?.());
  processManagerSync.restart(`gui/${uid}/${LABEL}`);
}
