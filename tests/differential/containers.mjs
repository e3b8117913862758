// Runs exported functions one after the other, each from the same state of the fake Colima, and
// prints what came of them: one JSON line each.
import { copyFileSync, readFileSync } from "node:fs";

const [initial, tasks] = JSON.parse(process.argv[2]);
const { Effect } = await import("effect");
console.log = () => {};
for (const [file, name] of tasks) {
  copyFileSync(initial, process.env.FAKE_COLIMA_STATE);
  let outcome;
  try {
    const made = (await import(file))[name]();
    const value = await (Effect.isEffect(made) ? Effect.runPromise(made) : made);
    outcome = ["gave", value === undefined ? null : value];
  } catch {
    outcome = ["failed", null];
  }
  const state = JSON.parse(readFileSync(process.env.FAKE_COLIMA_STATE, "utf8"));
  process.stdout.write(`${JSON.stringify([name, outcome, state])}\n`);
}
