/** Timer and path units belong to their service; units made of a plist; lingering. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { KINDS, portOf } from "./support/ports.ts";
import { SystemdHost, unavailable } from "./support/systemd.ts";

const TIMER = "[Timer]\nOnActiveSec=1h\n[Install]\nWantedBy=timers.target\n";
const skip = unavailable();

describe("a real user manager", { skip: skip || false }, () => {
  const host = new SystemdHost();
  before(() => host.start());
  after(() => host.stop());

  const triggered = (label: string, install = "", folder = ".config/systemd/user"): string => {
    host.write(`home/${folder}/${label}.timer`, TIMER);
    return host.write(`home/${folder}/${label}.service`, `[Service]\nExecStart=/bin/sleep 1000\n${install}`);
  };
  let last = 0;

  for (const kind of KINDS) {
    const port = portOf(kind, "systemctl");
    const timerOf = (label: string): string =>
      spawnSync("systemctl", ["--user", "is-active", `${label}.timer`], { encoding: "utf8" }).stdout.trim();

    describe(kind, () => {
      const fresh = (): string => `dev.example.timed-${kind}-${++last}`;

      test("a service that only its timer starts is enabled by it, and not started", async () => {
        const label = fresh();
        triggered(label);
        await port.load(label);
        assert.equal((await port.inspect(label)).enabled, false);
        await port.enable(label);
        const { enabled, pid } = await port.inspect(label);
        assert.deepEqual([enabled, pid, timerOf(label)], [true, null, "active"]);
        await port.disable(label);
        // the manager reads the links anew when it gets to it
        for (let tries = 0; tries < 50 && (await port.inspect(label)).enabled; tries++) {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        assert.equal((await port.inspect(label)).enabled, false);
        await port.stop(label);
      });

      test("one that starts by itself too is started", async () => {
        const label = fresh();
        triggered(label, "[Install]\nWantedBy=default.target\n");
        await port.enable(label);
        assert.ok((await port.inspect(label)).pid);
        assert.equal(timerOf(label), "active");
        await port.disable(label);
        await port.stop(label);
      });

      test("enable without loading starts neither", async () => {
        const label = fresh();
        triggered(label, "[Install]\nWantedBy=default.target\n");
        await port.enable(label, { load: false });
        const { enabled, pid } = await port.inspect(label);
        assert.deepEqual([enabled, pid, timerOf(label)], [true, null, "inactive"]);
        await port.disable(label);
      });

      test("stop stops the timer, restart brings it back, unless it is disabled", async () => {
        const label = fresh();
        triggered(label);
        await port.enable(label);
        await port.stop(label);
        assert.equal(timerOf(label), "inactive");
        await port.restart(label);
        assert.ok((await port.inspect(label)).pid);
        assert.equal(timerOf(label), "active");
        await port.disable(label);
        await port.stop(label);
        await port.restart(label);
        assert.equal(timerOf(label), "inactive");
        await port.stop(label);
      });

      test("load after a stop starts again what starts by itself, and its timer", async () => {
        const label = fresh();
        triggered(label, "[Install]\nWantedBy=default.target\n");
        await port.enable(label, { load: false });
        for (let time = 0; time < 2; time++) {
          await port.load(label);
          for (let wait = 0; wait < 100 && (await port.inspect(label)).pid === null; wait++) await sleep(20);
          assert.ok((await port.inspect(label)).pid);
          assert.equal(timerOf(label), "active");
          await port.stop(label);
        }
        await port.disable(label);
        await port.load(label);
        assert.deepEqual([(await port.inspect(label)).pid, timerOf(label)], [null, "inactive"]);
      });

      for (const folder of ["infra/launchd", "infra/systemd"]) {
        test(`a plist stands for the units in ${folder}`, async () => {
          const label = fresh();
          const source = host.write(`home/infra/launchd/${label}.plist`, "<plist/>");
          triggered(label, "", folder);
          for (let time = 0; time < 2; time++) await port.enable(label, { source });
          const { enabled, loaded } = await port.inspect(label);
          assert.deepEqual([enabled, loaded, timerOf(label)], [true, true, "active"]);
          await port.stop(label);
          await port.disable(label);
        });
      }

      test("units that the manager finds by itself go before those beside the plist", async () => {
        const label = fresh();
        const source = host.write(`home/infra/launchd/${label}.plist`, "<plist/>");
        const found = triggered(label);
        triggered(label, "", "infra/launchd");
        await port.load(label, { source });
        assert.equal((await port.inspect(label)).source, found);
      });

      test("what runs on demand is loaded and not run", async () => {
        const label = fresh();
        const source = host.write(`home/infra/launchd/${label}.plist`, "<plist/>");
        host.write(`home/infra/systemd/${label}.service`, "[Service]\nExecStart=/bin/sleep 1000\n");
        await port.enable(label, { source });
        const { loaded, pid } = await port.inspect(label);
        assert.deepEqual([loaded, pid], [true, null]);
        await port.start(label);
        assert.ok((await port.inspect(label)).pid);
        await port.stop(label);
      });

      test("a trigger that comes later is linked, and one that is taken away goes", async () => {
        const label = fresh();
        const source = host.write(`home/infra/launchd/${label}.plist`, "<plist/>");
        host.write(`home/infra/systemd/${label}.service`, "[Service]\nExecStart=/bin/sleep 1000\n");
        await port.enable(label, { source });
        assert.equal(timerOf(label), "inactive");
        for (let time = 0; time < 2; time++) {
          const timer = host.write(`home/infra/systemd/${label}.timer`, TIMER);
          await port.enable(label, { source });
          assert.equal(timerOf(label), "active");
          rmSync(timer);
          await port.enable(label, { source });
          assert.equal(timerOf(label), "inactive");
          const links = readdirSync(join(host.folder, "home/.config/systemd/user"), { recursive: true }).map(String);
          assert.deepEqual(links.filter((link) => link.endsWith(`${label}.timer`)), []);
        }
        await port.stop(label);
        await port.disable(label);
      });

      test("the units of a daemon are for the manager of the system", async () => {
        const label = fresh();
        const source = host.write(`home/infra/LaunchDaemons/${label}.plist`, "<plist/>");
        host.write(`home/infra/systemd/system/${label}.service`, "[Service]\nExecStart=/bin/sleep 1000\n");
        for (const verb of ["load", "enable"] as const) {
          await assert.rejects(port[verb](label, { source }), {
            code: "unsupported", operation: verb, hint: `as root, use the label system/${label}`,
          });
        }
        assert.equal((await port.inspect(label)).loaded, false);
      });

      test("a plist without units says how to make them", async () => {
        const label = fresh();
        for (const source of [host.write(`home/infra/launchd/${label}.plist`, "<plist/>"), "/nowhere/x.plist"]) {
          for (const verb of ["load", "enable"] as const) {
            await assert.rejects(port[verb](label, { source }), {
              code: "not-found", operation: verb, hint: `make units of ${source} with fleetmod units, and install them`,
            });
          }
        }
      });

      test("enable does without loginctl", async () => {
        const label = fresh();
        host.unit(label);
        const bin = dirname(host.write(`${kind}/bin/about`, "only systemctl is here"));
        symlinkSync("/usr/bin/systemctl", join(bin, "systemctl"));
        const path = process.env["PATH"];
        process.env["PATH"] = bin;
        try {
          await port.enable(label);
        } finally {
          process.env["PATH"] = path;
        }
        assert.equal((await port.inspect(label)).enabled, true);
        await port.stop(label);
      });

      test("enable warns of a user manager that ends at logout, and of no other", async () => {
        const label = fresh();
        host.unit(label);
        const heard: string[] = [];
        const hear = (warning: Error): void => void heard.push(`${warning.name}: ${warning.message}`);
        process.on("warning", hear);
        const asked = join(host.folder, "asked");
        const answers = ["echo Linger=yes", "echo 'User ID 0 is not logged in or lingering' >&2; exit 1", "kill -9 $$"];
        try {
          for (const answer of answers) {
            host.tool("loginctl", answer);
            await port.enable(label);
          }
          await sleep(20); // warnings are told on the next turn
          assert.deepEqual(heard, []);
          host.tool("loginctl", `echo "$@" > '${asked}'; echo Linger=no`);
          await port.enable(label);
          await sleep(20);
        } finally {
          process.removeListener("warning", hear);
          host.tool("loginctl", "exit 1");
        }
        assert.deepEqual(heard, [
          `ProcessManagerWarning: ${label}.service is enabled, but ends when user ${process.getuid?.()} logs out, `
          + "and does not start at boot; run: loginctl enable-linger",
        ]);
        assert.equal(readFileSync(asked, "utf8"), `show-user ${process.getuid?.()} --property=Linger\n`);
        await port.stop(label);
        await port.disable(label);
      });
    });
  }
});
