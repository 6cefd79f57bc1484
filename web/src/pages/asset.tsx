import { Link, useParams as useRoute } from "wouter";
import { useAsset } from "../api/queries";
import type { Asset, AssetDetail, Fact } from "../api/types";
import { certainty, claims } from "../lib/claims";
import { sentence } from "../lib/format";
import { paths } from "../lib/paths";
import { useParams } from "../lib/url";
import { text } from "../text";
import { AssetAccessTable } from "../ui/access";
import { Dot, LevelFigure, roleWord, Unknown } from "../ui/asset";
import { Lines } from "../ui/asset-drawer";
import { ConversationList } from "../ui/conversations";
import { Facts, Section } from "../ui/drawer";
import { EvidenceLink } from "../ui/evidence";
import { RoleIcon } from "../ui/icons";
import { Knowledge } from "../ui/knowledge";
import { AccountTable, AdvisoryTable, FindingTable } from "../ui/lists";
import { Ready } from "../ui/state";
import { Time } from "../ui/time";
import { Name, Wire, WireText } from "../ui/wire";

const t = text.assets;

export default function AssetPage() {
  const { id = "" } = useRoute<{ id: string }>();
  const asset = useAsset(id);
  return <Ready query={asset}>{(data) => <Body key={data.asset.id} detail={data} />}</Ready>;
}

function Body({ detail }: { detail: AssetDetail }) {
  const { asset, findings, advisories, accounts, conversations_total } = detail;
  const [p, set] = useParams({ tab: "identity" });
  const tabs: [string, string][] = [
    ["identity", t.overview],
    ["conversations", `${t.conversations} ${conversations_total}`],
    ["findings", `${text.findings.title} ${findings.length}`],
    ["advisories", `${t.advisories} ${advisories.length}`],
    ["accounts", `${t.accounts} ${accounts.length}`],
    ["knowledge", text.decide.tab],
  ];
  return (
    <div className="page asset-page">
      <p className="crumb">
        <Link href={paths.assets()}>{text.nav.assets}</Link>
      </p>
      <header className="asset-head">
        <RoleIcon role={asset.role} />
        <div>
          <h1>
            <Name value={asset.name} max={60} /> <Dot worst={detail.row.worst} />
          </h1>
          <p className="muted">
            {[asset.vendor, asset.product]
              .filter((x): x is string => Boolean(x))
              .map((x, i) => (
                <span key={x}>
                  {i ? " · " : ""}
                  <WireText value={x} />
                </span>
              ))}
          </p>
        </div>
        <Facts
          items={[
            [t.role, asset.role === "unknown" ? <Unknown key="r" /> : roleWord(asset.role)],
            [t.level, <LevelFigure key="l" level={asset.level} word />],
            [t.criticality, asset.criticality ? text.criticality[asset.criticality] : <Unknown key="c" />],
            [t.addresses, <Lines key="a" values={asset.ips.length ? asset.ips : asset.macs} most={2} />],
            [text.common.last, <Time key="t" value={asset.last_seen} />],
          ]}
        />
        <Link className="button" href={paths.map({ selected: asset.id })}>
          {t.onMap}
        </Link>
      </header>
      <nav className="tabs" aria-label={t.tabs}>
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
      {p.tab === "identity" ? <Identity asset={asset} /> : null}
      {p.tab === "conversations" ? <ConversationList asset={asset.id} /> : null}
      {p.tab === "findings" ? <FindingTable rows={findings} empty={t.findingsNone} /> : null}
      {p.tab === "advisories" ? <AdvisoryTable rows={advisories} empty={t.advisoriesNone} withAsset={false} /> : null}
      {p.tab === "knowledge" ? <Knowledge asset={asset} /> : null}
      {p.tab === "accounts" ? (
        <>
          <AssetAccessTable rows={detail.access} total={detail.access_total} />
          <AccountTable rows={accounts} empty={t.accountsNone} />
        </>
      ) : null}
    </div>
  );
}

