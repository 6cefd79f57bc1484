import type { Capture } from "../api/types";

/** From the first to the last frame of all captures. */
export function span(captures: Pick<Capture, "first" | "last">[]): { first: string; last: string } | null {
  const firsts = captures.flatMap((c) => c.first ?? []).sort((a, b) => Date.parse(a) - Date.parse(b));
  const lasts = captures.flatMap((c) => c.last ?? []).sort((a, b) => Date.parse(a) - Date.parse(b));
  const first = firsts[0];
  const last = lasts.at(-1);
  return first && last ? { first, last } : null;
}
