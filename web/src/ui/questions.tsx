import { useQuestions } from "../api/queries";
import { text } from "../text";
import { Name } from "./wire";

const t = text.vulnerabilities;
const SHOWN = 5;

/** Facts that possible matches wait for; nothing at all when every match is decided. */
export function Questions() {
  const items = useQuestions().data ?? [];
  if (!items.length) return null;
  return (
    <details className="group">
      <summary>
        <span className="group-title">{t.missing}</span>
        <span className="muted">{t.missingText}</span>
      </summary>
      <ul className="group-lines">
        {items.slice(0, SHOWN).map((q) => (
          <li key={`${q.product} ${q.fact} ${q.which ?? ""}`}>
            <span className="mono">{q.settles}</span>
            <span>
              <Name value={q.action} max={200} />
            </span>
          </li>
        ))}
        {items.length > SHOWN ? <li className="muted">{text.common.more(items.length - SHOWN)}</li> : null}
      </ul>
    </details>
  );
}
