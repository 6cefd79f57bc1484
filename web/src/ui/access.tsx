import { Link } from "wouter";
import { useAccess } from "../api/queries";
import type { AccessAccount, AccessRow, AssetAccess } from "../api/types";
import { count } from "../lib/format";
import { paths } from "../lib/paths";
import { text } from "../text";
import { AssetLink } from "./asset";
import { Drawer, Facts, Section } from "./drawer";
import { EvidenceLink } from "./evidence";
import { AccountName } from "./lists";
import { Classes } from "./operation";
import { Ready } from "./state";
import { Time } from "./time";
import { WireText } from "./wire";

const t = text.access;
const word = (all: Record<string, string>, key: string) => all[key] ?? key;

export function KindWord({ kind }: { kind: string | null | undefined }) {
  return kind ? <span>{word(t.kinds, kind)}</span> : <span className="unknown">{text.common.unknown}</span>;
}

export function RightWord({ right }: { right: string | null | undefined }) {
  return right ? <span>{word(t.rights, right)}</span> : null;
}

/** Whether it can be used, or who speaks of it. */
export function State({ row }: { row: Pick<AccessRow, "enabled" | "origin"> }) {
  if (row.enabled === false) return <span className="strong">{t.disabled}</span>;
  if (row.enabled === true) return <span>{t.enabled}</span>;
  return <span className="muted">{word(t.origins, row.origin)}</span>;
}

export function Verdicts({ kinds, why }: { kinds: string[]; why: string[] }) {
  return (
    <span title={why.join("\n")}>
      {kinds.map((kind, at) => (
        <span key={kind + (why[at] ?? "")} className={at === 0 ? "strong" : "muted"}>
          {at ? " · " : ""}
          {word(t.verdicts, kind)}
        </span>
      ))}
    </span>
  );
}

/** One account beside the table: what follows, its rights, and the devices that it may reach or did. */
export function AccountDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const account = useAccess(id);
  const title = account.data ? <AccountName name={account.data.name} /> : t.account;
  return (
    <Drawer title={title} onClose={onClose}>
      <Ready query={account}>{(data) => <Body account={data} />}</Ready>
    </Drawer>
  );
}

function Body({ account: a }: { account: AccessAccount }) {
  return (
    <>
      {a.verdicts.length ? (
        <Section title={t.follows}>
          <ul>
            {a.verdicts.map((v) => (
              <li key={v.kind + v.what}>
                <span className="strong">{word(t.verdicts, v.kind)}</span>: {v.what}
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      <Facts
        items={[
          [t.person, a.display_name ? <WireText key="p" value={a.display_name} max={60} /> : null],
          [t.domain, a.domain ? <WireText key="d" value={a.domain} /> : null],
          [t.kind, <KindWord key="k" kind={a.kind} />],
          [t.state, <State key="s" row={a} />],
          [t.expires, a.expires ? <Time key="e" value={a.expires} onlyAbsolute /> : null],
          [t.lastLogon, a.last_logon ? <Time key="l" value={a.last_logon} onlyAbsolute /> : null],
          [t.passwordSet, a.password_set ? <Time key="w" value={a.password_set} onlyAbsolute /> : null],
          [t.flags, a.flags.map((f) => f.replaceAll("_", " ")).join(", ")],
          [t.source, a.source ? <WireText key="o" value={a.source} max={80} /> : word(t.origins, a.origin)],
        ]}
      />
      {a.grants.length ? (
        <Section title={t.rightsTitle}>
          <ul>
            {a.grants.map((g) => (
              <li key={g.grant + g.via.join("/")}>
                <span className="strong">{g.right ? word(t.rights, g.right) : t.rightUnknown}</span>{" "}
                {t.on(g.on.join(", "), count(g.devices))}
                {g.via.length ? <span className="muted"> {t.via(g.via.join(" › "))}</span> : null}{" "}
                <span className="muted">({g.place})</span>
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      <Section title={t.devices(count(a.granted), count(a.used), count(a.unused))}>
        <table className="plain">
          <tbody>
            {a.devices.map((d) => (
              <tr key={d.asset}>
                <td>
                  <AssetLink id={d.asset} name={d.asset_name} />
                </td>
                <td>
                  <RightWord right={d.right} />
                </td>
                <td>{word(t.states, d.state)}</td>
                <td>{d.used ? <Use used={d.used} /> : null}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
    </>
  );
}

function Use({ used }: { used: NonNullable<AssetAccess["used"]> }) {
  return (
    <>
      {used.protocols.join(", ")} {t.fromHosts(used.client_names.join(", "))}{" "}
      <Time value={used.last_seen} onlyAbsolute /> <EvidenceLink evidence={used.evidence} />
      {used.vouched ? <div className="muted">{t.vouched}</div> : null}
      {used.done.length ? (
        <div>
          {t.did} <Classes classes={used.done} />
        </div>
      ) : null}
      {used.from_hosts.length ? (
        <div className="muted">
          {t.hostsDid} <Classes classes={used.from_hosts} />
        </div>
      ) : null}
    </>
  );
}

/** Who may reach an asset, and who did. */
export function AssetAccessTable({ rows, total }: { rows: AssetAccess[]; total: number }) {
  if (!rows.length) return null;
  return (
    <Section title={t.whoMay} note={total > rows.length ? t.shownOf(count(rows.length), count(total)) : undefined}>
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{t.account}</th>
            <th scope="col">{t.right}</th>
            <th scope="col">{t.group}</th>
            <th scope="col">{t.used}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.account}>
              <td>
                <Link href={`${paths.access()}?selected=${r.account}`}>
                  <AccountName name={r.name} />
                </Link>
                {r.enabled === false ? <span className="strong"> {t.disabled}</span> : null}
              </td>
              <td>{r.granted ? r.right ? <RightWord right={r.right} /> : t.rightUnknown : t.noRight}</td>
              <td>{r.via.join(" › ")}</td>
              <td>{r.used ? <Use used={r.used} /> : <span className="unknown">{t.notSeen}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
