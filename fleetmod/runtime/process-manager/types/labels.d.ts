export interface Target {
    /** `own` is the caller's own domain, whatever the platform calls it. */
    domain: "own" | "gui" | "user" | "system";
    uid: number | null;
    name: string;
}
/** Take a label or a full service target apart; throws `invalid-label`. */
export declare function parseLabel(label: string, operation: string, adapter: string): Target;
/** The same for texts shown to people: takes any label, never throws. */
export declare function splitTarget(label: string): Target;
/** Quote a word for a POSIX shell where it needs it. */
export declare function shellQuote(word: string): string;
/** A word as a command's last operand: quoted, and no option even with a leading dash. */
export declare function operand(word: string): string;
