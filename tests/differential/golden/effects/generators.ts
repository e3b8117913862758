import { formatService, formatServices, processManager, processManagerSync, requireLoaded, settle, settleSync } from "@lantern/process-manager";
import { Effect } from "effect";

const LABEL = "dev.lantern.beacon";

export const restart = () =>
  Effect.gen(function* () {
    yield* Effect.promise(() => processManager.restart(LABEL));
    return "restarted";
  });

export const struct = () =>
  Effect.gen(function* () {
    const done = yield* Effect.promise(() => settle(() => processManager.restart(LABEL)));
    return done.exitCode === 0 ? "restarted" : "failed";
  });

export const throws = () =>
  Effect.gen(function* () {
    yield* Effect.promise(() => processManager.stop(LABEL));
    return "stopped";
  });

export const fails = () =>
  Effect.gen(function* () {
    const done = yield* Effect.promise(() => settle(() => processManager.restart(LABEL)));
    if (done.exitCode !== 0) return yield* Effect.fail(new Error(done.stderr));
    return "restarted";
  });

export const printed = () =>
  Effect.gen(function* () {
    const text = formatService(requireLoaded(yield* Effect.promise(() => processManager.inspect(LABEL))));
    return text.includes("state = running");
  });

export const rows = () =>
  Effect.gen(function* () {
    const text = formatServices(yield* Effect.promise(() => processManager.list("dev.lantern").catch(() => [])));
    return text.split("\n").filter(Boolean).length;
  });

export const tolerated = () =>
  Effect.gen(function* () {
    yield* Effect.ignore(Effect.tryPromise(() => processManager.stop(LABEL)));
    return "stopped";
  });

export const inOrder = () =>
  Effect.gen(function* () {
    yield* Effect.ignore(Effect.tryPromise(() => processManager.stop(LABEL)));
    yield* Effect.sleep("1 millis");
    yield* Effect.promise(() => processManager.load(LABEL));
    return "bounced";
  });

export const emptyHandler = () =>
  Effect.gen(function* () {
    yield* Effect.ignore(Effect.tryPromise(() => processManager.stop(LABEL)));
    return "done";
  });

export const commentInHandler = () =>
  Effect.gen(function* () {
    try {
      processManagerSync.stop(LABEL);
    } catch {
      // nothing to stop
    }
    return "done";
  });

export const handlerThatReturns = () =>
  Effect.gen(function* () {
    try {
      requireLoaded(processManagerSync.inspect(LABEL));
      return true;
    } catch {
      return false;
    }
  });

export const handlerThatTells = () =>
  Effect.gen(function* () {
    try {
      requireLoaded(processManagerSync.inspect(LABEL));
      processManagerSync.stop(LABEL);
      return "stopped";
    } catch {
      return "was not loaded";
    }
  });

export const handlerThatLogs = () =>
  Effect.gen(function* () {
    try {
      processManagerSync.restart(LABEL);
    } catch (error) {
      console.error("not restarted", error);
    }
    return "done";
  });

export const handlerThatThrows = () =>
  Effect.gen(function* () {
    try {
      processManagerSync.restart(LABEL);
    } catch {
      throw new Error("the beacon did not restart");
    }
    return "restarted";
  });

export const textInTry = () =>
  Effect.gen(function* () {
    let text = "";
    try {
      text = formatService(requireLoaded(processManagerSync.inspect(LABEL)));
    } catch {
      return "not there";
    }
    return text.includes("state = running") ? "running" : "not running";
  });

export const structInTry = () =>
  Effect.gen(function* () {
    try {
      const done = yield* Effect.promise(() => settle(() => processManager.stop(LABEL)));
      return done.exitCode === 0 ? "stopped" : "failed";
    } catch {
      return "not run";
    }
  });

export const throwsInTry = () =>
  Effect.gen(function* () {
    try {
      processManagerSync.restart(LABEL);
      return "restarted";
    } catch {
      return "failed";
    }
  });

export const statusInline = () =>
  Effect.gen(function* () {
    return (yield* Effect.promise(() => settle(async () => requireLoaded(await processManager.inspect(LABEL))))).exitCode === 0;
  });

export const inCondition = () =>
  Effect.gen(function* () {
    if ((yield* Effect.promise(() => settle(async () => requireLoaded(await processManager.inspect(LABEL))))).exitCode !== 0) {
      yield* Effect.promise(() => processManager.load(LABEL));
    }
    return "there";
  });

export const promised = () =>
  Effect.gen(function* () {
    yield* Effect.promise(() => processManager.restart(LABEL));
    return "restarted";
  });

export const nestedCallback = () =>
  Effect.gen(function* () {
    const states = [LABEL, "dev.lantern.mirror"].map((label) => settleSync(() => requireLoaded(processManagerSync.inspect(label))).exitCode === 0);
    return yield* Effect.succeed(states);
  });

export const ignoredStatus = () =>
  Effect.gen(function* () {
    yield* Effect.ignore(Effect.tryPromise(() => processManager.stop(LABEL)));
    return "done";
  });

export const tried = () =>
  Effect.gen(function* () {
    yield* Effect.try(() => processManagerSync.restart(LABEL)).pipe(Effect.ignore);
    return "done";
  });

export const triedPromise = () =>
  Effect.gen(function* () {
    yield* Effect.tryPromise(() => processManager.restart(LABEL));
    return "restarted";
  });

export const recovered = () =>
  Effect.gen(function* () {
    yield* Effect.promise(() => processManager.restart(LABEL));
    return "restarted";
  }).pipe(Effect.catchAllDefect(() => Effect.succeed("recovered")));

export const handlerThatYields = () =>
  Effect.gen(function* () {
    try {
      processManagerSync.restart(LABEL);
      return "restarted";
    } catch {
      return yield* Effect.fail(new Error("not restarted"));
    }
  });

export const withFinally = () =>
  Effect.gen(function* () {
    try {
      processManagerSync.stop(LABEL);
      return "stopped";
    } finally {
      console.log("end");
    }
  });

export const inLoop = () =>
  Effect.gen(function* () {
    let count = 0;
    for (const label of [LABEL, "dev.lantern.mirror"]) {
      const done = yield* Effect.promise(() => settle(() => processManager.restart(label)));
      if (done.exitCode === 0) count += 1;
      yield* Effect.sleep("1 millis");
    }
    return count;
  });

export const severalInTry = () =>
  Effect.gen(function* () {
    try {
      processManagerSync.stop(LABEL);
      processManagerSync.load(LABEL);
    } catch {}
    return "done";
  });