function Identity({ asset }: { asset: Asset }) {
  return (
    <>
      <div className="columns two wide-left">
        <div>
          <Section title={t.claims} note={t.claimsNote}>
            <ClaimTable
              facts={asset.facts}
              used={{
                vendor: asset.vendor,
                product: asset.product,
                order_number: asset.order_number,
                hardware: asset.hardware,
                firmware: asset.firmware,
                serial: asset.serial,
                name: asset.name,
                role: asset.role,
                level: asset.level === null || asset.level === undefined ? null : String(asset.level),
                criticality: asset.criticality,
                owner: asset.owner,
                location: asset.location,
              }}
            />
          </Section>
        </div>
        <div>
          <Section title={t.addresses}>
            <Facts
              items={[
                [text.attribute.ip ?? "", <Lines key="i" values={asset.ips} most={12} />],
                [text.attribute.mac ?? "", <Lines key="m" values={asset.macs} most={12} />],
                [text.attribute.hostname ?? "", <Lines key="h" values={asset.hostnames} most={12} />],
                [text.attribute.vlan ?? "", asset.vlans.length ? asset.vlans.join(", ") : text.common.none],
                [
                  t.zone,
                  asset.zone ? (
                    <span key="z">
                      <Link href={paths.zones({ tab: "flows", zone: asset.zone })}>
                        <Name value={asset.zone} />
                      </Link>
                      {asset.zone_why ? (
                        <span className="reason">
                          <Wire value={asset.zone_why} max={160} plain />
                        </span>
                      ) : null}
                    </span>
                  ) : (
                    <Unknown key="z" />
                  ),
                ],
                [text.common.first, <Time key="f" value={asset.first_seen} />],
                [text.common.last, <Time key="l" value={asset.last_seen} />],
              ]}
            />
            {asset.joined_by.length ? (
              <>
                <h3>{t.joined}</h3>
                <ul className="lines">
                  {asset.joined_by.map((line) => (
                    <li key={line}>
                      <Wire value={line} max={240} plain />
                    </li>
                  ))}
                </ul>
              </>
            ) : null}
            {asset.conflicts.length ? (
              <>
                <h3>{t.conflicts}</h3>
                <ul className="lines">
                  {asset.conflicts.map((line) => (
                    <li key={line}>
                      <Wire value={line} max={240} plain />
                    </li>
                  ))}
                </ul>
              </>
            ) : null}
          </Section>
          <Section title={t.services}>
            {asset.services.length ? (
              <table className="plain">
                <thead>
                  <tr>
                    <th scope="col">{t.port}</th>
                    <th scope="col">{text.common.protocol}</th>
                    <th scope="col">{text.common.encrypted}</th>
                    <th scope="col" className="right">
                      {t.clients}
                    </th>
                    <th scope="col">{text.common.evidence}</th>
                  </tr>
                </thead>
                <tbody>
                  {asset.services.map((s) => (
                    <tr key={`${s.transport}/${s.port}/${s.protocol}`}>
                      <td className="mono">
                        {s.transport}
                        {s.port === null || s.port === undefined ? "" : `/${s.port}`}
                      </td>
                      <td>{s.protocol ? <WireText value={s.protocol} /> : <Unknown />}</td>
                      <td>{s.encrypted ? text.common.yes : text.common.no}</td>
                      <td className="right figure">{s.clients}</td>
                      <td>
                        <EvidenceLink evidence={s.evidence} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            ) : (
              <p className="muted">{t.servicesNone}</p>
            )}
          </Section>
        </div>
      </div>
      {asset.modules.length ? (
        <Section title={t.modulesTitle}>
          <table className="plain">
            <thead>
              <tr>
                {[t.slot, t.vendor, t.product, t.order, t.firmware, t.serial, text.common.evidence].map((h) => (
                  <th key={h} scope="col">
                    {h}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {asset.modules.map((m) => (
                <tr key={m.slot}>
                  <td className="mono">{m.slot}</td>
                  {[m.vendor, m.product, m.order_number, m.firmware, m.serial].map((v, i) => (
                    <td key={i}>
                      {v ? <Wire value={v} max={32} /> : <span className="muted">{text.common.none}</span>}
                    </td>
                  ))}
                  <td>
                    {m.facts[0] ? (
                      <EvidenceLink evidence={m.facts[0].evidence} />
                    ) : (
                      <span className="muted">{text.common.none}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      ) : null}
    </>
  );
}

/** Role and level first, because everything else follows from them. */
const FIRST = [
  "role",
  "level",
  "criticality",
  "safety",
  "name",
  "vendor",
  "product",
  "order_number",
  "hardware",
  "firmware",
  "serial",
];

function ClaimTable({ facts, used }: { facts: Fact[]; used: Record<string, string | null | undefined> }) {
  const place = (a: string): number => (FIRST.indexOf(a) + 1 || 99) as number;
  const rows = claims(facts, used).sort((a, b) => place(a.attribute) - place(b.attribute));
  return (
    <table className="plain claims">
      <thead>
        <tr>
          <th scope="col">{t.attribute}</th>
          <th scope="col">{t.value}</th>
          <th scope="col">{t.source}</th>
          <th scope="col">{t.certainty}</th>
          <th scope="col">{text.common.evidence}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((claim) => {
          const others = [...claim.conflicting, ...claim.agreeing];
          return [
            <ClaimRow
              key={claim.attribute}
              fact={claim.best}
              name={text.attribute[claim.attribute] ?? sentence(claim.attribute)}
              span={1 + others.length}
              mark={claim.conflicting.length ? t.used : ""}
            />,
            ...others.map((fact, i) => (
              <ClaimRow
                key={`${claim.attribute}-${i}`}
                fact={fact}
                name={null}
                span={0}
                mark={claim.conflicting.includes(fact) ? t.conflict : ""}
                conflict={claim.conflicting.includes(fact)}
              />
            )),
          ];
        })}
      </tbody>
    </table>
  );
}

function ClaimRow({
  fact,
  name,
  span,
  mark,
  conflict = false,
}: {
  fact: Fact;
  name: string | null;
  span: number;
  mark: string;
  conflict?: boolean;
}) {
  const shown =
    fact.attribute === "role"
      ? roleWord(fact.value)
      : fact.attribute === "criticality"
        ? (text.criticality[fact.value] ?? null)
        : fact.attribute === "level"
          ? `${fact.value} ${text.level[fact.value] ?? ""}`
          : null;
  return (
    <tr className={name === null ? "again" : undefined}>
      {name === null ? null : (
        <th scope="rowgroup" rowSpan={span}>
          {name}
        </th>
      )}
      <td>
        {shown ?? <Wire value={fact.value} max={44} />}
        {mark ? <span className={conflict ? "conflict" : "used"}>{mark}</span> : null}
      </td>
      <td>
        {fact.protocol === "person" ? (
          <span className="kind">{text.decide.by}</span>
        ) : fact.protocol === "sightglass" ? (
          <span className="muted">{text.product}</span>
        ) : (
          <WireText value={fact.protocol} max={20} />
        )}
      </td>
      <td>
        <span className={`certainty ${certainty(fact.confidence)}`} title={String(fact.confidence)}>
          {text.confidence[certainty(fact.confidence)]}
        </span>
        {fact.reason ? <span className="reason">{fact.reason}</span> : null}
      </td>
      <td>
        {fact.protocol === "person" ? (
          <Link href={paths.zones({ tab: "decisions" })}>{`${text.decide.number} ${fact.evidence.frame}`}</Link>
        ) : (
          <EvidenceLink evidence={fact.evidence} />
        )}
      </td>
    </tr>
  );
}
