/** The picture of the plant: lanes by Purdue level, stable positions. Pure and deterministic: the same plant, the same picture. */
import type { MapEdge as ApiEdge, MapNode as ApiNode } from "../api/types";
import { severityRank } from "./severity";

/** What stands on the map: an asset, or several of one role. */
export interface MapNode extends Pick<ApiNode, "id" | "name" | "role" | "lane" | "place"> {
  zone?: string | null;
  address?: string | null;
  vendor?: string | null;
  product?: string | null;
  worst?: string | null;
  /** Ids of the assets it stands for; more than one when grouped. */
  members: string[];
}

export type MapEdge = Pick<
  ApiEdge,
  | "id"
  | "source"
  | "target"
  | "protocols"
  | "classes"
  | "changes"
  | "conversations"
  | "packets"
  | "first_seen"
  | "last_seen"
  | "violates"
  | "findings"
>;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PlacedNode extends MapNode, Box {}

export interface Lane extends Box {
  id: string;
}

export interface ZoneBox extends Box {
  lane: string;
  name: string;
}

export interface PlacedEdge extends MapEdge {
  path: string;
  /** 0 thin, 1, 2 thick: by volume class. */
  weight: 0 | 1 | 2;
}

export interface MapPicture {
  width: number;
  height: number;
  lanes: Lane[];
  zones: ZoneBox[];
  nodes: PlacedNode[];
  edges: PlacedEdge[];
}

export const NODE = { width: 144, height: 40, gapX: 22, gapY: 32 };
const LANE = { label: 116, padX: 12, padY: 22, gap: 8 };
const ZONE = { pad: 10, title: 16, gap: 20 };
const SAFETY = { gap: 16 };

/** Enterprise at the top, process at the bottom, what is not known last; safety stands at the side. */
export const LANES = ["5", "4", "3.5", "3", "2", "1", "0", "unknown"] as const;
export const SAFETY_LANE = "safety";

export const ENGINEERING = new Set([
  "program_download",
  "program_upload",
  "mode_change",
  "firmware_update",
  "configuration",
  "restart",
  "force",
]);

const HOUSEKEEPING = new Set(["arp", "icmp", "icmpv6", "igmp", "lldp", "stp", "ndp", "rarp"]);

/** Addresses being found, and nothing else: true, and of no interest until one asks. */
export function isHousekeeping(edge: Pick<MapEdge, "protocols" | "violates">): boolean {
  return !edge.violates && edge.protocols.every((p) => HOUSEKEEPING.has(p));
}

/** Above this many assets a lane's assets are drawn as one box per role. */
export const GROUP_ABOVE = 80;

/** One node per lane and role, except for those in `open`. A line between groups stands for all lines between their members. */
export function groupByRole(
  nodes: MapNode[],
  edges: MapEdge[],
  open: Set<string> = new Set(),
): { nodes: MapNode[]; edges: MapEdge[] } {
  const groups = new Map<string, MapNode>();
  const first = new Map<string, MapNode>();
  const groupOf = new Map<string, string>();
  const out: MapNode[] = [];
  for (const node of nodes) {
    const key = `${node.lane}:${node.role}`;
    if (open.has(key)) {
      out.push(node);
      groupOf.set(node.id, node.id);
      continue;
    }
    const id = `group:${key}`;
    groupOf.set(node.id, id);
    const group = groups.get(id);
    if (group) {
      group.members.push(...node.members);
      group.worst = worse(group.worst, node.worst);
    } else {
      first.set(id, node);
      groups.set(id, {
        id,
        name: node.role,
        role: node.role,
        lane: node.lane,
        place: node.place,
        zone: null,
        worst: node.worst,
        members: [...node.members],
      });
    }
  }
  for (const [id, group] of groups) {
    const only = group.members.length === 1 ? first.get(id) : undefined;
    // A group of one is that asset.
    if (only) groupOf.set(only.id, only.id);
    out.push(only ? { ...only, zone: null } : group);
  }
  const merged = new Map<string, MapEdge>();
  for (const edge of edges) {
    const source = groupOf.get(edge.source);
    const target = groupOf.get(edge.target);
    if (!source || !target || source === target) continue;
    const id = `${source}>${target}`;
    const known = merged.get(id);
    merged.set(id, known ? join(known, edge) : { ...edge, id, source, target });
  }
  return { nodes: out, edges: [...merged.values()] };
}

