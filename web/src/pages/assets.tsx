import { useList, useSummary, useZones } from "../api/queries";
import type { AssetRow } from "../api/types";
import { middle, visible } from "../lib/inert";
import { paths } from "../lib/paths";
import { SEVERITIES } from "../lib/severity";
import { list, useParams } from "../lib/url";
import { text } from "../text";
import { AssetName, LevelFigure, roleWord } from "../ui/asset";
import { AssetDrawer } from "../ui/asset-drawer";
import { ClearFilters, Facet, SearchField } from "../ui/filters";
import { Popover } from "../ui/popover";
import { SeverityFigures, severityText } from "../ui/severity";
import { Empty, Failure, Loading } from "../ui/state";
import { type Column, ColumnChooser, DataTable, ExportButton, TableHead } from "../ui/table";
import { Time } from "../ui/time";
import { SavedViews } from "../ui/views";
import { WireText } from "../ui/wire";

const t = text.assets;

const COLUMNS: Column<AssetRow>[] = [
  {
    key: "name",
    label: t.name,
    width: 190,
    sort: "name",
    cell: (a) => <AssetName name={a.name} role={a.role} worst={a.worst} />,
    text: (a) => a.name,
  },
  {
    key: "role",
    label: t.role,
    width: 146,
    sort: "role",
    cell: (a) => (a.role === "unknown" ? <span className="unknown">{text.common.unknown}</span> : roleWord(a.role)),
    text: (a) => roleWord(a.role),
  },
  {
    key: "level",
    label: t.level,
    width: 68,
    sort: "level",
    cell: (a) => <LevelFigure level={a.level} />,
    text: (a) => String(a.level ?? ""),
  },
  {
    key: "findings",
    label: t.findings,
    width: 116,
    sort: "severity",
    cell: (a) => <SeverityFigures counts={a.findings} />,
    text: (a) => severityText(a.findings),
  },
  {
    key: "ip",
    label: t.addresses,
    width: 128,
    sort: "address",
    cell: (a) => <Many values={a.ips.length ? a.ips : a.macs} />,
    text: (a) => a.ips.join(" "),
  },
  {
    key: "mac",
    label: t.mac,
    width: 150,
    extra: true,
    cell: (a) => <Many values={a.macs} />,
    text: (a) => a.macs.join(" "),
  },
  {
    key: "vendor",
    label: t.vendor,
    width: 140,
    sort: "vendor",
    cell: (a) => <Maybe value={a.vendor} max={22} />,
    text: (a) => a.vendor ?? "",
  },
  {
    key: "product",
    label: t.product,
    width: 186,
    sort: "product",
    cell: (a) => <Maybe value={a.product} max={28} />,
    text: (a) => a.product ?? "",
  },
  {
    key: "order_number",
    label: t.order,
    width: 180,
    sort: "order_number",
    extra: true,
    cell: (a) => <Maybe value={a.order_number} max={26} />,
    text: (a) => a.order_number ?? "",
  },
  {
    key: "firmware",
    label: t.firmware,
    width: 88,
    sort: "firmware",
    cell: (a) => <Maybe value={a.firmware} max={14} />,
    text: (a) => a.firmware ?? "",
  },
  {
    key: "serial",
    label: t.serial,
    width: 140,
    sort: "serial",
    extra: true,
    cell: (a) => <Maybe value={a.serial} max={20} />,
    text: (a) => a.serial ?? "",
  },
  {
    key: "zone",
    label: t.zone,
    width: 110,
    sort: "zone",
    extra: true,
    cell: (a) => <Maybe value={a.zone} max={18} />,
    text: (a) => a.zone ?? "",
  },
  {
    key: "criticality",
    label: t.criticality,
    width: 90,
    extra: true,
    sort: "criticality",
    cell: (a) => <Maybe value={a.criticality ? text.criticality[a.criticality] : null} max={12} />,
    text: (a) => a.criticality ?? "",
  },
  {
    key: "protocols",
    label: t.protocols,
    width: 158,
    cell: (a) => <WireText value={a.protocols.join(" ")} max={27} />,
    text: (a) => a.protocols.join(" "),
  },
  {
    key: "modules",
    label: t.modules,
    width: 80,
    extra: true,
    right: true,
    cell: (a) => a.modules || text.common.none,
    text: (a) => String(a.modules),
  },
  {
    key: "first_seen",
    label: text.common.first,
    width: 230,
    sort: "first_seen",
    extra: true,
    cell: (a) => <Time value={a.first_seen} />,
    text: (a) => a.first_seen,
  },
  {
    key: "last_seen",
    label: text.common.last,
    width: 230,
    sort: "last_seen",
    extra: true,
    cell: (a) => <Time value={a.last_seen} />,
    text: (a) => a.last_seen,
  },
];

function Maybe({ value, max }: { value: string | null | undefined; max: number }) {
  return value ? <WireText value={value} max={max} /> : <span className="muted">{text.common.none}</span>;
}

