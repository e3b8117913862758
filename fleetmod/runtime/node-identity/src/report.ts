/** What a node knows of itself, told to people. */
import type { IdentityReport } from "./types.ts";

/** The report as aligned lines: member, value, source, and the problem where there is one. */
export function formatReport(report: IdentityReport): string {
  const rows = Object.entries(report).map(([name, { value, source, problem }]) =>
    [name, value ?? "-", [source && `(${source})`, problem && `PROBLEM: ${problem}`].filter(Boolean).join(" ")]);
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [names, values] = [width(0), width(1)];
  return rows.map(([name = "", value = "", rest = ""]) =>
    `${name.padEnd(names)}  ${value.padEnd(values)}  ${rest}\n`).join("");
}
