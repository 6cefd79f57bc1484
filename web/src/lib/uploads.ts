import { ApiError, body, client } from "../api/client";
import { refreshAll } from "../api/queries";
import type { Job } from "../api/types";
import { text } from "../text";
import { Store } from "./store";

export type UploadKind = "captures" | "advisories" | "intelligence";

/** One file on its way: first sent to the server, then read there by a job. */
export interface Upload {
  key: number;
  kind: UploadKind;
  name: string;
  phase: "waiting" | "sending" | "reading" | "done" | "failed" | "cancelled";
  /** Bytes of the phase that are done, and all of them. */
  done: number;
  total: number;
  /** Bytes per second. */
  rate: number;
  secondsLeft: number | null;
  frames: number;
  error: string;
  problems: string[];
  job: number | null;
}

export const uploads = new Store<Upload[]>([]);

const files = new Map<number, File>();
const requests = new Map<number, XMLHttpRequest>();
let last = 0;
const POLL_MS = 400;

function change(key: number, what: Partial<Upload>): void {
  uploads.set(uploads.get().map((u) => (u.key === key ? { ...u, ...what } : u)));
}

const fresh = (kind: UploadKind, name: string, total: number): Upload => {
  last += 1;
  return {
    key: last,
    kind,
    name,
    phase: "waiting",
    done: 0,
    total,
    rate: 0,
    secondsLeft: null,
    frames: 0,
    error: "",
    problems: [],
    job: null,
  };
};

export function upload(kind: UploadKind, chosen: Iterable<File>): void {
  const added = [...chosen].map((file) => {
    const one = fresh(kind, file.name, file.size);
    files.set(one.key, file);
    return one;
  });
  uploads.set([...uploads.get(), ...added]);
  next();
}

/** Files are sent one after the other: two at once would only share the line. */
function next(): void {
  if (uploads.get().some((u) => u.phase === "sending")) return;
  const waiting = uploads.get().find((u) => u.phase === "waiting" && files.has(u.key));
  const file = waiting && files.get(waiting.key);
  if (waiting && file) send(waiting, file);
}

function send(one: Upload, file: File): void {
  const { key } = one;
  const started = performance.now();
  const request = new XMLHttpRequest();
  requests.set(key, request);
  change(key, { phase: "sending" });
  request.upload.onprogress = (event) => {
    const rate = event.loaded / Math.max(0.001, (performance.now() - started) / 1000);
    change(key, {
      done: event.loaded,
      total: event.total || file.size,
      rate,
      secondsLeft: (file.size - event.loaded) / Math.max(1, rate),
    });
  };
  request.onloadend = () => {
    requests.delete(key);
    files.delete(key);
    void answered(key, request).finally(next);
  };
  request.open("POST", `/api/v1/${one.kind}?${new URLSearchParams({ name: file.name })}`);
  request.setRequestHeader("content-type", "application/octet-stream");
  request.send(file);
}

async function answered(key: number, request: XMLHttpRequest): Promise<void> {
  if (uploads.get().find((u) => u.key === key)?.phase === "cancelled") return;
  if (request.status === 0) {
    change(key, { phase: "failed", error: text.common.error.offline });
  } else if (request.status >= 300) {
    change(key, { phase: "failed", error: said(request) });
  } else {
    const job = JSON.parse(request.responseText) as Job;
    void follow(key, job);
  }
}

/** What the server said against it. */
function said(request: XMLHttpRequest): string {
  try {
    const { title, detail } = JSON.parse(request.responseText) as { title?: string; detail?: string };
    return detail || title || request.statusText;
  } catch {
    return request.statusText;
  }
}

const isOver = (job: Job): boolean => job.state === "done" || job.state === "failed" || job.state === "cancelled";

const readJob = (id: number): Promise<Job> => body(client.GET("/api/v1/jobs/{id}", { params: { path: { id } } }));

/** Shows a job until it is over. */
async function follow(key: number, start: Job): Promise<void> {
  let job = start;
  for (;;) {
    change(key, {
      phase: job.state === "done" || job.state === "failed" || job.state === "cancelled" ? job.state : "reading",
      job: job.id,
      done: job.bytes,
      total: job.total_bytes,
      rate: job.rate,
      secondsLeft: job.seconds_left ?? null,
      frames: job.packets,
      problems: job.problems,
      error: job.error ?? "",
    });
    if (isOver(job)) break;
    await new Promise((wake) => setTimeout(wake, POLL_MS));
    try {
      job = await readJob(job.id);
    } catch (error) {
      change(key, { phase: "failed", error: error instanceof ApiError ? error.message : text.common.error.offline });
      break;
    }
  }
  refreshAll();
}

export function cancel(key: number): void {
  const one = uploads.get().find((u) => u.key === key);
  if (!one) return;
  if (one.job !== null) {
    void client.DELETE("/api/v1/jobs/{id}", { params: { path: { id: one.job } } });
    return;
  }
  change(key, { phase: "cancelled" });
  files.delete(key);
  requests.get(key)?.abort();
}

export function dismiss(key: number): void {
  uploads.set(uploads.get().filter((u) => u.key !== key));
}

const KIND: Partial<Record<Job["kind"], UploadKind>> = {
  advisory_import: "advisories",
  intelligence_import: "intelligence",
};

/** Jobs that were under way before this page was loaded. */
export async function adopt(): Promise<void> {
  const known = new Set(uploads.get().map((u) => u.job));
  const jobs = await body(client.GET("/api/v1/jobs")).catch(() => ({ items: [] }));
  for (const job of jobs.items) {
    if (known.has(job.id) || job.kind === "capture_delete" || job.kind === "feed_delete" || isOver(job)) continue;
    const one = fresh(KIND[job.kind] ?? "captures", job.name, job.total_bytes);
    uploads.set([...uploads.get(), one]);
    void follow(one.key, job);
  }
}

/** Deletes a capture and waits until the posture without it is there. */
export async function removeCapture(id: number): Promise<void> {
  await over(await body(client.DELETE("/api/v1/captures/{id}", { params: { path: { id } } })));
}

/** Forgets a feed and waits until the posture without it is there. */
export async function removeFeed(feed: string): Promise<void> {
  await over(await body(client.DELETE("/api/v1/intelligence/{feed}", { params: { path: { feed } } })));
}

async function over(started: Job): Promise<void> {
  let job = started;
  while (!isOver(job)) {
    await new Promise((wake) => setTimeout(wake, POLL_MS));
    job = await readJob(job.id);
  }
  if (job.state !== "done") throw new Error(job.error ?? text.sources.failed);
  refreshAll();
}
