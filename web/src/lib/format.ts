/** Numbers, sizes and times as people read them. Pure functions: the time zone and "now" are arguments. */

const grouped = new Intl.NumberFormat("en-GB");

/** 12345 as "12 345": a thin space never reads as a decimal point. */
export function count(n: number): string {
  return grouped.format(n).replaceAll(",", "\u202f");
}

/** Bytes with three significant figures, decimal units. */
export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = n;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

export function rate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`;
}

/** A span in seconds in its two largest units: "2 d 4 h", "3 min 20 s", "0.4 s". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "–";
  if (seconds < 1) return seconds === 0 ? "0 s" : `${Math.max(0.1, Math.round(seconds * 10) / 10)} s`;
  const total = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(total / 86400), "d"],
    [Math.floor((total % 86400) / 3600), "h"],
    [Math.floor((total % 3600) / 60), "min"],
    [total % 60, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(" ");
}

/** Distance between two instants in one unit: "3 h ago", "in 2 d", "now". */
export function relative(time: string, now: number): string {
  const at = Date.parse(time);
  if (Number.isNaN(at)) return "";
  const seconds = Math.round((now - at) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return "now";
  const units: [number, string][] = [
    [31557600, "y"],
    [2629800, "mo"],
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const [step, unit] = units.find(([s]) => size >= s) ?? [1, "s"];
  const n = Math.floor(size / step);
  return seconds >= 0 ? `${n} ${unit} ago` : `in ${n} ${unit}`;
}

function part(parts: Intl.DateTimeFormatPart[], type: string): string {
  return parts.find((p) => p.type === type)?.value ?? "";
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
    formats.set(zone, format);
  }
  return format;
}

/** "2026-03-04 05:06:07", with the fraction of the source when asked for. */
export function absolute(time: string, zone: string, fraction = false): string {
  const at = Date.parse(time);
  if (Number.isNaN(at)) return time;
  const p = formatFor(zone).formatToParts(at);
  const digits = fraction ? (/\.(\d{1,9})/.exec(time)?.[1] ?? "") : "";
  const stamp = `${part(p, "year")}-${part(p, "month")}-${part(p, "day")} ${part(p, "hour")}:${part(p, "minute")}:${part(p, "second")}`;
  return digits ? `${stamp}.${digits}` : stamp;
}

/** The zone's name with its offset at that instant: "Europe/Berlin (GMT+1)", "UTC". */
export function zoneName(zone: string, at: number): string {
  if (zone === "UTC" || zone === "Etc/UTC") return "UTC";
  const offset = part(
    new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(at),
    "timeZoneName",
  );
  return `${zone} (${offset.replace("GMT", "UTC")})`;
}

/** "write_single_register" as "write single register". */
export function words(name: string): string {
  return name.replaceAll("_", " ");
}

export function sentence(name: string): string {
  const text = words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Addresses in the order people count: 10.0.0.9 before 10.0.0.10, names with numbers likewise. */
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

export function natural(a: string, b: string): number {
  return collator.compare(a, b);
}
