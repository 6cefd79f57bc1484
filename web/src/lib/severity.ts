import type { Severity } from "../api/types";

/** Worst first. */
export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low", "info"];

export const SEVERITY_SHAPE: Record<Severity, string> = {
  critical: "◆",
  high: "▲",
  medium: "■",
  low: "●",
  info: "○",
};

/** How much one open finding weighs when actions are ranked: a critical one outweighs any handful of low ones. */
export const SEVERITY_WEIGHT: Record<Severity, number> = { critical: 100, high: 40, medium: 10, low: 3, info: 0 };

export function severityRank(severity: string): number {
  const at = SEVERITIES.indexOf(severity as Severity);
  return at < 0 ? SEVERITIES.length : at;
}

export function isSeverity(value: string): value is Severity {
  return SEVERITIES.includes(value as Severity);
}
