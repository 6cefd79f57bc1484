import { useState } from "react";
import { find, useZones } from "../api/queries";
import type { Act, Asset, AssetRow, Fact, Field } from "../api/types";
import { text } from "../text";
import { roleWord } from "./asset";
import { DecideForm } from "./decide";
import { DecisionTable } from "./decisions";
import { Section } from "./drawer";
import { Name, Wire, WireText } from "./wire";

const t = text.decide;

const FIELDS: Field[] = ["name", "role", "level", "zone", "criticality", "safety", "owner", "location", "note"];
const LEVELS = ["0", "1", "2", "3", "3.5", "4", "5"];

/** The value as it is sent: levels are numbers, safety is yes or no. */
function sent(field: Field, value: string): string | number | boolean {
  if (field === "level") return Number(value);
  if (field === "safety") return value === "yes";
  return value;
}

function choices(field: Field, zones: [string, string][]): [string, string][] | null {
  if (field === "role") return Object.entries(text.role).map(([key, word]): [string, string] => [key, word]);
  if (field === "level") return LEVELS.map((l): [string, string] => [l, `${l} ${text.level[l] ?? ""}`]);
  if (field === "criticality") return Object.entries(text.criticality);
  if (field === "safety") return Object.entries(t.safety);
  if (field === "zone") return zones;
  return null;
}

const said = (asset: Asset, field: Field): Fact | undefined =>
  asset.facts.find((f) => f.attribute === field && f.protocol === "person");
const told = (asset: Asset, field: Field): Fact | undefined =>
  asset.facts.find((f) => f.attribute === field && f.protocol !== "person");

/** Everything people say about one device: fields, joining, parting, and the decisions so far. */
export function Knowledge({ asset }: { asset: Asset }) {
  const addresses = [...asset.macs, ...asset.ips];
  return (
    <>
      <p className="note">{t.tabNote}</p>
      <div className="columns two wide-left">
        <Fields asset={asset} anchor={addresses[0] ?? ""} />
        <div>
          <Merge asset={asset} anchor={addresses[0] ?? ""} />
          <Split addresses={addresses} />
        </div>
      </div>
      <Section title={t.history}>
        <DecisionTable addresses={addresses} />
      </Section>
    </>
  );
}

function Fields({ asset, anchor }: { asset: Asset; anchor: string }) {
  const [draft, setDraft] = useState<Partial<Record<Field, string>>>({});
  const zones = useZones();
  const defined = (zones.data?.zones ?? []).filter((z) => !z.proposed).map((z): [string, string] => [z.id, z.name]);
  const acts: Act[] = FIELDS.flatMap((field): Act[] => {
    const value = draft[field];
    const before = said(asset, field)?.value ?? "";
    if (value === undefined || value.trim() === before) return [];
    if (value.trim() === "") return before ? [{ act: "clear", asset: anchor, field }] : [];
    return [{ act: "set", asset: anchor, setting: { field, value: sent(field, value.trim()) } }];
  });
  return (
    <Section title={t.tab}>
      <table className="plain fields">
        <tbody>
          {FIELDS.map((field) => {
            const fact = said(asset, field);
            const evidence = told(asset, field);
            const value = draft[field] ?? fact?.value ?? "";
            const set = (next: string): void => setDraft({ ...draft, [field]: next });
            const list = choices(field, defined);
            const id = `field-${field}`;
            return (
              <tr key={field}>
                <th scope="row">
                  <label htmlFor={id}>{text.attribute[field] ?? field}</label>
                </th>
                <td>
                  {list ? (
                    <select id={id} value={value} onChange={(e) => set(e.target.value)}>
                      <option value="">{t.unset}</option>
                      {list.map(([key, word]) => (
                        <option key={key} value={key}>
                          {word}
                        </option>
                      ))}
                    </select>
                  ) : (
                    <input id={id} value={value} maxLength={200} onChange={(e) => set(e.target.value)} />
                  )}
                </td>
                <td className="muted">
                  {fact?.reason ? <Wire value={fact.reason} max={120} plain /> : null}
                  {!fact && evidence ? (
                    <>
                      {t.byEvidence("")}
                      <Name value={field === "role" ? roleWord(evidence.value) : evidence.value} max={40} />
                    </>
                  ) : null}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <DecideForm acts={acts} label={t.save} onDone={() => setDraft({})} idle={t.nothing} />
    </Section>
  );
}

function Merge({ asset, anchor }: { asset: Asset; anchor: string }) {
  const [words, setWords] = useState("");
  const [hits, setHits] = useState<AssetRow[]>([]);
  const [other, setOther] = useState<AssetRow | null>(null);
  const search = async (q: string): Promise<void> => {
    setWords(q);
    setOther(null);
    const found = q.trim() ? await find("assets", q.trim(), 6) : [];
    setHits(found.filter((a) => a.id !== asset.id));
  };
  const address = other ? (other.macs[0] ?? other.ips[0]) : undefined;
  const acts: Act[] = address ? [{ act: "merge", asset: anchor, with: address }] : [];
  return (
    <Section title={t.merge} note={t.mergeNote}>
      <label className="stacked">
        {t.mergeWith}
        <input value={words} onChange={(e) => void search(e.target.value)} />
      </label>
      {hits.length ? (
        <ul className="lines">
          {hits.map((hit) => (
            <li key={hit.id}>
              <label>
                <input type="radio" name="merge" checked={other?.id === hit.id} onChange={() => setOther(hit)} />{" "}
                <Name value={hit.name} max={32} />{" "}
                <span className="muted">
                  <WireText value={hit.ips[0] ?? hit.macs[0] ?? ""} />
                </span>
              </label>
            </li>
          ))}
        </ul>
      ) : null}
      {acts.length ? <DecideForm acts={acts} label={t.mergeDo} onDone={() => void search("")} /> : null}
    </Section>
  );
}

function Split({ addresses }: { addresses: string[] }) {
  const [gone, setGone] = useState("");
  if (addresses.length < 2) return null;
  const stays = addresses.find((a) => a !== gone) ?? "";
  const acts: Act[] = gone ? [{ act: "split", asset: gone, from: stays }] : [];
  return (
    <Section title={t.split} note={t.splitNote}>
      <ul className="lines">
        {addresses.map((address) => (
          <li key={address}>
            <label>
              <input type="radio" name="split" checked={gone === address} onChange={() => setGone(address)} />{" "}
              <WireText value={address} />
            </label>
          </li>
        ))}
      </ul>
      {acts.length ? <DecideForm acts={acts} label={t.splitDo} onDone={() => setGone("")} /> : null}
    </Section>
  );
}
