/** A Docker engine that is asked through its client: this node's own, or a remote one. */
import { isIP } from "node:net";
import { unsupported, type Adapter } from "./adapter.ts";
import { ContainerRuntimeError } from "./errors.ts";
import { stepless, type Steps } from "./steps.ts";

// `docker version` exits with 1 when the engine does not answer, and then prints no server version
// (docker/cli, cli/command/system/version.go).
const ASK = ["version", "--format", "{{.Server.Version}}"] as const;
const REMOTE = /^(?:ssh|tcp):\/\/(?:[^@/]+@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9._-]*)(?::\d+)?(?:\/.*)?$/;

/** Ask the engine at `host`, by default the one that DOCKER_HOST and the Docker context name. */
export function* askEngine(adapter: string, host?: string): Steps<void> {
  const at = host === undefined ? [] : ["--host", host];
  const result = yield { argv: ["docker", ...at, ...ASK] };
  if (result.code === 0 && result.stdout.trim() !== "") return;
  throw new ContainerRuntimeError({
    code: "not-running", operation: "isHealthy", adapter, exitCode: result.code, stderr: result.stderr,
  });
}

/** Start is not the client's to do: an engine that answers is started, and another one is an error. */
function* expectRunning(adapter: string, hint: string, host?: string): Steps<void> {
  try {
    yield* askEngine(adapter, host);
  } catch (error) {
    if (!(error instanceof ContainerRuntimeError) || error.code !== "not-running") throw error;
    const { exitCode, stderr } = error;
    throw new ContainerRuntimeError({ code: "not-running", operation: "start", adapter, exitCode, stderr, hint });
  }
}

/** This node's own engine: no machine of its own, so no address, uptime or ssh beside the node's. */
export const docker: Adapter = {
  ...unsupported("docker", ""),
  endpointClass: "localhost",
  check: () => askEngine("docker"),
  start: () => expectRunning("docker", "start the docker service by the service manager"),
  hint: (verb) => (verb === "status" ? "docker version" : "sudo systemctl start docker"),
};

/** The engine that DOCKER_HOST names by ssh:// or tcp://. Which machine it runs on is not ours to start. */
export function remote(host: string): Adapter {
  const name = REMOTE.exec(host)?.[1]?.replace(/^\[|\]$/g, "");
  if (name === undefined) {
    return unsupported("remote", `DOCKER_HOST is ${JSON.stringify(host)}`, "set it to ssh://… or tcp://…");
  }
  return {
    ...unsupported("remote", ""),
    endpointClass: "vm",
    check: () => askEngine("remote", host),
    // a name is the resolver's, and may mean several addresses
    vmIp: () => stepless(() => (isIP(name) ? name : null)),
    start: () => expectRunning("remote", "start the engine on that host", host),
    hint: (verb) => (verb === "status" ? `docker --host ${quote(host)} version` : `(start the engine on ${name})`),
  };
}

export const isRemote = (host: string | undefined): host is string =>
  host !== undefined && /^(ssh|tcp):\/\//.test(host);

function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}
