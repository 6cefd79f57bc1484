import { useState } from "react";
import { useDecisions } from "../api/queries";
import type { Decision } from "../api/types";
import { text } from "../text";
import { DecideDialog } from "./decide";
import { Empty, Ready } from "./state";
import { Time } from "./time";
import { WireText } from "./wire";

const t = text.decide;

/** What was decided, newest first; each can be undone, and an undo as well. */
export function DecisionTable({ addresses }: { addresses?: string[] }) {
  const query = useDecisions();
  const [undoing, setUndoing] = useState<Decision | null>(null);
  return (
    <Ready query={query}>
      {(all) => {
        const mine = addresses ? all.filter((d) => d.addresses.some((a) => addresses.includes(a))) : all;
        if (!mine.length)
          return addresses ? <p className="muted">{t.none}</p> : <Empty title={t.none}>{t.noneText}</Empty>;
        return (
          <>
            <table className="plain decisions">
              <thead>
                <tr>
                  <th scope="col" className="right">
                    {t.number}
                  </th>
                  <th scope="col">{t.what}</th>
                  <th scope="col">{t.by}</th>
                  <th scope="col">{t.why}</th>
                  <th scope="col">{t.at}</th>
                  <th scope="col">
                    <span className="sr-only">{t.undo}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {[...mine].reverse().map((d) => (
                  <tr key={d.number} className={d.undone ? "undone" : undefined}>
                    <td className="right figure">{d.number}</td>
                    <td>
                      <WireText value={d.what} max={120} /> {d.undone ? <span className="kind">{t.undone}</span> : null}
                    </td>
                    <td>
                      <WireText value={d.by} max={32} />
                    </td>
                    <td>{d.why ? <WireText value={d.why} max={80} /> : text.common.none}</td>
                    <td>
                      <Time value={d.at} onlyAbsolute />
                    </td>
                    <td className="right">
                      {d.undone ? null : (
                        <button type="button" className="button link" onClick={() => setUndoing(d)}>
                          {d.kind === "undo" ? t.redo : t.undo}
                        </button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            {undoing ? (
              <DecideDialog
                title={text.zones.ask.undo(undoing.what)}
                acts={[{ act: "undo", decision: undoing.number }]}
                onClose={() => setUndoing(null)}
              />
            ) : null}
          </>
        );
      }}
    </Ready>
  );
}
