import type {
  AccountRow,
  Action,
  AdvisoryRow,
  AssetRow,
  ConversationRow,
  Count,
  FindingRow,
  MapEdge,
  MapNode,
  PlantMap,
  Severity,
  SeverityCounts,
  Summary,
} from "../src/api/types.ts";
import { natural } from "../src/lib/format.ts";
import { SEVERITIES, SEVERITY_WEIGHT, severityRank } from "../src/lib/severity.ts";
import type { Plant } from "./plant.ts";

/** The rows and sums of the API, made from the mock plant the way the server makes them. */
const CHANGES = new Set([
  "write",
  "command",
  "force",
  "program_download",
  "mode_change",
  "firmware_update",
  "configuration",
  "restart",
  "time",
]);

export interface Views {
  assets: AssetRow[];
  conversations: ConversationRow[];
  findings: FindingRow[];
  advisories: AdvisoryRow[];
  accounts: AccountRow[];
  summary: Summary;
  map: PlantMap;
}

const zero = (): SeverityCounts => ({ critical: 0, high: 0, medium: 0, low: 0, info: 0 });
const worst = (counts: SeverityCounts): Severity | null => SEVERITIES.find((s) => counts[s] > 0) ?? null;

function tally(keys: string[]): Count[] {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].map(([key, count]) => ({ key, count })).sort((a, b) => b.count - a.count);
}

export function views(plant: Plant, generation: number): Views {
  const names = new Map(plant.assets.map((a) => [a.id, a.name]));
  const name = (id: string | null | undefined): string | null => (id ? (names.get(id) ?? null) : null);
  const bySubject = new Map<string, SeverityCounts>();
  for (const f of plant.findings) {
    const counts = bySubject.get(f.subject.asset) ?? zero();
    counts[f.severity] += 1;
    bySubject.set(f.subject.asset, counts);
  }
  const protocols = new Map<string, Set<string>>();
  for (const c of plant.conversations)
    for (const id of [c.client_asset, c.server_asset])
      if (id) protocols.set(id, (protocols.get(id) ?? new Set()).add(c.protocol));
  const assets: AssetRow[] = plant.assets.map(
    ({ facts: _f, services, modules, joined_by: _j, conflicts: _c, zone_why: _w, ...a }) => ({
      ...a,
      services: services.length,
      modules: modules.length,
      protocols: [...(protocols.get(a.id) ?? [])].sort(),
      findings: bySubject.get(a.id) ?? zero(),
      worst: worst(bySubject.get(a.id) ?? zero()),
      affected: plant.advisories.filter((v) => v.asset === a.id && v.status === "affected").length,
      possible: plant.advisories.filter((v) => v.asset === a.id && v.status === "possible").length,
    }),
  );
  const conversations: ConversationRow[] = plant.conversations.map(
    ({ evidence: _e, operations, client_by: _c, ...c }) => {
      const classes = [...new Set(operations.map((o) => o.class))].sort();
      return {
        ...c,
        client_name: name(c.client_asset),
        server_name: name(c.server_asset),
        classes,
        changes: classes.some((k) => CHANGES.has(k)),
        operations: operations.length,
      };
    },
  );
  const findings: FindingRow[] = plant.findings.map((f) => ({
    id: f.id,
    check: f.check,
    title: f.title,
    severity: f.severity,
    asset: f.subject.asset,
    asset_name: name(f.subject.asset),
    peer: f.subject.peer ?? null,
    peer_name: name(f.subject.peer),
    detail: f.detail,
    seen:
      f.evidence
        .map((e) => e.time)
        .sort()
        .at(-1) ?? null,
    evidence: f.evidence.length,
  }));
  const advisories: AdvisoryRow[] = plant.advisories.map((a, i) => ({
    ...a,
    id: `match-${i}`,
    asset_name: name(a.asset),
  }));
  const accounts: AccountRow[] = plant.accounts.map((a, i) => ({
    ...a,
    id: `account-${i}`,
    asset_name: name(a.asset),
    client_name: name(a.client),
  }));

  const severities = zero();
  for (const f of findings) severities[f.severity] += 1;
  const checks = new Map<string, Action>();
  for (const f of plant.findings) {
    const action = checks.get(f.check) ?? {
      check: f.check,
      title: f.title,
      remediation: f.remediation,
      severity: f.severity,
      findings: 0,
      weight: 0,
      assets: [],
      assets_total: 0,
    };
    action.findings += 1;
    action.weight += SEVERITY_WEIGHT[f.severity];
    if (!action.assets.includes(f.subject.asset)) action.assets.push(f.subject.asset);
    action.assets_total = action.assets.length;
    checks.set(f.check, action);
  }
  const levelOf = (level: number | null | undefined): string => String(level ?? "unknown");
  const summary: Summary = {
    generation,
    totals: {
      assets: assets.length,
      conversations: conversations.length,
      findings: findings.length,
      advisories: advisories.length,
      accounts: accounts.length,
      captures: plant.captures.length,
    },
    roles: tally(assets.map((a) => a.role)),
    levels: tally(assets.map((a) => levelOf(a.level))).sort(
      (a, b) => Number(a.key === "unknown") - Number(b.key === "unknown") || b.key.localeCompare(a.key),
    ),
    vendors: tally(assets.map((a) => a.vendor ?? "unknown")),
    severities,
    protocols: tally(plant.conversations.map((c) => c.protocol)).map(({ key, count }) => {
      const of = plant.conversations.filter((c) => c.protocol === key);
      return {
        protocol: key,
        conversations: count,
        packets: of.reduce((s, c) => s + c.packets, 0),
        bytes: of.reduce((s, c) => s + c.bytes, 0),
      };
    }),
    newest: [...findings].sort((a, b) => (b.seen ?? "").localeCompare(a.seen ?? "")).slice(0, 10),
    captures: plant.captures,
    problems: plant.problems,
    problems_total: plant.problems.length,
    actions: [...checks.values()].sort((a, b) => b.weight - a.weight).slice(0, 3),
  };
  return {
    assets,
    conversations,
    findings,
    advisories,
    accounts,
    summary,
    map: map(plant, assets, findings, generation),
  };
}

