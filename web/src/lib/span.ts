import type { Capture } from "../api/types";

/** From the first to the last frame of all captures and logs; when a file was written says nothing of when something was seen. */
export function span(all: Pick<Capture, "first" | "last" | "kind">[]): { first: string; last: string } | null {
  const captures = all.filter((c) => c.kind !== "file");
  const firsts = captures.flatMap((c) => c.first ?? []).sort((a, b) => Date.parse(a) - Date.parse(b));
  const lasts = captures.flatMap((c) => c.last ?? []).sort((a, b) => Date.parse(a) - Date.parse(b));
  const first = firsts[0];
  const last = lasts.at(-1);
  return first && last ? { first, last } : null;
}
