import { useList, useSummary } from "../api/queries";
import type { ConversationRow } from "../api/types";
import { bytes, count, words } from "../lib/format";
import { list, useParams } from "../lib/url";
import { text } from "../text";
import { AssetLink } from "../ui/asset";
import { ConversationDrawer, Port } from "../ui/conversations";
import { ClearFilters, Facet, SearchField } from "../ui/filters";
import { Classes } from "../ui/operation";
import { Empty, Failure, Loading } from "../ui/state";
import { type Column, ColumnChooser, DataTable, ExportButton, TableHead } from "../ui/table";
import { Time } from "../ui/time";
import { SavedViews } from "../ui/views";
import { Protocol, WireText } from "../ui/wire";

const t = text.conversations;

const COLUMNS: Column<ConversationRow>[] = [
  {
    key: "client",
    label: t.client,
    width: 160,
    sort: "client_asset",
    cell: (c) => <AssetLink id={c.client_asset} name={c.client_name} address={c.client} />,
    text: (c) => c.client_name ?? c.client,
  },
  {
    key: "server",
    label: t.server,
    width: 160,
    sort: "server_asset",
    cell: (c) => <AssetLink id={c.server_asset} name={c.server_name} address={c.server} />,
    text: (c) => c.server_name ?? c.server,
  },
  {
    key: "client_address",
    label: `${t.client} (${text.attribute.ip})`,
    width: 150,
    extra: true,
    cell: (c) => <WireText value={c.client} />,
    text: (c) => c.client,
  },
  {
    key: "server_address",
    label: `${t.server} (${text.attribute.ip})`,
    width: 150,
    extra: true,
    cell: (c) => <WireText value={c.server} />,
    text: (c) => c.server,
  },
  {
    key: "protocol",
    label: text.common.protocol,
    width: 162,
    sort: "protocol",
    cell: (c) => <Protocol name={c.protocol} />,
    text: (c) => c.protocol,
  },
  {
    key: "port",
    label: t.port,
    width: 100,
    sort: "server_port",
    cell: (c) => <Port c={c} />,
    text: (c) => `${c.transport}/${c.server_port ?? ""}`,
  },
  {
    key: "classes",
    label: t.class,
    width: 246,
    cell: (c) => <Classes classes={c.classes} most={2} />,
    text: (c) => c.classes.join(" "),
  },
  {
    key: "encrypted",
    label: text.common.encrypted,
    width: 92,
    cell: (c) => (c.encrypted ? text.common.yes : <span className="muted">{text.common.no}</span>),
    text: (c) => String(c.encrypted),
  },
  {
    key: "packets",
    label: t.frames,
    width: 84,
    sort: "packets",
    right: true,
    cell: (c) => <span className="figure">{count(c.packets)}</span>,
    text: (c) => String(c.packets),
  },
  {
    key: "bytes",
    label: t.bytes,
    width: 84,
    sort: "bytes",
    right: true,
    cell: (c) => <span className="figure">{bytes(c.bytes)}</span>,
    text: (c) => String(c.bytes),
  },
  {
    key: "vlan",
    label: text.attribute.vlan ?? "VLAN",
    width: 70,
    extra: true,
    right: true,
    cell: (c) => c.vlan ?? text.common.none,
    text: (c) => String(c.vlan ?? ""),
  },
  {
    key: "first_seen",
    label: text.common.first,
    width: 230,
    sort: "first_seen",
    extra: true,
    cell: (c) => <Time value={c.first_seen} />,
    text: (c) => c.first_seen,
  },
  {
    key: "last_seen",
    label: text.common.last,
    width: 160,
    sort: "last_seen",
    cell: (c) => <Time value={c.last_seen} onlyAbsolute />,
    text: (c) => c.last_seen,
  },
];

const CLASSES = Object.keys(text.operation);
const DEFAULTS = { q: "", protocol: "", class: "", sort: "", order: "asc", selected: "" };

export default function Conversations() {
  const [p, set] = useParams(DEFAULTS);
  const summary = useSummary();
  const query = useList("conversations", {
    q: p.q,
    protocol: list(p.protocol),
    class: list(p.class),
    sort: p.sort || undefined,
    order: p.sort ? p.order : undefined,
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total ?? 0;
  const filtered = Boolean(p.q || p.protocol || p.class);
  return (
    <div className="page table-page">
      <TableHead
        title={t.title}
        shown={total}
        total={summary.data?.totals.conversations ?? total}
        tools={
          <>
            <SavedViews page="conversations" table="conversations" />
            <ColumnChooser table="conversations" all={COLUMNS} />
            <ExportButton table="conversations" all={COLUMNS} rows={rows} />
          </>
        }
      >
        <SearchField value={p.q} onChange={(q) => set({ q })} placeholder={t.placeholder} />
        <Facet
          label={text.common.protocol}
          value={p.protocol}
          choices={(summary.data?.protocols ?? []).map((x) => ({
            key: x.protocol,
            label: x.protocol,
            count: x.conversations,
          }))}
          onChange={(protocol) => set({ protocol })}
        />
        <Facet
          label={t.class}
          value={p.class}
          choices={CLASSES.map((key) => ({ key, label: text.operation[key] ?? words(key) }))}
          onChange={(value) => set({ class: value })}
        />
        <ClearFilters active={filtered} onClear={() => set({ q: "", protocol: "", class: "" })} />
      </TableHead>
      <div className="with-drawer">
        {query.isPending ? (
          <Loading />
        ) : query.error && !query.data ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : (
          <DataTable
            table="conversations"
            label={t.title}
            all={COLUMNS}
            rows={rows}
            total={total}
            id={(c) => c.id}
            selected={p.selected}
            onSelect={(selected) => set({ selected })}
            sort={p.sort}
            order={p.order}
            onSort={(sort, order) => set({ sort, order })}
            more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
            empty={filtered ? <Empty title={t.empty} /> : <Empty title={t.none}>{t.noneText}</Empty>}
          />
        )}
        {p.selected ? <ConversationDrawer id={p.selected} onClose={() => set({ selected: "" })} /> : null}
      </div>
    </div>
  );
}
