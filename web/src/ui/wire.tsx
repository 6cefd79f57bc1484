import { useState } from "react";
import { middle, visible } from "../lib/inert";
import { text } from "../text";

/** Text from the wire: monospaced, control characters visible, the middle cut with the full text on demand. */
export function Wire({ value, max = 48, plain = false }: { value: string; max?: number; plain?: boolean }) {
  const [open, setOpen] = useState(false);
  const shown = visible(value);
  const short = middle(shown, max);
  const look = plain ? "wire plain" : "wire";
  if (short === shown || open) return <bdi className={look}>{shown}</bdi>;
  return (
    <button
      type="button"
      className={`${look} cut`}
      title={shown}
      aria-label={`${shown}. ${text.common.fullText}`}
      onClick={(event) => {
        event.stopPropagation();
        setOpen(true);
      }}
    >
      <bdi>{short}</bdi>
    </button>
  );
}

/** The same without a control, for cells and links where a click means something else. */
export function WireText({ value, max = 48 }: { value: string; max?: number }) {
  const shown = visible(value);
  const short = middle(shown, max);
  return (
    <bdi className="wire" title={short === shown ? undefined : shown}>
      {short}
    </bdi>
  );
}

export const TRANSPORTS = new Set(["tcp", "udp", "ip", "ethernet"]);

/** A protocol; where only its transport is known, that is said. */
export function Protocol({ name, max = 22 }: { name: string; max?: number }) {
  if (TRANSPORTS.has(name)) return <span className="unknown">{text.common.unrecognised(name)}</span>;
  return <WireText value={name} max={max} />;
}

/** A name for people: inert as well, but in the text face. */
export function Name({ value, max = 40 }: { value: string; max?: number }) {
  const shown = visible(value);
  const short = middle(shown, max);
  return <bdi title={short === shown ? undefined : shown}>{short}</bdi>;
}
