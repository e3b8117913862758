import { containerRuntimeSync, createContainerRuntimeSync, formatMachines, settleRuntimeSync } from "@lantern/container-runtime";

export function address(): string | null {
  const listed = settleRuntimeSync(() => formatMachines(containerRuntimeSync.machines()));
  if (listed.exitCode !== 0) return null;
  const output = listed.stdout?.trim();
  if (!output) return null;
  return (JSON.parse(output.split("\n")[0] ?? "{}") as { address?: string }).address ?? null;
}

export function names(): string[] {
  const text = formatMachines(containerRuntimeSync.machines());
  return text.split("\n").filter(Boolean).map((line) => (JSON.parse(line) as { name: string }).name);
}

export function ofOne(): string {
  return formatMachines(createContainerRuntimeSync({ profile: "work" }).machines()).trim();
}
