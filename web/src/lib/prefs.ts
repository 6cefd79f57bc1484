import { kept, Store, useStore } from "./store";

export type Theme = "system" | "light" | "dark";

/** Stored as a bare word, so that theme.js can read it before anything else is loaded. */
function readTheme(): Theme {
  try {
    const value = localStorage.getItem("sightglass.theme");
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

export const theme = new Store<Theme>(readTheme());

export function setTheme(next: Theme): void {
  theme.set(next);
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === "system") localStorage.removeItem("sightglass.theme");
    else localStorage.setItem("sightglass.theme", next);
  } catch {
    // Kept for this page only.
  }
}

export const utc = kept<boolean>("utc", false);

/** The zone in which times are shown. */
export function useZone(): string {
  return useStore(utc) ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** What the person had seen when they said so; empty on the first visit. */
export interface Seen {
  at: string;
  assets: string[];
  findings: string[];
  captures: number[];
}

export const seen = kept<Seen | null>("seen", null);

/** Columns a person chose, by table. */
export const columns = kept<Record<string, string[]>>("columns", {});

/** Rows of 26 pixels rather than 32. */
export const compact = kept<boolean>("compact", false);

/** Who decides at this browser: the name that goes with decisions. */
export const person = kept<string>("person", "");
