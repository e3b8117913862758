/** Where no manager answers: an error of its own that says what to do. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Environment } from "./support/environment.ts";
import { KINDS, portOf, verbs } from "./support/ports.ts";

const SAID = [
  "Failed to connect to bus: No medium found",
  "Failed to connect to bus: $DBUS_SESSION_BUS_ADDRESS and $XDG_RUNTIME_DIR not defined",
  "Failed to get D-Bus connection: Operation not permitted",
  "System has not been booted with systemd as init system (PID 1). Can't operate.",
];

for (const kind of KINDS) {
  describe(`no manager, ${kind}`, () => {
    const port = portOf(kind, "systemctl");
    const { getuid } = process;
    let host: Environment;
    beforeEach(() => {
      host = new Environment();
      for (const name of ["SUDO_UID", "SUDO_USER", "XDG_RUNTIME_DIR", "WSL_DISTRO_NAME"]) host.set(name, undefined);
    });
    afterEach(() => {
      Object.assign(process, { getuid });
      host.restore();
    });

    for (const said of SAID) {
      test(`every verb tells it: ${said}`, async () => {
        host.tool("systemctl", `cat >&2 <<'END'\n${said}\nEND\nexit 1`);
        for (const [verb, act] of Object.entries({ ...verbs(port), list: port.list })) {
          await assert.rejects(act("dev.example.x"), {
            code: "no-manager", operation: verb, exitCode: 1, stderr: said, hint: /PROCESS_MANAGER=null/,
          });
        }
      });
    }

    test("under sudo the person's unit is not taken for root's", async () => {
      const ran = host.write("ran", "");
      host.tool("systemctl", `echo "$@" >> '${ran}'; exit 1`);
      host.set("SUDO_UID", "501");
      host.set("SUDO_USER", "robin");
      Object.assign(process, { getuid: () => 0 });
      for (const [verb, act] of Object.entries({ ...verbs(port), list: port.list })) {
        await assert.rejects(act("dev.example.x"), {
          code: "no-manager", operation: verb, stderr: /not that of robin$/,
          hint: "run it without sudo; or name system/x, or user/0/x for root's own",
        });
      }
      for (const label of ["system/dev.example.x", "user/0/dev.example.x"]) {
        await assert.rejects(port.restart(label), { code: "failed" });
      }
      host.set("SUDO_UID", "0"); // root's own sudo
      await assert.rejects(port.restart("dev.example.x"), { code: "failed" });
    });
  });
}
