import { type PointerEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import { useFindings, useMap } from "../api/queries";
import type { PlantMap } from "../api/types";
import { middle, shortName, visible } from "../lib/inert";
import {
  GROUP_ABOVE,
  groupByRole,
  isHousekeeping,
  layout,
  type MapNode,
  type PlacedEdge,
  type PlacedNode,
} from "../lib/map";
import { arrow, colours, type Titles, toCanvas, toGraphml, toSvg } from "../lib/map-export";
import { paths } from "../lib/paths";
import { SEVERITY_SHAPE, severityRank } from "../lib/severity";
import { list, toggled, useParams } from "../lib/url";
import { text } from "../text";
import { AssetLink, roleWord } from "../ui/asset";
import { AssetDrawer } from "../ui/asset-drawer";
import { Drawer, Facts, Section } from "../ui/drawer";
import { EdgeConversations } from "../ui/edge";
import { Segments } from "../ui/filters";
import { Icon, rolePath } from "../ui/icons";
import { Classes } from "../ui/operation";
import { Popover } from "../ui/popover";
import { SeverityMark } from "../ui/severity";
import { Empty, Ready } from "../ui/state";
import { save } from "../ui/table";
import { Time } from "../ui/time";
import { Name, WireText } from "../ui/wire";

const t = text.map;
/** Above this many lines, all of them at once would say nothing. */
const CROWDED = 150;

const DEFAULTS = { selected: "", group: "auto", open: "", lines: "all" };

export default function MapPage() {
  const map = useMap();
  return (
    <Ready query={map}>
      {(data) => (data.nodes.length ? <Plant map={data} /> : <Empty title={t.empty}>{t.emptyText}</Empty>)}
    </Ready>
  );
}

function title(node: MapNode): string {
  return node.id.startsWith("group:") ? t.group(node.members.length, roleWord(node.role)) : shortName(node.name);
}

function subtitle(node: MapNode): string {
  if (node.id.startsWith("group:")) return "";
  return node.address && node.address !== node.name
    ? node.address
    : (node.product ?? node.vendor ?? roleWord(node.role));
}

const TITLES: Titles = {
  lane: (id) => ({
    title: text.levelPrefix(id === "unknown" ? "?" : id),
    sub: id === "unknown" ? text.common.unknown : (text.level[id] ?? ""),
  }),
  zone: (name) => (name === "safety" ? t.safety : middle(name, 40)),
  node: (node) => ({ title: title(node), sub: subtitle(node) }),
};

/** Worst severity of the findings behind each edge. */
function useWorst(map: PlantMap): (edge: PlacedEdge) => string | null {
  const findings = useFindings(map.edges.some((e) => e.violates));
  const severities = useMemo(() => new Map(findings.data?.items.map((f) => [f.id, f.severity])), [findings.data]);
  return (edge) => {
    const all = edge.findings
      .flatMap((id) => severities.get(id) ?? [])
      .sort((a, b) => severityRank(a) - severityRank(b));
    return all[0] ?? (edge.violates ? "high" : null);
  };
}

function Plant({ map }: { map: PlantMap }) {
  const [p, set] = useParams(DEFAULTS);
  const box = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState({ width: 1100, height: 700 });
  const [zoom, setZoom] = useState(1);
  const [hover, setHover] = useState<{ id: string; x: number; y: number } | null>(null);
  const drag = useRef<{ x: number; y: number; left: number; top: number; moved: boolean } | null>(null);
  const worst = useWorst(map);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setRoom({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const grouped = p.group === "role" || (p.group === "auto" && map.nodes.length > GROUP_ABOVE);
  // The layout follows the plant and the room in steps, so that a drawer or a scroll bar does not shift it.
  const columns = Math.max(900, Math.floor((window.innerWidth - 196 - 40) / 20) * 20);
  const picture = useMemo(() => {
    const nodes: MapNode[] = map.nodes.map((n) => ({ ...n, members: [n.id] }));
    const edges = map.edges.filter(
      (e) => p.lines === "all" || (p.lines === "changes" ? e.changes || e.violates : e.violates),
    );
    const shown = grouped ? groupByRole(nodes, edges, new Set(list(p.open))) : { nodes, edges };
    return layout(shown.nodes, shown.edges, columns);
  }, [map, grouped, p.open, p.lines, columns]);

  // A plant that nearly fits is shown whole at first; a larger one at full size, to be scrolled.
  const fitted = useRef(false);
  useLayoutEffect(() => {
    if (fitted.current || !box.current) return;
    fitted.current = true;
    const whole = fitting({ width: box.current.clientWidth, height: box.current.clientHeight }, picture);
    if (whole >= 0.84) setZoom(Math.min(1.15, whole));
  }, [picture]);

  const focus = hover?.id ?? p.selected;
  const related = useMemo(() => relatedTo(focus, picture.edges), [focus, picture.edges]);
  const dimmed = related.size > 0;
  const node = picture.nodes.find((n) => n.id === p.selected);
  const edge = picture.edges.find((e) => e.id === p.selected);
  const hovered = hover
    ? (picture.edges.find((e) => e.id === hover.id) ?? picture.nodes.find((n) => n.id === hover.id))
    : undefined;
  const names = useMemo(() => new Map(picture.nodes.map((n) => [n.id, title(n)])), [picture.nodes]);
  const ordered = useMemo(
    () =>
      [...picture.edges].sort((a, b) => order(a) - order(b) || Number(related.has(a.id)) - Number(related.has(b.id))),
    [picture.edges, related],
  );

  const housekeeping = picture.edges.filter(isHousekeeping).length;
  const crowded = picture.edges.length - housekeeping > CROWDED;
  const drawn = ordered.filter((e) => related.has(e.id) || (crowded ? e.violates : !isHousekeeping(e)));
  const select = (id: string): void => set({ selected: id === p.selected ? "" : id });
  const scale = zoom;
  const fit = (): void => setZoom(fitting(room, picture));

  const pan = {
    onPointerDown: (event: PointerEvent) => {
      const element = box.current;
      if (!element || event.button !== 0) return;
      drag.current = {
        x: event.clientX,
        y: event.clientY,
        left: element.scrollLeft,
        top: element.scrollTop,
        moved: false,
      };
    },
    onPointerMove: (event: PointerEvent) => {
      const element = box.current;
      const d = drag.current;
      if (!element || !d) return;
      if (Math.abs(event.clientX - d.x) + Math.abs(event.clientY - d.y) > 4) d.moved = true;
      if (!d.moved) return;
      element.scrollLeft = d.left - (event.clientX - d.x);
      element.scrollTop = d.top - (event.clientY - d.y);
    },
    onPointerUp: () => {
      // The click that ends a drag must still see it.
      setTimeout(() => {
        drag.current = null;
      });
    },
    onPointerLeave: () => {
      drag.current = null;
      setHover(null);
    },
  };
  const clicked = (id: string): void => {
    if (!drag.current?.moved) select(id);
  };
  const over = (id: string) => (event: PointerEvent) => {
    if (!drag.current?.moved) setHover({ id, x: event.clientX, y: event.clientY });
  };

  return (
    <div className="page map-page">
      <div className="table-head">
        <h1>
          {text.map.title} <span className="total">{text.counts.assets(map.nodes.length)}</span>
        </h1>
        <div className="filters">
          <Segments
            label={t.only}
            value={p.lines}
            choices={[
              ["all", t.allEdges],
              ["changes", t.changeEdges],
              ["violations", t.violationEdges],
            ]}
            onChange={(lines) => set({ lines })}
          />
          <Segments
            label={t.grouping}
            value={p.group === "auto" ? (grouped ? "role" : "each") : p.group}
            choices={[
              ["each", t.each],
              ["role", t.byRole],
            ]}
            onChange={(group) => set({ group, open: "" })}
          />
        </div>
        <div className="tools">
          <button
            type="button"
            className="button icon-only"
            aria-label={t.zoomOut}
            title={t.zoomOut}
            onClick={() => setZoom(Math.max(0.2, zoom / 1.25))}
          >
            <Icon name="minus" />
          </button>
          <button
            type="button"
            className="button icon-only"
            aria-label={t.zoomIn}
            title={t.zoomIn}
            onClick={() => setZoom(Math.min(3, zoom * 1.25))}
          >
            <Icon name="plus" />
          </button>
          <button type="button" className="button icon-only" aria-label={t.fit} title={t.fit} onClick={fit}>
            <Icon name="fit" />
          </button>
          <Popover label={text.map.save} icon="export">
            <div className="menu">
              <button
                type="button"
                className="button quiet"
                onClick={() =>
                  save("map.svg", new Blob([toSvg(picture, TITLES, worst, colours())], { type: "image/svg+xml" }))
                }
              >
                {t.svg}
              </button>
              <button
                type="button"
                className="button quiet"
                onClick={() =>
                  toCanvas(picture, TITLES, worst, colours()).toBlob(
                    (blob) => blob && save("map.png", blob),
                    "image/png",
                  )
                }
              >
                {t.png}
              </button>
              <button
                type="button"
                className="button quiet"
                onClick={() => save("map.graphml", new Blob([toGraphml(picture)], { type: "application/xml" }))}
              >
                {t.graphml}
              </button>
            </div>
          </Popover>
        </div>
      </div>
      <div className="with-drawer">
        <div className="map-box" ref={box} {...pan}>
          {/* biome-ignore lint/a11y/useSemanticElements: a picture made of buttons; there is no element for that in SVG */}
          <svg
            className={dimmed ? "map focussed" : "map"}
            role="group"
            aria-label={t.picture}
            width={picture.width * scale}
            height={picture.height * scale}
            viewBox={`0 0 ${picture.width} ${picture.height}`}
          >
            {picture.lanes.map((lane) => {
              const words = TITLES.lane(lane.id);
              return (
                <g key={lane.id} className={lane.id === "3.5" ? "lane dmz" : "lane"}>
                  <rect x={lane.x} y={lane.y} width={lane.width} height={lane.height} rx="4" />
                  <text x={lane.x + 14} y={lane.y + 24} className="lane-title">
                    {words.title}
                  </text>
                  <text x={lane.x + 14} y={lane.y + 42} className="lane-sub">
                    {words.sub}
                  </text>
                </g>
              );
            })}
            {picture.zones.map((zone) => (
              <g
                key={`${zone.lane}/${zone.name}/${zone.x}/${zone.y}`}
                className={zone.lane === "safety" ? "zone safety" : "zone"}
              >
                <rect x={zone.x} y={zone.y} width={zone.width} height={zone.height} rx="4" />
                <text x={zone.x + 10} y={zone.y + 15}>
                  {visible(TITLES.zone(zone.name))}
                </text>
              </g>
            ))}
            {drawn.map((e) => (
              <EdgeLine
                key={e.id}
                edge={e}
                worst={worst(e)}
                on={related.has(e.id)}
                selected={e.id === p.selected}
                onOver={over(e.id)}
                onClick={() => clicked(e.id)}
              />
            ))}
            {picture.nodes.map((n) => (
              <NodeBox
                key={n.id}
                node={n}
                on={!dimmed || related.has(n.id)}
                selected={n.id === p.selected}
                onOver={over(n.id)}
                onOut={() => setHover(null)}
                onClick={() => clicked(n.id)}
              />
            ))}
          </svg>
          {hover && hovered ? <Tip x={hover.x} y={hover.y} thing={hovered} names={names} /> : null}
        </div>
        {edge ? (
          <EdgeDrawer edge={edge} names={names} onClose={() => set({ selected: "" })} />
        ) : node?.id.startsWith("group:") ? (
          <GroupDrawer
            node={node}
            map={map}
            onOpen={() => set({ open: toggled(p.open, node.id.slice(6)), selected: "" })}
            onClose={() => set({ selected: "" })}
          />
        ) : p.selected && map.nodes.some((n) => n.id === p.selected) ? (
          <AssetDrawer id={p.selected} onClose={() => set({ selected: "" })} />
        ) : null}
      </div>
      <Legend undrawn={map.undrawn} housekeeping={housekeeping} crowded={crowded ? picture.edges.length : 0} />
    </div>
  );
}

function fitting(room: { width: number; height: number }, picture: { width: number; height: number }): number {
  return Math.min(1.5, Math.max(0.2, Math.min((room.width - 24) / picture.width, (room.height - 24) / picture.height)));
}

function order(e: PlacedEdge): number {
  return e.violates ? 2 : e.changes ? 1 : 0;
}

/** The focussed thing, what it touches and the lines between. */
function relatedTo(id: string, edges: PlacedEdge[]): Set<string> {
  const out = new Set<string>();
  for (const e of edges)
    if (e.id === id || e.source === id || e.target === id) for (const x of [e.id, e.source, e.target]) out.add(x);
  if (out.size) out.add(id);
  return out;
}

function EdgeLine({
  edge,
  worst,
  on,
  selected,
  onOver,
  onClick,
}: {
  edge: PlacedEdge;
  worst: string | null;
  on: boolean;
  selected: boolean;
  onOver: (e: PointerEvent) => void;
  onClick: () => void;
}) {
  const look = `${edge.violates ? `violates violates-${worst}` : ""} ${edge.changes ? "changes" : "reads"}`;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: see above
    <g
      className={`edge ${look} weight-${edge.weight}${on ? " on" : ""}${selected ? " selected" : ""}`}
      onPointerMove={onOver}
      onClick={onClick}
    >
      <path className="hit" d={edge.path} />
      <path className="line" d={edge.path} />
      {edge.changes ? <path className="head" d={arrow(edge.path)} /> : null}
    </g>
  );
}

function NodeBox({
  node,
  on,
  selected,
  onOver,
  onOut,
  onClick,
}: {
  node: PlacedNode;
  on: boolean;
  selected: boolean;
  onOver: (e: PointerEvent) => void;
  onOut: () => void;
  onClick: () => void;
}) {
  const group = node.id.startsWith("group:");
  const name = visible(title(node));
  const urgent = node.worst === "critical" || node.worst === "high" ? node.worst : null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: there is no button in SVG
    <g
      className={`node${group ? " group" : ""}${on ? " on" : ""}${selected ? " selected" : ""}`}
      role="button"
      tabIndex={0}
      aria-pressed={selected}
      aria-label={`${name}, ${roleWord(node.role)}${urgent ? `, ${text.severity[urgent]}` : ""}`}
      transform={`translate(${node.x} ${node.y})`}
      onPointerMove={onOver}
      onPointerOut={onOut}
      onClick={onClick}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        onClick();
      }}
    >
      {group ? <rect x="4" y="4" width={node.width} height={node.height} rx="3" className="behind" /> : null}
      <rect width={node.width} height={node.height} rx="3" />
      <path className="node-icon" transform="translate(9 12)" d={rolePath(node.role)} />
      <text x="33" y={group ? 25 : 17} className="node-title">
        {middle(name, group ? 19 : urgent ? 14 : 16)}
      </text>
      <text x="33" y="32" className={subtitle(node) === node.address ? "node-sub mono" : "node-sub"}>
        {middle(visible(subtitle(node)), 15)}
      </text>
      {urgent ? (
        <text x={node.width - 6} y="15" className={`node-mark severity-${urgent}`}>
          {SEVERITY_SHAPE[urgent]}
        </text>
      ) : null}
    </g>
  );
}

