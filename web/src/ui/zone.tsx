import { useEffect, useRef, useState } from "react";
import type { Act, Selector, Zone, ZoneDraft } from "../api/types";
import { text } from "../text";
import { DecideForm } from "./decide";

const t = text.zones;

/** A zone as it is sent: empty lists are left out. */
export function asDraft(zone: Zone): ZoneDraft {
  const some = (s: Selector): Partial<Selector> =>
    Object.fromEntries(Object.entries(s).filter(([, all]) => (all as unknown[]).length)) as Partial<Selector>;
  return {
    id: zone.id,
    name: zone.name,
    level: zone.level ?? null,
    sl_t: zone.sl_t ?? null,
    site: zone.site ?? null,
    note: zone.note ?? null,
    members: zone.members.map(some),
  };
}

const parts = (value: string): string[] =>
  value
    .split(/[,\n]/)
    .map((x) => x.trim())
    .filter(Boolean);

/** `Cell 1` becomes `cell-1`. */
const idOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 48);

/** Defines a zone or changes one. Only the first selector is edited here; further ones stay as they are. */
export function ZoneDialog({ zone, onClose }: { zone: Zone | null; onClose: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  const before = zone ? asDraft(zone) : null;
  const first = before?.members[0] ?? {};
  const [name, setName] = useState(before?.name ?? "");
  const [level, setLevel] = useState(before?.level === null || before?.level === undefined ? "" : String(before.level));
  const [sl, setSl] = useState(before?.sl_t === null || before?.sl_t === undefined ? "" : String(before.sl_t));
  const [networks, setNetworks] = useState((first.subnets ?? []).join(", "));
  const [vlans, setVlans] = useState((first.vlans ?? []).join(", "));
  const [names, setNames] = useState((first.names ?? []).join(", "));
  const [levels, setLevels] = useState((first.levels ?? []).join(", "));
  const [note, setNote] = useState(before?.note ?? "");
  const selector: Partial<Selector> = {
    ...first,
    subnets: parts(networks),
    vlans: parts(vlans).map(Number),
    names: parts(names),
    levels: parts(levels).map(Number),
  };
  const asked = Object.entries(selector).filter(([, all]) => (all as unknown[]).length);
  const rest = before?.members.slice(1) ?? [];
  const draft: ZoneDraft = {
    id: before?.id ?? idOf(name),
    name: name.trim(),
    level: level === "" ? null : Number(level),
    sl_t: sl === "" ? null : Number(sl),
    site: before?.site ?? null,
    note: note.trim() || null,
    members: asked.length ? [Object.fromEntries(asked) as Partial<Selector>, ...rest] : rest,
  };
  const acts: Act[] = draft.name && draft.id ? [{ act: "zone", zone: draft }] : [];
  const field = (label: string, value: string, set: (v: string) => void, hint = "") => (
    <label className="stacked">
      {label}
      <input value={value} placeholder={hint} onChange={(e) => set(e.target.value)} />
    </label>
  );
  return (
    <dialog ref={ref} className="ask" aria-label={zone ? t.ask.edit(zone.name) : t.add} onClose={onClose}>
      <h2>{zone ? t.ask.edit(zone.name) : t.add}</h2>
      <div className="grid-two">
        {field(t.name, name, setName)}
        {field(t.networks, networks, setNetworks, t.networksHint)}
        <label className="stacked">
          {t.level}
          <select value={level} onChange={(e) => setLevel(e.target.value)}>
            <option value="">{text.common.none}</option>
            {["0", "1", "2", "3", "3.5", "4", "5"].map((l) => (
              <option key={l} value={l}>
                {l} {text.level[l]}
              </option>
            ))}
          </select>
        </label>
        {field(t.vlans, vlans, setVlans, "10, 20")}
        <label className="stacked">
          {t.sl}
          <select value={sl} onChange={(e) => setSl(e.target.value)} title={t.slNote}>
            <option value="">{text.common.none}</option>
            {["0", "1", "2", "3", "4"].map((l) => (
              <option key={l}>{l}</option>
            ))}
          </select>
        </label>
        {field(t.names, names, setNames, t.namesHint)}
        {field(t.noteLabel, note, setNote)}
        {field(t.levels, levels, setLevels, "0, 1")}
      </div>
      <DecideForm acts={acts} onDone={onClose} onCancel={onClose} />
    </dialog>
  );
}
