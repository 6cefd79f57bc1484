import { type DragEvent, Suspense, useEffect, useRef, useState } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { queryClient, useSummary } from "./api/queries";
import { absolute, zoneName } from "./lib/format";
import { paths } from "./lib/paths";
import { compact, setTheme, type Theme, theme, useZone, utc } from "./lib/prefs";
import { span } from "./lib/span";
import { useStore } from "./lib/store";
import { adopt, upload } from "./lib/uploads";
import { navigation, routes } from "./routes";
import { text } from "./text";
import { Segments } from "./ui/filters";
import { Icon } from "./ui/icons";
import { Palette, paletteOpen } from "./ui/palette";
import { Popover } from "./ui/popover";
import { Empty, Loading } from "./ui/state";
import { UploadSummary } from "./ui/uploads";

/** Coverage stands beside every figure: what was seen, from when to when, with which gaps. */
function Coverage() {
  const { data } = useSummary();
  const zone = useZone();
  if (!data) return null;
  const seen = span(data.captures);
  if (!data.captures.length) return <span className="coverage muted">{text.frame.nothingSeen}</span>;
  return (
    <Link className="coverage" href={paths.sources()}>
      {seen
        ? text.frame.seen(absolute(seen.first, zone).slice(0, 16), absolute(seen.last, zone).slice(0, 16))
        : text.counts.captures(data.captures.length)}
      {data.problems_total ? <span className="gaps">{text.frame.problems(data.problems_total)}</span> : null}
    </Link>
  );
}

function Settings() {
  const chosen = useStore(theme);
  const inUtc = useStore(utc);
  const dense = useStore(compact);
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const zone = useZone();
  const t = text.frame.theme;
  return (
    <Popover label={zoneName(zone, Date.now())}>
      <div className="settings">
        <span className="label">{text.frame.zone.label}</span>
        <Segments
          label={text.frame.zone.label}
          value={inUtc ? "utc" : "local"}
          choices={[
            ["local", zoneName(local, Date.now())],
            ["utc", "UTC"],
          ]}
          onChange={(v) => utc.set(v === "utc")}
        />
        <span className="label">{text.frame.rows.label}</span>
        <Segments
          label={text.frame.rows.label}
          value={dense ? "compact" : "normal"}
          choices={[
            ["normal", text.frame.rows.normal],
            ["compact", text.frame.rows.compact],
          ]}
          onChange={(v) => compact.set(v === "compact")}
        />
        <span className="label">{t.label}</span>
        <Segments<Theme>
          label={t.label}
          value={chosen}
          choices={[
            ["system", t.system],
            ["light", t.light],
            ["dark", t.dark],
          ]}
          onChange={setTheme}
        />
      </div>
    </Popover>
  );
}

/** When the posture has changed behind this page, everything but the summary that told so is asked for again. */
function useFreshness(): void {
  const generation = useSummary().data?.generation;
  const known = useRef(generation);
  useEffect(() => {
    if (generation === undefined) return;
    if (known.current !== undefined && known.current !== generation)
      void queryClient.invalidateQueries({ predicate: (q) => q.queryKey[0] !== "summary" });
    known.current = generation;
  }, [generation]);
}

/** Files can be dropped on every page. */
function useDrop(): { over: boolean; handlers: Record<string, (event: DragEvent) => void> } {
  const [depth, setDepth] = useState(0);
  const [, navigate] = useLocation();
  const files = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");
  return {
    over: depth > 0,
    handlers: {
      onDragEnter: (event) => {
        if (files(event)) setDepth((d) => d + 1);
      },
      onDragLeave: (event) => {
        if (files(event)) setDepth((d) => Math.max(0, d - 1));
      },
      onDragOver: (event) => {
        if (files(event)) event.preventDefault();
      },
      onDrop: (event) => {
        if (!files(event)) return;
        event.preventDefault();
        setDepth(0);
        upload("captures", event.dataTransfer.files);
        navigate(paths.sources());
      },
    },
  };
}

function Nav() {
  const [path] = useLocation();
  const { data } = useSummary();
  const urgent = data ? data.severities.critical + data.severities.high : 0;
  return (
    <nav className="nav" aria-label={text.nav.label}>
      <Link href={paths.overview()} className="brand">
        <svg viewBox="0 0 16 16" className="logo" aria-hidden="true">
          <circle cx="8" cy="8" r="6" />
          <path d="M2.3 9.3c2-1.4 3.7-1.4 5.7 0s3.7 1.4 5.7 0" />
        </svg>
        {text.product}
      </Link>
      <ul>
        {navigation.map((p) => {
          const here = p.path === "/" ? path === "/" : path === p.path || path.startsWith(`${p.path}/`);
          return (
            <li key={p.path}>
              <Link href={p.path} aria-current={here ? "page" : undefined}>
                <Icon name={p.icon} />
                <span className="grow">{p.label}</span>
                {p.icon === "findings" && urgent ? <span className="badge">{urgent}</span> : null}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

export function App() {
  const drop = useDrop();
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  useFreshness();
  useEffect(() => void adopt(), []);
  useEffect(() => {
    main.current?.scrollTo(0, 0);
    const page = navigation.find((p) => p.path !== "/" && path.startsWith(p.path));
    document.title = page ? `${page.label} – ${text.product}` : text.product;
  }, [path]);
  return (
    <div className="frame" {...drop.handlers}>
      <a className="skip" href="#content">
        {text.nav.skip}
      </a>
      <Nav />
      <header className="top">
        <button type="button" className="search-button" onClick={() => paletteOpen.set(true)}>
          <Icon name="search" />
          <span className="grow">{text.frame.searchHint}</span>
          <kbd>/</kbd>
        </button>
        <span className="grow" />
        <UploadSummary />
        <Coverage />
        <Settings />
      </header>
      <main id="content" ref={main} tabIndex={-1}>
        <Suspense fallback={<Loading />}>
          <Switch>
            {routes.map(({ path, page: Page }) => (
              <Route key={path} path={path}>
                <Page />
              </Route>
            ))}
            <Route>
              <Empty title={text.common.error.notFound}>
                <p>
                  <Link href={paths.overview()}>{text.nav.overview}</Link>
                </p>
              </Empty>
            </Route>
          </Switch>
        </Suspense>
      </main>
      <Palette />
      {drop.over ? <div className="drop-over">{text.frame.drop}</div> : null}
    </div>
  );
}
