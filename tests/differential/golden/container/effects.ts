import { containerRuntime, containerRuntimeSync, requireHealthy } from "@lantern/container-runtime";
import { Effect } from "effect";

export const compared = () =>
  Effect.gen(function* () {
    if (!(yield* Effect.promise(() => containerRuntime.isHealthy()))) return "down";
    return "up";
  });

export const started = () =>
  Effect.gen(function* () {
    yield* Effect.promise(() => containerRuntime.start());
    return "started";
  });

export const attempted = () =>
  Effect.try({
    try: () => requireHealthy(containerRuntimeSync.isHealthy()),
    catch: () => new Error("down"),
  }).pipe(Effect.as("up"));
