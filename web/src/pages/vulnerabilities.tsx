import { Link } from "wouter";
import { MOST, useList, useSummary, useWhole } from "../api/queries";
import type { AdvisoryRow } from "../api/types";
import { paths } from "../lib/paths";
import { list, useParams } from "../lib/url";
import { text } from "../text";
import { AssetLink } from "../ui/asset";
import { ClearFilters, Facet, SearchField, Segments } from "../ui/filters";
import { Score, Status } from "../ui/lists";
import { Decision, MatchDrawer } from "../ui/match-drawer";
import { Questions } from "../ui/questions";
import { Empty, Failure, Loading, Ready } from "../ui/state";
import { type Column, ColumnChooser, DataTable, ExportButton, TableHead } from "../ui/table";
import { Name } from "../ui/wire";

const t = text.vulnerabilities;
const STATUSES = ["affected", "possible", "fixed", "not_affected"];

const COLUMNS: Column<AdvisoryRow>[] = [
  {
    key: "decision",
    label: t.decision,
    width: 116,
    sort: "decision",
    cell: (a) => <Decision decision={a.triage?.decision} />,
    text: (a) => a.triage?.decision ?? "",
  },
  {
    key: "status",
    label: t.status,
    width: 110,
    sort: "status",
    cell: (a) => <Status status={a.status} />,
    text: (a) => a.status,
  },
  {
    key: "score",
    label: t.score,
    width: 66,
    sort: "score",
    right: true,
    cell: (a) => <Score score={a.score} />,
    text: (a) => String(a.score ?? ""),
  },
  {
    key: "kev",
    label: t.kev,
    width: 130,
    sort: "kev",
    cell: (a) => (a.kev ? t.kevSince(a.kev.added) : text.common.none),
    text: (a) => a.kev?.added ?? "",
  },
  {
    key: "epss",
    label: t.epss,
    width: 76,
    sort: "epss",
    right: true,
    cell: (a) => (a.epss ? `${(a.epss.score * 100).toFixed(1)} %` : text.common.none),
    text: (a) => String(a.epss?.score ?? ""),
  },
  {
    key: "cve",
    label: t.cve,
    width: 150,
    sort: "cve",
    cell: (a) => <span className="mono">{a.cve || text.common.none}</span>,
    text: (a) => a.cve,
  },
  {
    key: "advisory",
    label: t.advisory,
    width: 140,
    sort: "advisory",
    cell: (a) => <span className="mono">{a.advisory}</span>,
    text: (a) => a.advisory,
  },
  {
    key: "asset",
    label: t.asset,
    width: 150,
    sort: "asset",
    cell: (a) => <AssetLink id={a.asset} name={a.asset_name} />,
    text: (a) => a.asset_name ?? a.asset,
  },
  {
    key: "module",
    label: t.module,
    width: 80,
    extra: true,
    cell: (a) => a.module ?? text.common.none,
    text: (a) => a.module ?? "",
  },
  { key: "title", label: t.headline, width: 290, cell: (a) => <Name value={a.title} max={64} />, text: (a) => a.title },
  {
    key: "reason",
    label: t.reason,
    width: 340,
    cell: (a) => <Name value={a.reason} max={120} />,
    text: (a) => a.reason,
  },
];

const DEFAULTS = {
  q: "",
  status: "affected,possible",
  decision: "",
  view: "list",
  sort: "decision",
  order: "desc",
  selected: "",
};

