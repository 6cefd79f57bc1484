import type { Severity, SeverityCounts } from "../api/types";
import { count } from "../lib/format";
import { isSeverity, SEVERITIES, SEVERITY_SHAPE } from "../lib/severity";
import { text } from "../text";

/** Word and shape; only critical and high carry colour. */
export function SeverityMark({ severity, short = false }: { severity: string; short?: boolean }) {
  if (!isSeverity(severity)) return <span className="muted">{severity}</span>;
  return (
    <span className={`severity severity-${severity}`}>
      <span className="shape" aria-hidden="true">
        {SEVERITY_SHAPE[severity]}
      </span>
      {short ? <span className="sr-only">{text.severity[severity]}</span> : text.severity[severity]}
    </span>
  );
}

/** "◆ 1 ▲ 2": only what there is. */
export function SeverityFigures({ counts }: { counts: SeverityCounts }) {
  const there = SEVERITIES.filter((s) => counts[s] > 0);
  if (!there.length) return <span className="muted">{text.common.none}</span>;
  return (
    <span className="figures">
      {there.map((s) => (
        <span key={s} className={`severity severity-${s}`} title={`${text.severity[s]}: ${counts[s]}`}>
          <span className="shape" aria-hidden="true">
            {SEVERITY_SHAPE[s]}
          </span>
          <span className="sr-only">{text.severity[s]} </span>
          {count(counts[s])}
        </span>
      ))}
    </span>
  );
}

export function severityText(counts: SeverityCounts): string {
  return SEVERITIES.filter((s: Severity) => counts[s] > 0)
    .map((s) => `${counts[s]} ${s}`)
    .join(", ");
}
