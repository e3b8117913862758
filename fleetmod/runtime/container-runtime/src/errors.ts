export type ErrorCode = "tool-missing" | "timeout" | "failed" | "not-running" | "unsupported";

const NEXT: Record<ErrorCode, string> = {
  "tool-missing": "install it, or choose another adapter by CONTAINER_RUNTIME",
  timeout: "see whether the container runtime answers at all",
  failed: "see the container runtime's own message",
  "not-running": "start the container runtime first",
  unsupported: "set CONTAINER_RUNTIME to colima, docker, remote or null",
};

export interface ErrorDetails {
  code: ErrorCode;
  operation: string;
  adapter: string;
  exitCode?: number;
  stderr?: string;
  /** What to do, where the code alone does not tell. */
  hint?: string;
}

/** A verb that failed: what was asked, of which adapter, and what to do next. */
export class ContainerRuntimeError extends Error {
  readonly code: ErrorCode;
  readonly operation: string;
  readonly adapter: string;
  readonly exitCode: number;
  readonly stderr: string;
  readonly hint: string;

  constructor(details: ErrorDetails) {
    const said = (details.stderr ?? "").trim();
    const hint = details.hint ?? NEXT[details.code];
    super(`${details.operation} by ${details.adapter}: ${said || details.code} (${hint})`);
    this.name = "ContainerRuntimeError";
    this.code = details.code;
    this.operation = details.operation;
    this.adapter = details.adapter;
    this.exitCode = details.exitCode ?? 1;
    this.stderr = said;
    this.hint = hint;
  }
}
