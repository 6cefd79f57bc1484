import type { ReactNode } from "react";
import { Link } from "wouter";
import { count } from "../lib/format";
import { text } from "../text";

export interface Bar {
  key: string;
  label: ReactNode;
  value: number;
  href?: string;
  unknown?: boolean;
}

/** Quantities as grey bars; each row leads to what it counts. */
export function Bars({ bars, most = 12, rest }: { bars: Bar[]; most?: number; rest?: (hidden: number) => string }) {
  const top = Math.max(1, ...bars.map((b) => b.value));
  if (!bars.length) return <p className="muted">{text.overview.nothingSeen}</p>;
  const shown = bars.slice(0, most);
  return (
    <ul className="bars">
      {shown.map((b) => {
        const inner = (
          <>
            <span className="bar-label">{b.label}</span>
            <svg className="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
              <rect
                className={b.unknown ? "fill unknown-fill" : "fill"}
                width={Math.max(1, (b.value / top) * 100)}
                height="6"
              />
            </svg>
            <span className="bar-value">{count(b.value)}</span>
          </>
        );
        return (
          <li key={b.key}>{b.href ? <Link href={b.href}>{inner}</Link> : <span className="bar-row">{inner}</span>}</li>
        );
      })}
      {bars.length > most && rest ? <li className="muted">{rest(bars.length - most)}</li> : null}
    </ul>
  );
}