/** Who, what, how often, since when. */
function Tip({
  x,
  y,
  thing,
  names,
}: {
  x: number;
  y: number;
  thing: PlacedEdge | PlacedNode;
  names: Map<string, string>;
}) {
  const right = x > window.innerWidth - 380;
  return (
    <div
      className="tip"
      style={{
        left: right ? undefined : x + 14,
        right: right ? window.innerWidth - x + 14 : undefined,
        top: Math.min(y + 14, window.innerHeight - 140),
      }}
    >
      {"path" in thing ? (
        <>
          <strong>
            <Name value={names.get(thing.source) ?? thing.source} /> →{" "}
            <Name value={names.get(thing.target) ?? thing.target} />
          </strong>
          <span>
            <WireText value={thing.protocols.join(" ")} max={48} />
          </span>
          <Classes classes={thing.classes} most={5} />
          <span className="muted">
            {text.counts.packets(thing.packets)} · {text.counts.conversations(thing.conversations)}
          </span>
          <span className="muted">
            <Time value={thing.first_seen} />
          </span>
        </>
      ) : (
        <>
          <strong>
            <Name value={thing.members.length === 1 ? thing.name : title(thing)} />
          </strong>
          <span>{roleWord(thing.role)}</span>
          {[thing.address, [thing.vendor, thing.product].filter(Boolean).join(" · ")].map((line) =>
            line ? (
              <span key={line} className="muted">
                <WireText value={line} />
              </span>
            ) : null,
          )}
          {thing.worst ? <SeverityMark severity={thing.worst} /> : null}
        </>
      )}
    </div>
  );
}