const earlier = (a: string, b: string): string => (Date.parse(a) <= Date.parse(b) ? a : b);
const later = (a: string, b: string): string => (Date.parse(a) >= Date.parse(b) ? a : b);

function join(a: MapEdge, b: MapEdge): MapEdge {
  return {
    ...a,
    protocols: [...new Set([...a.protocols, ...b.protocols])].sort(),
    classes: [...new Set([...a.classes, ...b.classes])].sort(),
    changes: a.changes || b.changes,
    conversations: a.conversations + b.conversations,
    packets: a.packets + b.packets,
    first_seen: earlier(a.first_seen, b.first_seen),
    last_seen: later(a.last_seen, b.last_seen),
    violates: a.violates || b.violates,
    findings: [...a.findings, ...b.findings],
  };
}

function worse(a: string | null | undefined, b: string | null | undefined): string | null {
  if (!a) return b ?? null;
  if (!b) return a;
  return severityRank(a) <= severityRank(b) ? a : b;
}

function byPlace(a: MapNode, b: MapNode): number {
  return a.place - b.place || (a.id < b.id ? -1 : 1);
}

/** Places nodes in their lanes; `available` is the width to fill. */
export function layout(nodes: MapNode[], edges: MapEdge[], available: number): MapPicture {
  const safety = nodes.filter((n) => n.lane === SAFETY_LANE).sort(byPlace);
  const rest = nodes.filter((n) => n.lane !== SAFETY_LANE);
  const safetyWidth = safety.length ? NODE.width + 2 * ZONE.pad + SAFETY.gap : 0;
  const inner = Math.max(available - LANE.label - 2 * LANE.padX - safetyWidth, 3 * (NODE.width + NODE.gapX));
  const lanes: Lane[] = [];
  const zones: ZoneBox[] = [];
  const placed: PlacedNode[] = [];
  let y = 0;
  const laneWidth = LANE.label + inner + 2 * LANE.padX + safetyWidth;

  for (const lane of LANES) {
    const here = rest.filter((n) => n.lane === lane).sort(byPlace);
    // Safety systems stand apart, at the height of the control they guard.
    const safe = lane === "1" ? safety : [];
    if (!here.length && !safe.length) continue;
    const left = LANE.label + LANE.padX;
    let x = left;
    let top = y + LANE.padY;
    let rowHeight = 0;
    const runs = runsByZone(here);
    const zoned = runs.some((r) => r.zone);
    for (const run of runs) {
      const pad = run.zone ? ZONE.pad : 0;
      const title = zoned ? ZONE.title : 0;
      const room = Math.max(1, Math.floor((left + inner - x - 2 * pad + NODE.gapX) / (NODE.width + NODE.gapX)));
      const full = Math.max(1, Math.floor((inner - 2 * pad + NODE.gapX) / (NODE.width + NODE.gapX)));
      // A zone that does not fit beside the last one starts a new row; a very large one fills rows of its own.
      let columns = Math.min(run.nodes.length, full);
      if (x > left && columns > room) {
        x = left;
        top += rowHeight + ZONE.gap;
        rowHeight = 0;
      }
      columns = Math.min(columns, full);
      const rows = Math.ceil(run.nodes.length / columns);
      const width = columns * (NODE.width + NODE.gapX) - NODE.gapX + 2 * pad;
      const height = rows * (NODE.height + NODE.gapY) - NODE.gapY + (run.zone ? 2 * pad : 0) + title;
      if (run.zone) zones.push({ lane, name: run.zone, x, y: top, width, height });
      run.nodes.forEach((node, i) => {
        placed.push({
          ...node,
          x: x + pad + (i % columns) * (NODE.width + NODE.gapX),
          y: top + title + (run.zone ? pad / 2 : 0) + Math.floor(i / columns) * (NODE.height + NODE.gapY),
          width: NODE.width,
          height: NODE.height,
        });
      });
      x += width + ZONE.gap;
      rowHeight = Math.max(rowHeight, height);
    }
    if (safe.length) {
      const sx = LANE.label + 2 * LANE.padX + inner + SAFETY.gap / 2;
      const rows = safe.length;
      const height = rows * (NODE.height + NODE.gapY) - NODE.gapY + 2 * ZONE.pad + ZONE.title;
      zones.push({ lane: "safety", name: "safety", x: sx, y: y + LANE.padY, width: NODE.width + 2 * ZONE.pad, height });
      safe.forEach((node, i) => {
        placed.push({
          ...node,
          x: sx + ZONE.pad,
          y: y + LANE.padY + ZONE.title + ZONE.pad / 2 + i * (NODE.height + NODE.gapY),
          width: NODE.width,
          height: NODE.height,
        });
      });
      if (top === y + LANE.padY) rowHeight = Math.max(rowHeight, height);
      else rowHeight = Math.max(rowHeight, height - (top - y - LANE.padY));
    }
    const height = top + rowHeight + LANE.padY - y;
    lanes.push({ id: lane, x: 0, y, width: laneWidth, height });
    y += height + LANE.gap;
  }

  const at = new Map(placed.map((n) => [n.id, n]));
  return { width: laneWidth, height: Math.max(0, y - LANE.gap), lanes, zones, nodes: placed, edges: route(edges, at) };
}

