// Drives the workload through the process-manager package, and writes a line of JSON for each step
// that was seen to do what it should. Arguments: one JSON text, see run.py.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const { entry, label, unit, told, said, events, nodes, wanted, patienceMs } = JSON.parse(process.argv[2]);
const { jsonLines, processManager, setProbeSink } = await import(pathToFileURL(entry).href);
setProbeSink(jsonLines(join(events, `${wanted.nodeId}.jsonl`)));

const done = (step, facts = {}) => console.log(JSON.stringify({ step, ...facts }));
const state = () => processManager.inspect(label);

async function until(what, ask) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${patienceMs / 1000} s: ${what}; ${lastWords()}`);
    await sleep(100);
  }
}

/** What the workload printed, which is nothing while it is well. */
function lastWords() {
  return existsSync(said) ? readFileSync(said, "utf8").trim().slice(-1000) : "";
}

/** The process that the manager names, once it has told who and where it is. */
async function running() {
  const found = await until("the workload tells who it is", async () => {
    const { pid } = await state();
    if (pid === null || !existsSync(told)) return null;
    const answer = JSON.parse(readFileSync(told, "utf8"));
    return answer.pid === pid ? answer : null;
  });
  for (const [member, value] of Object.entries(wanted)) {
    if (found[member] !== value) throw new Error(`its ${member} is ${found[member]}, not ${value}`);
  }
  return found.pid;
}

await processManager.enable(label, { source: unit });
const first = await running();
if ((await state()).enabled !== true) throw new Error("enable left it disabled");
done("start");

rmSync(told);
await processManager.restart(label);
if ((await running()) === first) throw new Error("restart left the process as it was");
done("restart");

const probed = await processManager.probe(label);
if (probed.outcome !== "ok") throw probed.error;
done("probe");

/** The nodes whose probe events are there. */
function heard() {
  const files = readdirSync(events).filter((name) => name.endsWith(".jsonl"));
  const lines = files.flatMap((name) => readFileSync(join(events, name), "utf8").split("\n").slice(0, -1));
  return new Set(lines.map((line) => JSON.parse(line).attributes.node_id));
}
await until(`probe events of ${nodes.join(", ")}`, () => nodes.every((id) => heard().has(id)));
done("events", { seen: [...heard()].sort() });

await processManager.stop(label);
await until("the workload ends", async () => (await state()).pid === null);
done("stop");
