import { Link } from "wouter";
import { useAsset, useFinding, useList } from "../api/queries";
import type { Finding } from "../api/types";
import { paths } from "../lib/paths";
import { text } from "../text";
import { AssetLink, LevelFigure, roleWord } from "./asset";
import { Drawer, Section } from "./drawer";
import { EvidenceTable } from "./evidence";
import { SeverityMark } from "./severity";
import { Ready } from "./state";
import { Name, WireText } from "./wire";

const t = text.findings;

export function FindingDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const finding = useFinding(id);
  return (
    <Drawer title={finding.data?.finding.title ?? t.finding} href={paths.finding(id)} onClose={onClose}>
      <Ready query={finding}>
        {(data) => (
          <>
            <p>
              <SeverityMark severity={data.finding.severity} />{" "}
              <span className="muted">{text.severityNote[data.finding.severity]}</span>
            </p>
            <FindingBody finding={data.finding} narrow />
          </>
        )}
      </Ready>
    </Drawer>
  );
}

/** One end of a finding: name, role, level, address. */
export function Party({ id, label }: { id: string; label: string }) {
  const asset = useAsset(id).data?.asset;
  return (
    <div className="party">
      <span className="muted">{label}</span>
      <span>
        <AssetLink id={id} name={asset?.name ?? id} />{" "}
        {asset ? (
          <span className="muted">
            {roleWord(asset.role)} · <LevelFigure level={asset.level} word /> ·{" "}
            <WireText value={asset.ips[0] ?? asset.macs[0] ?? ""} />
          </span>
        ) : null}
      </span>
    </div>
  );
}

/** What, where, why, what to do, standards, evidence: the same in the drawer and on the page. */
export function FindingBody({ finding, narrow = false }: { finding: Finding; narrow?: boolean }) {
  const same = useList("findings", { check: [finding.check] });
  const others = (same.data?.pages[0]?.total ?? 1) - 1;
  const references: [string, string[]][] = [
    [t.iec, finding.references.iec62443_3_3],
    [t.nist, finding.references.nist_800_53],
    [t.attack, finding.references.attack_ics],
  ];
  return (
    <>
      <Section title={t.what}>
        <p>
          <Name value={finding.detail} max={600} />
        </p>
      </Section>
      <Section title={t.where}>
        <Party id={finding.subject.asset} label={t.asset} />
        {finding.subject.peer ? <Party id={finding.subject.peer} label={text.common.peer} /> : null}
      </Section>
      <Section title={t.evidence} note={t.evidenceNote}>
        <EvidenceTable evidence={finding.evidence} narrow={narrow} />
      </Section>
      <Section title={t.why}>
        <p>{finding.rationale}</p>
      </Section>
      <Section title={t.todo}>
        <p>{finding.remediation}</p>
        {others > 0 ? (
          <p>
            <Link href={paths.findings({ check: finding.check })}>{t.same(others)}</Link>
          </p>
        ) : null}
      </Section>
      <Section title={t.references}>
        <dl className="references">
          {references
            .filter(([, list]) => list.length)
            .map(([name, list]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd className="mono">{list.join(", ")}</dd>
              </div>
            ))}
        </dl>
      </Section>
    </>
  );
}
