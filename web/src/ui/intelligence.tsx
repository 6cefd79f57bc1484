import { useState } from "react";
import { useFeeds } from "../api/queries";
import type { Feed } from "../api/types";
import { count } from "../lib/format";
import { removeFeed } from "../lib/uploads";
import { text } from "../text";
import { Section } from "./drawer";
import { Ready } from "./state";
import { Time } from "./time";
import { ChooseFiles } from "./uploads";
import { Name } from "./wire";

const t = text.intelligence;

/** Feeds of vulnerability intelligence: where each comes from, how old it is, what was refused. */
export function Intelligence() {
  const feeds = useFeeds();
  return (
    <Section title={t.title} note={t.note} aside={<ChooseFiles kind="intelligence" label={t.load} />}>
      <Ready query={feeds}>
        {(data) => (data.items.length ? <Feeds items={data.items} /> : <p className="muted">{t.none}</p>)}
      </Ready>
    </Section>
  );
}

function Feeds({ items }: { items: Feed[] }) {
  const [error, setError] = useState("");
  const remove = (name: string): void => {
    if (!window.confirm(t.confirmRemove(name))) return;
    setError("");
    removeFeed(name).catch((e: Error) => setError(e.message));
  };
  return (
    <>
      {error ? <p role="alert">{error}</p> : null}
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{t.feed}</th>
            <th scope="col">{t.asOf}</th>
            <th scope="col" className="right">
              {t.records}
            </th>
            <th scope="col">{t.refused}</th>
            <th scope="col">{t.verified}</th>
            <th scope="col">{t.loaded}</th>
            <th scope="col">{t.source}</th>
            <th scope="col">
              <span className="sr-only">{t.remove}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((feed) => (
            <tr key={feed.name}>
              <td className="mono">{feed.name}</td>
              <td>
                {feed.as_of?.slice(0, 10) ?? text.common.none}{" "}
                {feed.stale ? <span className="kind">{t.old(feed.age_days ?? 0)}</span> : null}
              </td>
              <td className="right figure">{count(feed.records)}</td>
              <td>
                <Refused feed={feed} />
              </td>
              <td>
                {feed.signed_by ? t.signedBy(feed.signed_by) : (t.verifiedWord[feed.signature] ?? feed.signature)}
              </td>
              <td>
                <Time value={feed.loaded} />
              </td>
              <td>
                <Name value={feed.source} max={40} />
              </td>
              <td className="right">
                <button type="button" className="button quiet" onClick={() => remove(feed.name)}>
                  {t.remove}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Refused({ feed }: { feed: Feed }) {
  if (!feed.refused) return <span className="muted">{text.common.none}</span>;
  return (
    <details>
      <summary>{count(feed.refused)}</summary>
      <ul>
        {feed.reasons.map((why) => (
          <li key={why}>
            <Name value={why} max={200} />
          </li>
        ))}
      </ul>
    </details>
  );
}