function runsByZone(nodes: MapNode[]): { zone: string | null; nodes: MapNode[] }[] {
  const runs: { zone: string | null; nodes: MapNode[] }[] = [];
  for (const node of nodes) {
    const last = runs.at(-1);
    if (last && last.zone === (node.zone ?? null)) last.nodes.push(node);
    else runs.push({ zone: node.zone ?? null, nodes: [node] });
  }
  return runs;
}

type Side = "top" | "bottom";

interface Row {
  top: number;
  bottom: number;
  /** Stretches that nodes cover, from left to right. */
  taken: [number, number][];
}

interface Ends {
  source: number;
  target: number;
}

/** Places beside the middle of a gap, in the order in which lines take them. */
const SLOTS = [0, 3, -3, 6, -6, 9, -9];

/** Nodes side by side, from top to bottom. */
function rowsOf(nodes: PlacedNode[]): Row[] {
  const rows: Row[] = [];
  for (const node of [...nodes].sort((a, b) => a.y - b.y || a.x - b.x)) {
    const last = rows.at(-1);
    if (last && node.y < last.bottom) {
      last.bottom = Math.max(last.bottom, node.y + node.height);
      last.taken.push([node.x, node.x + node.width]);
    } else rows.push({ top: node.y, bottom: node.y + node.height, taken: [[node.x, node.x + node.width]] });
  }
  for (const row of rows) row.taken.sort((a, b) => a[0] - b[0]);
  return rows;
}

/** The middle of the gap nearest to `x` through which a line passes a row. */
function passage(row: Row, x: number): { x: number; free: boolean } {
  const margin = 6;
  const hit = row.taken.findIndex(([from, to]) => x > from - margin && x < to + margin);
  if (hit < 0) return { x, free: true };
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= row.taken.length; i++) {
    const left = row.taken[i - 1]?.[1];
    const right = row.taken[i]?.[0];
    if (left !== undefined && right !== undefined && right - left < 12) continue;
    const middle =
      left === undefined
        ? (right ?? 0) - NODE.gapX / 2
        : right === undefined
          ? left + NODE.gapX / 2
          : right - left > 60
            ? x < left
              ? left + 14
              : x > right
                ? right - 14
                : x
            : (left + right) / 2;
    if (Math.abs(middle - x) < Math.abs(best - x)) best = middle;
  }
  return { x: best, free: false };
}

/**
 * Lines leave a node below or above, spread in the order of what they lead to, and pass the rows between through the gaps,
 * so that no line runs behind an asset that it has nothing to do with.
 */
