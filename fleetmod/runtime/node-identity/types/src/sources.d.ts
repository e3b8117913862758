/** One place to ask: its name for people, and the question; "" is no answer. */
export type Source = readonly [name: string, ask: () => string];
export interface Found {
    value: string;
    source: string;
}
/** The first source that has an answer. */
export declare function first(sources: readonly Source[]): Found | null;
/** The same for a member that is a path; throws an Error that names the variable to set. */
export declare function firstPath(member: string, variable: string, sources: readonly Source[]): Found;
export declare function isFolder(path: string): boolean;
/** The account's own home, whatever HOME says; empty when the account has no entry. */
export declare function accountHome(): string;
/** The nearest folder above that declares a workspace; empty when there is none. */
export declare function workspaceAbove(folder: string): string;
/**
 * The nearest folder above whose package.json installs this package by its path, or that git has
 * checked out (`.git` is a file in a worktree); empty when there is none. Git's mark counts for the
 * package itself only: a bundle may lie in anybody's repository.
 */
export declare function checkoutAbove(folder: string): string;
