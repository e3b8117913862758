import { containerRuntimeSync, createContainerRuntimeSync, formatHealth, requireHealthy, settleRuntimeSync } from "@lantern/container-runtime";

export function compared(): boolean {
  return containerRuntimeSync.isHealthy();
}

export function negated(): string {
  if (!createContainerRuntimeSync({ profile: "work" }).isHealthy()) return "down";
  return "up";
}

export function caught(): boolean {
  try {
    requireHealthy(containerRuntimeSync.isHealthy());
    return true;
  } catch {
    return false;
  }
}

export function thrown(): string {
  requireHealthy(createContainerRuntimeSync({ profile: "work" }).isHealthy());
  return "up";
}

export function tolerated(): string {
  containerRuntimeSync.isHealthy();
  return "asked";
}

export function searched(): boolean {
  try {
    const output = formatHealth(containerRuntimeSync.isHealthy()).trim();
    return output.includes("running");
  } catch {
    return false;
  }
}

export function explained(): string {
  const asked = settleRuntimeSync(() => requireHealthy(containerRuntimeSync.isHealthy()));
  if (asked.exitCode !== 0) return `down, ${asked.stderr.length > 0 ? "and it says why" : "silently"}`;
  return "up";
}

export function named(profile: string = "work"): boolean {
  return createContainerRuntimeSync({ profile }).isHealthy();
}
