import { containerRuntime, requireVmIp } from "@lantern/container-runtime";

export function hints(): string[] {
  return [containerRuntime.hint("start"), `The container runtime is not running. Run: ${containerRuntime.hint("start")}`, `see '${containerRuntime.hint("status")}' first`];
}

export async function health(port: number = 1): Promise<boolean> {
  const response = await fetch(`http://${requireVmIp(await containerRuntime.vmIp())}:${port}/health`, { signal: AbortSignal.timeout(200) });
  return response.ok;
}
