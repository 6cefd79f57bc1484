/** Text from the wire: made visible, never interpreted. React escapes markup; this handles what escaping leaves. */

const NAMED: Record<number, string> = { 0: "NUL", 7: "BEL", 9: "TAB", 10: "LF", 13: "CR", 27: "ESC", 127: "DEL" };

const hex = (code: number, digits: number): string => code.toString(16).toUpperCase().padStart(digits, "0");

/** Characters that do not show or that change the order of what is shown: bidi controls, zero-width, separators, BOM. */
function isHidden(code: number): boolean {
  return (
    (code >= 0x80 && code <= 0x9f) ||
    code === 0xad ||
    code === 0x61c ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    code === 0xfeff ||
    (code >= 0xfff9 && code <= 0xfffb) ||
    (code >= 0xe0000 && code <= 0xe007f)
  );
}

export function visible(text: string): string {
  let out = "";
  for (const ch of text) {
    const code = ch.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f) out += `‹${NAMED[code] ?? hex(code, 2)}›`;
    else if (isHidden(code)) out += `‹U+${hex(code, 4)}›`;
    else out += ch;
  }
  return out;
}

/** Cuts the middle, where names differ least. Counts characters, not code units. */
export function middle(text: string, max: number): string {
  const chars = [...text];
  if (chars.length <= max) return text;
  const head = Math.ceil((max - 1) / 2);
  const tail = Math.floor((max - 1) / 2);
  return `${chars.slice(0, head).join("")}…${chars.slice(chars.length - tail).join("")}`;
}

/** What fits where room is short: a host without its domain, a name without the address in brackets behind it. */
export function shortName(name: string): string {
  const bare = name.replace(/ \([0-9a-f.:]+\)$/i, "");
  return /^[a-z0-9-]*[a-z][a-z0-9-]*(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+\.?$/i.test(bare)
    ? (bare.split(".")[0] ?? bare)
    : bare;
}

/** One field of a CSV file; a leading sign would make spreadsheets run it as a formula. */
export function csvField(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(rows: string[][]): string {
  return rows.map((row) => row.map(csvField).join(",")).join("\r\n");
}
