import { useState } from "react";
import { Link } from "wouter";
import { useList, useZones } from "../api/queries";
import type { Act, Conduit, FlowRow, VerdictCounts, Zone } from "../api/types";
import { count } from "../lib/format";
import { paths } from "../lib/paths";
import { joined, list, useParams } from "../lib/url";
import { text } from "../text";
import { AssetLink, LevelFigure } from "../ui/asset";
import { CoverageTables } from "../ui/coverage";
import { DecideDialog } from "../ui/decide";
import { DecisionTable } from "../ui/decisions";
import { ClearFilters, Facet, SearchField } from "../ui/filters";
import { FlowDrawer } from "../ui/flow";
import { Classes } from "../ui/operation";
import { ReachTables } from "../ui/reach";
import { Empty, Failure, Loading, Ready } from "../ui/state";
import { type Column, ColumnChooser, DataTable, ExportButton, TableHead } from "../ui/table";
import { Time } from "../ui/time";
import { Status, Verdicts } from "../ui/verdict";
import { Name, Protocol, Wire } from "../ui/wire";
import { asDraft, ZoneDialog } from "../ui/zone";

const t = text.zones;
const DEFAULTS = {
  tab: "zones",
  q: "",
  status: "",
  zone: "",
  from: "",
  to: "",
  sort: "",
  order: "asc",
  selected: "",
};

export default function Zones() {
  const [p, set] = useParams(DEFAULTS);
  const query = useZones();
  const zones = query.data?.zones ?? [];
  const conduits = query.data?.conduits ?? [];
  const tabs: [string, string][] = [
    ["zones", `${t.zones} ${zones.length}`],
    ["conduits", `${t.conduits} ${conduits.length}`],
    ["flows", t.flows],
    ["rules", t.rules],
    ["coverage", t.coverage],
    ["decisions", t.decisions],
  ];
  return (
    <div className="page table-page zones-page">
      <header className="table-head">
        <h1>{t.title}</h1>
      </header>
      <nav className="tabs" aria-label={t.title}>
        {tabs.map(([key, label]) => (
          <button
            key={key}
            type="button"
            aria-current={p.tab === key ? "true" : undefined}
            onClick={() => set({ tab: key, selected: "" })}
          >
            {label}
          </button>
        ))}
      </nav>
      {p.tab === "zones" ? (
        <Ready query={query}>{(data) => <ZoneTable zones={data.zones} conduits={data.conduits} />}</Ready>
      ) : null}
      {p.tab === "conduits" ? (
        <Ready query={query}>{(data) => <ConduitTable zones={data.zones} conduits={data.conduits} />}</Ready>
      ) : null}
      {p.tab === "flows" ? <Flows zones={zones} /> : null}
      {p.tab === "coverage" ? <CoverageTables zones={zones} /> : null}
      {p.tab === "rules" ? <ReachTables /> : null}
      {p.tab === "decisions" ? <DecisionTable /> : null}
    </div>
  );
}

/** Verdicts of all conduits of a zone. */
function around(zone: string, conduits: Conduit[]): VerdictCounts {
  const sum: VerdictCounts = { forbidden: 0, expired: 0, undecided: 0, tolerated: 0, allowed: 0 };
  for (const c of conduits)
    if (c.from === zone || c.to === zone)
      for (const key of Object.keys(sum) as (keyof VerdictCounts)[]) sum[key] += c.verdicts[key];
  return sum;
}

