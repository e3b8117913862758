/** A tool that is missing, hangs, dies or floods: an error soon, and no process left. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Environment } from "./support/environment.ts";
import { KINDS, portOf, verbs } from "./support/ports.ts";

const ADAPTERS = ["launchctl", "systemctl"] as const;

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" && !existsSync("/proc");
  }
}

for (const adapter of ADAPTERS) {
  for (const kind of KINDS) {
    describe(`${adapter}, ${kind}`, () => {
      let host: Environment;
      beforeEach(() => {
        host = new Environment();
      });
      afterEach(() => host.restore());

      test("a missing tool is told at once by every verb", async () => {
        host.set("PATH", join(host.folder, "empty"));
        const port = portOf(kind, adapter);
        const started = Date.now();
        for (const [verb, act] of Object.entries({ ...verbs(port), list: (part: string) => port.list(part) })) {
          await assert.rejects(act("dev.example.x"), {
            name: "ProcessManagerError", code: "tool-missing", operation: verb, adapter, exitCode: 127,
            label: "dev.example.x", stderr: `${adapter} is not on PATH`,
            hint: "install it, or set PROCESS_MANAGER=null where something else runs the services",
          });
        }
        assert.ok(Date.now() - started < 5000);
      });

      test("a tool that may not be run counts as missing", async () => {
        const file = host.write(`denied/${adapter}`, "#!/bin/sh\n");
        chmodSync(file, 0o644);
        host.set("PATH", join(host.folder, "denied"));
        await assert.rejects(portOf(kind, adapter).restart("x"), { code: "tool-missing" });
      });

      test("a tool that hangs is ended in time, with what it has started", async () => {
        const pids = join(host.folder, "pids");
        host.tool(adapter, `sleep 300 & echo $$ $! > '${pids}.new'; mv '${pids}.new' '${pids}'; wait`);
        const started = Date.now();
        await assert.rejects(portOf(kind, adapter, 1500).restart("dev.example.x"), {
          code: "timeout", operation: "restart", label: "dev.example.x", adapter, exitCode: 124,
          stderr: `${adapter} did not answer within 1500 ms`,
          hint: new RegExp(`^see what \`${adapter} .*\` says; wait longer by timeoutMs or PROCESS_MANAGER_TIMEOUT_MS$`),
        });
        const took = Date.now() - started;
        assert.ok(took >= 1400 && took < 10_000, `${took} ms`);
        const left = readFileSync(pids, "utf8").trim().split(" ").map(Number);
        assert.equal(left.length, 2);
        for (let wait = 0; wait < 100 && left.some(alive); wait++) await sleep(20);
        assert.deepEqual(left.filter(alive), []);
      });

      const HANGING: Record<string, string> = {
        "does not answer": "exec sleep 300",
        "ignores SIGTERM": "trap '' TERM; while :; do sleep 0.1; done",
        "leaves a process that holds its output": "sleep 300 & exit 0",
        "leaves a process of another group that holds its output": "setsid sleep 5 & exit 0",
        "has closed its output": "exec >&- 2>&-; exec sleep 300",
      };
      for (const [what, script] of Object.entries(HANGING)) {
        test(`no verb waits for a tool that ${what}`, async () => {
          host.tool(adapter, script);
          const port = portOf(kind, adapter, 300);
          const started = Date.now();
          for (const [verb, act] of Object.entries({ ...verbs(port), list: port.list })) {
            await assert.rejects(act("dev.example.x"), { name: "ProcessManagerError", code: "timeout" }, verb);
          }
          const probed = await port.probe("dev.example.x");
          assert.equal(probed.outcome === "failed" && probed.error.code, "timeout");
          assert.ok(Date.now() - started < 30_000, `${Date.now() - started} ms`);
        });
      }

      test("a tool that dies of a signal has failed, and not by time", async () => {
        host.tool(adapter, "kill -15 $$");
        await assert.rejects(portOf(kind, adapter).restart("x"), {
          code: "failed", stderr: `${adapter} was ended by SIGTERM`,
        });
      });

      test("a tool that floods is cut off", async () => {
        host.tool(adapter, "exec yes 'a line of output that says nothing much'");
        await assert.rejects(portOf(kind, adapter, 60_000).list(""), {
          code: "failed", stderr: `${adapter} printed too much`,
        });
      });

      test("a tool that reads its input finds none", async () => {
        host.tool(adapter, "cat; exit 9");
        await assert.rejects(portOf(kind, adapter).restart("x"), { code: "failed", exitCode: 9 });
      });

      test("a label reaches the tool as one argument, in the C locale", async () => {
        host.set("LC_ALL", "de_DE.UTF-8");
        const seen = join(host.folder, "seen");
        host.tool(adapter, `printf '%s\\n' "$LC_ALL" "$@" >> '${seen}'; exit 1`);
        await assert.rejects(portOf(kind, adapter).restart("a:b+c@d-e_f.g"), { code: "failed", exitCode: 1 });
        const lines = readFileSync(seen, "utf8").trimEnd().split("\n");
        assert.equal(lines[0], "C");
        assert.match(lines.at(-1) ?? "", /^(gui\/\d+\/)?a:b\+c@d-e_f\.g(\.service|\.path|\.socket|\.timer)?$/);
      });
    });
  }
}

test("a process that has no file descriptor left gets an error, and lives", () => {
  const host = new Environment();
  try {
    const sources = new URL("../../fleetmod/runtime/process-manager/src/index.ts", import.meta.url).href;
    const file = host.write("exhausted.mts", `
      import { openSync } from "node:fs";
      import { createProcessManager } from ${JSON.stringify(sources)};
      const port = createProcessManager({ adapter: "systemctl" });
      try {
        for (;;) openSync("/dev/null", "r");
      } catch {}
      await port.restart("x").catch((error) => console.log(error.name, error.code));
    `);
    const command = `ulimit -n 60 && exec '${process.execPath}' '${file}'`;
    const done = spawnSync("/bin/sh", ["-c", command], { encoding: "utf8" });
    assert.equal(done.stdout, "ProcessManagerError failed\n", done.stderr);
  } finally {
    host.restore();
  }
});
