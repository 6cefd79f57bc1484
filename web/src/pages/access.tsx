import { useAccessOverview, useList } from "../api/queries";
import type { AccessRow, SharedSecret } from "../api/types";
import { count } from "../lib/format";
import { useParams } from "../lib/url";
import { text } from "../text";
import { AccountDrawer, KindWord, RightWord, State, Verdicts } from "../ui/access";
import { AssetLink } from "../ui/asset";
import { EvidenceLink } from "../ui/evidence";
import { ClearFilters, Facet, SearchField } from "../ui/filters";
import { AccountName } from "../ui/lists";
import { SignIns } from "../ui/sign-ins";
import { Empty, Failure, Loading, Ready } from "../ui/state";
import { type Column, ColumnChooser, DataTable, ExportButton, TableHead } from "../ui/table";
import { Time } from "../ui/time";
import { ChooseFiles } from "../ui/uploads";
import { WireText } from "../ui/wire";

const t = text.access;
const DEFAULTS = { tab: "accounts", q: "", verdict: "", kind: "", right: "", sort: "", order: "asc", selected: "" };

export default function Access() {
  const [p, set] = useParams(DEFAULTS);
  const overview = useAccessOverview();
  const tabs: [string, string][] = [
    ["accounts", t.accounts],
    ["signins", t.signIns],
    ["secrets", `${t.secrets} ${overview.data?.secrets.length ?? ""}`.trim()],
  ];
  return (
    <div className="page table-page">
      <header className="table-head">
        <h1>{t.title}</h1>
        <ChooseFiles kind="captures" label={t.load} />
      </header>
      <nav className="tabs" aria-label={t.title}>
        {tabs.map(([key, label]) => (
          <button
            key={key}
            type="button"
            aria-current={p.tab === key ? "true" : undefined}
            onClick={() => set({ tab: key, q: "", sort: "", selected: "" })}
          >
            {label}
          </button>
        ))}
      </nav>
      {p.tab === "accounts" ? <Accounts /> : null}
      {p.tab === "signins" ? <SignIns /> : null}
      {p.tab === "secrets" ? (
        <Ready query={overview}>{(data) => <Secrets secrets={data.secrets} problems={data.problems} />}</Ready>
      ) : null}
    </div>
  );
}

const number = (key: "granted" | "used" | "unused", label: string): Column<AccessRow> => ({
  key,
  label,
  width: 90,
  sort: key,
  right: true,
  cell: (a) => <span className="figure">{count(a[key])}</span>,
  text: (a) => String(a[key]),
});

const COLUMNS: Column<AccessRow>[] = [
  {
    key: "name",
    label: t.account,
    width: 220,
    sort: "name",
    cell: (a) => (
      <>
        <AccountName name={a.name} />
        {a.device_name ? <span className="muted"> @ {a.device_name}</span> : null}
      </>
    ),
    text: (a) => a.name,
  },
  {
    key: "display_name",
    label: t.person,
    width: 160,
    cell: (a) => (a.display_name ? <WireText value={a.display_name} max={40} /> : null),
    text: (a) => a.display_name ?? "",
  },
  {
    key: "kind",
    label: t.kind,
    width: 90,
    sort: "kind",
    cell: (a) => <KindWord kind={a.kind} />,
    text: (a) => a.kind ?? "",
  },
  {
    key: "state",
    label: t.state,
    width: 120,
    cell: (a) => <State row={a} />,
    text: (a) => String(a.enabled ?? a.origin),
  },
  {
    key: "right",
    label: t.right,
    width: 110,
    sort: "right",
    cell: (a) => <RightWord right={a.right} />,
    text: (a) => a.right ?? "",
  },
  number("granted", t.granted),
  number("used", t.used),
  number("unused", t.unused),
  {
    key: "last_seen",
    label: t.lastUsed,
    width: 160,
    sort: "last_seen",
    cell: (a) =>
      a.last_seen ? <Time value={a.last_seen} onlyAbsolute /> : <span className="unknown">{t.notSeen}</span>,
    text: (a) => a.last_seen ?? "",
  },
  {
    key: "verdicts",
    label: t.follows,
    width: 320,
    sort: "verdict",
    cell: (a) => <Verdicts kinds={a.verdicts} why={a.why} />,
    text: (a) => a.why.join("; "),
  },
];