function EdgeDrawer({ edge, names, onClose }: { edge: PlacedEdge; names: Map<string, string>; onClose: () => void }) {
  const single = !edge.source.startsWith("group:") && !edge.target.startsWith("group:");
  const findings = useFindings(edge.violates);
  const about = findings.data?.items.filter((f) => edge.findings.includes(f.id)) ?? [];
  const end = (id: string) =>
    id.startsWith("group:") ? names.get(id) : <AssetLink id={id} name={names.get(id) ?? id} />;
  return (
    <Drawer
      title={
        <>
          <Name value={names.get(edge.source) ?? ""} /> → <Name value={names.get(edge.target) ?? ""} />
        </>
      }
      onClose={onClose}
    >
      <Facts
        items={[
          [text.conversations.client, end(edge.source)],
          [text.conversations.server, end(edge.target)],
          [text.common.protocol, <WireText key="p" value={edge.protocols.join(" ")} max={60} />],
          [text.conversations.class, <Classes key="c" classes={edge.classes} most={9} />],
          [text.conversations.frames, text.counts.packets(edge.packets)],
          [text.common.first, <Time key="f" value={edge.first_seen} />],
          [text.common.last, <Time key="l" value={edge.last_seen} />],
        ]}
      />
      {about.length ? (
        <Section title={text.findings.title}>
          <ul className="lines">
            {about.map((f) => (
              <li key={f.id}>
                <SeverityMark severity={f.severity} short /> <Link href={paths.finding(f.id)}>{f.title}</Link>
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      {single ? <EdgeConversations client={edge.source} server={edge.target} /> : null}
    </Drawer>
  );
}

function GroupDrawer({
  node,
  map,
  onOpen,
  onClose,
}: {
  node: PlacedNode;
  map: PlantMap;
  onOpen: () => void;
  onClose: () => void;
}) {
  const byId = useMemo(() => new Map(map.nodes.map((n) => [n.id, n])), [map]);
  const shown = node.members.slice(0, 60);
  return (
    <Drawer title={title(node)} onClose={onClose}>
      <p>
        <button type="button" className="button" onClick={onOpen}>
          {t.ungroup}
        </button>{" "}
        <Link
          className="button"
          href={paths.assets({ role: node.role, level: node.lane === "safety" ? undefined : node.lane })}
        >
          {t.show}
        </Link>
      </p>
      <ul className="lines">
        {shown.map((id) => (
          <li key={id}>
            <AssetLink id={id} name={byId.get(id)?.name ?? id} />{" "}
            <span className="muted">
              <WireText value={byId.get(id)?.address ?? ""} />
            </span>
          </li>
        ))}
        {node.members.length > shown.length ? (
          <li className="muted">{text.common.more(node.members.length - shown.length)}</li>
        ) : null}
      </ul>
    </Drawer>
  );
}

function Legend({ undrawn, housekeeping, crowded }: { undrawn: number; housekeeping: number; crowded: number }) {
  const line = (look: string, head: boolean) => (
    <svg viewBox="0 0 34 10" aria-hidden="true" className="map legend-line">
      <g className={`edge ${look} weight-1`}>
        <path className="line" d="M1 5H33" />
        {head ? <path className="head" d="M33 5l-8 -4v8z" /> : null}
      </g>
    </svg>
  );
  return (
    <p className="legend">
      <span>
        {line("reads", false)} {t.legendRead}
      </span>
      <span>
        {line("changes", true)} {t.legendWrite}
      </span>
      <span>
        {line("violates violates-high", true)} {t.legendViolation}
      </span>
      <span className="muted">{t.legendWidth}</span>
      {crowded ? (
        <span>{t.crowded(crowded)}</span>
      ) : housekeeping ? (
        <span className="muted">{t.housekeeping(housekeeping)}</span>
      ) : null}
      {undrawn ? <span className="muted">{t.undrawn(undrawn)}</span> : null}
    </p>
  );
}