function ZoneTable({ zones, conduits }: { zones: Zone[]; conduits: Conduit[] }) {
  const [editing, setEditing] = useState<Zone | "new" | null>(null);
  const [asking, setAsking] = useState<{ title: string; acts: Act[] } | null>(null);
  const proposed = zones.filter((z) => z.proposed);
  const adopt = (all: Zone[]): void =>
    setAsking({ title: t.ask.adopt(all.length), acts: all.map((zone) => ({ act: "zone", zone: asDraft(zone) })) });
  return (
    <>
      <div className="tools pad">
        <p className="note grow">{t.note}</p>
        {proposed.length ? (
          <button type="button" className="button" onClick={() => adopt(proposed)}>
            {t.adoptAll}
          </button>
        ) : null}
        <button type="button" className="button primary" onClick={() => setEditing("new")}>
          {t.add}
        </button>
      </div>
      {zones.length ? (
        <div className="scroll pad">
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{t.zone}</th>
                <th scope="col">{t.level}</th>
                <th scope="col" title={t.slNote}>
                  {t.sl}
                </th>
                <th scope="col" className="right">
                  {t.assets}
                </th>
                <th scope="col">{t.crossing}</th>
                <th scope="col">
                  <span className="sr-only">{t.edit}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {zones.map((zone) => (
                <tr key={zone.id}>
                  <td>
                    <Link href={paths.zones({ tab: "flows", zone: zone.id })}>
                      <Name value={zone.name} max={48} />
                    </Link>{" "}
                    {zone.proposed ? <span className="kind">{t.proposed}</span> : null}
                    {zone.contested.length ? (
                      <span className="conflict">{t.contested(zone.contested.length)}</span>
                    ) : null}
                    {zone.note ? (
                      <span className="reason">
                        <Wire value={zone.note} max={160} plain />
                      </span>
                    ) : null}
                  </td>
                  <td>
                    {zone.level === null || zone.level === undefined ? (
                      <span className="muted">{text.common.none}</span>
                    ) : (
                      <LevelFigure level={zone.level} word />
                    )}
                  </td>
                  <td className="figure">{zone.sl_t ?? <span className="muted">{text.common.none}</span>}</td>
                  <td className="right figure">
                    <Link href={paths.assets({ zone: zone.id })}>{count(zone.assets.length)}</Link>
                  </td>
                  <td>
                    <Verdicts counts={around(zone.id, conduits)} />
                  </td>
                  <td className="right nowrap">
                    {zone.proposed ? (
                      <button type="button" className="button link" onClick={() => adopt([zone])}>
                        {t.adopt}
                      </button>
                    ) : (
                      <button
                        type="button"
                        className="button link"
                        onClick={() =>
                          setAsking({ title: t.ask.remove(zone.name), acts: [{ act: "remove_zone", zone: zone.id }] })
                        }
                      >
                        {t.remove}
                      </button>
                    )}
                    <button type="button" className="button link" onClick={() => setEditing(zone)}>
                      {t.edit}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <Empty title={t.none}>{t.noneText}</Empty>
      )}
      {editing ? <ZoneDialog zone={editing === "new" ? null : editing} onClose={() => setEditing(null)} /> : null}
      {asking ? <DecideDialog title={asking.title} acts={asking.acts} onClose={() => setAsking(null)} /> : null}
    </>
  );
}

function ConduitTable({ zones, conduits }: { zones: Zone[]; conduits: Conduit[] }) {
  const names = new Map(zones.map((z) => [z.id, z.name]));
  if (!conduits.length) return <Empty title={t.noConduits} />;
  return (
    <div className="scroll pad">
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{t.zone}</th>
            <th scope="col">{t.zone}</th>
            <th scope="col">{t.protocols}</th>
            <th scope="col" className="right">
              {t.flows}
            </th>
            <th scope="col">{t.verdicts}</th>
            <th scope="col">{text.common.last}</th>
          </tr>
        </thead>
        <tbody>
          {conduits.map((c) => {
            const both = joined([c.from, c.to]);
            return (
              <tr key={c.id}>
                <td>
                  <Name value={names.get(c.from) ?? c.from} max={32} />
                </td>
                <td>
                  <Name value={names.get(c.to) ?? c.to} max={32} />
                </td>
                <td>
                  <ul className="lines">
                    {c.protocols.map((x) => (
                      <li key={x.protocol}>
                        <Protocol name={x.protocol} /> <Classes classes={x.operations} most={4} />
                      </li>
                    ))}
                  </ul>
                </td>
                <td className="right figure">
                  <Link href={paths.zones({ tab: "flows", from: both, to: both })}>{count(c.flows)}</Link>
                </td>
                <td>
                  <Verdicts counts={c.verdicts} />
                </td>
                <td>
                  <Time value={c.last_seen} onlyAbsolute />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function columns(names: Map<string, string>): Column<FlowRow>[] {
  const zone = (id: string | null | undefined) => (id ? (names.get(id) ?? id) : "");
  return [
    {
      key: "status",
      label: t.verdict,
      width: 128,
      sort: "status",
      cell: (f) => <Status status={f.status} />,
      text: (f) => f.status,
    },
    {
      key: "client",
      label: t.client,
      width: 160,
      cell: (f) => <AssetLink id={f.client_asset} name={f.client_name} address={f.client} />,
      text: (f) => f.client_name ?? f.client,
    },
    {
      key: "server",
      label: t.server,
      width: 160,
      cell: (f) => <AssetLink id={f.server_asset} name={f.server_name} address={f.server} />,
      text: (f) => f.server_name ?? f.server,
    },
    {
      key: "protocol",
      label: text.common.protocol,
      width: 130,
      sort: "protocol",
      cell: (f) => <Protocol name={f.protocol} />,
      text: (f) => f.protocol,
    },
    {
      key: "operations",
      label: text.conversations.class,
      width: 220,
      cell: (f) => <Classes classes={f.operations} most={2} />,
      text: (f) => f.operations.join(" "),
    },
    {
      key: "from",
      label: t.from,
      width: 170,
      sort: "from",
      cell: (f) => <Name value={zone(f.from)} max={28} />,
      text: (f) => zone(f.from),
    },
    {
      key: "to",
      label: t.to,
      width: 170,
      sort: "to",
      cell: (f) => <Name value={zone(f.to)} max={28} />,
      text: (f) => zone(f.to),
    },
    {
      key: "until",
      label: t.until,
      width: 120,
      sort: "until",
      cell: (f) => (f.until ? f.until.slice(0, 10) : <span className="muted">{text.common.none}</span>),
      text: (f) => f.until ?? "",
    },
    {
      key: "why",
      label: t.why,
      width: 280,
      cell: (f) => <Wire value={f.why} max={80} plain />,
      text: (f) => f.why,
    },
  ];
}

function Flows({ zones }: { zones: Zone[] }) {
  const [p, set] = useParams(DEFAULTS);
  const names = new Map(zones.map((z) => [z.id, z.name]));
  const all = columns(names);
  const query = useList("flows", {
    q: p.q,
    status: list(p.status),
    zone: list(p.zone),
    from: list(p.from),
    to: list(p.to),
    sort: p.sort || undefined,
    order: p.sort ? p.order : undefined,
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total ?? 0;
  const filtered = Boolean(p.q || p.status || p.zone || p.from || p.to);
  const places = zones.map((z) => ({ key: z.id, label: z.name }));
  const selected = rows.find((f) => f.id === p.selected);
  return (
    <>
      <TableHead
        title={t.flows}
        shown={total}
        total={total}
        tools={
          <>
            <ColumnChooser table="flows" all={all} />
            <ExportButton table="flows" all={all} rows={rows} />
          </>
        }
      >
        <SearchField value={p.q} onChange={(q) => set({ q })} placeholder={t.placeholder} />
        <Facet
          label={t.verdict}
          value={p.status}
          choices={Object.entries(t.status).map(([key, label]) => ({ key, label }))}
          onChange={(status) => set({ status })}
        />
        <Facet label={t.zone} value={p.zone} choices={places} onChange={(zone) => set({ zone })} />
        <Facet label={t.from} value={p.from} choices={places} onChange={(from) => set({ from })} />
        <Facet label={t.to} value={p.to} choices={places} onChange={(to) => set({ to })} />
        <ClearFilters active={filtered} onClear={() => set({ q: "", status: "", zone: "", from: "", to: "" })} />
      </TableHead>
      <div className="with-drawer">
        {query.isPending ? (
          <Loading />
        ) : query.error && !query.data ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : (
          <DataTable
            table="flows"
            label={t.flows}
            all={all}
            rows={rows}
            total={total}
            id={(f) => f.id}
            selected={p.selected}
            onSelect={(id) => set({ selected: id })}
            sort={p.sort}
            order={p.order}
            onSort={(sort, order) => set({ sort, order })}
            more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
            empty={filtered ? <Empty title={t.noMatch} /> : <Empty title={t.noFlows}>{t.noFlowsText}</Empty>}
          />
        )}
        {selected ? (
          <FlowDrawer key={selected.id} flow={selected} names={names} onClose={() => set({ selected: "" })} />
        ) : null}
      </div>
    </>
  );
}
