import type { Evidence } from "../api/types";

/** Every link of the interface. */
function query(params: Record<string, string | number | null | undefined>): string {
  const q = new URLSearchParams();
  for (const [key, value] of Object.entries(params))
    if (value !== undefined && value !== null && value !== "") q.set(key, String(value));
  const text = q.toString();
  return text ? `?${text}` : "";
}

export const paths = {
  overview: () => "/",
  assets: (
    p: {
      q?: string;
      role?: string;
      level?: string;
      severity?: string;
      vendor?: string;
      zone?: string;
      protocol?: string;
      selected?: string;
    } = {},
  ) => `/assets${query(p)}`,
  asset: (id: string, tab?: string) => `/assets/${encodeURIComponent(id)}${query({ tab })}`,
  map: (p: { selected?: string } = {}) => `/map${query(p)}`,
  findings: (p: { severity?: string; check?: string; selected?: string; q?: string; asset?: string } = {}) =>
    `/findings${query(p)}`,
  finding: (id: string) => `/findings/${encodeURIComponent(id)}`,
  packet: (e: Pick<Evidence, "capture_id" | "frame" | "offset" | "length" | "field">, from?: string) =>
    `/packets/${e.capture_id}/${e.frame}${query({ offset: e.offset, length: e.length, field: e.field, from })}`,
  vulnerabilities: (p: { q?: string; status?: string } = {}) => `/vulnerabilities${query(p)}`,
  conversations: (p: { q?: string; protocol?: string; selected?: string } = {}) => `/conversations${query(p)}`,
  zones: (p: { tab?: string; zone?: string; from?: string; to?: string; status?: string } = {}) => `/zones${query(p)}`,
  access: () => "/access",
  sources: () => "/sources",
};
