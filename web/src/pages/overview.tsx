import { Link } from "wouter";
import { useSummary, useWhole } from "../api/queries";
import type { Summary } from "../api/types";
import { bytes, count } from "../lib/format";
import { byCheck, news } from "../lib/news";
import { paths } from "../lib/paths";
import { seen } from "../lib/prefs";
import { SEVERITIES } from "../lib/severity";
import { useStore } from "../lib/store";
import { joined } from "../lib/url";
import { text } from "../text";
import { LevelFigure } from "../ui/asset";
import { Bars } from "../ui/bars";
import { Section } from "../ui/drawer";
import { RoleIcon } from "../ui/icons";
import { SeverityMark } from "../ui/severity";
import { Loading, Ready } from "../ui/state";
import { Time } from "../ui/time";
import { ChooseFiles, UploadList } from "../ui/uploads";
import { Name, Protocol, TRANSPORTS, WireText } from "../ui/wire";

const t = text.overview;

export default function Overview() {
  const summary = useSummary();
  return (
    <Ready query={summary}>
      {(data) => (data.captures.length === 0 && data.totals.assets === 0 ? <Welcome /> : <Posture summary={data} />)}
    </Ready>
  );
}

/** Nothing loaded yet: what this is, and how to begin. */
function Welcome() {
  return (
    <div className="page welcome">
      <h1>{t.emptyTitle}</h1>
      <p className="lead">{t.emptyText}</p>
      <div className="drop-box">
        <svg viewBox="0 0 48 48" aria-hidden="true" className="drop-picture">
          <path d="M14 6h14l8 8v28H14zM28 6v8h8M25 22v12M20 29l5 5 5-5" />
        </svg>
        <strong>{t.emptyDrop}</strong>
        <ChooseFiles kind="captures" label={t.choose} primary />
        <span className="muted">{t.emptyFormats}</span>
      </div>
      <UploadList />
      <h2>{t.emptyHow}</h2>
      <ul className="how">
        {t.emptyHowList.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}

function Posture({ summary }: { summary: Summary }) {
  return (
    <div className="page overview">
      <h1 className="sr-only">{t.title}</h1>
      <div className="columns top-row">
        <News summary={summary} />
        <Section title={t.actions} note={t.actionsNote}>
          <Actions summary={summary} />
        </Section>
      </div>
      <Severities summary={summary} />
      <div className="columns three">
        <Section title={t.byLevel}>
          <Bars
            bars={summary.levels.map((l) => ({
              key: l.key,
              label: (
                <>
                  <LevelFigure level={l.key} /> {text.level[l.key] ?? l.key}
                </>
              ),
              value: l.count,
              href: paths.assets({ level: l.key }),
              unknown: l.key === "unknown",
            }))}
          />
        </Section>
        <Section title={t.byRole}>
          <Bars
            bars={summary.roles.map((r) => ({
              key: r.key,
              label: (
                <>
                  <RoleIcon role={r.key} /> {text.role[r.key] ?? r.key}
                </>
              ),
              value: r.count,
              href: paths.assets({ role: r.key }),
              unknown: r.key === "unknown",
            }))}
            most={10}
            rest={text.common.more}
          />
        </Section>
        <Section title={t.protocols}>
          <Bars
            bars={summary.protocols.map((p) => ({
              key: p.protocol,
              label: <Protocol name={p.protocol} />,
              unknown: TRANSPORTS.has(p.protocol),
              value: p.conversations,
              href: paths.conversations({ protocol: p.protocol }),
            }))}
            most={10}
            rest={text.common.more}
          />
        </Section>
      </div>
      <div className="columns two">
        <Blindness summary={summary} />
        <Section title={t.captures} aside={<Link href={paths.sources()}>{text.nav.sources}</Link>}>
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{text.sources.name}</th>
                <th scope="col" className="right">
                  {text.sources.frames}
                </th>
                <th scope="col" className="right">
                  {text.sources.bytes}
                </th>
                <th scope="col">{text.common.first}</th>
              </tr>
            </thead>
            <tbody>
              {summary.captures.slice(0, 8).map((c) => (
                <tr key={c.id}>
                  <td>
                    <WireText value={c.path.split("/").at(-1) ?? c.path} max={30} />
                  </td>
                  <td className="right figure">{count(c.packets)}</td>
                  <td className="right figure">{bytes(c.bytes)}</td>
                  <td>{c.first ? <Time value={c.first} /> : text.common.none}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {summary.captures.length > 8 ? (
            <p className="muted">{text.common.more(summary.captures.length - 8)}</p>
          ) : null}
        </Section>
      </div>
    </div>
  );
}

/** Compared with what the person had marked as seen. */
function News({ summary }: { summary: Summary }) {
  const before = useStore(seen);
  const assets = useWhole("assets");
  const findings = useWhole("findings");
  const body = () => {
    if (!assets.data || !findings.data) return <Loading />;
    const mark = (): void =>
      seen.set({
        at: new Date().toISOString(),
        assets: assets.data.items.map((a) => a.id),
        findings: findings.data.items.map((f) => f.id),
        captures: summary.captures.map((c) => c.id),
      });
    const n = news(before, assets.data.items, findings.data.items, summary.captures);
    const nothing = n.assets.length + n.findings.length + n.gone + n.captures === 0;
    return (
      <>
        <p className="note">
          {before ? (
            <>
              {t.marked} <Time value={before.at} />
            </>
          ) : (
            t.newFirst
          )}
        </p>
        {nothing ? (
          <p>{t.newNone}</p>
        ) : (
          <ul className="news">
            {n.findings.length ? (
              <li>
                <Link href={paths.findings()}>{t.newFindings(n.findings.length)}</Link>
                <ul>
                  {byCheck(n.findings)
                    .slice(0, 3)
                    .map(({ first: f, count: of }) => (
                      <li key={f.id}>
                        <SeverityMark severity={f.severity} short />
                        <span>
                          <Link href={of === 1 ? paths.finding(f.id) : paths.findings({ check: f.check })}>
                            {f.title}
                          </Link>{" "}
                          <span className="muted">
                            {of === 1 ? <Name value={f.asset_name ?? ""} /> : `× ${count(of)}`}
                          </span>
                        </span>
                      </li>
                    ))}
                </ul>
              </li>
            ) : null}
            {n.assets.length ? (
              <li>
                <Link href={paths.assets()}>{t.newAssets(n.assets.length)}</Link>
              </li>
            ) : null}
            {n.captures ? (
              <li>
                <Link href={paths.sources()}>{t.newCaptures(n.captures)}</Link>
              </li>
            ) : null}
            {n.gone ? <li>{t.goneFindings(n.gone)}</li> : null}
          </ul>
        )}
        {nothing ? null : (
          <button type="button" className="button" onClick={mark}>
            {t.mark}
          </button>
        )}
      </>
    );
  };
  return <Section title={t.new}>{body()}</Section>;
}

function Actions({ summary }: { summary: Summary }) {
  const { actions } = summary;
  if (summary.totals.assets === 0) return <p>{t.actionsBlind}</p>;
  if (!actions.length) return <p>{t.actionsNone}</p>;
  return (
    <ol className="actions">
      {actions.map((a) => (
        <li key={a.check}>
          <div className="action-head">
            <SeverityMark severity={a.severity} />
            <Link href={paths.findings({ check: a.check })}>{a.title}</Link>
          </div>
          <p>{a.remediation}</p>
          <p className="muted">
            {t.removes}{" "}
            <Link className="cause" href={paths.findings({ check: a.check })}>
              {text.counts.findings(a.findings)}
            </Link>{" "}
            {text.findings.onAssets(a.assets_total)}
          </p>
        </li>
      ))}
    </ol>
  );
}

function Severities({ summary }: { summary: Summary }) {
  return (
    <section className="section">
      <header>
        <h2>{t.posture}</h2>
      </header>
      <ul className="tiles">
        {SEVERITIES.map((s) => {
          const n = summary.severities[s];
          return (
            <li key={s}>
              <Link href={paths.findings({ severity: s })} className={n ? `tile tile-${s}` : "tile none"}>
                <span className="tile-value">{count(n)}</span>
                <SeverityMark severity={s} />
                <span className="muted">{text.severityNote[s]}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Honest about what was not seen: gaps of the captures, and what could not be told. */
function Blindness({ summary }: { summary: Summary }) {
  const level = summary.levels.find((l) => l.key === "unknown")?.count ?? 0;
  const role = summary.roles.find((r) => r.key === "unknown")?.count ?? 0;
  const blind = summary.protocols.filter((p) => TRANSPORTS.has(p.protocol));
  const unrecognised = blind.reduce((sum, p) => sum + p.conversations, 0);
  const shown = summary.problems.slice(0, 6);
  return (
    <Section title={t.coverage} note={t.coverageNote}>
      <ul className="gaps-list">
        {shown.map((p, i) => (
          <li key={i}>
            <span className="kind">{text.sources.kind[p.severity] ?? p.severity}</span>
            <span>
              <Name value={p.what} max={240} />{" "}
              <span className="muted">
                {p.capture ? <WireText value={p.capture.split("/").at(-1) ?? ""} max={32} /> : text.sources.everywhere}
              </span>
            </span>
          </li>
        ))}
        {unrecognised ? (
          <li>
            <span className="kind">{text.common.unknown}</span>
            <Link className="cause" href={paths.conversations({ protocol: joined(blind.map((p) => p.protocol)) })}>
              {t.unrecognised(unrecognised)}
            </Link>
          </li>
        ) : null}
        {level ? (
          <li>
            <span className="kind">{text.common.unknown}</span>
            <Link className="cause" href={paths.assets({ level: "unknown" })}>
              {t.unknownLevel(level)}
            </Link>
          </li>
        ) : null}
        {role ? (
          <li>
            <span className="kind">{text.common.unknown}</span>
            <Link className="cause" href={paths.assets({ role: "unknown" })}>
              {t.unknownRole(role)}
            </Link>
          </li>
        ) : null}
      </ul>
      {summary.problems_total > shown.length ? (
        <Link href={paths.sources()}>{text.common.more(summary.problems_total - shown.length)}</Link>
      ) : null}
      {summary.problems_total === 0 ? <p className="muted">{t.coverageNone}</p> : null}
    </Section>
  );
}
