import { type ReactNode, useEffect, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { decide } from "../api/queries";
import type { Act } from "../api/types";
import { person } from "../lib/prefs";
import { useStore } from "../lib/store";
import { text } from "../text";

const t = text.decide;

/** Who and why, and the button that decides. Nothing is sent before; what went wrong is said here. */
export function DecideForm({
  acts,
  label = t.confirm,
  onDone,
  onCancel,
  idle,
}: {
  acts: Act[];
  label?: string;
  onDone?: () => void;
  onCancel?: () => void;
  /** Said while there is nothing to decide. */
  idle?: string;
}) {
  const name = useStore(person);
  const [why, setWhy] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState("");
  const send = async (): Promise<void> => {
    setBusy(true);
    setFailed("");
    try {
      await decide(name.trim(), why.trim(), acts);
      setWhy("");
      onDone?.();
    } catch (error) {
      setFailed(error instanceof ApiError ? error.detail || error.title : text.common.error.offline);
    } finally {
      setBusy(false);
    }
  };
  const ready = acts.length > 0 && name.trim() !== "" && !busy;
  return (
    <form
      className="decide"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void send();
      }}
    >
      <label>
        {t.person}
        <input value={name} onChange={(e) => person.set(e.target.value)} autoComplete="name" maxLength={120} required />
      </label>
      <label className="grow">
        {t.why}
        <input value={why} onChange={(e) => setWhy(e.target.value)} placeholder={t.whyHint} maxLength={400} />
      </label>
      <button type="submit" className="button primary" disabled={!ready}>
        {label}
      </button>
      {onCancel ? (
        <button type="button" className="button" onClick={onCancel}>
          {text.common.cancel}
        </button>
      ) : null}
      {failed ? (
        <p role="alert" className="wrong">
          {t.failed}: {failed}
        </p>
      ) : null}
      {!acts.length && idle ? <p className="muted">{idle}</p> : null}
      {acts.length && !name.trim() ? <p className="muted">{t.noName}</p> : null}
    </form>
  );
}

/** Asks before it decides. */
export function DecideDialog({
  title,
  acts,
  onClose,
  children,
}: {
  title: string;
  acts: Act[];
  onClose: () => void;
  children?: ReactNode;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  return (
    <dialog ref={ref} className="ask" aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      {children}
      <DecideForm acts={acts} onDone={onClose} onCancel={onClose} />
    </dialog>
  );
}
