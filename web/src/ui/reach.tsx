import { useReachability } from "../api/queries";
import type { Difference, Network } from "../api/types";
import { count } from "../lib/format";
import { text } from "../text";
import { EvidenceLink } from "./evidence";
import { Empty, Ready } from "./state";
import { Name, Wire, WireText } from "./wire";

const t = text.zones;

/** What network devices let pass, beside what was seen. */
export function ReachTables() {
  const query = useReachability();
  return (
    <Ready query={query}>
      {(data) =>
        data.networks.length ? (
          <div className="scroll pad">
            <p className="note">{t.rulesNote}</p>
            <Differences all={data.differences} />
            <Devices all={data.networks} />
          </div>
        ) : (
          <Empty title={t.noRules}>{t.noRulesText}</Empty>
        )
      }
    </Ready>
  );
}

function Differences({ all }: { all: Difference[] }) {
  if (!all.length) return <p>{t.agree}</p>;
  return (
    <table className="plain">
      <thead>
        <tr>
          {[t.verdict, t.what, t.device, t.line, text.common.evidence].map((h) => (
            <th key={h} scope="col">
              {h}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {all.map((d, i) => (
          <tr key={i}>
            <td className={d.verdict.startsWith("observed") ? "verdict-forbidden" : "muted"}>
              {t.difference[d.verdict] ?? d.verdict}
            </td>
            <td>
              {d.client ? (
                <span className="mono">
                  <WireText value={`${d.client} → ${d.server ?? ""} ${d.protocol ?? ""}/${d.port ?? ""}`} max={80} />
                </span>
              ) : null}
              <span className="reason">
                <Wire value={d.why} max={240} plain />
              </span>
            </td>
            <td>
              <Name value={d.device ?? ""} max={24} />
            </td>
            <td>{d.rule ? <Wire value={d.rule} max={60} /> : text.common.none}</td>
            <td>{d.evidence ? <EvidenceLink evidence={d.evidence} /> : text.common.none}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Devices({ all }: { all: Network[] }) {
  return (
    <table className="plain">
      <thead>
        <tr>
          {[t.device, t.config, t.interfaces, t.ruleCount, t.management].map((h) => (
            <th key={h} scope="col">
              {h}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {all.map((d) => (
          <tr key={d.capture_id}>
            <td>
              <Name value={d.hostname || d.format} max={32} />
              {d.unknown.length ? <span className="conflict">{t.notUnderstood(d.unknown.length)}</span> : null}
            </td>
            <td>{d.format}</td>
            <td>
              <ul className="lines">
                {d.interfaces.slice(0, 12).map((line) => (
                  <li key={line}>
                    <WireText value={line} max={60} />
                  </li>
                ))}
              </ul>
            </td>
            <td className="figure">{count(d.rules)}</td>
            <td>{d.services.join(", ") || text.common.none}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
