import { Link } from "wouter";
import type { AccountRow, AdvisoryRow, FindingRow } from "../api/types";
import { paths } from "../lib/paths";
import { text } from "../text";
import { AssetLink } from "./asset";
import { EvidenceLink } from "./evidence";
import { SeverityMark } from "./severity";
import { Time } from "./time";
import { Name, WireText } from "./wire";

/** Short lists on a page of something else; the pages of their own have the full tables. */
function Header({ names }: { names: string[] }) {
  return (
    <thead>
      <tr>
        {names.map((n) => (
          <th key={n} scope="col">
            {n}
          </th>
        ))}
      </tr>
    </thead>
  );
}

export function FindingTable({ rows, empty }: { rows: FindingRow[]; empty: string }) {
  const t = text.findings;
  if (!rows.length) return <p className="muted pad">{empty}</p>;
  return (
    <table className="plain">
      <Header names={[t.severity, t.finding, t.detail, text.common.peer]} />
      <tbody>
        {rows.map((f) => (
          <tr key={f.id}>
            <td>
              <SeverityMark severity={f.severity} />
            </td>
            <td>
              <Link href={paths.finding(f.id)}>{f.title}</Link>
            </td>
            <td>
              <Name value={f.detail} max={160} />
            </td>
            <td>
              {f.peer ? (
                <AssetLink id={f.peer} name={f.peer_name} />
              ) : (
                <span className="muted">{text.common.none}</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Status as a word; only "affected" stands out, by weight. */
export function Status({ status }: { status: string }) {
  return <span className={`status status-${status}`}>{text.vulnerabilities.statusWord[status] ?? status}</span>;
}

export function Score({ score }: { score: number | null | undefined }) {
  return score === null || score === undefined ? (
    <span className="muted">{text.common.none}</span>
  ) : (
    <span className="figure">{score.toFixed(1)}</span>
  );
}

export function AdvisoryTable({
  rows,
  empty,
  withAsset = true,
}: {
  rows: AdvisoryRow[];
  empty: string;
  withAsset?: boolean;
}) {
  const t = text.vulnerabilities;
  if (!rows.length) return <p className="muted pad">{empty}</p>;
  return (
    <table className="plain">
      <Header
        names={[t.status, t.cve, t.score, t.advisory, ...(withAsset ? [t.asset] : []), t.module, t.headline, t.reason]}
      />
      <tbody>
        {rows.map((a) => (
          <tr key={a.id}>
            <td>
              <Status status={a.status} />
            </td>
            <td className="mono nowrap">{a.cve || text.common.none}</td>
            <td>
              <Score score={a.score} />
            </td>
            <td className="mono nowrap">{a.advisory}</td>
            {withAsset ? (
              <td>
                <AssetLink id={a.asset} name={a.asset_name} />
              </td>
            ) : null}
            <td className="mono">{a.module ?? <span className="muted">{text.common.none}</span>}</td>
            <td>
              <Name value={a.title} max={90} />
            </td>
            <td>
              <Name value={a.reason} max={240} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function AccountName({ name }: { name: string }) {
  return name ? <WireText value={name} /> : <span className="unknown">{text.access.anonymous}</span>;
}

/** A readable secret is the reason to look here. */
export function Secret({ encrypted, mechanism }: { encrypted: boolean; mechanism: string }) {
  if (mechanism === "anonymous") return <span className="muted">{text.common.none}</span>;
  return encrypted ? <span>{text.access.protected}</span> : <span className="strong">{text.access.readable}</span>;
}

export function AccountTable({ rows, empty }: { rows: AccountRow[]; empty: string }) {
  const t = text.access;
  if (!rows.length) return <p className="muted pad">{empty}</p>;
  return (
    <table className="plain">
      <Header
        names={[
          t.account,
          t.at,
          t.from,
          text.common.protocol,
          t.mechanism,
          t.secret,
          text.common.last,
          text.common.evidence,
        ]}
      />
      <tbody>
        {rows.map((a) => (
          <tr key={a.id}>
            <td>
              <AccountName name={a.name} />
            </td>
            <td>
              <AssetLink id={a.asset} name={a.asset_name} />
            </td>
            <td>
              <AssetLink id={a.client} name={a.client_name} />
            </td>
            <td>
              <WireText value={a.protocol} />
            </td>
            <td>
              <WireText value={a.mechanism} />
            </td>
            <td>
              <Secret encrypted={a.encrypted} mechanism={a.mechanism} />
            </td>
            <td>
              <Time value={a.last_seen} />
            </td>
            <td>
              <EvidenceLink evidence={a.evidence} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
