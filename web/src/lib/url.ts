import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";

/** State that lives in the address: a page names its parameters with their defaults; defaults are left out of the address. */
export type Params = Record<string, string>;

export function readParams<P extends Params>(search: string, defaults: P): P {
  const query = new URLSearchParams(search);
  const out: Params = { ...defaults };
  for (const key of Object.keys(defaults)) out[key] = query.get(key) ?? defaults[key] ?? "";
  return out as P;
}

/** Parameters that the page does not know stay as they are. Keys come out sorted, so that equal states have equal links. */
export function writeParams(search: string, changes: Params, defaults: Params): string {
  const query = new URLSearchParams(search);
  for (const [key, value] of Object.entries(changes)) {
    if (value === (defaults[key] ?? "")) query.delete(key);
    else query.set(key, value);
  }
  query.sort();
  return query.toString();
}

export function useParams<P extends Params>(defaults: P): [P, (changes: Partial<P>) => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  // Defaults are constants of a page; only the address changes.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const params = useMemo(() => readParams(search, defaults), [search]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const set = useCallback(
    (changes: Partial<P>) => {
      const next = writeParams(window.location.search, changes as Params, defaults);
      navigate(next ? `${path}?${next}` : path, { replace: true });
    },
    [path, navigate],
  );
  return [params, set];
}

/** Several values in one parameter, by commas; a comma inside a value is escaped. */
export function list(value: string): string[] {
  return value ? value.split(",").map((item) => item.replaceAll("%2C", ",").replaceAll("%25", "%")) : [];
}

export function joined(items: string[]): string {
  return items.map((item) => item.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
}

export function toggled(value: string, item: string): string {
  const items = list(value);
  const next = items.includes(item) ? items.filter((i) => i !== item) : [...items, item];
  return joined(next);
}
