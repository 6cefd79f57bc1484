/** What of an address makes a view: everything but the row that happens to be open. Sorted, so that equal views are equal. */
export function addressed(search: string): string {
  const query = new URLSearchParams(search);
  query.delete("selected");
  query.sort();
  return query.toString();
}

/** An id from a name: the same name means the same view. Letters that ids cannot have are written as numbers. */
export function viewId(page: string, name: string): string {
  const plain = (c: string): string =>
    /[a-z0-9]/.test(c) ? c : c === " " ? "-" : `_${(c.codePointAt(0) ?? 0).toString(16)}`;
  return `${page}.${[...name.toLowerCase()].map(plain).join("")}`.slice(0, 64);
}
