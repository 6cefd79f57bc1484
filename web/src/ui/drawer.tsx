import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";
import { text } from "../text";
import { Icon } from "./icons";

/** The selected thing beside its table or map; the title opens the full page. */
export function Drawer({
  title,
  href,
  onClose,
  children,
}: {
  title: ReactNode;
  href?: string;
  onClose: () => void;
  children: ReactNode;
}) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !document.querySelector("dialog[open], details.popover[open]")) onClose();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onClose]);
  return (
    <aside className="drawer" aria-label={text.map.selected}>
      <header>
        <h2>
          {href ? (
            <Link href={href} title={text.common.openPage}>
              {title}
            </Link>
          ) : (
            title
          )}
        </h2>
        <button type="button" className="button icon-only" aria-label={text.frame.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="drawer-body" tabIndex={0} aria-label={text.map.selected}>
        {children}
      </section>
    </aside>
  );
}

export function Section({
  title,
  note,
  children,
  aside,
}: {
  title: string;
  note?: string;
  children: ReactNode;
  aside?: ReactNode;
}) {
  return (
    <section className="section">
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {note ? <p className="note">{note}</p> : null}
      {children}
    </section>
  );
}

/** Name and value pairs. */
export function Facts({ items }: { items: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
