import { useSyncExternalStore } from "react";

/** The smallest store: one value, listeners. */
export class Store<T> {
  private listeners = new Set<() => void>();

  constructor(private value: T) {}

  get = (): T => this.value;

  set = (next: T): void => {
    this.value = next;
    for (const listener of this.listeners) listener();
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get, store.get);
}

/** A store that a browser keeps, per person and machine. Storage that is switched off or full is no error. */
export function kept<T>(key: string, fallback: T): Store<T> {
  const name = `sightglass.${key}`;
  let start = fallback;
  try {
    const raw = localStorage.getItem(name);
    if (raw !== null) start = JSON.parse(raw) as T;
  } catch {
    start = fallback;
  }
  const store = new Store(start);
  store.subscribe(() => {
    try {
      localStorage.setItem(name, JSON.stringify(store.get()));
    } catch {
      // Kept for this page only.
    }
  });
  return store;
}
