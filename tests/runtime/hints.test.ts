/** What people are told to type: right for the platform, and safe to paste. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import type { HintVerb } from "../../fleetmod/runtime/process-manager/src/index.ts";
import { OWN } from "./support/mac.ts";
import { KINDS, portOf } from "./support/ports.ts";

const VERBS: HintVerb[] = ["list", "start", "restart", "stop", "inspect", "disable", "enable", "load"];

const none = (verb: HintVerb): string => `(no service manager) ${verb} dev.x`;
const EXPECTED: Record<"launchctl" | "systemctl" | "null", Record<HintVerb, string>> = {
  launchctl: {
    list: "launchctl list | grep dev.x",
    start: `launchctl kickstart ${OWN}/dev.x`,
    restart: `launchctl kickstart -k ${OWN}/dev.x`,
    stop: `launchctl bootout ${OWN}/dev.x`,
    inspect: `launchctl print ${OWN}/dev.x`,
    disable: `launchctl disable ${OWN}/dev.x`,
    enable: `launchctl enable ${OWN}/dev.x && launchctl bootstrap ${OWN} ~/Library/LaunchAgents/dev.x.plist`,
    load: `launchctl bootstrap ${OWN} ~/Library/LaunchAgents/dev.x.plist`,
  },
  systemctl: {
    list: "systemctl --user list-units --all '*dev.x*'",
    start: "systemctl --user start dev.x.service",
    restart: "systemctl --user restart dev.x.service",
    stop: "systemctl --user stop dev.x.service",
    inspect: "systemctl --user status dev.x.service",
    disable: "systemctl --user disable dev.x.service",
    enable: "systemctl --user enable --now dev.x.service",
    load: "systemctl --user daemon-reload",
  },
  null: {
    list: none("list"), start: none("start"), restart: none("restart"), stop: none("stop"),
    inspect: none("inspect"), disable: none("disable"), enable: none("enable"), load: none("load"),
  },
};

const HOSTILE = [
  "", " ", "a b", "-x", "--help", "a'b", 'a"b', "$(touch owned)", "`touch owned`", "x; touch owned", "x\ntouch owned",
  "x | sh", "gui/501/$(touch owned)", "system/'; touch owned; '", "~root", "*", "a\\", "#", "!!", "x > owned", "é",
];

for (const adapter of ["launchctl", "systemctl", "null"] as const) {
  for (const kind of KINDS) {
    const port = portOf(kind, adapter);
    for (const verb of VERBS) {
      test(`${adapter}, ${kind}: ${verb}`, () => {
        assert.equal(port.hint(verb, "dev.x"), EXPECTED[adapter][verb]);
      });
    }
  }

  for (const verb of VERBS) {
    test(`${adapter}: a hostile label stays one word of the hint for ${verb}`, () => {
      const port = portOf("promises", adapter);
      // The tools are functions that print their arguments: what a shell makes of the hint.
      const tools = "show() { printf '<%s>' \"$@\"; }; launchctl() { show \"$@\"; }; systemctl() { show \"$@\"; }; "
        + "grep() { show \"$@\"; }; touch() { echo OWNED; }; sh() { echo OWNED; };";
      for (const label of HOSTILE) {
        const hint = port.hint(verb, label);
        const shown = hint.startsWith("(no service manager) ") ? hint.replace("(no service manager)", "show") : hint;
        const said = execFileSync("/bin/sh", ["-c", `${tools} ${shown}`], { encoding: "utf8" });
        assert.ok(!said.includes("OWNED"), `${hint} -> ${said}`);
        const bare = label.replace(/^(gui\/501|system)\//, "");
        const name = adapter === "systemctl" && verb !== "list" ? bare.replaceAll(" ", "\\x20") : bare;
        if (!(adapter === "systemctl" && verb === "load")) assert.ok(said.includes(name), `${hint} -> ${said}`);
        if (label.startsWith("-") && verb !== "list" && adapter === "systemctl" && verb !== "load") {
          assert.ok(said.includes("<-->"), said);
        }
      }
    });
  }
}

test("hints follow a full target", () => {
  const mac = portOf("promises", "launchctl");
  assert.equal(mac.hint("restart", "gui/501/dev.x"), "launchctl kickstart -k gui/501/dev.x");
  assert.equal(mac.hint("load", "user/501/dev.x"), "launchctl bootstrap user/501 ~/Library/LaunchAgents/dev.x.plist");
  assert.equal(mac.hint("load", "system/dev.x"), "launchctl bootstrap system /Library/LaunchDaemons/dev.x.plist");
  assert.equal(mac.hint("list", ""), "launchctl list");
  assert.equal(mac.hint("list", "-x"), "launchctl list | grep -- -x");
  const linux = portOf("promises", "systemctl");
  assert.equal(linux.hint("stop", "system/dev.x"), "systemctl stop dev.x.service");
  assert.equal(linux.hint("load", "system/dev.x"), "systemctl daemon-reload");
  assert.equal(linux.hint("stop", "gui/501/dev.x"), "systemctl --user stop dev.x.service");
  assert.equal(linux.hint("stop", "dev.x.service"), "systemctl --user stop dev.x.service");
  assert.equal(linux.hint("list", ""), "systemctl --user list-units --all");
  assert.equal(portOf("promises", "null").hint("list", ""), "(no service manager) list");
});
