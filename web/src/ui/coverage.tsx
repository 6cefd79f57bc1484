import { useCoverage } from "../api/queries";
import type { Zone } from "../api/types";
import { count } from "../lib/format";
import { text } from "../text";
import { Ready } from "./state";
import { Name, Wire, WireText } from "./wire";

const t = text.zones;

/** What the sensors cannot see, as far as that can be known. */
export function CoverageTables({ zones }: { zones: Zone[] }) {
  const query = useCoverage();
  const names = new Map(zones.map((z) => [z.id, z.name]));
  return (
    <Ready query={query}>
      {(c) => (
        <div className="scroll pad">
          <p className="note">{t.coverageNote}</p>
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{t.zone}</th>
                {[t.heard, t.silent, t.oneWay, t.share].map((h) => (
                  <th key={h} scope="col" className="right">
                    {h}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {c.zones.map((z) => (
                <tr key={z.zone}>
                  <td>
                    <Name value={names.get(z.zone) ?? z.zone} max={48} />
                  </td>
                  <td className="right figure">{count(z.heard)}</td>
                  <td className="right figure">{count(z.silent)}</td>
                  <td className="right figure">{count(z.one_way)}</td>
                  <td className="right figure">{Math.floor(z.share * 100)} %</td>
                </tr>
              ))}
            </tbody>
          </table>
          <h2>{t.close}</h2>
          {c.advice.length ? (
            <ul className="lines">
              {c.advice.map((line) => (
                <li key={line}>
                  <Wire value={line} max={200} plain />
                </li>
              ))}
            </ul>
          ) : (
            <p>{t.noGap}</p>
          )}
          {c.silent.length ? (
            <>
              <h2>
                {t.silentDevices} {count(c.silent_total)}
              </h2>
              <table className="plain">
                <tbody>
                  {c.silent.map((s) => (
                    <tr key={s.who}>
                      <td>
                        <WireText value={s.who} max={48} />
                      </td>
                      <td>
                        <Wire value={s.why} max={160} plain />
                      </td>
                      <td>
                        <Name value={s.zone ? (names.get(s.zone) ?? s.zone) : text.common.none} max={32} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </>
          ) : null}
        </div>
      )}
    </Ready>
  );
}
