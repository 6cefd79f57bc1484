import { useAsset, useMatch } from "../api/queries";
import type { MatchDetail } from "../api/types";
import { paths } from "../lib/paths";
import { text } from "../text";
import { AssetLink } from "./asset";
import { Drawer, Facts, Section } from "./drawer";
import { Score, Status } from "./lists";
import { Ready } from "./state";
import { Stand } from "./statement";
import { Name } from "./wire";

const t = text.vulnerabilities;

/** What to do about a match. */
export function Decision({ decision }: { decision: string | null | undefined }) {
  if (!decision) return <span className="muted">{text.common.none}</span>;
  return <span className={`decision ${decision}`}>{t.decisionWord[decision] ?? decision}</span>;
}

/** One match beside the table: what to do, why, how, and what feeds say of it. */
export function MatchDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const match = useMatch(id);
  const row = match.data?.row;
  return (
    <Drawer
      title={<span className="mono">{row?.cve || row?.advisory || t.advisory}</span>}
      href={row ? paths.asset(row.asset, "advisories") : undefined}
      onClose={onClose}
    >
      <Ready query={match}>{(data) => <Body detail={data} />}</Ready>
    </Drawer>
  );
}

function Body({ detail }: { detail: MatchDetail }) {
  const { row, document, exposure } = detail;
  const triage = row.triage;
  const asset = useAsset(row.asset);
  return (
    <>
      <Facts
        items={[
          [t.asset, <AssetLink key="a" id={row.asset} name={row.asset_name} />],
          [t.status, <Status key="s" status={row.status} />],
          [t.score, <Score key="c" score={row.score} />],
          [t.advisory, <Name key="d" value={`${row.advisory}: ${row.title}`} max={160} />],
        ]}
      />
      <p>
        <Name value={row.reason} max={400} />
      </p>
      {triage ? (
        <Section title={t.decision}>
          <p>
            <Decision decision={triage.decision} />
          </p>
          <ul className="plain">
            {[triage.exploitation, triage.exposure, triage.consequence].map((value, at) => (
              <li key={t.points[at]}>
                <b>
                  {t.points[at]}: {t.pointWord[value] ?? value}
                </b>{" "}
                <Name value={triage.why[at] ?? ""} max={240} />
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      <Section title={t.say}>
        <Stand row={row} address={asset.data?.asset.ips[0] ?? asset.data?.asset.macs[0]} />
      </Section>
      {exposure?.controls.length && triage ? (
        <Section title={t.controls}>
          <ul className="plain">
            {exposure.controls.map((control) => (
              <li key={control}>
                <Name value={control} max={240} />
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      <Section title={t.remedies}>
        {document?.remediations.length ? (
          <ul className="plain">
            {document.remediations.map((r) => (
              <li key={r.text}>
                <b>{t.remedyWord[r.category] ?? r.category}</b> <Name value={r.text} max={600} />
                {r.url ? <span className="mono muted"> {r.url}</span> : null}
              </li>
            ))}
          </ul>
        ) : (
          <p className="muted">{t.noRemedies}</p>
        )}
      </Section>
      {row.cvss.length ? (
        <Section title={t.vectors}>
          <ul className="plain">
            {row.cvss.map((c) => (
              <li key={c.vector}>
                <span className="mono">{c.vector}</span>{" "}
                <span className="muted">
                  {c.score.toFixed(1)}, {c.source}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
    </>
  );
}
