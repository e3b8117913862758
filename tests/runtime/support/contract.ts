/** What every adapter must do, whatever is behind it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AdapterName, ManagedService } from "../../../fleetmod/runtime/process-manager/src/index.ts";
import { KINDS, portOf, verbs } from "./ports.ts";

export interface World {
  adapter: AdapterName;
  /** Whether the manager tells a label that nobody installed from one that is not loaded. */
  knowsFiles: boolean;
  /** Install a service that runs until it is stopped; it is not loaded yet. */
  install(label: string): void;
  /** How often the tool was run since the last question; null where nothing counts it. */
  runs(): number | null;
}

let last = 0;

export const INVALID = [
  "", " ", "-x", "--user", "a ", " a", "a\nb", "a\tb", "x;id", "$(id)", "`id`", "a|b", "a&b", "a'b", 'a"b', "a\\b",
  "../x", "a/b", "gui/501/", "gui/501/-x", "gui/501/a/b", "gui/x/y", "gui//x", "gui/99999999999/x", "user/501",
  "system/", "system/ a", "pid/1/x", "login/1/x", "x\u0000", "x\n", "*", "é",
];

const entry = (services: ManagedService[], label: string): ManagedService | undefined =>
  services.find((service) => service.label === label);

export function contract(world: World): void {
  for (const kind of KINDS) {
    const port = portOf(kind, world.adapter);
    const fresh = (): string => {
      const label = `dev.example.${kind}-${++last}`;
      world.install(label);
      return label;
    };

    describe(`${world.adapter}, ${kind}`, () => {
      test("inspect knows nothing of a label that nobody installed", async () => {
        const state = await port.inspect("dev.example.nobody");
        assert.equal(state.label, "dev.example.nobody");
        assert.equal(state.loaded, false);
        assert.equal(state.pid, null);
      });

      test("load makes a service known, and again changes nothing", async () => {
        const label = fresh();
        await port.load(label);
        const first = await port.inspect(label);
        assert.equal(first.loaded, true);
        await port.load(label);
        assert.deepEqual(await port.inspect(label), first);
      });

      test("start starts, and again leaves the process alone", async () => {
        const label = fresh();
        await port.start(label);
        const first = await port.inspect(label);
        assert.equal(first.state, "running");
        assert.ok(first.pid);
        await port.start(label);
        assert.equal((await port.inspect(label)).pid, first.pid);
        await port.stop(label);
      });

      test("restart starts what is not loaded, and replaces what runs each time", async () => {
        const label = fresh();
        const pids = new Set<number | null>();
        for (let time = 0; time < 3; time++) {
          await port.restart(label);
          pids.add((await port.inspect(label)).pid);
        }
        assert.equal(pids.size, 3);
        assert.ok(!pids.has(null));
        await port.stop(label);
      });

      test("stop stops and keeps stopped, twice and when it never ran", async () => {
        const label = fresh();
        await port.start(label);
        await port.stop(label);
        assert.equal((await port.inspect(label)).pid, null);
        await port.stop(label);
        assert.equal((await port.inspect(label)).pid, null);
        await port.stop("dev.example.nobody");
        await port.restart(label);
        assert.ok((await port.inspect(label)).pid);
        await port.stop(label);
      });

      test("a label with spaces is a label", async () => {
        const label = `Example Agent ${kind} ${++last}`;
        world.install(label);
        await port.restart(label);
        const { pid, loaded } = await port.inspect(label);
        assert.deepEqual([loaded, pid !== null], [true, true]);
        assert.equal(entry(await port.list(label), label)?.pid, pid);
        await port.stop(label);
        assert.equal((await port.inspect(label)).pid, null);
      });

      test("list finds by a part of the label", async () => {
        const label = fresh();
        await port.start(label);
        const { pid } = await port.inspect(label);
        assert.equal(entry(await port.list(label), label)?.pid, pid);
        assert.ok(entry(await port.list(""), label));
        assert.deepEqual(await port.list("no-such-part"), []);
        await port.stop(label);
        assert.equal(entry(await port.list(label), label)?.pid ?? null, null);
      });

      test("disable is remembered and lets what runs go on; enable undoes it", async () => {
        const label = fresh();
        await port.enable(label);
        await port.start(label);
        const { pid, enabled } = await port.inspect(label);
        assert.equal(enabled, true);
        for (let time = 0; time < 2; time++) {
          await port.disable(label);
          const state = await port.inspect(label);
          assert.equal(state.enabled, false);
          assert.equal(state.pid, pid);
        }
        for (let time = 0; time < 2; time++) {
          await port.enable(label);
          const state = await port.inspect(label);
          assert.equal(state.enabled, true);
          assert.equal(state.loaded, true);
          assert.equal(state.pid, pid);
        }
        await port.stop(label);
      });

      test("enable without loading starts nothing", async () => {
        const label = fresh();
        await port.disable(label);
        await port.enable(label, { load: false });
        const state = await port.inspect(label);
        assert.equal(state.enabled, true);
        assert.equal(state.pid, null);
      });

      test("disable of a label that nobody installed is no error", async () => {
        await port.disable("dev.example.nobody");
        await port.disable("dev.example.nobody");
      });

      if (world.knowsFiles) {
        test("a label that nobody installed cannot be started, loaded or enabled", async () => {
          for (const verb of ["restart", "start", "load", "enable"]) {
            await assert.rejects(verbs(port)[verb]?.("dev.example.nobody") ?? Promise.resolve(), {
              name: "ProcessManagerError", code: "not-found", operation: verb,
              label: "dev.example.nobody", adapter: world.adapter,
            });
          }
        });
      }

      test("invalid labels are refused by every verb before anything runs", async () => {
        world.runs();
        for (const [verb, act] of Object.entries(verbs(port))) {
          for (const label of [...INVALID, undefined as unknown as string]) {
            await assert.rejects(act(label), { code: "invalid-label", operation: verb });
          }
        }
        assert.ok(!world.runs());
      });

      test("probe tells what inspect tells, and never rejects", async () => {
        const label = fresh();
        await port.start(label);
        const state = await port.inspect(label);
        assert.deepEqual(await port.probe(label), { outcome: "ok", state });
        await port.stop(label);
        for (const invalid of [...INVALID, undefined as unknown as string]) {
          const probed = await port.probe(invalid);
          assert.equal(probed.outcome === "failed" && probed.error.code, "invalid-label");
        }
      });

      test("list takes any text as a part of a label", async () => {
        for (const pattern of [" ", "-x", "$(id)", "a'b", "a\nb", "*"]) {
          assert.deepEqual(await port.list(pattern), []);
        }
      });
    });
  }
}
