/** Which plist a label means, and what a `source` changes. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { plistLabel } from "../../fleetmod/runtime/process-manager/src/index.ts";
import { Mac, OWN } from "./support/mac.ts";
import { KINDS, portOf } from "./support/ports.ts";

const X = "dev.example.x";
const PYTHON = process.env["FLEETMOD_TEST_PYTHON"] ?? "python3";
const CONVERT = "import plistlib, sys; d = plistlib.load(open(sys.argv[2], 'rb')); "
  + "sys.stdout.buffer.write(plistlib.dumps(d, fmt=plistlib.FMT_XML if sys.argv[1] == 'xml' else plistlib.FMT_BINARY))";

for (const kind of KINDS) {
  describe(`plists, ${kind}`, () => {
    const port = portOf(kind, "launchctl");
    let mac: Mac;
    beforeEach(() => {
      mac = new Mac();
    });
    afterEach(() => mac.restore());
    const renamed = (label: string, name: string): string => {
      const plist = mac.plist(label);
      const to = join(dirname(plist), `${name}.plist`);
      renameSync(plist, to);
      return to;
    };

    test("a plist names its service by its Label, and by its file's name where it cannot be read", async () => {
      assert.equal(plistLabel(renamed(X, "pm2.somebody")), X);
      await port.start(plistLabel(join(mac.folder, "home/Library/LaunchAgents/pm2.somebody.plist")));
      assert.ok((await port.inspect(X)).loaded);
      assert.equal(plistLabel(`/nowhere/${X}.plist`), X);
      assert.equal(plistLabel(mac.write(`home/${X}.plist`, "no plist")), X);
      assert.equal(plistLabel(`/Library/LaunchDaemons/${X}.plist`), `system/${X}`);
    });

    test("a plist is found by its Label, whatever its file is called", async () => {
      mac.plist("dev.example.other");
      mac.write("home/Library/LaunchAgents/note.plist", `no plist, but it names ${X}`);
      const plist = renamed(X, "pm2.somebody");
      assert.equal((await port.inspect(X)).source, plist);
      await port.start(X);
      assert.equal((await port.inspect(X)).source, plist);
      await port.stop(X);
      await port.load(X);
      assert.ok((await port.inspect(X)).loaded);
    });

    test("a Label counts at the top level, outside of comments", async () => {
      const plist = mac.write("home/Library/LaunchAgents/odd.plist", `<plist version="1.0"><dict>
        <!-- <key>Label</key><string>dev.example.commented</string> -->
        <key>Nested</key><dict><key>Label</key><string>dev.example.nested</string></dict>
        <key>Label</key> <string>${X}</string><key>Program</key><string>/bin/sleep</string></dict></plist>`);
      for (const label of ["dev.example.commented", "dev.example.nested"]) {
        assert.equal((await port.inspect(label)).source, null);
      }
      assert.equal((await port.inspect(X)).source, plist);
    });

    test("a binary plist is read by plutil", async () => {
      const plist = renamed(X, "binary");
      writeFileSync(plist, execFileSync(PYTHON, ["-c", CONVERT, "binary", plist]));
      mac.tool("plutil", `exec '${PYTHON}' -c "${CONVERT}" xml "$5"`);
      await port.start(X);
      assert.equal((await port.inspect(X)).source, plist);
      mac.tool("plutil", "exit 1");
      await assert.rejects(port.start("dev.example.none"), { code: "not-found" });
    });

    test("a file of that name with another Label is not the label's", async () => {
      const plist = renamed("dev.example.inside", X);
      await assert.rejects(port.start(X), { code: "not-found", hint: `name its file: load("${X}", { source })` });
      await port.load("dev.example.inside");
      await assert.rejects(port.stop(X), { code: "not-found", hint: "use the label dev.example.inside" });
      await port.stop("dev.example.inside");
      await port.load(X, { source: plist });
      assert.ok((await port.inspect("dev.example.inside")).loaded);
      await port.load(X, { source: plist });
      assert.ok((await port.inspect("dev.example.inside")).loaded);
    });

    for (const verb of ["load", "enable"] as const) {
      test(`${verb} with another source says so, and leaves what runs alone`, async () => {
        const old = mac.plist(X, { folder: "v1" });
        const source = mac.plist(X, { folder: "v2" });
        await port.load(X, { source: old });
        const { pid } = await port.inspect(X);
        await assert.rejects(port[verb](X, { source }), {
          code: "failed", exitCode: 5, operation: verb, stderr: `${X} is loaded from ${old}, not from ${source}`,
          hint: `stop it first, which ends it: stop("${X}")`,
        });
        const link = join(mac.folder, "link");
        symlinkSync(dirname(old), link);
        await port[verb](X, { source: join(link, `${X}.plist`) });
        await port[verb](X);
        assert.equal((await port.inspect(X)).pid, pid);
        await port.stop(X);
        await port[verb](X, { source });
        assert.equal((await port.inspect(X)).source, source);
      });
    }

    test("the same path is not loaded again when the file of the old definition is gone", async () => {
      const source = mac.plist(X, { folder: "v1" });
      await port.load(X, { source });
      mkdirSync(join(mac.folder, "kept"));
      copyFileSync(source, join(mac.folder, "kept/copy"));
      rmSync(source);
      await port.load(X, { source });
      assert.deepEqual(mac.calls().filter((call) => call.startsWith("bootout")), []);
      assert.equal((await port.inspect(X)).loaded, true);
      assert.ok(OWN);
    });
  });
}
