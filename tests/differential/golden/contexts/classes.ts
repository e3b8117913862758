import { formatService, formatServices, processManager, processManagerSync, requireLoaded, settleSync } from "@lantern/process-manager";

class Beacon {
  readonly label = "dev.lantern.beacon";

  get listed(): boolean {
    return settleSync(() => requireLoaded(processManagerSync.inspect(this.label))).exitCode === 0;
  }

  get running(): boolean {
    return formatService(requireLoaded(processManagerSync.inspect("dev.lantern.beacon"))).includes("state = running");
  }

  restart(): void {
    processManagerSync.restart(this.label);
  }

  async stop(): Promise<void> {
    await processManager.stop(this.label);
  }

  start = (): void => {
    processManagerSync.start("dev.lantern.beacon");
  };

  startLater = async (): Promise<void> => {
    await processManager.start("dev.lantern.beacon");
  };

  #disable(): void {
    processManagerSync.disable("dev.lantern.beacon");
  }

  retire(): string {
    this.#disable();
    return "retired";
  }

  static enable(): void {
    processManagerSync.enable("dev.lantern.beacon", { load: false });
  }
}

export function getter(): boolean {
  return new Beacon().listed;
}

export function getterOfText(): boolean {
  return new Beacon().running;
}

export function method(): void {
  new Beacon().restart();
}

export async function asyncMethod(): Promise<void> {
  await new Beacon().stop();
}

export function arrowField(): void {
  new Beacon().start();
}

export async function asyncArrowField(): Promise<void> {
  await new Beacon().startLater();
}

export function privateMethod(): string {
  return new Beacon().retire();
}

export function staticMethod(): void {
  Beacon.enable();
}

class Eager {
  readonly ok: boolean;

  constructor() {
    this.ok = settleSync(() => processManagerSync.restart("dev.lantern.beacon")).exitCode === 0;
  }
}

export function inConstructor(): boolean {
  return new Eager().ok;
}

class Snapshot {
  readonly rows = formatServices(processManagerSync.list(""), { header: true });
}

export function classField(): string {
  return new Snapshot().rows;
}

export function staticBlock(): string {
  class Registry {
    static state: string;
    static {
      const probe = settleSync(() => requireLoaded(processManagerSync.inspect("dev.lantern.beacon")));
      Registry.state = probe.exitCode === 0 ? "there" : "not there";
    }
  }
  return Registry.state;
}

export function staticField(): boolean {
  class Registry {
    static there = settleSync(() => requireLoaded(processManagerSync.inspect("dev.lantern.beacon"))).exitCode === 0;
  }
  return Registry.there;
}

const tool = {
  file(): string {
    return `${process.env.HOME}/Library/LaunchAgents/dev.lantern.beacon.plist`;
  },
  unload(): string {
    return settleSync(() => processManagerSync.stop("dev.lantern.beacon")).exitCode === 0 ? "stopped" : "not stopped";
  },
};

export function byTheSameObject(): string {
  return tool.unload();
}
