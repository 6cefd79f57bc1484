import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { count } from "../lib/format";
import { csv, visible } from "../lib/inert";
import { columns as columnPrefs, compact } from "../lib/prefs";
import { useStore } from "../lib/store";
import { text } from "../text";
import { Icon } from "./icons";
import { Popover } from "./popover";

export interface Column<T> {
  key: string;
  label: string;
  /** Width in pixels; the table scrolls sideways when they do not fit. */
  width: number;
  cell: (row: T) => ReactNode;
  /** The same as text, for export. */
  text: (row: T) => string;
  /** Name of the order the server or the page knows; absent: not sortable. */
  sort?: string;
  right?: boolean;
  /** Shown unless the person chose otherwise. */
  extra?: boolean;
}

/** Columns a person chose, else those that are shown at first. */
export function useColumns<T>(table: string, all: Column<T>[]): Column<T>[] {
  const chosen = useStore(columnPrefs)[table];
  return useMemo(() => all.filter((c) => (chosen ? chosen.includes(c.key) : !c.extra)), [all, chosen]);
}

export function ColumnChooser<T>({ table, all }: { table: string; all: Column<T>[] }) {
  const shown = useColumns(table, all).map((c) => c.key);
  return (
    <Popover label={text.common.columns} icon="columns">
      <fieldset className="checks">
        <legend className="sr-only">{text.common.columns}</legend>
        {all.map((c) => (
          <label key={c.key}>
            <input
              type="checkbox"
              checked={shown.includes(c.key)}
              disabled={shown.length === 1 && shown.includes(c.key)}
              onChange={() => {
                const next = shown.includes(c.key) ? shown.filter((k) => k !== c.key) : [...shown, c.key];
                columnPrefs.set({ ...columnPrefs.get(), [table]: next });
              }}
            />
            {c.label}
          </label>
        ))}
      </fieldset>
    </Popover>
  );
}

export function ExportButton<T>({ table, all, rows }: { table: string; all: Column<T>[]; rows: T[] }) {
  const shown = useColumns(table, all);
  return (
    <button
      type="button"
      className="button quiet"
      onClick={() => {
        const lines = [shown.map((c) => c.label), ...rows.map((row) => shown.map((c) => visible(c.text(row))))];
        save(`${table}.csv`, new Blob([csv(lines)], { type: "text/csv" }));
      }}
    >
      <Icon name="export" />
      {text.common.export}
    </button>
  );
}