function Accounts() {
  const [p, set] = useParams(DEFAULTS);
  const overview = useAccessOverview();
  const filters = { q: p.q, verdict: p.verdict || undefined, kind: p.kind || undefined, right: p.right || undefined };
  const query = useList("access", { ...filters, sort: p.sort || undefined, order: p.sort ? p.order : undefined });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total ?? 0;
  const active = p.q !== "" || p.verdict !== "" || p.kind !== "" || p.right !== "";
  const words = (all: Record<string, string>) => Object.entries(all).map(([key, label]) => ({ key, label }));
  return (
    <>
      <TableHead
        title={t.accounts}
        shown={total}
        total={total}
        tools={
          <>
            <ColumnChooser table="access" all={COLUMNS} />
            <ExportButton table="access" all={COLUMNS} rows={rows} />
          </>
        }
      >
        <SearchField value={p.q} onChange={(q) => set({ q })} placeholder={t.placeholderAccounts} />
        <Facet
          label={t.follows}
          value={p.verdict}
          choices={words(t.verdicts)}
          onChange={(verdict) => set({ verdict })}
        />
        <Facet label={t.kind} value={p.kind} choices={words(t.kinds)} onChange={(kind) => set({ kind })} />
        <Facet label={t.right} value={p.right} choices={words(t.rights)} onChange={(right) => set({ right })} />
        <ClearFilters active={active} onClear={() => set({ q: "", verdict: "", kind: "", right: "" })} />
      </TableHead>
      {overview.data ? (
        <p className="muted">
          {t.period(overview.data.period_days, overview.data.observed_days)}
          {overview.data.has_lists ? null : ` ${t.noLists}`}
        </p>
      ) : null}
      <div className="with-drawer">
        {query.isPending ? (
          <Loading />
        ) : query.error && !query.data ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : (
          <DataTable
            table="access"
            label={t.accounts}
            all={COLUMNS}
            rows={rows}
            total={total}
            id={(a) => a.id}
            selected={p.selected}
            onSelect={(selected) => set({ selected })}
            sort={p.sort}
            order={p.order}
            onSort={(sort, order) => set({ sort, order })}
            more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
            empty={active ? <Empty title={t.emptyAccounts} /> : <Empty title={t.noAccounts}>{t.noAccountsText}</Empty>}
          />
        )}
        {p.selected ? <AccountDrawer id={p.selected} onClose={() => set({ selected: "" })} /> : null}
      </div>
    </>
  );
}

function Secrets({ secrets, problems }: { secrets: SharedSecret[]; problems: string[] }) {
  return (
    <>
      <p className="muted">{t.secretsNote}</p>
      {problems.map((what) => (
        <p key={what} className="muted">
          <WireText value={what} max={200} />
        </p>
      ))}
      {secrets.length ? (
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">{t.fingerprint}</th>
              <th scope="col">{t.defaultOf}</th>
              <th scope="col">{t.shownAt}</th>
            </tr>
          </thead>
          <tbody>
            {secrets.map((s) => (
              <tr key={`${s.kind} ${s.mark}`}>
                <td>
                  {s.kind === "community" ? t.community : t.password} {s.mark ?? ""}
                </td>
                <td>{s.default_of ? <WireText value={s.default_of} /> : null}</td>
                <td>
                  {s.uses.map((u) => (
                    <div key={`${u.asset} ${u.name} ${u.protocol} ${u.client}`}>
                      <AssetLink id={u.asset} name={u.asset_name} /> {u.name ? <AccountName name={u.name} /> : null}{" "}
                      <WireText value={u.protocol} /> <EvidenceLink evidence={u.evidence} />
                    </div>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <Empty title={t.noSecrets} />
      )}
    </>
  );
}
