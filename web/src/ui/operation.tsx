import { words } from "../lib/format";
import { ENGINEERING } from "../lib/map";
import { text } from "../text";

const CHANGE = new Set(["write", "command", "time"]);

/** Dangerous classes by shape: a filled square for engineering, a small arrow for writes; nothing for reads. */
export function ClassMark({ name }: { name: string }) {
  const kind = ENGINEERING.has(name) ? "engineering" : CHANGE.has(name) ? "change" : "quiet";
  return (
    <span className={`class class-${kind}`}>
      <span className="shape" aria-hidden="true">
        {kind === "engineering" ? "▣" : kind === "change" ? "▸" : "·"}
      </span>
      {text.operation[name] ?? words(name)}
    </span>
  );
}

const ORDER = [
  "force",
  "firmware_update",
  "program_download",
  "restart",
  "mode_change",
  "configuration",
  "program_upload",
  "command",
  "write",
];

/** Place of a class among all, the most consequential first. */
export function classRank(name: string): number {
  const at = ORDER.indexOf(name);
  return at < 0 ? ORDER.length : at;
}

/** The classes of a conversation, the most consequential first. */
export function Classes({ classes, most = 3 }: { classes: string[]; most?: number }) {
  const sorted = [...classes].sort((a, b) => classRank(a) - classRank(b));
  if (!sorted.length) return <span className="muted">{text.common.none}</span>;
  return (
    <span className="classes" title={sorted.map((c) => text.operation[c] ?? words(c)).join(", ")}>
      {sorted.slice(0, most).map((c) => (
        <ClassMark key={c} name={c} />
      ))}
      {sorted.length > most ? <span className="muted">+{sorted.length - most}</span> : null}
    </span>
  );
}
