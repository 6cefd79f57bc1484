import type { FrameView, Job, Page } from "../src/api/types.ts";
import { natural } from "../src/lib/format.ts";
import { buildPlant, emptyPlant, type Plant } from "./plant.ts";
import { type Views, views } from "./views.ts";

/** The API's answers from made-up data. Uploads load the plant; the name decides: "broken" fails, "slow" takes its time. */
export interface Answer {
  status: number;
  body: unknown;
  type?: string;
}

/** Cells of ten devices beside the 25 hosts of the plant. */
const CELLS: Record<string, number> = { large: 120, huge: 1000 };

const LISTS = ["assets", "findings", "conversations", "advisories", "accounts"] as const;

/** Filters whose name differs from the field, or whose field is no text. */
const FILTERS: Record<string, (row: Record<string, unknown>, value: string) => boolean> = {
  level: (row, value) => String(row.level ?? "unknown") === value,
  protocol: (row, value) => row.protocol === value || (Array.isArray(row.protocols) && row.protocols.includes(value)),
  severity: (row, value) => row.severity === value || row.worst === value,
  asset: (row, value) => [row.asset, row.peer, row.client, row.client_asset, row.server_asset].includes(value),
  class: (row, value) => Array.isArray(row.classes) && row.classes.includes(value),
};

const problem = (status: number, title: string, detail: string): Answer => ({
  status,
  body: { type: "about:blank", title, status, detail },
  type: "application/problem+json",
});

function compare(a: unknown, b: unknown): number {
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1;
  if (b === null || b === undefined) return -1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return natural(String(a), String(b));
}

const SORTS: Record<string, (row: Record<string, unknown>) => unknown> = {
  severity: (row) => 4 - ["critical", "high", "medium", "low", "info"].indexOf(String(row.severity ?? row.worst)),
  address: (row) => (row.ips as string[] | undefined)?.[0],
  findings: (row) => {
    const f = row.findings as Record<string, number> | undefined;
    return f
      ? (f.critical ?? 0) * 1e8 + (f.high ?? 0) * 1e6 + (f.medium ?? 0) * 1e4 + (f.low ?? 0) * 100 + (f.info ?? 0)
      : 0;
  },
};

function page(rows: unknown[], query: URLSearchParams): Page<unknown> {
  let out = rows as Record<string, unknown>[];
  const words = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length) out = out.filter((row) => words.every((w) => JSON.stringify(row).toLowerCase().includes(w)));
  for (const key of new Set(query.keys())) {
    if (["q", "sort", "order", "cursor", "limit"].includes(key)) continue;
    const values = query.getAll(key);
    const test = FILTERS[key] ?? ((row, value) => String(row[key]) === value);
    out = out.filter((row) => values.some((v) => test(row, v)));
  }
  const sort = query.get("sort");
  if (sort) {
    const key = SORTS[sort] ?? ((row: Record<string, unknown>) => row[sort]);
    const sign = query.get("order") === "desc" ? -1 : 1;
    out = [...out].sort((a, b) => sign * compare(key(a), key(b)));
  }
  const start = Number(query.get("cursor") ?? 0);
  const limit = Number(query.get("limit") ?? 100);
  return {
    items: out.slice(start, start + limit),
    next: start + limit < out.length ? String(start + limit) : null,
    total: out.length,
  };
}

export class MockApi {
  private plant: Plant;
  private views: Views;
  private generation = 1;
  private jobs: (Job & { started: number; seconds: number })[] = [];

  constructor(kind: string) {
    this.plant = kind === "empty" ? emptyPlant() : buildPlant(CELLS[kind] ?? 0);
    this.views = views(this.plant, this.generation);
  }

  private publish(plant: Plant): void {
    this.plant = plant;
    this.generation += 1;
    this.views = views(plant, this.generation);
  }

  private open(kind: Job["kind"], name: string, size: number): Job {
    const job = {
      id: this.jobs.length + 1,
      kind,
      name,
      state: "reading" as const,
      packets: 0,
      bytes: 0,
      total_bytes: size,
      rate: 0,
      seconds_left: null,
      problems: [],
      error: null,
      capture: null,
      created: new Date().toISOString(),
      finished: null,
      started: Date.now(),
      seconds: name.includes("slow") ? 20 : 1.5,
    };
    this.jobs.push(job);
    return job;
  }

  private tick(): void {
    for (const job of this.jobs) {
      if (job.state !== "reading") continue;
      const share = Math.min(1, (Date.now() - job.started) / 1000 / job.seconds);
      job.bytes = Math.round(job.total_bytes * share);
      job.packets = Math.round(job.bytes / 220);
      job.rate = job.total_bytes / job.seconds;
      job.seconds_left = (1 - share) * job.seconds;
      if (share < 1) continue;
      job.finished = new Date().toISOString();
      if (job.name.includes("broken")) {
        job.state = "failed";
        job.error = "This is neither pcap nor pcapng: it begins with 74 65 78 74. Nothing was kept.";
      } else {
        job.state = "done";
        if (job.kind === "capture_import") {
          const base = this.plant.assets.length ? this.plant : buildPlant(0);
          this.publish({
            ...base,
            captures: [
              ...base.captures,
              {
                id: 10 + job.id,
                path: job.name,
                kind: "capture",
                format: "pcapng",
                packets: job.packets,
                bytes: job.bytes,
                first: null,
                last: null,
              },
            ],
          });
        }
      }
    }
  }

