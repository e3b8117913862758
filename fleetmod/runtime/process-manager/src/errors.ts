export type ErrorCode =
  | "tool-missing"
  | "timeout"
  | "not-found"
  | "disabled"
  | "no-manager"
  | "invalid-label"
  | "failed"
  | "unsupported";

const NEXT: Record<ErrorCode, string> = {
  "tool-missing": "install it, or set PROCESS_MANAGER=null where something else runs the services",
  timeout: "wait longer by timeoutMs or PROCESS_MANAGER_TIMEOUT_MS",
  "not-found": "load the service first",
  disabled: "enable the service first",
  "no-manager": "set PROCESS_MANAGER=null where something else runs the services",
  "invalid-label": "use letters, digits, '.', '_', '-', '@' and inner spaces, after an optional domain",
  failed: "see the service manager's own message",
  unsupported: "set PROCESS_MANAGER to launchctl, systemctl or null",
};

export interface ErrorDetails {
  code: ErrorCode;
  operation: string;
  label: string;
  adapter: string;
  exitCode?: number;
  stderr?: string;
  /** What to do next, where the code's own advice is not the best. */
  hint?: string;
}

/** A verb that failed: what was asked, of which adapter, and what to do next. */
export class ProcessManagerError extends Error {
  readonly code: ErrorCode;
  readonly operation: string;
  readonly label: string;
  readonly adapter: string;
  readonly exitCode: number;
  readonly stderr: string;
  readonly hint: string;

  constructor(details: ErrorDetails) {
    const said = (details.stderr ?? "").trim();
    const hint = details.hint ?? NEXT[details.code];
    const what = `${details.operation} ${details.label}`.trim();
    super(`${what} by ${details.adapter}: ${said || details.code} (${hint})`);
    this.name = "ProcessManagerError";
    this.code = details.code;
    this.operation = details.operation;
    this.label = details.label;
    this.adapter = details.adapter;
    this.exitCode = details.exitCode ?? 1;
    this.stderr = said;
    this.hint = hint;
  }
}
