import type { AssetRow, Capture, FindingRow } from "../api/types";
import type { Seen } from "./prefs";
import { severityRank } from "./severity";

export interface News {
  assets: AssetRow[];
  findings: FindingRow[];
  captures: number;
  gone: number;
}

/** Findings of one check are one line, the worst first. */
export function byCheck(findings: FindingRow[]): { first: FindingRow; count: number }[] {
  return [...Map.groupBy(findings, (f) => f.check).values()].flatMap((of) =>
    of[0] ? [{ first: of[0], count: of.length }] : [],
  );
}

/** What was not there when the person last said "seen"; without that, everything. */
export function news(
  before: Seen | null,
  assets: AssetRow[],
  findings: FindingRow[],
  captures: Pick<Capture, "id">[],
): News {
  const known = {
    assets: new Set(before?.assets),
    findings: new Set(before?.findings),
    captures: new Set(before?.captures),
  };
  const now = new Set(findings.map((f) => f.id));
  return {
    assets: assets.filter((a) => !known.assets.has(a.id)),
    findings: findings
      .filter((f) => !known.findings.has(f.id))
      .sort((a, b) => severityRank(a.severity) - severityRank(b.severity)),
    captures: captures.filter((c) => !known.captures.has(c.id)).length,
    gone: [...known.findings].filter((id) => !now.has(id)).length,
  };
}