export default function Vulnerabilities() {
  const [p, set] = useParams(DEFAULTS);
  const summary = useSummary();
  const filter = { q: p.q, status: list(p.status), decision: list(p.decision) };
  const query = useList("advisories", { ...filter, sort: p.sort, order: p.order });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total ?? 0;
  const everything = summary.data?.totals.advisories ?? total;
  const empty =
    everything > 0 ? (
      <Empty title={t.empty} />
    ) : (
      <Empty title={t.none}>
        <p>{t.noneText}</p>
        <p>
          <Link className="button" href={paths.sources()}>
            {text.nav.sources}
          </Link>
        </p>
      </Empty>
    );
  return (
    <div className="page table-page">
      <TableHead
        title={t.title}
        shown={total}
        total={everything}
        tools={
          <>
            <Segments
              label={t.group}
              value={p.view}
              choices={[
                ["list", t.listOnly],
                ["asset", t.perAsset],
                ["cve", t.perCve],
              ]}
              onChange={(view) => set({ view })}
            />
            {p.view === "list" ? <ColumnChooser table="advisories" all={COLUMNS} /> : null}
            <ExportButton table="advisories" all={COLUMNS} rows={rows} />
          </>
        }
      >
        <SearchField value={p.q} onChange={(q) => set({ q })} placeholder={t.placeholder} />
        <Facet
          label={t.status}
          value={p.status}
          choices={STATUSES.map((key) => ({ key, label: t.statusWord[key] ?? key }))}
          onChange={(status) => set({ status })}
        />
        <Facet
          label={t.decision}
          value={p.decision}
          choices={Object.entries(t.decisionWord).map(([key, label]) => ({ key, label }))}
          onChange={(decision) => set({ decision })}
        />
        <ClearFilters
          active={p.q !== "" || p.status !== "" || p.decision !== ""}
          onClear={() => set({ q: "", status: "", decision: "" })}
        />
      </TableHead>
      <Questions />
      <div className="with-drawer">
        {p.view !== "list" ? (
          <Grouped filter={filter} by={p.view === "cve" ? "cve" : "asset"} empty={empty} />
        ) : query.isPending ? (
          <Loading />
        ) : query.error && !query.data ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : (
          <DataTable
            table="advisories"
            label={t.title}
            all={COLUMNS}
            rows={rows}
            total={total}
            id={(a) => a.id}
            href={(a) => paths.asset(a.asset, "advisories")}
            selected={p.selected}
            onSelect={(selected) => set({ selected })}
            sort={p.sort}
            order={p.order}
            onSort={(sort, order) => set({ sort, order })}
            more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
            empty={empty}
          />
        )}
        {p.selected ? <MatchDrawer id={p.selected} onClose={() => set({ selected: "" })} /> : null}
      </div>
    </div>
  );
}

function Grouped({
  filter,
  by,
  empty,
}: {
  filter: { q: string; status: string[]; decision: string[] };
  by: "asset" | "cve";
  empty: React.ReactNode;
}) {
  const query = useWhole("advisories", { ...filter, sort: "score", order: "desc" });
  return (
    <Ready query={query}>
      {(data) => {
        const groups = [...Map.groupBy(data.items, (a) => (by === "asset" ? a.asset : a.cve || a.advisory))].sort(
          ([a, x], [b, y]) => (y[0]?.score ?? 0) - (x[0]?.score ?? 0) || y.length - x.length || a.localeCompare(b),
        );
        if (!groups.length) return empty;
        return (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
          <section className="groups" tabIndex={0} aria-label={t.group}>
            {data.next ? <p className="note">{text.common.truncated(MOST)}</p> : null}
            {groups.map(([key, of]) => (
              <details key={key} className="group" open={groups.length <= 4}>
                <summary>
                  <span className="group-title">
                    {by === "asset" ? <Name value={of[0]?.asset_name ?? key} /> : <span className="mono">{key}</span>}
                  </span>
                  {by === "cve" ? (
                    <span>
                      <Name value={of[0]?.title ?? ""} max={80} />
                    </span>
                  ) : null}
                  <span className="muted">
                    {by === "asset"
                      ? text.counts.cves(new Set(of.map((a) => a.cve || a.advisory)).size)
                      : text.counts.assets(new Set(of.map((a) => a.asset)).size)}
                  </span>
                  <span className="muted">
                    {t.score} <Score score={of[0]?.score} />
                  </span>
                </summary>
                <ul className="group-lines">
                  {of.slice(0, 200).map((a) => (
                    <li key={a.id}>
                      <Status status={a.status} />
                      {by === "asset" ? (
                        <span className="mono">{a.cve || a.advisory}</span>
                      ) : (
                        <AssetLink id={a.asset} name={a.asset_name} />
                      )}
                      <span>
                        <Name value={a.reason} max={200} />
                      </span>
                    </li>
                  ))}
                  {of.length > 200 ? <li className="muted">{text.common.more(of.length - 200)}</li> : null}
                </ul>
              </details>
            ))}
          </section>
        );
      }}
    </Ready>
  );
}
