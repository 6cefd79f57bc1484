import { Link } from "wouter";
import { MOST, useList, useSummary, useWhole } from "../api/queries";
import type { FindingRow } from "../api/types";
import { count, words } from "../lib/format";
import { paths } from "../lib/paths";
import { SEVERITIES, severityRank } from "../lib/severity";
import { list, useParams } from "../lib/url";
import { text } from "../text";
import { AssetLink } from "../ui/asset";
import { ClearFilters, Facet, SearchField, Segments } from "../ui/filters";
import { FindingDrawer } from "../ui/finding";
import { SeverityMark } from "../ui/severity";
import { Empty, Failure, Loading, Ready } from "../ui/state";
import { type Column, ColumnChooser, DataTable, ExportButton, TableHead } from "../ui/table";
import { Time } from "../ui/time";
import { SavedViews } from "../ui/views";
import { Name } from "../ui/wire";

const t = text.findings;

const COLUMNS: Column<FindingRow>[] = [
  {
    key: "severity",
    label: t.severity,
    width: 104,
    sort: "severity",
    cell: (f) => <SeverityMark severity={f.severity} />,
    text: (f) => f.severity,
  },
  {
    key: "title",
    label: t.finding,
    width: 290,
    sort: "title",
    cell: (f) => <Name value={f.title} max={60} />,
    text: (f) => f.title,
  },
  {
    key: "asset",
    label: t.asset,
    width: 150,
    sort: "asset",
    cell: (f) => <AssetLink id={f.asset} name={f.asset_name} />,
    text: (f) => f.asset_name ?? f.asset,
  },
  {
    key: "peer",
    label: text.common.peer,
    width: 132,
    cell: (f) =>
      f.peer ? <AssetLink id={f.peer} name={f.peer_name} /> : <span className="muted">{text.common.none}</span>,
    text: (f) => f.peer_name ?? f.peer ?? "",
  },
  {
    key: "detail",
    label: t.detail,
    width: 400,
    cell: (f) => <Name value={f.detail} max={110} />,
    text: (f) => f.detail,
  },
  {
    key: "check",
    label: t.check,
    width: 190,
    sort: "check",
    extra: true,
    cell: (f) => <span className="mono">{f.check}</span>,
    text: (f) => f.check,
  },
  {
    key: "seen",
    label: text.common.last,
    width: 160,
    sort: "seen",
    cell: (f) => (f.seen ? <Time value={f.seen} onlyAbsolute /> : text.common.none),
    text: (f) => f.seen ?? "",
  },
];

const DEFAULTS = {
  q: "",
  severity: "",
  check: "",
  asset: "",
  view: "list",
  sort: "severity",
  order: "desc",
  selected: "",
};

export default function Findings() {
  const [p, set] = useParams(DEFAULTS);
  const summary = useSummary();
  const filter = { q: p.q, severity: list(p.severity), check: list(p.check), asset: list(p.asset) };
  const query = useList("findings", { ...filter, sort: p.sort, order: p.order });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total ?? 0;
  const filtered = Boolean(p.q || p.severity || p.check || p.asset);
  const empty = filtered ? (
    <Empty title={t.empty} />
  ) : (
    <Empty title={t.none}>{summary.data && summary.data.captures.length === 0 ? t.noneNoData : t.noneText}</Empty>
  );
  return (
    <div className="page table-page">
      <TableHead
        title={t.title}
        shown={total}
        total={summary.data?.totals.findings ?? total}
        tools={
          <>
            <Segments
              label={t.group}
              value={p.view}
              choices={[
                ["list", text.vulnerabilities.listOnly],
                ["check", t.group],
              ]}
              onChange={(view) => set({ view, selected: "" })}
            />
            <SavedViews page="findings" table="findings" />
            {p.view === "list" ? <ColumnChooser table="findings" all={COLUMNS} /> : null}
            <ExportButton table="findings" all={COLUMNS} rows={rows} />
          </>
        }
      >
        <SearchField value={p.q} onChange={(q) => set({ q })} placeholder={t.placeholder} />
        <Facet
          label={t.severity}
          value={p.severity}
          choices={SEVERITIES.map((key) => ({ key, label: text.severity[key], count: summary.data?.severities[key] }))}
          onChange={(severity) => set({ severity })}
        />
        {p.check ? <Facet label={t.check} value={p.check} choices={[]} onChange={(check) => set({ check })} /> : null}
        <ClearFilters active={filtered} onClear={() => set({ q: "", severity: "", check: "", asset: "" })} />
      </TableHead>
      <div className="with-drawer">
        {p.view === "check" ? (
          <Grouped filter={filter} empty={empty} />
        ) : query.isPending ? (
          <Loading />
        ) : query.error && !query.data ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : (
          <DataTable
            table="findings"
            label={t.title}
            all={COLUMNS}
            rows={rows}
            total={total}
            id={(f) => f.id}
            href={(f) => paths.finding(f.id)}
            selected={p.selected}
            onSelect={(selected) => set({ selected })}
            sort={p.sort}
            order={p.order}
            onSort={(sort, order) => set({ sort, order })}
            more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
            empty={empty}
          />
        )}
        {p.selected ? <FindingDrawer id={p.selected} onClose={() => set({ selected: "" })} /> : null}
      </div>
    </div>
  );
}

/** One check, one measure: the way to read a long list. */
function Grouped({
  filter,
  empty,
}: {
  filter: { q: string; severity: string[]; check: string[]; asset: string[] };
  empty: React.ReactNode;
}) {
  const query = useWhole("findings", filter);
  return (
    <Ready query={query}>
      {(data) => {
        const groups = [...Map.groupBy(data.items, (f) => f.check)]
          .map(([check, of]) => ({
            check,
            of,
            severity:
              [...of].sort((a, b) => severityRank(a.severity) - severityRank(b.severity))[0]?.severity ?? "info",
          }))
          .sort(
            (a, b) =>
              severityRank(a.severity) - severityRank(b.severity) ||
              b.of.length - a.of.length ||
              a.check.localeCompare(b.check),
          );
        if (!groups.length) return empty;
        return (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          <section className="groups" tabIndex={0} aria-label={t.group}>
            {data.next ? <p className="note">{text.common.truncated(MOST)}</p> : null}
            {groups.map((g) => (
              <details key={g.check} className="group" open={groups.length <= 4}>
                <summary>
                  <SeverityMark severity={g.severity} />
                  <span className="group-title">{g.of[0]?.title ?? words(g.check)}</span>
                  <span className="muted">
                    {text.counts.findings(g.of.length)} {t.onAssets(new Set(g.of.map((f) => f.asset)).size)}
                  </span>
                  <span className="mono muted">{g.check}</span>
                </summary>
                <ul className="group-lines">
                  {g.of.slice(0, 200).map((f) => (
                    <li key={f.id}>
                      <AssetLink id={f.asset} name={f.asset_name} />
                      <Link href={paths.finding(f.id)}>
                        <Name value={f.detail} max={150} />
                      </Link>
                    </li>
                  ))}
                  {g.of.length > 200 ? (
                    <li>
                      <Link href={paths.findings({ check: g.check })}>{text.common.more(g.of.length - 200)}</Link>{" "}
                      <span className="muted">{count(g.of.length)}</span>
                    </li>
                  ) : null}
                </ul>
              </details>
            ))}
          </section>
        );
      }}
    </Ready>
  );
}
