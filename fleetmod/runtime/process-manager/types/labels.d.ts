export interface Target {
    /** `own` is the caller's own domain, whatever the platform calls it. */
    domain: "own" | "gui" | "user" | "system";
    uid: number | null;
    name: string;
}
/** Take a label or a full service target apart; throws `invalid-label`. */
export declare function parseLabel(label: string, operation: string, adapter: string): Target;
/** Quote a word for a POSIX shell where it needs it. */
export declare function shellQuote(word: string): string;
