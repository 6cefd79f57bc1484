import { describe, expect, it } from "vitest";
import { buildPlant } from "../mock/plant";
import { views } from "../mock/views";
import { GROUP_ABOVE, groupByRole, layout, type MapNode } from "../src/lib/map";
import { arrow } from "../src/lib/map-export";

const plant = (cells: number) => {
  const { map } = views(buildPlant(cells), 1);
  return { nodes: map.nodes.map((n): MapNode => ({ ...n, members: [n.id] })), edges: map.edges };
};

describe("the map", () => {
  const { nodes, edges } = plant(0);
  const picture = layout(nodes, edges, 1200);

  it("places every asset once, inside its lane, without overlap", () => {
    expect(picture.nodes.map((n) => n.id).sort()).toEqual(nodes.map((n) => n.id).sort());
    for (const a of picture.nodes) {
      const lane = picture.lanes.find((l) => l.id === (a.lane === "safety" ? "1" : a.lane));
      expect(lane && a.y >= lane.y && a.y + a.height <= lane.y + lane.height, a.name).toBe(true);
      expect(a.x + a.width <= picture.width, a.name).toBe(true);
      for (const b of picture.nodes) {
        const apart =
          a === b || a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart, `${a.name} and ${b.name}`).toBe(true);
      }
    }
  });

  it("puts enterprise on top, process below, safety at the right", () => {
    expect(picture.lanes.map((l) => l.id)).toEqual(["4", "3.5", "3", "2", "1", "0", "unknown"]);
    const safety = picture.nodes.find((n) => n.lane === "safety");
    expect(picture.nodes.filter((n) => n.lane === "1").every((n) => safety && n.x + n.width < safety.x)).toBe(true);
  });

  it("is the same whatever the order of its input", () => {
    expect(layout([...nodes].reverse(), edges, 1200).nodes.sort((a, b) => a.id.localeCompare(b.id))).toEqual(
      layout(nodes, edges, 1200).nodes.sort((a, b) => a.id.localeCompare(b.id)),
    );
  });

  it("draws a line for every pair that talks, with finite numbers", () => {
    expect(picture.edges).toHaveLength(edges.length);
    for (const edge of picture.edges) expect(edge.path).toMatch(/^M-?[\d.]+ -?[\d.]+([CL](-?[\d.]+ ?)+)+$/);
  });

  it("points arrowheads down into what lies below, and up into what lies above", () => {
    expect(arrow("M0 0C0 10 5 40 5 50")).toBe("M5 50l-4 -8h8z");
    expect(arrow("M0 50C0 40 5 10 5 0")).toBe("M5 0l-4 8h8z");
  });
});

describe("a large site", () => {
  const { nodes, edges } = plant(120);

  it("is grouped by lane and role, and no line is lost between groups", () => {
    expect(nodes.length).toBeGreaterThan(GROUP_ABOVE);
    const grouped = groupByRole(nodes, edges);
    expect(grouped.nodes.length).toBeLessThan(30);
    expect(grouped.nodes.flatMap((n) => n.members)).toHaveLength(nodes.length);
    const groupOf = new Map(grouped.nodes.flatMap((g) => g.members.map((m) => [m, g.id])));
    const between = edges.filter((e) => groupOf.get(e.source) !== groupOf.get(e.target));
    expect(grouped.edges.reduce((sum, e) => sum + e.conversations, 0)).toBe(
      between.reduce((sum, e) => sum + e.conversations, 0),
    );
  });

  it("shows the members of an opened group", () => {
    const open = groupByRole(nodes, edges, new Set(["1:plc"]));
    expect(open.nodes.filter((n) => n.role === "plc").every((n) => n.members.length === 1)).toBe(true);
  });

  it("lays out every single asset within a moment", () => {
    const start = performance.now();
    layout(nodes, edges, 1600);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
