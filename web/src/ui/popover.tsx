import { type ReactNode, useEffect, useRef } from "react";
import { Icon, type IconName } from "./icons";

/** A button with a panel, on `details`: it works without state and with the keyboard. Closes on Escape and on a click elsewhere. */
export function Popover({
  label,
  icon,
  active = false,
  end = true,
  children,
}: {
  label: string;
  icon?: IconName;
  active?: boolean;
  end?: boolean;
  children: ReactNode;
}) {
  const ref = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event): void => {
      const element = ref.current;
      if (!element?.open) return;
      if (event instanceof KeyboardEvent) {
        if (event.key !== "Escape") return;
        element.querySelector("summary")?.focus();
      } else if (element.contains(event.target as Node)) return;
      element.open = false;
    };
    document.addEventListener("pointerdown", close);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("pointerdown", close);
      document.removeEventListener("keydown", close);
    };
  }, []);
  return (
    <details className="popover" ref={ref}>
      <summary className={active ? "button quiet active" : "button quiet"}>
        {icon ? <Icon name={icon} /> : null}
        {label}
        <Icon name="down" />
      </summary>
      <div className={end ? "panel end" : "panel"}>{children}</div>
    </details>
  );
}
