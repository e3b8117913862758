/**
 * Finds out how a service is reached from this node: on localhost, at the runtime's machine, or by
 * its DNS name in the cluster. No single probe decides: a candidate is asked several times before
 * it counts as failed, then the next class has its turn.
 */
import { connect, isIPv6 } from "node:net";
import type { EndpointClass } from "../../events/src/event.ts";
import { begin, errorType, type Call } from "../../events/src/events.ts";
import { createBreaker, TIERS, type Breaker, type Patience, type Tier } from "./breaker.ts";
import { containerRuntime, variable } from "./factory.ts";
import type { ContainerRuntimePort } from "./types.ts";

/** Asks one URL; resolves when the service answers, rejects or throws when it does not. */
export type Probe = (url: URL, signal: AbortSignal) => Promise<unknown>;

export interface EndpointOptions extends Pick<Call, "sink" | "nodeId"> {
  /** The service as it is reached on this node, such as `http://localhost:8288/health`. */
  localhost: string | URL;
  /** Its host name, or host and port, in the cluster; left out, there is no such class. */
  serviceDns?: string;
  /** By default the runtime's `vmIp()`; null leaves the class out. */
  vmHost?: string | null;
  /** By default `httpProbe` for http and https, else `tcpProbe`. */
  probe?: Probe;
  /**
   * The bound on one probe, and on asking for the machine's address, in milliseconds; by default
   * CONTAINER_RUNTIME_PROBE_MS, else 1500.
   */
  timeoutMs?: number;
  /** How often a candidate is asked before it counts as failed; by default twice. */
  attempts?: number;
  runtime?: Pick<ContainerRuntimePort, "vmIp">;
}

/** An endpoint that is asked again and again. What is given goes before what the tier says. */
export interface WatchedOptions extends EndpointOptions, Partial<Patience> {
  /** By default `service-critical`. */
  tier?: Tier;
}

/**
 * An endpoint that remembers what failed. A class whose turns keep failing is passed over, so that a
 * caller waits for none that is known to be down; after a rest one probe decides whether it is back.
 */
export interface WatchedEndpoint {
  readonly tier: Tier;
  resolve(): Promise<WatchedResolution>;
}

/** `ok` is the first class; `degraded` a later one, since those before it failed; `down` is none. */
export type WatchedResolution = EndpointResolution & { tier: Tier; state: "ok" | "degraded" | "down" };

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
const CLASSES = ["localhost", "vm", "svc_dns"] as const;

/** Resolves to the first class that answers, with what failed before it; throws for a URL that is none, alone. */
export async function resolveEndpoint(options: EndpointOptions): Promise<EndpointResolution> {
  return turns(options);
}

/** The same for a service that is asked again and again; creating it asks nothing. */
export function watchEndpoint(options: WatchedOptions): WatchedEndpoint {
  const tier = options.tier ?? "service-critical";
  const patience = { ...TIERS[tier], ...options };
  const breakers = new Map(CLASSES.map((each) => [each as EndpointClass, createBreaker(patience)]));
  return {
    tier,
    resolve: async () => {
      const found = await turns({ ...options, attempts: patience.attempts }, breakers);
      const state = !found.ok ? "down" : found.failed.length > 0 ? "degraded" : "ok";
      return { ...found, tier, state };
    },
  };
}

async function turns(
  options: EndpointOptions & { tier?: Tier }, breakers?: ReadonlyMap<EndpointClass, Breaker>,
): Promise<EndpointResolution> {
  const timeoutMs = options.timeoutMs ?? variable("CONTAINER_RUNTIME_PROBE_MS") ?? PROBE_MS;
  const local = new URL(options.localhost);
  const probe = options.probe ?? (/^https?:$/.test(local.protocol) ? httpProbe : tcpProbe);
  const failed: FailedEndpoint[] = [];
  for (const endpointClass of CLASSES) {
    const breaker = breakers?.get(endpointClass);
    const turn = breaker?.begin() ?? "closed";
    if (breaker !== undefined && turn === "open") {
      failed.push({ endpointClass, url: null, reasons: [breaker.reason()] });
      continue;
    }
    let url: URL | null;
    try {
      url = await locate(endpointClass, local, options, timeoutMs);
    } catch (error) {
      breaker?.end(false);
      failed.push({ endpointClass, url: null, reasons: [message(error)] });
      continue;
    }
    if (url === null) {
      breaker?.end(true); // a class that does not apply has not failed
      continue;
    }
    const reasons: string[] = [];
    const attempts = turn === "half-open" ? 1 : Math.max(1, options.attempts ?? ATTEMPTS);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const end = begin({
        port: "container-runtime", operation: "probe", target: shown(url), adapter: probe.name || "probe", endpointClass,
        sink: options.sink, nodeId: options.nodeId,
      });
      try {
        await bounded((signal) => probe(new URL(url), signal), timeoutMs);
        end(undefined, tiered(options));
        breaker?.end(true);
        return { ok: true, endpointClass, url: url.href, failed };
      } catch (error) {
        end(error, tiered(options));
        reasons.push(message(error));
      }
    }
    breaker?.end(false);
    failed.push({ endpointClass, url: url.href, reasons });
  }
  return { ok: false, endpointClass: null, url: null, failed };
}

function tiered({ tier }: { tier?: Tier }): { tier?: Tier } {
  return tier === undefined ? {} : { tier };
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

/** Without what may be secret in it. */
function shown({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
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
