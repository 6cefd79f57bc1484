/** What the server answers when something is wrong (problem+json). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(detail || title);
  }
}

export type Query = Record<string, string | number | string[] | undefined>;

export async function get<T>(path: string, query: Query = {}): Promise<T> {
  const pairs = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) pairs.append(key, String(one));
  }
  const text = pairs.toString();
  const response = await fetch(`/api/v1${path}${text ? `?${text}` : ""}`, { headers: { accept: "application/json" } });
  if (!response.ok) throw await problem(response);
  return (await response.json()) as T;
}

export async function problem(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { title?: string; detail?: string };
    return new ApiError(response.status, body.title ?? response.statusText, body.detail ?? "");
  } catch {
    return new ApiError(response.status, response.statusText, "");
  }
}
