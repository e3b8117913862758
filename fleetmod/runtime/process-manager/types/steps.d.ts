/** A program to run: an argument vector, never a shell. */
export interface Command {
    argv: readonly [string, ...string[]];
    /** A tool that the verb can do without: when it does not run, its exit code tells, and no error. */
    optional?: boolean;
}
/** A wait in milliseconds; its result's code is `OVERDUE` once the verb has outlasted its bound. */
export interface Pause {
    pause: number;
}
/** Something that the caller should know though the verb succeeds. */
export interface Warning {
    warning: string;
}
export interface Result {
    code: number;
    stdout: string;
    stderr: string;
}
/** What an adapter's verb does, as the commands it wants run; driven with or without promises. */
export type Steps<T> = Generator<Command | Pause | Warning, T, Result>;
/** The steps of a verb that runs no command: `answer` is asked once they are driven. */
export declare function stepless<T>(answer: () => T): Steps<T>;
export interface DriveOptions {
    operation: string;
    label: string;
    adapter: string;
    /** The bound on each command, and on how long a verb polls. */
    timeoutMs: number;
}
/** The exit code that timeout(1) gives. */
export declare const OVERDUE = 124;
/** Run a verb's steps. Rejects with a ProcessManagerError: the verb's own, or a tool that fails to run. */
export declare function driveAsync<T>(steps: Steps<T>, options: DriveOptions): Promise<T>;
/** The same, blocking. */
export declare function driveSync<T>(steps: Steps<T>, options: DriveOptions): T;
