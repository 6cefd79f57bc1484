import type { VerdictCounts } from "../api/types";
import { count } from "../lib/format";
import { text } from "../text";

const t = text.zones;
/** What wants attention first; the shape says the same as the word. */
const SHAPE: Record<string, string> = {
  forbidden: "✕",
  expired: "◷",
  undecided: "?",
  tolerated: "~",
  allowed: "✓",
};

export function Status({ status }: { status: string }) {
  return (
    <span className={`verdict verdict-${status}`}>
      <span className="shape" aria-hidden="true">
        {SHAPE[status] ?? "?"}
      </span>
      {t.status[status] ?? status}
    </span>
  );
}

/** How many flows stand how; nothing is said of what there is none of. */
export function Verdicts({ counts }: { counts: VerdictCounts }) {
  const some = (Object.keys(SHAPE) as (keyof VerdictCounts)[]).filter((key) => counts[key] > 0);
  if (!some.length) return <span className="muted">{text.common.none}</span>;
  return (
    <span className="verdicts">
      {some.map((key) => (
        <span key={key} className={`verdict verdict-${key}`} title={t.status[key]}>
          <span className="shape" aria-hidden="true">
            {SHAPE[key]}
          </span>
          {count(counts[key])} {t.status[key]}
        </span>
      ))}
    </span>
  );
}
