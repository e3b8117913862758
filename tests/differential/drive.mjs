// Runs a function with every combination of its flags, and tells how each run ended. `mark` prints
// a value with what launchd holds at that moment: so a call that moved past it is seen.
import { readFileSync } from "node:fs";

const pause = new Int32Array(new SharedArrayBuffer(4));

function held(path) {
  for (let tries = 0; ; tries++) {
    try {
      return JSON.parse(readFileSync(path, "utf8"));
    } catch (error) {
      if (tries > 200) throw error; // it is being written
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

function marker(path) {
  const pids = {};
  return (value) => {
    const { services = {}, overrides = {} } = held(path);
    const facts = Object.entries(services).map(([target, { pid }]) => {
      const kept = pids[target] === pid ? "same" : "new";
      pids[target] = pid;
      return `${target} ${pid ? kept : "-"}`;
    });
    for (const [domain, labels] of Object.entries(overrides)) {
      facts.push(...Object.entries(labels).map(([label, off]) => `${domain}/${label} off: ${off}`));
    }
    console.log(value, facts.sort().join(", "));
    return value;
  };
}

async function ended(run, Effect) {
  let made;
  try {
    made = run();
  } catch (error) {
    return ["threw", error];
  }
  if (Effect.isEffect(made)) {
    const { _tag, value, cause } = await Effect.runPromiseExit(made);
    return _tag === "Success" ? ["succeeded", value] : [cause._tag, cause.error ?? cause.defect];
  }
  if (typeof made?.then !== "function") {
    globalThis.mark("returned"); // before anything that nobody waits for has come to its end
    return ["returned", made];
  }
  return made.then((value) => ["resolved", value], (error) => ["rejected", error]);
}

export function drive(load, Effect, path) {
  return async () => {
    globalThis.mark = marker(path);
    globalThis.fail = () => {
      throw new Error("failed");
    };
    const out = [];
    for (const [p, q] of [[true, true], [true, false], [false, true]]) {
      try {
        const { f } = await load();
        out.push(await ended(() => f(p, q), Effect));
      } catch (error) {
        out.push(["not loaded", error]);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
      globalThis.mark("end");
    }
    return out;
  };
}
