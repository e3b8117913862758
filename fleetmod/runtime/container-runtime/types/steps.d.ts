/** A program to run: an argument vector, never a shell. */
export interface Command {
    argv: readonly [string, ...string[]];
    /** The bound on this command, where it is not the port's. */
    timeoutMs?: number;
}
export interface Result {
    code: number;
    stdout: string;
    stderr: string;
}
/** What an adapter's verb does, as the commands it wants run; driven with or without promises. */
export type Steps<T> = Generator<Command, T, Result>;
/** The steps of a verb that runs no command: `answer` is asked once they are driven. */
export declare function stepless<T>(answer: () => T): Steps<T>;
export interface DriveOptions {
    operation: string;
    adapter: string;
    timeoutMs: number;
}
/**
 * Run a verb's steps. A tool that cannot be run, or does not answer in time, is thrown into them as
 * a ContainerRuntimeError; what they do not catch rejects.
 */
export declare function driveAsync<T>(steps: Steps<T>, options: DriveOptions): Promise<T>;
/** The same, blocking. */
export declare function driveSync<T>(steps: Steps<T>, options: DriveOptions): T;
