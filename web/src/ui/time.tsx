import { useEffect } from "react";
import { absolute, relative, zoneName } from "../lib/format";
import { useZone } from "../lib/prefs";
import { Store, useStore } from "../lib/store";

/** One clock for all relative times on screen. */
const clock = new Store(Date.now());
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

export function useNow(): number {
  useEffect(() => {
    users += 1;
    timer ??= setInterval(() => clock.set(Date.now()), 30_000);
    return () => {
      users -= 1;
      if (users === 0 && timer) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  }, []);
  return useStore(clock);
}

/** Absolute and relative, in the reader's zone; the zone is named on hover and in the frame. */
export function Time({
  value,
  fraction = false,
  onlyAbsolute = false,
}: {
  value: string;
  fraction?: boolean;
  onlyAbsolute?: boolean;
}) {
  const zone = useZone();
  const now = useNow();
  return (
    <time
      dateTime={value}
      className="time"
      title={`${absolute(value, zone, true)} ${zoneName(zone, Date.parse(value))}`}
    >
      <span className="mono">{absolute(value, zone, fraction)}</span>
      {onlyAbsolute ? null : <span className="muted"> {relative(value, now)}</span>}
    </time>
  );
}
