/**
 * Finds out how a service is reached from this node: on localhost, at the runtime's machine, or by
 * its DNS name in the cluster. No single probe decides: a candidate is asked several times before
 * it counts as failed, then the next class has its turn.
 */
import { connect, isIPv6 } from "node:net";
import { begin, errorType } from "./events.ts";
import { containerRuntime } from "./factory.ts";
import type { ContainerRuntimePort, EndpointClass, ProbeSink } from "./types.ts";

/** Asks one URL; resolves when the service answers, rejects or throws when it does not. */
export type Probe = (url: URL, signal: AbortSignal) => Promise<unknown>;

export interface EndpointOptions {
  /** The service as it is reached on this node, such as `http://localhost:8288/health`. */
  localhost: string | URL;
  /** Its host name, or host and port, in the cluster; left out, there is no such class. */
  serviceDns?: string;
  /** By default the runtime's `vmIp()`; null leaves the class out. */
  vmHost?: string | null;
  /** By default `httpProbe` for http and https, else `tcpProbe`. */
  probe?: Probe;
  /** The bound on one probe, and on asking for the machine's address; in milliseconds. */
  timeoutMs?: number;
  /** How often a candidate is asked before it counts as failed. */
  attempts?: number;
  runtime?: Pick<ContainerRuntimePort, "vmIp">;
  sink?: ProbeSink;
  nodeId?: string;
}

/** A candidate that did not answer, and why, probe by probe. */
export interface FailedEndpoint {
  endpointClass: EndpointClass;
  url: string | null;
  reasons: string[];
}

export type EndpointResolution =
  | { ok: true; endpointClass: EndpointClass; url: string; failed: FailedEndpoint[] }
  | { ok: false; endpointClass: null; url: null; failed: FailedEndpoint[] };

const PROBE_MS = 1500;
const ATTEMPTS = 2;

/** Resolves to the first class that answers, with what failed before it; throws for a URL that is none, alone. */
export async function resolveEndpoint(options: EndpointOptions): Promise<EndpointResolution> {
  const timeoutMs = options.timeoutMs ?? PROBE_MS;
  const local = new URL(options.localhost);
  const probe = options.probe ?? (/^https?:$/.test(local.protocol) ? httpProbe : tcpProbe);
  const failed: FailedEndpoint[] = [];
  for (const endpointClass of ["localhost", "vm", "svc_dns"] as const) {
    let url: URL | null;
    try {
      url = await locate(endpointClass, local, options, timeoutMs);
    } catch (error) {
      failed.push({ endpointClass, url: null, reasons: [message(error)] });
      continue;
    }
    if (url === null) continue;
    const reasons: string[] = [];
    for (let attempt = 0; attempt < Math.max(1, options.attempts ?? ATTEMPTS); attempt++) {
      const end = begin(options.sink, {
        endpointClass, adapter: probe.name || "probe", target: url.href, nodeId: options.nodeId,
      });
      try {
        await bounded((signal) => probe(new URL(url), signal), timeoutMs);
        end();
        return { ok: true, endpointClass, url: url.href, failed };
      } catch (error) {
        end(error);
        reasons.push(message(error));
      }
    }
    failed.push({ endpointClass, url: url.href, reasons });
  }
  return { ok: false, endpointClass: null, url: null, failed };
}

/** The URL of a class; null where the class does not apply. */
async function locate(
  endpointClass: EndpointClass, local: URL, options: EndpointOptions, timeoutMs: number,
): Promise<URL | null> {
  if (endpointClass === "localhost") return local;
  if (endpointClass === "svc_dns") return options.serviceDns === undefined ? null : at(options.serviceDns, local);
  const runtime = options.runtime ?? containerRuntime;
  const host = options.vmHost === undefined ? await bounded(() => runtime.vmIp(), timeoutMs) : options.vmHost;
  return host === null ? null : at(isIPv6(host) ? `[${host}]` : host, local);
}

/** A URL at another host; one that brings no port has the same. */
function at(host: string, url: URL): URL {
  const port = /:\d+$/.test(host) || url.port === "" ? "" : `:${url.port}`;
  return new URL(`${url.protocol}//${host}${port}${url.pathname}${url.search}`);
}

/** Whether a GET is answered with a status of success. */
export async function httpProbe(url: URL, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
}

/** Whether the port takes a connection. */
export function tcpProbe(url: URL, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname.replace(/^\[|\]$/g, ""));
    signal.addEventListener("abort", () => socket.destroy());
    socket.on("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });
}

/** What `act` gives, or a rejection after `timeoutMs`, whether or not it heeds the signal. */
async function bounded<T>(act: (signal: AbortSignal) => Promise<T>, timeoutMs: number): Promise<T> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: "timeout" }));
      controller.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([(async () => act(controller.signal))(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function message(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `: ${errorType(error.cause)}`;
  return `${error.message || errorType(error)}${cause}`;
}
