import { rolePath } from "../ui/icons";
import { middle, visible } from "./inert";
import { isHousekeeping, type MapPicture, type PlacedEdge, type PlacedNode } from "./map";
import { SEVERITY_SHAPE } from "./severity";

/** The map as a file: drawn from the same picture as on screen, with the colours of the theme in use. */
export interface Colours {
  page: string;
  lane: string;
  node: string;
  line: string;
  text: string;
  muted: string;
  edge: string;
  change: string;
  critical: string;
  high: string;
}

/** Resolves the theme's variables to plain colours. */
export function colours(): Colours {
  const probe = document.createElement("span");
  document.body.append(probe);
  const of = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const out = {
    page: of("--page"),
    lane: of("--lane"),
    node: of("--surface"),
    line: of("--line-strong"),
    text: of("--text"),
    muted: of("--muted"),
    edge: of("--edge"),
    change: of("--edge-change"),
    critical: of("--critical"),
    high: of("--high"),
  };
  probe.remove();
  return out;
}

export interface Titles {
  lane: (id: string) => { title: string; sub: string };
  zone: (name: string) => string;
  node: (node: PlacedNode) => { title: string; sub: string };
}

const WIDTHS = [1, 1.7, 2.6] as const;

/** By volume class; what a finding concerns is never thin. */
export function edgeWidth(edge: PlacedEdge): number {
  return Math.max(WIDTHS[edge.weight], edge.violates ? 1.7 : 0);
}

export function edgeColour(edge: PlacedEdge, worst: string | null, c: Colours): string {
  if (worst === "critical" || worst === "high") return c[worst];
  return edge.changes ? c.change : c.edge;
}

