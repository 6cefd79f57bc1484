import { useRef, useState } from "react";
import { Link } from "wouter";
import { useSummary } from "../api/queries";
import type { Capture, Summary } from "../api/types";
import { bytes, count, duration } from "../lib/format";
import { paths } from "../lib/paths";
import { removeCapture } from "../lib/uploads";
import { text } from "../text";
import { Section } from "../ui/drawer";
import { Intelligence } from "../ui/intelligence";
import { Protocols } from "../ui/protocols";
import { Ready } from "../ui/state";
import { Time } from "../ui/time";
import { ChooseFiles, UploadList } from "../ui/uploads";
import { Name, WireText } from "../ui/wire";

const t = text.sources;

export default function Sources() {
  const summary = useSummary();
  return (
    <div className="page sources">
      <h1>{t.title}</h1>
      <UploadList />
      <Ready query={summary}>{(data) => <Body summary={data} />}</Ready>
    </div>
  );
}

function Body({ summary }: { summary: Summary }) {
  const [removing, setRemoving] = useState<Capture | null>(null);
  return (
    <>
      <Section title={t.captures} aside={<ChooseFiles kind="captures" label={t.load} primary />}>
        {summary.captures.length ? (
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{t.name}</th>
                <th scope="col">{t.format}</th>
                <th scope="col" className="right">
                  {t.frames}
                </th>
                <th scope="col" className="right">
                  {t.bytes}
                </th>
                <th scope="col">{text.common.first}</th>
                <th scope="col">{t.span}</th>
                <th scope="col">
                  <span className="sr-only">{t.remove}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {summary.captures.map((c) => (
                <tr key={c.id}>
                  <td>
                    <WireText value={c.path} max={60} />
                  </td>
                  <td>{c.format}</td>
                  <td className="right figure">{count(c.packets)}</td>
                  <td className="right figure">{bytes(c.bytes)}</td>
                  <td>{c.first ? <Time value={c.first} /> : text.common.none}</td>
                  <td>
                    {c.first && c.last ? duration((Date.parse(c.last) - Date.parse(c.first)) / 1000) : text.common.none}
                  </td>
                  <td className="right">
                    <button type="button" className="button quiet" onClick={() => setRemoving(c)}>
                      {t.remove}…
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <div className="drop-box small">
            <strong>{t.empty}</strong>
            <span className="muted">{t.emptyText}</span>
          </div>
        )}
      </Section>
      <Section title={t.problems}>
        {summary.problems.length ? (
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{t.what}</th>
                <th scope="col">{t.where}</th>
              </tr>
            </thead>
            <tbody>
              {summary.problems.map((p, i) => (
                <tr key={i}>
                  <td>
                    <span className="kind">{t.kind[p.severity] ?? p.severity}</span> <Name value={p.what} max={400} />
                  </td>
                  <td>
                    <Where capture={p.capture} frame={p.frame} isLog={isLog(summary.captures, p.capture)} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <p className="muted">{t.problemsNone}</p>
        )}
        {summary.problems_total > summary.problems.length ? (
          <p className="muted">{text.common.more(summary.problems_total - summary.problems.length)}</p>
        ) : null}
      </Section>
      <Section
        title={t.advisories}
        note={t.importNote}
        aside={<ChooseFiles kind="advisories" label={t.importAdvisories} />}
      >
        <p>
          {summary.totals.advisories ? (
            <Link href={paths.vulnerabilities({ status: "" })}>{t.matched(summary.totals.advisories)}</Link>
          ) : (
            <span className="muted">{t.matchedNone}</span>
          )}
        </p>
      </Section>
      <Intelligence />
      <Protocols />
      {removing ? <Confirm capture={removing} onClose={() => setRemoving(null)} /> : null}
    </>
  );
}

/** What its frame numbers count are lines: it is none of the formats of captures. */
const isLog = (captures: Capture[], path: string) =>
  captures.some((c) => c.path === path && c.format !== "" && !c.format.startsWith("pcap"));

function Where({ capture, frame, isLog }: { capture: string; frame: number | null | undefined; isLog: boolean }) {
  if (!capture) return <span className="muted">{t.everywhere}</span>;
  return (
    <>
      <WireText value={capture.split("/").at(-1) ?? capture} max={40} />{" "}
      {frame ? <span className="muted">{isLog ? t.lineN(frame) : t.frameN(frame)}</span> : null}
    </>
  );
}

/** Deleting cannot be undone, so it says what goes and asks once. */
function Confirm({ capture, onClose }: { capture: Capture; onClose: () => void }) {
  const ref = useRef<HTMLDialogElement | null>(null);
  const [state, setState] = useState<"asking" | "working" | { error: string }>("asking");
  const remove = (): void => {
    setState("working");
    removeCapture(capture.id).then(onClose, (error: Error) => setState({ error: error.message }));
  };
  return (
    <dialog
      className="confirm"
      ref={(element) => {
        ref.current = element;
        if (element && !element.open) element.showModal();
      }}
      aria-labelledby="confirm-title"
      onClose={onClose}
    >
      <h2 id="confirm-title">{t.removeTitle(capture.path.split("/").at(-1) ?? capture.path)}</h2>
      <p>{t.removeText}</p>
      {typeof state === "object" ? <p role="alert">{state.error}</p> : null}
      <div className="buttons">
        <button type="button" className="button" onClick={() => ref.current?.close()}>
          {text.common.cancel}
        </button>
        <button type="button" className="button primary" onClick={remove} disabled={state === "working"}>
          {state === "working" ? text.common.loading : t.removeDo}
        </button>
      </div>
    </dialog>
  );
}
