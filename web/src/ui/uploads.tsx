import { bytes, count, duration, rate } from "../lib/format";
import { useStore } from "../lib/store";
import { cancel, dismiss, type Upload, type UploadKind, upload, uploads } from "../lib/uploads";
import { text } from "../text";
import { WireText } from "./wire";

function words(u: Upload): string {
  const t = text.sources;
  if (u.phase === "waiting") return t.waiting;
  if (u.phase === "done")
    return u.kind === "captures"
      ? `${t.done}: ${text.counts.packets(u.frames)}`
      : `${t.done}: ${text.counts.advisories(u.frames)}`;
  if (u.phase === "failed") return `${t.failed}: ${u.error}`;
  if (u.phase === "cancelled") return t.cancelled;
  const parts = [u.phase === "sending" ? t.sending : t.reading];
  if (u.total > 0) parts.push(t.progress(bytes(u.done), bytes(u.total)));
  if (u.phase === "reading" && u.frames) parts.push(text.counts.packets(u.frames));
  if (u.rate > 0) parts.push(rate(u.rate));
  if (u.secondsLeft !== null) parts.push(t.left(duration(Math.ceil(u.secondsLeft))));
  return parts.join(" · ");
}

const isOver = (u: Upload): boolean => u.phase === "done" || u.phase === "failed" || u.phase === "cancelled";

/** What is on its way, with how far, how fast, how long still, and a way to stop it. */
export function UploadList() {
  const all = useStore(uploads);
  if (!all.length) return null;
  return (
    <ul className="uploads" aria-label={text.sources.jobs}>
      {all.map((u) => (
        <li key={u.key} className={`upload ${u.phase}`}>
          <WireText value={u.name} max={60} />
          <progress
            aria-label={u.name}
            max={Math.max(1, u.total)}
            value={u.phase === "done" ? Math.max(1, u.total) : u.done}
            hidden={u.phase === "failed" || u.phase === "cancelled"}
          />
          <span className="upload-words" role="status">
            {words(u)}
          </span>
          <button type="button" className="button" onClick={() => (isOver(u) ? dismiss(u.key) : cancel(u.key))}>
            {isOver(u) ? text.sources.dismiss : text.common.cancel}
          </button>
          {u.problems.length ? (
            <ul className="problems">
              {u.problems.slice(0, 5).map((p) => (
                <li key={p}>{p}</li>
              ))}
              {u.problems.length > 5 ? <li className="muted">{text.common.more(u.problems.length - 5)}</li> : null}
            </ul>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

/** In the top bar: that something is under way, from every page. */
export function UploadSummary() {
  const active = useStore(uploads).filter((u) => !isOver(u));
  if (!active.length) return null;
  const done = active.reduce((s, u) => s + u.done, 0);
  const total = active.reduce((s, u) => s + u.total, 0);
  return (
    <span className="upload-summary" role="status">
      {text.sources.reading} {count(active.length)}
      <progress aria-label={text.sources.jobs} max={Math.max(1, total)} value={done} />
    </span>
  );
}

/** Opens the file chooser; the input is hidden behind the button. */
export function ChooseFiles({ kind, label, primary = false }: { kind: UploadKind; label: string; primary?: boolean }) {
  return (
    <label className={primary ? "button primary file" : "button file"}>
      {label}
      <input
        type="file"
        multiple={kind === "captures"}
        className="sr-only"
        onChange={(event) => {
          const chosen = event.target.files;
          if (chosen?.length) upload(kind, chosen);
          event.target.value = "";
        }}
      />
    </label>
  );
}
