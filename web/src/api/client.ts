import createClient from "openapi-fetch";
import type { paths } from "./schema";

export const client = createClient<paths>({ baseUrl: "", headers: { accept: "application/json" } });

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

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of an answer, or its problem as an error. */
export async function body<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (response.ok && data !== undefined) return data;
  const problem = typeof error === "object" && error !== null ? (error as { title?: string; detail?: string }) : {};
  throw new ApiError(response.status, problem.title ?? response.statusText, problem.detail ?? "");
}