export function save(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

interface Props<T> {
  table: string;
  label: string;
  all: Column<T>[];
  rows: T[];
  total: number;
  id: (row: T) => string;
  href?: (row: T) => string;
  selected?: string;
  onSelect?: (id: string) => void;
  sort?: string;
  order?: string;
  onSort?: (sort: string, order: string) => void;
  /** Asks for more rows when the end comes near. */
  more?: () => void;
  empty: ReactNode;
}

/** A dense table: only the rows in view are in the page, arrow keys move the selection, Enter opens. */
export function DataTable<T>({
  table,
  label,
  all,
  rows,
  total,
  id,
  href,
  selected = "",
  onSelect,
  sort,
  order,
  onSort,
  more,
  empty,
}: Props<T>) {
  const columns = useColumns(table, all);
  const dense = useStore(compact);
  const rowHeight = dense ? 26 : 32;
  const box = useRef<HTMLElement>(null);
  const [, navigate] = useLocation();
  const [view, setView] = useState({ top: 0, height: 800 });
  const [focus, setFocus] = useState(-1);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const from = Math.max(0, Math.floor(view.top / rowHeight) - 8);
  const to = Math.min(rows.length, Math.ceil((view.top + view.height) / rowHeight) + 8);
  useEffect(() => {
    if (more && to >= rows.length - 40 && rows.length < total) more();
  }, [more, to, rows.length, total]);

  // The row that keys act on: the one last focused, else the selected one, else the first.
  const at =
    focus >= 0 && focus < rows.length
      ? focus
      : Math.max(
          0,
          rows.findIndex((row) => id(row) === selected),
        );

  const go = (next: number): void => {
    const index = Math.min(rows.length - 1, Math.max(0, next));
    const row = rows[index];
    const element = box.current;
    if (row === undefined || !element) return;
    setFocus(index);
    const head = rowHeight;
    if (index * rowHeight < element.scrollTop) element.scrollTop = index * rowHeight;
    else if ((index + 1) * rowHeight + head > element.scrollTop + element.clientHeight)
      element.scrollTop = (index + 1) * rowHeight + head - element.clientHeight;
    // An open drawer follows the selection.
    if (selected && onSelect) onSelect(id(row));
    requestAnimationFrame(() =>
      element.querySelector<HTMLElement>(`tr[data-row="${index}"]`)?.focus({ preventScroll: true }),
    );
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if ((event.target as HTMLElement).closest("button, a, input")) return;
    const row = rows[at];
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 2);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: rows.length - 1,
    };
    if (event.key === "c" && (event.ctrlKey || event.metaKey)) {
      // A row without a selection of text is copied as a line of a table.
      if (row === undefined || window.getSelection()?.toString()) return;
      void navigator.clipboard?.writeText(columns.map((c) => visible(c.text(row))).join("\t"));
      event.preventDefault();
      return;
    }
    const move = moves[event.key];
    if (move !== undefined) go(move);
    else if (event.key === "Enter" && row !== undefined && href) navigate(href(row));
    else if (event.key === " " && row !== undefined && onSelect) onSelect(id(row) === selected ? "" : id(row));
    else if (event.key === "Escape" && selected && onSelect) onSelect("");
    else return;
    event.preventDefault();
  };

  const width = columns.reduce((sum, c) => sum + c.width, 0);
  return (
    <section
      className={dense ? "table-box dense" : "table-box"}
      ref={box}
      aria-label={label}
      onScroll={(e) => setView({ top: e.currentTarget.scrollTop, height: e.currentTarget.clientHeight })}
      onKeyDown={onKeyDown}
    >
      <table className="data" aria-rowcount={total + 1} style={{ minWidth: width }}>
        <caption className="sr-only">
          {label}. {text.table.keys}
        </caption>
        <colgroup>
          {columns.map((c) => (
            <col key={c.key} style={{ width: c.width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((c) => {
              const active = c.sort !== undefined && c.sort === sort;
              return (
                <th
                  key={c.key}
                  scope="col"
                  className={c.right ? "right" : undefined}
                  aria-sort={active ? (order === "desc" ? "descending" : "ascending") : undefined}
                >
                  {c.sort && onSort ? (
                    <button
                      type="button"
                      onClick={() => onSort(c.sort as string, active && order !== "desc" ? "desc" : "asc")}
                      title={text.table.sortBy(c.label)}
                    >
                      {c.label}
                      <span className="sort" aria-hidden="true">
                        {active ? (order === "desc" ? "▾" : "▴") : ""}
                      </span>
                    </button>
                  ) : (
                    c.label
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {from > 0 ? (
            <tr className="spacer">
              <td colSpan={columns.length} style={{ height: from * rowHeight }} />
            </tr>
          ) : null}
          {rows.slice(from, to).map((row, i) => {
            const index = from + i;
            const key = id(row);
            return (
              <tr
                key={key}
                data-row={index}
                aria-rowindex={index + 2}
                aria-selected={key === selected}
                className={key === selected ? "selected" : undefined}
                tabIndex={index === at ? 0 : -1}
                onFocus={() => setFocus(index)}
                onClick={(event) => {
                  if ((event.target as HTMLElement).closest("a, button")) return;
                  if (window.getSelection()?.toString()) return;
                  setFocus(index);
                  onSelect?.(key === selected ? "" : key);
                }}
                onDoubleClick={() => href && navigate(href(row))}
              >
                {columns.map((c) => (
                  <td key={c.key} className={c.right ? "right" : undefined}>
                    {c.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          {to < rows.length ? (
            <tr className="spacer">
              <td colSpan={columns.length} style={{ height: (rows.length - to) * rowHeight }} />
            </tr>
          ) : null}
        </tbody>
      </table>
      {rows.length === 0 ? empty : null}
    </section>
  );
}

/** Above a table: how many, filters, tools. */
export function TableHead({
  title,
  shown,
  total,
  children,
  tools,
}: {
  title: string;
  shown: number;
  total: number;
  children?: ReactNode;
  tools?: ReactNode;
}) {
  return (
    <div className="table-head">
      <h1>
        {title} <span className="total">{shown === total ? count(total) : text.common.of(shown, total)}</span>
      </h1>
      <div className="filters">{children}</div>
      <div className="tools">{tools}</div>
    </div>
  );
}
