import { formatService, formatServices, processManager, processManagerSync, requireLoaded, settleSync } from "@lantern/process-manager";
import { Effect } from "effect";

const LABEL = "dev.lantern.beacon";
const TARGET = `gui/${process.getuid?.() ?? 501}/${LABEL}`;

export const tryOf = () =>
  Effect.try({
    try: () => {
      processManagerSync.restart(LABEL);
      return "restarted";
    },
    catch: () => new Error("not restarted"),
  });

export const tryOfExpression = () =>
  Effect.try({
    try: () => formatService(requireLoaded(processManagerSync.inspect(LABEL))).includes("state = running"),
    catch: (error) => new Error(`not there: ${error}`),
  });

export const tryOfStruct = () =>
  Effect.try({
    try: () => {
      const done = settleSync(() => processManagerSync.disable(LABEL));
      if (done.exitCode !== 0) throw new Error(done.stderr || `exited with ${done.exitCode}`);
      return done.exitCode === 0;
    },
    catch: (error) => new Error(`not disabled: ${error}`),
  });

export const plainTry = () => Effect.try(() => formatServices(processManagerSync.list(""), { header: true }));

export const sync = () =>
  Effect.sync(() => {
    settleSync(() => processManagerSync.stop(LABEL));
    return "stopped";
  });

export const syncExpression = () => Effect.sync(() => settleSync(() => requireLoaded(processManagerSync.inspect(LABEL))).exitCode === 0);

export const syncThatDies = () => Effect.sync(() => processManagerSync.restart(LABEL)).pipe(Effect.as("restarted"));

export const tryPromise = () =>
  Effect.tryPromise({
    try: async () => {
      await processManager.restart(LABEL);
      return "restarted";
    },
    catch: () => new Error("not restarted"),
  });

export const tryPromiseOfSync = () =>
  Effect.tryPromise({
    try: async () => {
      await processManager.stop(LABEL);
      return "stopped";
    },
    catch: () => new Error("not stopped"),
  });

export const plainTryPromise = () => Effect.tryPromise(() => processManager.restart(LABEL)).pipe(Effect.as("restarted"));

export const promise = () =>
  Effect.promise(async () => {
    const stdout = formatServices(await processManager.list(""), { header: true });
    return stdout.includes(LABEL);
  });

export const piped = () =>
  Effect.try(() => processManagerSync.restart(LABEL)).pipe(
    Effect.map(() => "restarted"),
    Effect.catchAll(() => Effect.succeed("failed")),
  );

export const tapped = () =>
  Effect.succeed("work").pipe(
    Effect.tap(() => Effect.sync(() => settleSync(() => processManagerSync.restart(LABEL)))),
  );

export const flatMapped = () =>
  Effect.succeed(TARGET).pipe(
    Effect.flatMap((target) =>
      Effect.gen(function* () {
        yield* Effect.promise(() => processManager.restart(target));
        return yield* Effect.succeed("restarted");
      }),
    ),
  );

const named = Effect.fn("named")(function* (target: string) {
  yield* Effect.promise(() => processManager.restart(target));
  return yield* Effect.succeed("restarted");
});

export const namedFunction = () => named(TARGET);

export const run = () => Effect.runPromise(Effect.sync(() => settleSync(() => requireLoaded(processManagerSync.inspect(LABEL))).exitCode === 0));

export const forEach = () =>
  Effect.forEach([LABEL, "dev.lantern.mirror"], (label) =>
    Effect.sync(() => settleSync(() => requireLoaded(processManagerSync.inspect(label))).exitCode === 0),
  );

export const all = () =>
  Effect.all([
    Effect.sync(() => settleSync(() => processManagerSync.restart(LABEL)).exitCode === 0),
    Effect.sync(() => formatServices(processManagerSync.list(""), { header: true }).includes(LABEL)),
  ]);

export const tryIgnored = () => Effect.try(() => processManagerSync.stop(LABEL)).pipe(Effect.ignore, Effect.as("done"));

export const tryInside = () =>
  Effect.sync(() => {
    try {
      requireLoaded(processManagerSync.inspect(LABEL));
      return true;
    } catch {
      return false;
    }
  });

export const tryPromiseOfText = () =>
  Effect.tryPromise({
    try: async () => formatService(requireLoaded(await processManager.inspect(LABEL))).includes("state = running"),
    catch: () => new Error("not there"),
  });