const xml = (text: string): string =>
  visible(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const FONT = "'IBM Plex Sans', 'Segoe UI', sans-serif";
const MARGIN = 16;

/** End of a path and its direction, for the arrowhead. Paths end in a curve whose last two points give it. */
export function arrow(path: string): string {
  const numbers = (path.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
  const [cy, x, y] = [numbers.at(-3) ?? 0, numbers.at(-2) ?? 0, numbers.at(-1) ?? 0];
  const up = y < cy ? -1 : 1;
  return `M${x} ${y}l-4 ${-8 * up}h8z`;
}

export function toSvg(
  picture: MapPicture,
  titles: Titles,
  worst: (edge: PlacedEdge) => string | null,
  c: Colours,
): string {
  const out: string[] = [];
  const width = picture.width + 2 * MARGIN;
  const height = picture.height + 2 * MARGIN;
  out.push(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}" font-family="${FONT}">`,
  );
  out.push(`<rect x="${-MARGIN}" y="${-MARGIN}" width="${width}" height="${height}" fill="${c.page}"/>`);
  for (const lane of picture.lanes) {
    const { title, sub } = titles.lane(lane.id);
    out.push(
      `<rect x="${lane.x}" y="${lane.y}" width="${lane.width}" height="${lane.height}" rx="4" fill="${c.lane}"/>`,
    );
    out.push(
      `<text x="${lane.x + 14}" y="${lane.y + 24}" font-size="13" font-weight="600" fill="${c.text}">${xml(title)}</text><text x="${lane.x + 14}" y="${lane.y + 42}" font-size="12" fill="${c.muted}">${xml(sub)}</text>`,
    );
  }
  for (const zone of picture.zones)
    out.push(
      `<rect x="${zone.x}" y="${zone.y}" width="${zone.width}" height="${zone.height}" rx="4" fill="none" stroke="${c.line}" stroke-dasharray="2 3"/><text x="${zone.x + 8}" y="${zone.y + 14}" font-size="11" fill="${c.muted}">${xml(titles.zone(zone.name))}</text>`,
    );
  for (const edge of picture.edges) {
    if (isHousekeeping(edge)) continue;
    const colour = edgeColour(edge, worst(edge), c);
    out.push(`<path d="${edge.path}" fill="none" stroke="${colour}" stroke-width="${edgeWidth(edge)}"/>`);
    if (edge.changes) out.push(`<path d="${arrow(edge.path)}" fill="${colour}"/>`);
  }
  for (const node of picture.nodes) {
    const { title, sub } = titles.node(node);
    out.push(
      `<rect x="${node.x}" y="${node.y}" width="${node.width}" height="${node.height}" rx="3" fill="${c.node}" stroke="${c.line}"/>`,
    );
    out.push(
      `<path transform="translate(${node.x + 9} ${node.y + 12})" d="${rolePath(node.role)}" fill="none" stroke="${c.text}" stroke-width="1.2"/>`,
    );
    out.push(
      `<text x="${node.x + 33}" y="${node.y + 17}" font-size="12.5" fill="${c.text}">${xml(middle(title, node.worst === "critical" || node.worst === "high" ? 14 : 16))}</text><text x="${node.x + 33}" y="${node.y + 32}" font-size="11" fill="${c.muted}">${xml(middle(sub, 15))}</text>`,
    );
    if (node.worst === "critical" || node.worst === "high")
      out.push(
        `<text x="${node.x + node.width - 6}" y="${node.y + 14}" font-size="11" text-anchor="end" fill="${c[node.worst]}">${SEVERITY_SHAPE[node.worst]}</text>`,
      );
  }
  out.push("</svg>");
  return out.join("\n");
}

/** Drawn straight onto a canvas: a picture made from an SVG would need an exception in the content security policy. */
export function toCanvas(
  picture: MapPicture,
  titles: Titles,
  worst: (edge: PlacedEdge) => string | null,
  c: Colours,
): HTMLCanvasElement {
  // Browsers cap the area of a canvas; a very large map is drawn smaller rather than not at all.
  const scale = Math.min(2, Math.sqrt(60_000_000 / ((picture.width + 2 * MARGIN) * (picture.height + 2 * MARGIN))));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round((picture.width + 2 * MARGIN) * scale);
  canvas.height = Math.round((picture.height + 2 * MARGIN) * scale);
  const g = canvas.getContext("2d");
  if (!g) return canvas;
  g.scale(scale, scale);
  g.fillStyle = c.page;
  g.fillRect(0, 0, canvas.width, canvas.height);
  g.translate(MARGIN, MARGIN);
  const write = (text: string, x: number, y: number, size: number, colour: string, bold = false): void => {
    g.font = `${bold ? 600 : 400} ${size}px ${FONT}`;
    g.fillStyle = colour;
    g.fillText(visible(text), x, y);
  };
  const box = (
    b: { x: number; y: number; width: number; height: number },
    fill: string | null,
    stroke: string | null,
  ): void => {
    g.beginPath();
    g.roundRect(b.x, b.y, b.width, b.height, 4);
    if (fill) {
      g.fillStyle = fill;
      g.fill();
    }
    if (stroke) {
      g.strokeStyle = stroke;
      g.lineWidth = 1;
      g.stroke();
    }
  };
  for (const lane of picture.lanes) {
    const { title, sub } = titles.lane(lane.id);
    box(lane, c.lane, null);
    write(title, lane.x + 14, lane.y + 24, 13, c.text, true);
    write(sub, lane.x + 14, lane.y + 42, 12, c.muted);
  }
  g.setLineDash([2, 3]);
  for (const zone of picture.zones) {
    box(zone, null, c.line);
    write(titles.zone(zone.name), zone.x + 8, zone.y + 14, 11, c.muted);
  }
  g.setLineDash([]);
  for (const edge of picture.edges) {
    if (isHousekeeping(edge)) continue;
    const colour = edgeColour(edge, worst(edge), c);
    g.strokeStyle = colour;
    g.lineWidth = edgeWidth(edge);
    g.stroke(new Path2D(edge.path));
    if (edge.changes) {
      g.fillStyle = colour;
      g.fill(new Path2D(arrow(edge.path)));
    }
  }
  for (const node of picture.nodes) {
    const { title, sub } = titles.node(node);
    box(node, c.node, c.line);
    g.save();
    g.translate(node.x + 9, node.y + 12);
    g.strokeStyle = c.text;
    g.lineWidth = 1.2;
    g.stroke(new Path2D(rolePath(node.role)));
    g.restore();
    write(
      middle(title, node.worst === "critical" || node.worst === "high" ? 14 : 16),
      node.x + 33,
      node.y + 17,
      12.5,
      c.text,
    );
    write(middle(sub, 15), node.x + 33, node.y + 32, 11, c.muted);
    if (node.worst === "critical" || node.worst === "high")
      write(SEVERITY_SHAPE[node.worst], node.x + node.width - 15, node.y + 14, 11, c[node.worst]);
  }
  return canvas;
}

/** For graph tools: what is drawn, with its words as attributes. */
export function toGraphml(picture: MapPicture): string {
  const keys: [string, "node" | "edge", string][] = [
    ["name", "node", "string"],
    ["role", "node", "string"],
    ["lane", "node", "string"],
    ["address", "node", "string"],
    ["protocols", "edge", "string"],
    ["classes", "edge", "string"],
    ["packets", "edge", "long"],
    ["violates", "edge", "boolean"],
  ];
  const data = (values: Record<string, string>): string =>
    Object.entries(values)
      .map(([key, value]) => `<data key="${key}">${xml(value)}</data>`)
      .join("");
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ...keys.map(([id, of, type]) => `<key id="${id}" for="${of}" attr.name="${id}" attr.type="${type}"/>`),
    '<graph edgedefault="directed">',
    ...picture.nodes.map(
      (n) =>
        `<node id="${xml(n.id)}">${data({ name: n.name, role: n.role, lane: n.lane, address: n.address ?? "" })}</node>`,
    ),
    ...picture.edges.map(
      (e) =>
        `<edge source="${xml(e.source)}" target="${xml(e.target)}">${data({ protocols: e.protocols.join(" "), classes: e.classes.join(" "), packets: String(e.packets), violates: String(e.violates) })}</edge>`,
    ),
    "</graph>",
    "</graphml>",
    "",
  ].join("\n");
}