const LANES: [string, string][] = [
  ["5", "Outside"],
  ["4", "Enterprise"],
  ["3.5", "DMZ"],
  ["3", "Site operations"],
  ["2", "Supervision"],
  ["1", "Control"],
  ["0", "Process"],
  ["safety", "Safety"],
  ["unknown", "Level not known"],
];

function map(plant: Plant, assets: AssetRow[], findings: FindingRow[], generation: number): PlantMap {
  const lane = (a: AssetRow): string => (a.role === "safety_controller" ? "safety" : String(a.level ?? "unknown"));
  const nodes: MapNode[] = [];
  for (const [id] of LANES) {
    const here = assets
      .filter((a) => lane(a) === id)
      .sort(
        (a, b) =>
          Number(!a.zone) - Number(!b.zone) ||
          natural(a.zone ?? "", b.zone ?? "") ||
          natural(a.role, b.role) ||
          natural(a.ips[0] ?? "", b.ips[0] ?? ""),
      );
    here.forEach((a, place) => {
      nodes.push({
        id: a.id,
        name: a.name,
        role: a.role,
        lane: id,
        place,
        zone: a.zone,
        address: a.ips[0] ?? a.macs[0] ?? null,
        vendor: a.vendor,
        product: a.product,
        worst: a.worst,
      });
    });
  }
  const edges = new Map<string, MapEdge>();
  for (const c of plant.conversations) {
    if (!c.client_asset || !c.server_asset) continue;
    const id = `${c.client_asset}>${c.server_asset}`;
    const classes = c.operations.map((o) => o.class);
    const about = findings
      .filter(
        (f) =>
          f.peer &&
          [f.asset, f.peer].includes(c.client_asset ?? "") &&
          [f.asset, f.peer].includes(c.server_asset ?? ""),
      )
      .sort((a, b) => severityRank(a.severity) - severityRank(b.severity))
      .map((f) => f.id);
    edges.set(id, {
      id: `edge-${edges.size}`,
      source: c.client_asset,
      target: c.server_asset,
      protocols: [c.protocol],
      classes,
      changes: classes.some((k) => CHANGES.has(k)),
      encrypted: c.encrypted,
      answered: c.answered,
      conversations: 1,
      packets: c.packets,
      bytes: c.bytes,
      first_seen: c.first_seen,
      last_seen: c.last_seen,
      violates: about.length > 0,
      findings: about,
      evidence: c.evidence,
    });
  }
  return {
    generation,
    nodes,
    edges: [...edges.values()],
    undrawn: plant.conversations.length ? 4 : 0,
    lanes: LANES.map(([id, title]) => ({ id, title, assets: nodes.filter((n) => n.lane === id).length })),
  };
}
