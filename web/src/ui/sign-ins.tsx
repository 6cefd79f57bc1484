import { useList, useSummary } from "../api/queries";
import type { AccountRow } from "../api/types";
import { useParams } from "../lib/url";
import { text } from "../text";
import { AssetLink } from "./asset";
import { EvidenceLink } from "./evidence";
import { ClearFilters, SearchField } from "./filters";
import { AccountName, Secret } from "./lists";
import { Empty, Failure, Loading } from "./state";
import { type Column, ColumnChooser, DataTable, ExportButton, TableHead } from "./table";
import { Time } from "./time";
import { WireText } from "./wire";

const t = text.access;

const COLUMNS: Column<AccountRow>[] = [
  {
    key: "name",
    label: t.account,
    width: 200,
    sort: "name",
    cell: (a) => <AccountName name={a.name} />,
    text: (a) => a.name,
  },
  {
    key: "asset",
    label: t.at,
    width: 180,
    sort: "asset",
    cell: (a) => <AssetLink id={a.asset} name={a.asset_name} />,
    text: (a) => a.asset_name ?? "",
  },
  {
    key: "client",
    label: t.from,
    width: 180,
    cell: (a) => <AssetLink id={a.client} name={a.client_name} />,
    text: (a) => a.client_name ?? "",
  },
  {
    key: "protocol",
    label: text.common.protocol,
    width: 110,
    sort: "protocol",
    cell: (a) => <WireText value={a.protocol} />,
    text: (a) => a.protocol,
  },
  {
    key: "mechanism",
    label: t.mechanism,
    width: 140,
    sort: "mechanism",
    cell: (a) => <WireText value={a.mechanism} max={20} />,
    text: (a) => a.mechanism,
  },
  {
    key: "encrypted",
    label: t.secret,
    width: 140,
    cell: (a) => <Secret encrypted={a.encrypted} mechanism={a.mechanism} />,
    text: (a) => String(a.encrypted),
  },
  {
    key: "accepted",
    label: t.answer,
    width: 100,
    cell: (a) =>
      a.accepted === null || a.accepted === undefined ? (
        <span className="unknown">{t.notSeen}</span>
      ) : a.accepted ? (
        t.accepted
      ) : (
        t.refused
      ),
    text: (a) => String(a.accepted ?? ""),
  },
  {
    key: "last_seen",
    label: text.common.last,
    width: 170,
    sort: "last_seen",
    cell: (a) => <Time value={a.last_seen} onlyAbsolute />,
    text: (a) => a.last_seen,
  },
  {
    key: "evidence",
    label: text.common.evidence,
    width: 90,
    cell: (a) => <EvidenceLink evidence={a.evidence} />,
    text: (a) => `${a.evidence.capture} ${a.evidence.frame}`,
  },
];

const DEFAULTS = { tab: "", q: "", sort: "", order: "asc" };

/** Every sign-in that was seen. */
export function SignIns() {
  const [p, set] = useParams(DEFAULTS);
  const summary = useSummary();
  const query = useList("accounts", { q: p.q, sort: p.sort || undefined, order: p.sort ? p.order : undefined });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total ?? 0;
  return (
    <>
      <TableHead
        title={t.signIns}
        shown={total}
        total={summary.data?.totals.accounts ?? total}
        tools={
          <>
            <ColumnChooser table="accounts" all={COLUMNS} />
            <ExportButton table="accounts" all={COLUMNS} rows={rows} />
          </>
        }
      >
        <SearchField value={p.q} onChange={(q) => set({ q })} placeholder={t.placeholder} />
        <ClearFilters active={p.q !== ""} onClear={() => set({ q: "" })} />
      </TableHead>
      <div className="with-drawer">
        {query.isPending ? (
          <Loading />
        ) : query.error && !query.data ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : (
          <DataTable
            table="accounts"
            label={t.signIns}
            all={COLUMNS}
            rows={rows}
            total={total}
            id={(a) => a.id}
            sort={p.sort}
            order={p.order}
            onSort={(sort, order) => set({ sort, order })}
            more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
            empty={p.q ? <Empty title={t.empty} /> : <Empty title={t.none}>{t.noneText}</Empty>}
          />
        )}
      </div>
    </>
  );
}
