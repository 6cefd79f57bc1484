import { useState } from "react";
import { Link } from "wouter";
import { useReconciliation, useWhole } from "../api/queries";
import type { Act, Field, Pair, Reconciliation, RecordRow } from "../api/types";
import { count } from "../lib/format";
import { paths } from "../lib/paths";
import { useParams } from "../lib/url";
import { text } from "../text";
import { AssetLink } from "../ui/asset";
import { DecideDialog } from "../ui/decide";
import { EvidenceLink } from "../ui/evidence";
import { Empty, Ready } from "../ui/state";
import { Name, Wire, WireText } from "../ui/wire";

const t = text.records;
const DEFAULTS = { tab: "differs" };
/** What people know and no packet tells: these can be taken over from the list. */
const TAKEN: Field[] = ["name", "owner", "location"];

export default function Records() {
  const query = useReconciliation();
  return (
    <div className="page table-page zones-page">
      <header className="table-head">
        <h1>{t.title}</h1>
      </header>
      <Ready query={query}>
        {(data) => (data.answer ? <Body all={data.answer} /> : <Empty title={t.none}>{t.noneText}</Empty>)}
      </Ready>
    </div>
  );
}

function Body({ all }: { all: Reconciliation }) {
  const [p, set] = useParams(DEFAULTS);
  const assets = useWhole("assets");
  const names = new Map((assets.data?.items ?? []).map((a) => [a.id, a.name]));
  const differing = all.matched.filter((pair) => pair.differs.length);
  const tabs: [string, string][] = [
    ["differs", `${t.differs} ${count(differing.length)}`],
    ["wire", `${t.missingOnWire} ${count(all.missing_on_wire.length)}`],
    ["cmdb", `${t.missingInCmdb} ${count(all.missing_in_cmdb.length)}`],
    ["ambiguous", `${t.ambiguous} ${count(all.ambiguous.length)}`],
    ["matched", `${t.matched} ${count(all.matched.length)}`],
  ];
  return (
    <>
      <nav className="tabs" aria-label={t.title}>
        {tabs.map(([key, label]) => (
          <button
            key={key}
            type="button"
            aria-current={p.tab === key ? "true" : undefined}
            onClick={() => set({ tab: key })}
          >
            {label}
          </button>
        ))}
      </nav>
      <div className="scroll pad">
        {p.tab === "differs" ? <Differing pairs={differing} all={all.matched} /> : null}
        {p.tab === "matched" ? <Matched pairs={all.matched} /> : null}
        {p.tab === "wire" ? <RecordTable rows={all.missing_on_wire} note={t.missingOnWireNote} /> : null}
        {p.tab === "cmdb" ? (
          <>
            <p className="note">{t.missingInCmdbNote(all.outside)}</p>
            <ul className="lines">
              {all.missing_in_cmdb.map((id) => (
                <li key={id}>
                  <AssetLink id={id} name={names.get(id) ?? id} />
                </li>
              ))}
            </ul>
          </>
        ) : null}
        {p.tab === "ambiguous" ? (
          <ul className="lines">
            {all.ambiguous.map((one, i) => (
              <li key={i}>
                {one.assets.map((id) => (
                  <span key={id}>
                    <AssetLink id={id} name={names.get(id) ?? id} />{" "}
                  </span>
                ))}
                {one.records.map((r) => (
                  <span key={r.id}>
                    <Name value={r.name ?? r.id} max={32} /> <span className="muted">{r.place}</span>{" "}
                  </span>
                ))}
                {one.why.map((line) => (
                  <span key={line} className="reason">
                    <Wire value={line} max={240} plain />
                  </span>
                ))}
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </>
  );
}

/** What the list knows of a device that can be taken over. */
function taken(pair: Pair): Act[] {
  const open = (field: Field): boolean =>
    field === "name" ? pair.asset_name !== pair.record.fields.name : pair.differs.every((d) => d.field !== field);
  return TAKEN.filter((field) => pair.record.fields[field] && open(field)).map((field) => ({
    act: "set",
    asset: pair.address,
    setting: { field, value: pair.record.fields[field] ?? "" },
  }));
}

function Why({ pair }: { pair: Pair }) {
  return (
    <span className="reason">
      {pair.why.map((w) => `${t.by[w.by] ?? w.by} ${w.value}`).join(", ")} ·{" "}
      <WireText value={pair.record.place} max={60} />
    </span>
  );
}

function Differing({ pairs, all }: { pairs: Pair[]; all: Pair[] }) {
  const [acts, setActs] = useState<Act[] | null>(null);
  const known = all.flatMap(taken);
  return (
    <>
      <div className="tools">
        <p className="note grow">{t.differsNote}</p>
        {known.length ? (
          <button type="button" className="button" onClick={() => setActs(known)}>
            {t.takeAll(known.length)}
          </button>
        ) : null}
      </div>
      {pairs.length ? (
        <table className="plain">
          <thead>
            <tr>
              {[text.common.asset, t.field, t.ours, t.theirs, text.common.evidence].map((h) => (
                <th key={h} scope="col">
                  {h}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {pairs.flatMap((pair) =>
              pair.differs.map((d, i) => (
                <tr key={`${pair.asset}-${d.field}`} className={i ? "again" : undefined}>
                  {i ? null : (
                    <th scope="rowgroup" rowSpan={pair.differs.length}>
                      <AssetLink id={pair.asset} name={pair.asset_name} />
                      <Why pair={pair} />
                    </th>
                  )}
                  <td>{text.attribute[d.field] ?? d.field}</td>
                  <td>
                    <Wire value={d.ours} max={48} />
                    <span className="reason">
                      <Wire value={d.why} max={80} plain />
                    </span>
                  </td>
                  <td>{d.theirs ? <Wire value={d.theirs} max={48} /> : <span className="unknown">{t.empty}</span>}</td>
                  <td>
                    <EvidenceLink evidence={d.evidence} />
                  </td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      ) : (
        <p>{t.agree}</p>
      )}
      {acts ? <DecideDialog title={t.takeAll(acts.length)} acts={acts} onClose={() => setActs(null)} /> : null}
    </>
  );
}

function Matched({ pairs }: { pairs: Pair[] }) {
  return (
    <table className="plain">
      <tbody>
        {pairs.map((pair) => (
          <tr key={pair.asset}>
            <td>
              <Link href={paths.asset(pair.asset)}>
                <Name value={pair.asset_name} max={40} />
              </Link>
            </td>
            <td>
              <Name value={pair.record.name ?? pair.record.id} max={40} />
              <Why pair={pair} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function RecordTable({ rows, note }: { rows: RecordRow[]; note: string }) {
  return (
    <>
      <p className="note">{note}</p>
      <table className="plain">
        <tbody>
          {rows.map((r) => (
            <tr key={`${r.place}-${r.id}`}>
              <td>
                <Name value={r.name ?? r.id} max={40} />
                <span className="reason">
                  <WireText value={r.place} max={60} />
                </span>
              </td>
              <td>
                {Object.entries(r.fields)
                  .filter(([field]) => field !== "name")
                  .map(([field, value]) => (
                    <span key={field} className="reason">
                      {text.attribute[field] ?? field}: <WireText value={value} max={60} />
                    </span>
                  ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