  answer(method: string, url: URL, size: number): Answer {
    this.tick();
    const path = url.pathname.replace(/^\/api\/v1/, "");
    const [, head = "", id, ...rest] = path.split("/").map(decodeURIComponent);
    if (method === "GET") return this.read(head, id, rest, url);
    if (method === "POST" && (head === "captures" || head === "advisories" || head === "intelligence"))
      return {
        status: 202,
        body: this.open(
          head === "captures" ? "capture_import" : "advisory_import",
          url.searchParams.get("name") ?? "archive",
          size,
        ),
      };
    if (method === "DELETE" && head === "captures" && id) {
      const left = this.plant.captures.filter((c) => c.id !== Number(id));
      this.publish(left.length ? { ...this.plant, captures: left } : emptyPlant());
      return { status: 202, body: { ...this.open("capture_delete", id, 0), state: "done" } };
    }
    if (method === "DELETE" && head === "jobs") {
      const job = this.jobs.find((j) => j.id === Number(id));
      if (job) job.state = "cancelled";
      return { status: 202, body: job };
    }
    return problem(405, "Method not allowed", "");
  }

  private read(head: string, id: string | undefined, rest: string[], url: URL): Answer {
    if (head === "summary") return { status: 200, body: this.views.summary };
    if (head === "advisories" && id === "missing") return { status: 200, body: { items: [] } };
    if (head === "advisories" && id) {
      const row = this.views.advisories.find((a) => a.id === id);
      return row
        ? { status: 200, body: { row, document: null, exposure: null } }
        : problem(404, "Not found", "There is no match with this id.");
    }
    if (head === "zones") return { status: 200, body: { zones: [], conduits: [] } };
    if (head === "reachability") return { status: 200, body: { networks: [], differences: [] } };
    if (head === "reconciliation") return { status: 200, body: null };
    if (head === "intelligence") return { status: 200, body: { items: [] } };
    if (head === "coverage")
      return { status: 200, body: { zones: [], silent: [], silent_total: 0, networks: [], advice: [] } };
    if (head === "views") return { status: 200, body: { views: [] } };
    if (head === "decisions") return { status: 200, body: { decisions: [] } };
    if (head === "flows") return { status: 200, body: { items: [], next: null, total: 0 } };
    if (head === "access" && id === "overview")
      return {
        status: 200,
        body: {
          period_days: 90,
          observed_days: 1,
          since: "2026-08-29T00:00:00Z",
          until: "2026-11-27T00:00:00Z",
          has_lists: false,
          secrets: [],
          ambiguous: [],
          problems: [],
        },
      };
    if (head === "access" && !id) return { status: 200, body: { items: [], next: null, total: 0 } };
    if (head === "map") return { status: 200, body: this.views.map };
    if (head === "jobs")
      return { status: 200, body: id ? this.jobs.find((j) => j.id === Number(id)) : { items: this.jobs } };
    if (head === "captures" && !id) return { status: 200, body: this.plant.captures };
    if (head === "captures" && rest[0] === "frames") return this.frame(Number(id), Number(rest[1]), rest[2] === "pcap");
    const list = LISTS.find((l) => l === head);
    if (!list) return problem(404, "Not found", `There is no ${head}.`);
    if (!id) return { status: 200, body: page(this.views[list], url.searchParams) };
    const item = this.detail(list, id);
    return item ? { status: 200, body: item } : problem(404, "Not found", `Nothing has the id ${id}.`);
  }

  private detail(list: (typeof LISTS)[number], id: string): unknown {
    const v = this.views;
    if (list === "findings") {
      const finding = this.plant.findings.find((f) => f.id === id);
      return finding && { finding, row: v.findings.find((f) => f.id === id) };
    }
    if (list === "conversations") {
      const conversation = this.plant.conversations.find((c) => c.id === id);
      return conversation && { conversation, row: v.conversations.find((c) => c.id === id) };
    }
    const asset = this.plant.assets.find((a) => a.id === id);
    if (list !== "assets" || !asset) return undefined;
    const conversations = v.conversations
      .filter((c) => c.client_asset === id || c.server_asset === id)
      .sort((a, b) => b.packets - a.packets);
    return {
      asset,
      row: v.assets.find((a) => a.id === id),
      findings: v.findings.filter((f) => f.asset === id || f.peer === id),
      advisories: v.advisories.filter((a) => a.asset === id),
      accounts: v.accounts.filter((a) => a.asset === id || a.client === id),
      access: [],
      access_total: 0,
      conversations: conversations.slice(0, 200),
      conversations_total: conversations.length,
    };
  }

  private frame(capture: number, number: number, pcap: boolean): Answer {
    const frame = this.plant.frames.get(capture, number);
    if (!frame)
      return problem(
        404,
        "Not found",
        `Frame ${number} of capture ${capture} is not kept: only frames that are evidence of something are.`,
      );
    if (pcap)
      return {
        status: 200,
        body: Uint8Array.from([0xd4, 0xc3, 0xb2, 0xa1, ...frame.bytes]),
        type: "application/vnd.tcpdump.pcap",
      };
    return {
      status: 200,
      body: {
        capture,
        number,
        time: frame.time,
        link_type: 1,
        wire_length: frame.bytes.length,
        captured_length: frame.bytes.length,
        bytes: frame.bytes.map((b) => b.toString(16).padStart(2, "0")).join(""),
        layers: frame.layers,
        text: null,
      } satisfies FrameView,
    };
  }
}
