import { Link, useLocation } from "wouter";
import { useAsset } from "../api/queries";
import type { Asset, AssetDetail } from "../api/types";
import { claims } from "../lib/claims";
import { paths } from "../lib/paths";
import { text } from "../text";
import { AssetLink, LevelFigure, roleWord, Unknown } from "./asset";
import { Drawer, Facts, Section } from "./drawer";
import { EvidenceLink } from "./evidence";
import { RoleIcon } from "./icons";
import { Classes } from "./operation";
import { SeverityMark } from "./severity";
import { Ready } from "./state";
import { Time } from "./time";
import { Name, Wire, WireText } from "./wire";

const t = text.assets;

/** One asset beside a table or the map. */
export function AssetDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const asset = useAsset(id);
  const title = asset.data ? (
    <>
      <RoleIcon role={asset.data.asset.role} /> <Name value={asset.data.asset.name} />
    </>
  ) : (
    text.common.asset
  );
  return (
    <Drawer title={title} href={paths.asset(id)} onClose={onClose}>
      <Ready query={asset}>{(data) => <Body detail={data} />}</Ready>
    </Drawer>
  );
}

/** The value in use with the packet that proves it. */
function Proved({ asset, attribute, value }: { asset: Asset; attribute: string; value: string | null | undefined }) {
  if (!value) return <Unknown />;
  const claim = claims(asset.facts, { [attribute]: value }).find((c) => c.attribute === attribute);
  return (
    <>
      <Wire value={value} max={36} /> {claim ? <EvidenceLink evidence={claim.best.evidence} /> : null}
      {claim?.conflicting.length ? <span className="conflict">{t.conflict}</span> : null}
    </>
  );
}

function Body({ detail }: { detail: AssetDetail }) {
  const { asset, findings, conversations, conversations_total } = detail;
  const onMap = useLocation()[0] === paths.map();
  return (
    <>
      <Facts
        items={[
          [t.role, asset.role === "unknown" ? <Unknown key="r" /> : roleWord(asset.role)],
          [t.level, <LevelFigure key="l" level={asset.level} word />],
          [t.zone, asset.zone ? <Name key="z" value={asset.zone} /> : <Unknown key="z" />],
          [t.addresses, <Lines key="a" values={asset.ips} />],
          [t.mac, <Lines key="m" values={asset.macs} />],
          [t.vendor, <Proved key="v" asset={asset} attribute="vendor" value={asset.vendor} />],
          [t.product, <Proved key="p" asset={asset} attribute="product" value={asset.product} />],
          [t.firmware, <Proved key="f" asset={asset} attribute="firmware" value={asset.firmware} />],
          [text.common.last, <Time key="t" value={asset.last_seen} />],
        ]}
      />
      <Section title={text.findings.title}>
        {findings.length ? (
          <ul className="lines">
            {findings.slice(0, 8).map((f) => (
              <li key={f.id}>
                <SeverityMark severity={f.severity} short /> <Link href={paths.finding(f.id)}>{f.title}</Link>
              </li>
            ))}
            {findings.length > 8 ? (
              <li>
                <Link href={paths.asset(asset.id, "findings")}>{text.common.more(findings.length - 8)}</Link>
              </li>
            ) : null}
          </ul>
        ) : (
          <p className="muted">{t.findingsNone}</p>
        )}
      </Section>
      <Section title={t.conversations}>
        {conversations.length ? (
          <ul className="lines">
            {conversations.slice(0, 8).map((c) => {
              const out = c.client_asset === asset.id;
              return (
                <li key={c.id} className="talk">
                  <span aria-hidden="true">{out ? "→" : "←"}</span>
                  <AssetLink
                    id={out ? c.server_asset : c.client_asset}
                    name={out ? c.server_name : c.client_name}
                    address={out ? c.server : c.client}
                  />
                  <WireText value={c.protocol} max={18} />
                  <Classes classes={c.classes} most={1} />
                </li>
              );
            })}
            {conversations_total > 8 ? (
              <li>
                <Link href={paths.asset(asset.id, "conversations")}>{text.common.more(conversations_total - 8)}</Link>
              </li>
            ) : null}
          </ul>
        ) : (
          <p className="muted">{t.conversationsNone}</p>
        )}
      </Section>
      <p>
        <Link className="button" href={paths.asset(asset.id)}>
          {text.common.openPage}
        </Link>{" "}
        {onMap ? null : (
          <Link className="button" href={paths.map({ selected: asset.id })}>
            {t.onMap}
          </Link>
        )}
      </p>
    </>
  );
}

export function Lines({ values, most = 4 }: { values: string[]; most?: number }) {
  if (!values.length) return <span className="muted">{text.common.none}</span>;
  return (
    <span className="stack">
      {values.slice(0, most).map((v) => (
        <WireText key={v} value={v} max={40} />
      ))}
      {values.length > most ? (
        <span className="muted" title={values.slice(most).join("\n")}>
          {text.common.more(values.length - most)}
        </span>
      ) : null}
    </span>
  );
}
