/** A program to run: an argument vector, never a shell. `pause` waits (ms) and runs nothing. */
export interface Command {
    argv: readonly [string, ...string[]];
    pause?: number;
}
export interface Result {
    code: number;
    stdout: string;
    stderr: string;
}
/** What an adapter's verb does, as the commands it wants run; driven with or without promises. */
export type Steps<T> = Generator<Command, T, Result>;
export interface DriveOptions {
    operation: string;
    label: string;
    adapter: string;
    timeoutMs: number;
}
export declare function driveAsync<T>(steps: Steps<T>, options: DriveOptions): Promise<T>;
export declare function driveSync<T>(steps: Steps<T>, options: DriveOptions): T;