function route(edges: MapEdge[], at: Map<string, PlacedNode>): PlacedEdge[] {
  const drawn = edges.flatMap((edge) => {
    const a = at.get(edge.source);
    const b = at.get(edge.target);
    return a && b && a !== b ? [{ edge, a, b, sides: sidesOf(a, b) }] : [];
  });
  type Drawn = (typeof drawn)[number];
  // Safety systems stand aside: lines do not pass between them.
  const rows = rowsOf([...at.values()].filter((n) => n.lane !== SAFETY_LANE));
  const most = Math.max(1, ...drawn.map((d) => d.edge.packets));

  const ports = new Map<string, { line: Drawn; end: "source" | "target"; other: number }[]>();
  for (const line of drawn)
    for (const end of ["source", "target"] as const) {
      const [node, other] = end === "source" ? [line.a, line.b] : [line.b, line.a];
      const key = `${node.id}|${line.sides[end]}`;
      const list = ports.get(key) ?? [];
      list.push({ line, end, other: other.x + other.width / 2 });
      ports.set(key, list);
    }
  const ends = new Map<Drawn, Ends>();
  for (const [key, list] of ports) {
    const node = at.get(key.slice(0, key.lastIndexOf("|"))) as PlacedNode;
    list.sort((p, q) => p.other - q.other);
    const step = Math.min(14, (node.width - 24) / Math.max(1, list.length));
    const start = node.x + node.width / 2 - ((list.length - 1) * step) / 2;
    list.forEach((port, i) => {
      const known = ends.get(port.line) ?? { source: 0, target: 0 };
      known[port.end] = start + i * step;
      ends.set(port.line, known);
    });
  }

  // Lines that share a gap stand side by side in it, in the same order all the way down.
  const shared = new Map<number, Map<Drawn, number>>();
  return drawn.map((line) => {
    const { source, target } = ends.get(line) as Ends;
    const { edge, a, b, sides } = line;
    const y1 = sides.source === "top" ? a.y : a.y + a.height;
    const y2 = sides.target === "top" ? b.y : b.y + b.height;
    const share = Math.log10(edge.packets + 1) / Math.log10(most + 1);
    const weight: 0 | 1 | 2 = share > 0.8 ? 2 : share > 0.5 ? 1 : 0;
    if (sides.arc) {
      const lift = Math.min(22, 12 + Math.abs(source - target) / 40);
      return {
        ...edge,
        weight,
        path: `M${r(source)} ${r(y1)}C${r(source)} ${r(y1 - lift)} ${r(target)} ${r(y2 - lift)} ${r(target)} ${r(y2)}`,
      };
    }
    const down = y2 > y1;
    const between = rows.filter((row) =>
      down ? row.top >= y1 && row.bottom <= y2 : row.top >= y2 && row.bottom <= y1,
    );
    if (!down) between.reverse();
    let path = `M${r(source)} ${r(y1)}`;
    let x = source;
    let y = y1;
    const to = (nx: number, ny: number): void => {
      const bend = Math.min(90, Math.max(10, Math.abs(ny - y) * 0.5)) * (down ? 1 : -1);
      path += `C${r(x)} ${r(y + bend)} ${r(nx)} ${r(ny - bend)} ${r(nx)} ${r(ny)}`;
      x = nx;
      y = ny;
    };
    for (const row of between) {
      const wanted = x + ((target - x) * (row.top - y)) / (y2 - y || 1);
      const pass = passage(row, wanted);
      let nx = pass.x;
      if (!pass.free) {
        const gap = Math.round(nx);
        const known = shared.get(gap) ?? new Map<Drawn, number>();
        const slot = known.get(line) ?? known.size;
        known.set(line, slot);
        shared.set(gap, known);
        nx += SLOTS[slot % SLOTS.length] ?? 0;
      }
      to(nx, down ? row.top - 4 : row.bottom + 4);
      y = down ? row.bottom + 4 : row.top - 4;
      path += `L${r(x)} ${r(y)}`;
    }
    to(target, y2);
    return { ...edge, weight, path };
  });
}

function sidesOf(a: PlacedNode, b: PlacedNode): { source: Side; target: Side; arc: boolean } {
  if (a.y < b.y + b.height && b.y < a.y + a.height) return { source: "top", target: "top", arc: true };
  return a.y < b.y ? { source: "bottom", target: "top", arc: false } : { source: "top", target: "bottom", arc: false };
}

function r(n: number): number {
  return Math.round(n * 10) / 10;
}
