import { useEffect, useRef, useState } from "react";
import { count } from "../lib/format";
import { list, toggled } from "../lib/url";
import { text } from "../text";
import { Icon } from "./icons";
import { Popover } from "./popover";

/** Search in a list: the address follows a moment after the last key. */
export function SearchField({
  value,
  onChange,
  placeholder,
}: {
  value: string;
  onChange: (value: string) => void;
  placeholder: string;
}) {
  const [draft, setDraft] = useState(value);
  const send = useRef(onChange);
  send.current = onChange;
  const sent = useRef(value);
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setDraft(value);
  }, [value]);
  useEffect(() => {
    if (draft === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = draft;
      send.current(draft);
    }, 180);
    return () => clearTimeout(timer);
  }, [draft]);
  return (
    <label className="search-field">
      <Icon name="search" />
      <span className="sr-only">{text.common.filter}</span>
      <input
        type="search"
        value={draft}
        placeholder={placeholder}
        onChange={(e) => setDraft(e.target.value)}
        spellCheck={false}
      />
    </label>
  );
}

export interface Choice {
  key: string;
  label: string;
  count?: number;
}

/** One or more values of one property; the count says what to expect. */
export function Facet({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: string;
  choices: Choice[];
  onChange: (value: string) => void;
}) {
  const chosen = list(value);
  if (!choices.length && !chosen.length) return null;
  const missing = chosen.filter((c) => !choices.some((k) => k.key === c)).map((key) => ({ key, label: key }));
  const all: Choice[] = [...choices, ...missing];
  const names = chosen.map((c) => all.find((k) => k.key === c)?.label ?? c);
  const title =
    names.length === 0 ? label : names.length <= 2 ? `${label}: ${names.join(", ")}` : `${label}: ${names.length}`;
  return (
    <Popover label={title} active={chosen.length > 0} end={false}>
      <fieldset className="checks">
        <legend className="sr-only">{label}</legend>
        {all.map((c) => (
          <label key={c.key}>
            <input type="checkbox" checked={chosen.includes(c.key)} onChange={() => onChange(toggled(value, c.key))} />
            <span className="grow">{c.label}</span>
            {c.count === undefined ? null : <span className="muted figure">{count(c.count)}</span>}
          </label>
        ))}
      </fieldset>
    </Popover>
  );
}

export function ClearFilters({ active, onClear }: { active: boolean; onClear: () => void }) {
  return active ? (
    <button type="button" className="button link" onClick={onClear}>
      {text.common.clear}
    </button>
  ) : null;
}

export function Segments<K extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: K;
  choices: [K, string][];
  onChange: (value: K) => void;
}) {
  return (
    <fieldset className="segments">
      <legend className="sr-only">{label}</legend>
      {choices.map(([key, word]) => (
        <label key={key} className={key === value ? "on" : undefined}>
          <input type="radio" name={label} checked={key === value} onChange={() => onChange(key)} />
          {word}
        </label>
      ))}
    </fieldset>
  );
}
