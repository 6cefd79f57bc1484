import { useState } from "react";
import { Link } from "wouter";
import type { Act, FlowRow, Ruling, Verdict } from "../api/types";
import { count } from "../lib/format";
import { paths } from "../lib/paths";
import { text } from "../text";
import { AssetLink } from "./asset";
import { DecideForm } from "./decide";
import { Drawer, Facts, Section } from "./drawer";
import { Segments } from "./filters";
import { Classes } from "./operation";
import { Time } from "./time";
import { Status } from "./verdict";
import { Name, Protocol, Wire } from "./wire";

const t = text.zones;

/** An id out of what the ruling is about: the same meaning gets the same id, so ruling anew replaces the old ruling. */
export function rulingId(from: string, to: string, protocol: string): string {
  const plain = (s: string): string =>
    s
      .replaceAll(":", "")
      .replaceAll("/", "-")
      .replaceAll(/[^A-Za-z0-9._-]/g, "-");
  return `${plain(from).slice(0, 26)}_${plain(to).slice(0, 26)}_${plain(protocol)}`.slice(0, 64);
}

export function FlowDrawer({
  flow,
  names,
  onClose,
}: {
  flow: FlowRow;
  names: Map<string, string>;
  onClose: () => void;
}) {
  const zone = (id: string | null | undefined): string => (id ? (names.get(id) ?? id) : text.common.none);
  return (
    <Drawer
      title={<Protocol name={flow.protocol} />}
      href={paths.conversations({ selected: flow.id })}
      onClose={onClose}
    >
      <Facts
        items={[
          [t.verdict, <Status key="s" status={flow.status} />],
          [t.client, <AssetLink key="c" id={flow.client_asset} name={flow.client_name} address={flow.client} />],
          [t.server, <AssetLink key="v" id={flow.server_asset} name={flow.server_name} address={flow.server} />],
          [t.from, <Name key="f" value={zone(flow.from)} />],
          [t.to, <Name key="t" value={zone(flow.to)} />],
          [text.conversations.class, <Classes key="o" classes={flow.operations} most={9} />],
          [text.conversations.frames, count(flow.packets)],
          [text.common.last, <Time key="l" value={flow.last_seen} />],
        ]}
      />
      {flow.reach ? (
        <Section title={t.byRules}>
          <p>
            <strong>{t.reach[flow.reach.outcome] ?? flow.reach.outcome}</strong>{" "}
            <Wire value={flow.reach.why} max={240} plain />
          </p>
          <ul className="lines">
            {flow.reach.by.map((step, i) => (
              <li key={i}>
                <Name value={step.device} max={24} /> <span className="muted">{step.line}</span>{" "}
                <Wire value={step.text} max={80} />
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      <p>
        <Wire value={flow.why} max={240} plain />
      </p>
      <p>
        <Link href={paths.conversations({ selected: flow.id })}>{t.conversation}</Link>
      </p>
      <Rule flow={flow} zone={zone} />
    </Drawer>
  );
}

/** Allow, tolerate until a date, or forbid: between the zones, or between these two devices only. */
function Rule({ flow, zone }: { flow: FlowRow; zone: (id: string | null | undefined) => string }) {
  const [verdict, setVerdict] = useState<Verdict | "">("");
  const [scope, setScope] = useState(flow.from && flow.to ? "zones" : "devices");
  const [only, setOnly] = useState(false);
  const [until, setUntil] = useState("");
  const names =
    scope === "zones" && flow.from && flow.to
      ? { from: flow.from, to: flow.to }
      : { from: flow.client, to: flow.server };
  const ruling: Ruling = {
    id: rulingId(names.from, names.to, flow.protocol),
    ...names,
    protocols: [flow.protocol],
    operations: only ? flow.operations.filter((o) => o !== "session") : [],
    verdict: verdict || "allowed",
    until: until ? `${until}T23:59:59Z` : null,
  };
  const complete = verdict !== "" && (verdict !== "tolerated" || until !== "");
  const acts: Act[] = complete ? [{ act: "rule", ruling }] : [];
  return (
    <Section title={t.rule}>
      <Segments
        label={t.verdict}
        value={verdict}
        choices={[
          ["allowed", t.allow],
          ["tolerated", t.tolerate],
          ["forbidden", t.forbid],
        ]}
        onChange={setVerdict}
      />
      {verdict ? (
        <div className="stacked">
          {flow.from && flow.to ? (
            <label>
              <input type="radio" name="scope" checked={scope === "zones"} onChange={() => setScope("zones")} />{" "}
              {t.scopeZones(zone(flow.from), zone(flow.to), flow.protocol)}
            </label>
          ) : null}
          <label>
            <input type="radio" name="scope" checked={scope === "devices"} onChange={() => setScope("devices")} />{" "}
            {t.scopeDevices(flow.client_name ?? flow.client, flow.server_name ?? flow.server, flow.protocol)}
          </label>
          {verdict !== "forbidden" && flow.operations.length ? (
            <label>
              <input type="checkbox" checked={only} onChange={(e) => setOnly(e.target.checked)} /> {t.onlySeen}
            </label>
          ) : null}
          {verdict === "forbidden" ? null : (
            <label>
              {t.until} <input type="date" value={until} onChange={(e) => setUntil(e.target.value)} />
            </label>
          )}
          <DecideForm acts={acts} onDone={() => setVerdict("")} />
        </div>
      ) : null}
      {flow.ruling ? (
        <details>
          <summary>
            {t.ruling} <Name value={flow.ruling} max={40} />
          </summary>
          <DecideForm acts={[{ act: "remove_ruling", ruling: flow.ruling }]} label={t.drop} />
        </details>
      ) : null}
    </Section>
  );
}
