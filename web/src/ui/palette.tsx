import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { find } from "../api/queries";
import { paths } from "../lib/paths";
import { Store, useStore } from "../lib/store";
import { navigation } from "../routes";
import { text } from "../text";
import { AssetName } from "./asset";
import { SeverityMark } from "./severity";
import { Name, WireText } from "./wire";

export const paletteOpen = new Store(false);

interface Hit {
  key: string;
  group: string;
  href: string;
  body: ReactNode;
}

const MOST = 6;

async function search(q: string): Promise<Hit[]> {
  const [assets, findings, advisories] = await Promise.all([
    find("assets", q, MOST),
    find("findings", q, MOST),
    find("advisories", q, MOST),
  ]);
  return [
    ...assets.map((a) => ({
      key: a.id,
      group: text.palette.assets,
      href: paths.asset(a.id),
      body: (
        <>
          <AssetName name={a.name} role={a.role} worst={a.worst} />
          <span className="muted">
            <WireText value={[a.ips[0], a.vendor, a.product].filter(Boolean).join(" · ")} max={56} />
          </span>
        </>
      ),
    })),
    ...findings.map((f) => ({
      key: f.id,
      group: text.palette.findings,
      href: paths.finding(f.id),
      body: (
        <>
          <SeverityMark severity={f.severity} short />
          <span>{f.title}</span>
          <span className="muted">
            <Name value={f.asset_name ?? ""} />
          </span>
        </>
      ),
    })),
    ...advisories.map((a) => ({
      key: a.id,
      group: text.palette.vulnerabilities,
      href: paths.vulnerabilities({ q: a.cve || a.advisory }),
      body: (
        <>
          <span className="mono">{a.cve || a.advisory}</span>
          <span className="muted">
            <Name value={a.asset_name ?? ""} />
          </span>
        </>
      ),
    })),
  ];
}

function Body() {
  const [q, setQ] = useState("");
  const [at, setAt] = useState(0);
  const [, navigate] = useLocation();
  const query = q.trim();
  const results = useQuery({
    queryKey: ["palette", query],
    queryFn: () => search(query),
    enabled: query.length > 0,
    placeholderData: (old) => (query ? old : undefined),
  });
  const pages: Hit[] = navigation
    .filter((p) => p.label.toLowerCase().includes(query.toLowerCase()))
    .map((p) => ({ key: p.path, group: text.palette.pages, href: p.path, body: <span>{p.label}</span> }));
  const hits = query ? [...pages, ...(results.data ?? [])] : pages;
  const chosen = Math.min(at, hits.length - 1);

  const open = (hit: Hit | undefined): void => {
    if (!hit) return;
    paletteOpen.set(false);
    navigate(hit.href);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setAt(Math.min(hits.length - 1, chosen + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, chosen - 1));
    else if (event.key === "Enter") open(hits[chosen]);
    else if (event.key === "Escape") paletteOpen.set(false);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <input
        // The dialog exists to type into.
        // biome-ignore lint/a11y/noAutofocus: see above
        autoFocus
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={hits[chosen] ? `hit-${chosen}` : undefined}
        aria-label={text.palette.label}
        placeholder={text.palette.placeholder}
        value={q}
        spellCheck={false}
        onChange={(e) => {
          setQ(e.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id="palette-list" role="listbox" aria-label={text.palette.label} className="hits">
        {hits.map((hit, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the field, which keeps the focus
          <div
            key={hit.key}
            id={`hit-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            className={i === chosen ? "hit on" : "hit"}
            onClick={() => open(hit)}
            onMouseMove={() => setAt(i)}
          >
            <span className="group">{hits[i - 1]?.group === hit.group ? "" : hit.group}</span>
            {hit.body}
          </div>
        ))}
      </div>
      {query && !results.isFetching && !hits.length ? <p className="muted pad">{text.palette.nothing}</p> : null}
      <p className="hint muted">{text.palette.hint}</p>
    </>
  );
}

/** Reaches every page, asset, finding and CVE. `/` and Ctrl+K open it. */
export function Palette() {
  const open = useStore(paletteOpen);
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      const typing = (event.target as HTMLElement).closest("input, textarea, select, [contenteditable]");
      const wanted =
        (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) ||
        (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey));
      if (!wanted) return;
      event.preventDefault();
      paletteOpen.set(true);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => {
    if (open) ref.current?.showModal();
    else ref.current?.close();
  }, [open]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog by itself
    <dialog
      ref={ref}
      className="palette"
      aria-label={text.palette.label}
      onClose={() => paletteOpen.set(false)}
      onClick={(e) => {
        if (e.target === e.currentTarget) paletteOpen.set(false);
      }}
    >
      {open ? <Body /> : null}
    </dialog>
  );
}