function Many({ values }: { values: string[] }) {
  if (!values.length) return <span className="muted">{text.common.none}</span>;
  return (
    <span title={values.join("\n")}>
      <WireText value={values[0] ?? ""} max={26} />
      {values.length > 1 ? <span className="muted"> +{values.length - 1}</span> : null}
    </span>
  );
}

const FORMS = Object.entries(t.forms);
const DEFAULTS = {
  zone: "",
  criticality: "",
  q: "",
  role: "",
  level: "",
  vendor: "",
  protocol: "",
  severity: "",
  sort: "name",
  order: "asc",
  selected: "",
};

export default function Assets() {
  const [p, set] = useParams(DEFAULTS);
  const s = useSummary().data;
  const filter = {
    q: p.q,
    role: list(p.role),
    level: list(p.level),
    vendor: list(p.vendor),
    protocol: list(p.protocol),
    severity: list(p.severity),
    zone: list(p.zone),
    criticality: list(p.criticality),
  };
  const zones = useZones();
  const query = useList("assets", { ...filter, sort: p.sort, order: p.order });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total ?? 0;
  const filtered = Boolean(p.q || p.role || p.level || p.zone || p.criticality || p.vendor || p.protocol || p.severity);
  return (
    <div className="page table-page">
      <TableHead
        title={t.title}
        shown={total}
        total={s?.totals.assets ?? total}
        tools={
          <>
            <SavedViews page="assets" table="assets" />
            <ColumnChooser table="assets" all={COLUMNS} />
            <ExportButton table="assets" all={COLUMNS} rows={rows} />
            <Popover label={t.files} icon="export">
              <div className="menu">
                {FORMS.map(([format, label]) => (
                  <a key={format} className="button quiet" href={`/api/v1/export?format=${format}`} download>
                    {label}
                  </a>
                ))}
              </div>
            </Popover>
          </>
        }
      >
        <SearchField value={p.q} onChange={(q) => set({ q })} placeholder={t.placeholder} />
        <Facet
          label={t.role}
          value={p.role}
          choices={(s?.roles ?? []).map((r) => ({ key: r.key, label: roleWord(r.key), count: r.count }))}
          onChange={(role) => set({ role })}
        />
        <Facet
          label={t.level}
          value={p.level}
          choices={(s?.levels ?? []).map((l) => ({
            key: l.key,
            label: l.key === "unknown" ? (text.level.unknown ?? "") : `${l.key} ${text.level[l.key] ?? ""}`,
            count: l.count,
          }))}
          onChange={(level) => set({ level })}
        />
        <Facet
          label={t.zone}
          value={p.zone}
          choices={(zones.data?.zones ?? []).map((z) => ({ key: z.id, label: z.name, count: z.assets.length }))}
          onChange={(zone) => set({ zone })}
        />
        <Facet
          label={t.criticality}
          value={p.criticality}
          choices={Object.entries(text.criticality).map(([key, label]) => ({ key, label }))}
          onChange={(criticality) => set({ criticality })}
        />
        <Facet
          label={t.vendor}
          value={p.vendor}
          choices={(s?.vendors ?? [])
            .filter((v) => v.key !== "unknown")
            .map((v) => ({ key: v.key, label: middle(visible(v.key), 40), count: v.count }))}
          onChange={(vendor) => set({ vendor })}
        />
        <Facet
          label={t.protocols}
          value={p.protocol}
          choices={(s?.protocols ?? []).map((x) => ({ key: x.protocol, label: x.protocol }))}
          onChange={(protocol) => set({ protocol })}
        />
        <Facet
          label={t.findings}
          value={p.severity}
          choices={SEVERITIES.map((x) => ({ key: x, label: text.severity[x] }))}
          onChange={(severity) => set({ severity })}
        />
        <ClearFilters
          active={filtered}
          onClear={() =>
            set({ q: "", role: "", level: "", zone: "", criticality: "", vendor: "", protocol: "", severity: "" })
          }
        />
      </TableHead>
      <div className="with-drawer">
        {query.isPending ? (
          <Loading />
        ) : query.error && !query.data ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : (
          <DataTable
            table="assets"
            label={t.title}
            all={COLUMNS}
            rows={rows}
            total={total}
            id={(a) => a.id}
            href={(a) => paths.asset(a.id)}
            selected={p.selected}
            onSelect={(selected) => set({ selected })}
            sort={p.sort}
            order={p.order}
            onSort={(sort, order) => set({ sort, order })}
            more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
            empty={filtered ? <Empty title={t.empty}>{t.emptyText}</Empty> : <Empty title={t.none}>{t.noneText}</Empty>}
          />
        )}
        {p.selected ? <AssetDrawer id={p.selected} onClose={() => set({ selected: "" })} /> : null}
      </div>
    </div>
  );
}
