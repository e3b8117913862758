"""Functions that run one command, in every spelling, for labels and targets that nobody chose."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

# what launchd takes and the port takes; no label begins with a dash or is a number
LABELS = st.from_regex(
    r"[A-Za-z_][A-Za-z0-9_@-]{0,8}(\.[A-Za-z0-9_@+:-]{1,8}){1,3}", fullmatch=True
)
STRANGE = st.sampled_from(
    ("dev.l\u00e4ntern", "dev.\u706f.beacon", "dev.lantern%x", "dev.lantern,x", "dev.x~")
)
DOMAINS = ("gui/${process.getuid?.() ?? 501}", "user/${process.getuid?.()}", "gui/501", "system")
VERBS = ("kickstart", "kickstart -k", "bootout", "enable", "disable", "print", "bootstrap")
SHAPES = {
    "a shell string": """\
import { execSync } from "node:child_process";
const LABEL = "@LABEL";
export function shape(): string {
  execSync(`launchctl @COMMAND`, { stdio: "pipe" });
  return "done";
}
""",
    "a shell string that may fail": """\
import { execSync } from "node:child_process";
const LABEL = "@LABEL";
export async function shape(): Promise<string> {
  execSync(`launchctl @COMMAND 2>/dev/null || true`);
  return "done";
}
""",
    "a caught failure": """\
import { execSync } from "node:child_process";
const LABEL = "@LABEL";
export async function shape(): Promise<string> {
  try {
    execSync(`launchctl @COMMAND`, { stdio: "ignore" });
    return "done";
  } catch {
    return "failed";
  }
}
""",
    "arguments": """\
import { execFileSync } from "node:child_process";
const LABEL = "@LABEL";
export function shape(): string {
  execFileSync("launchctl", [@ARGUMENTS], { stdio: "pipe" });
  return "done";
}
""",
    "a status": """\
import { spawnSync } from "node:child_process";
const LABEL = "@LABEL";
export async function shape(): Promise<string> {
  const done = spawnSync("launchctl", [@ARGUMENTS]);
  return done.status === 0 ? "done" : "failed";
}
""",
    "a promise": """\
import { execFile } from "node:child_process";
import { promisify } from "node:util";
const run = promisify(execFile);
const LABEL = "@LABEL";
export async function shape(): Promise<string> {
  await run("launchctl", [@ARGUMENTS]);
  return "done";
}
""",
    "a wrapper": """\
import { execSync } from "node:child_process";
const LABEL = "@LABEL";
function succeeded(command: string): boolean {
  try {
    execSync(command, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
export const shape = (): boolean => succeeded(`launchctl @COMMAND`);
""",
    "an effect": """\
import { execSync } from "node:child_process";
import { Effect } from "effect";
const LABEL = "@LABEL";
export const shape = () =>
  Effect.gen(function* () {
    execSync(`launchctl @COMMAND`, { stdio: "pipe" });
    return "done";
  });
""",
}
SHELL = {name for name, text in SHAPES.items() if "@COMMAND" in text}


@dataclass(frozen=True)
class Sample:
    """`literal` spells the label in the command itself, not through the constant; `more` is a
    second command behind an operator, where the shape is a shell's."""

    shape: str
    label: str
    domain: str
    verb: str
    literal: bool
    more: tuple[str, str] | None

    @property
    def text(self) -> str:
        template = SHAPES[self.shape]
        if self.literal:
            template = template.replace('const LABEL = "@LABEL";\n', "")
        words = self._words(self.verb)
        command = " ".join(words)
        if self.more is not None:
            operator, verb = self.more
            command = " ".join([command, operator, *self._words(verb)])
        return (
            template.replace("@COMMAND", command)
            .replace("@ARGUMENTS", ", ".join(f"`{word}`" for word in words))
            .replace("@LABEL", self.label)
        )

    @property
    def may_be_refused(self) -> bool:
        """Two commands may be one too many, and no plist is loaded into a `user/` domain yet."""
        two = self.more is not None and self.shape in SHELL
        return two or (self.verb == "bootstrap" and self.domain.startswith("user/"))

    def _words(self, verb: str) -> list[str]:
        label = self.label if self.literal else "${LABEL}"
        if verb != "bootstrap":
            return [*verb.split(), f"{self.domain}/{label}"]
        system = self.domain == "system"
        folder = "/Library/LaunchDaemons" if system else "${process.env.HOME}/Library/LaunchAgents"
        return [verb, self.domain, f"{folder}/{label}.plist"]


def samples(labels: st.SearchStrategy[str] = LABELS) -> st.SearchStrategy[Sample]:
    more = st.tuples(st.sampled_from(("&&", ";", "||")), st.sampled_from(VERBS))
    return st.builds(
        Sample,
        shape=st.sampled_from(sorted(SHAPES)),
        label=labels,
        domain=st.sampled_from(DOMAINS),
        verb=st.sampled_from(VERBS),
        literal=st.booleans(),
        more=st.none() | more,
    )
