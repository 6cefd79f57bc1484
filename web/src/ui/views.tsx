import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { useViews } from "../api/queries";
import type { SavedView } from "../api/types";
import { visible } from "../lib/inert";
import { columns as columnPrefs } from "../lib/prefs";
import { useStore } from "../lib/store";
import { addressed, viewId } from "../lib/views";
import { text } from "../text";
import { DecideDialog, DecideForm } from "./decide";
import { Popover } from "./popover";

const t = text.views;

/** The views of a page that people keep for each other: filters, order and columns under a name. */
export function SavedViews({ page, table }: { page: string; table: string }) {
  const views = (useViews().data ?? []).filter((view) => view.page === page);
  const [gone, setGone] = useState<SavedView | null>(null);
  const [path, navigate] = useLocation();
  const query = addressed(useSearch());
  const chosen = useStore(columnPrefs)[table] ?? [];
  const apply = (view: SavedView): void => {
    const { [table]: _, ...others } = columnPrefs.get();
    columnPrefs.set(view.columns.length ? { ...others, [table]: view.columns } : others);
    navigate(view.query ? `${path}?${view.query}` : path);
  };
  const current = views.find((v) => v.query === query && v.columns.join() === chosen.join());
  return (
    <Popover label={current ? visible(current.name) : t.title} icon="search" active={Boolean(current)}>
      <div className="menu views">
        {views.length ? null : <p className="muted">{t.none}</p>}
        {views.map((view) => (
          <div key={view.id} className="row">
            <button type="button" className="button quiet grow" onClick={() => apply(view)}>
              {visible(view.name)}
            </button>
            <button type="button" className="button quiet" title={t.forget} onClick={() => setGone(view)}>
              {t.forget}
            </button>
          </div>
        ))}
        <Keep page={page} query={query} columns={chosen} taken={views} />
      </div>
      {gone ? (
        <DecideDialog
          title={t.forgetTitle(visible(gone.name))}
          acts={[{ act: "remove_view", view: gone.id }]}
          onClose={() => setGone(null)}
        />
      ) : null}
    </Popover>
  );
}

function Keep({ page, query, columns, taken }: { page: string; query: string; columns: string[]; taken: SavedView[] }) {
  const [name, setName] = useState("");
  const trimmed = name.trim();
  const id = viewId(page, trimmed);
  const replaces = taken.some((view) => view.id === id);
  return (
    <section className="keep">
      <label>
        {t.name}
        <input value={name} onChange={(e) => setName(e.target.value)} placeholder={t.nameHint} maxLength={80} />
      </label>
      {replaces ? <p className="muted">{t.replaces}</p> : null}
      <DecideForm
        label={t.keep}
        acts={trimmed ? [{ act: "save_view", view: { id, name: trimmed, page, query, columns } }] : []}
        onDone={() => setName("")}
      />
    </section>
  );
}
