import { useState } from "react";
import { useConversation, useWhole } from "../api/queries";
import type { Conversation, ConversationRow } from "../api/types";
import { bytes, count, words } from "../lib/format";
import { text } from "../text";
import { AssetLink } from "./asset";
import { Drawer, Facts, Section } from "./drawer";
import { EvidenceLink } from "./evidence";
import { Icon } from "./icons";
import { Classes, ClassMark, classRank } from "./operation";
import { Loading, Ready } from "./state";
import { Time } from "./time";
import { Protocol, WireText } from "./wire";

const t = text.conversations;

export function Port({ c }: { c: Pick<ConversationRow, "transport" | "server_port"> }) {
  return (
    <span className="mono">
      {c.transport}
      {c.server_port === null || c.server_port === undefined ? "" : `/${c.server_port}`}
    </span>
  );
}

/** What was done in a conversation, in plain words, each with its packet. */
export function Operations({ conversation, narrow = false }: { conversation: Conversation; narrow?: boolean }) {
  const operations = [...conversation.operations].sort((a, b) => classRank(a.class) - classRank(b.class));
  if (!operations.length) return <p className="muted">{t.noOperations}</p>;
  return (
    <table className="plain">
      <thead>
        <tr>
          <th scope="col">{t.class}</th>
          {narrow ? null : <th scope="col">{t.operation}</th>}
          <th scope="col" className="right">
            {t.requests}
          </th>
          <th scope="col" className="right">
            {t.errors}
          </th>
          <th scope="col">{text.common.evidence}</th>
        </tr>
      </thead>
      <tbody>
        {operations.map((o, i) => (
          <tr key={i}>
            <td>
              <ClassMark name={o.class} />
              {narrow ? (
                <span className="operation-name muted">
                  <WireText value={words(o.name)} max={32} />
                </span>
              ) : null}
            </td>
            {narrow ? null : (
              <td title={`${o.name} (${o.code})`}>
                <WireText value={words(o.name)} max={40} />
              </td>
            )}
            <td className="right figure">{count(Math.max(o.requests, o.responses))}</td>
            <td className="right figure">
              {o.errors ? <span className="strong">{count(o.errors)}</span> : <span className="muted">0</span>}
            </td>
            <td>
              <EvidenceLink evidence={o.evidence} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ConversationDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useConversation(id);
  const c = query.data?.conversation;
  return (
    <Drawer
      title={
        c ? (
          <>
            <WireText value={c.client} max={24} /> → <WireText value={c.server} max={24} />
          </>
        ) : (
          text.conversations.title
        )
      }
      onClose={onClose}
    >
      <Ready query={query}>
        {({ conversation: data, row }) => (
          <>
            <Facts
              items={[
                [t.client, <AssetLink key="c" id={data.client_asset} name={row.client_name} address={data.client} />],
                [t.server, <AssetLink key="s" id={data.server_asset} name={row.server_name} address={data.server} />],
                [t.port, <Port key="p" c={data} />],
                [text.common.protocol, <Protocol key="w" name={data.protocol} />],
                [text.common.encrypted, data.encrypted ? text.common.yes : text.common.no],
                [t.frames, count(data.packets)],
                [t.bytes, bytes(data.bytes)],
                [text.common.first, <Time key="f" value={data.first_seen} />],
                [text.common.last, <Time key="l" value={data.last_seen} />],
                [text.common.evidence, <EvidenceLink key="e" evidence={data.evidence} />],
              ]}
            />
            {data.answered ? null : <p className="note">{t.unanswered}</p>}
            <p className="note">{t.direction[data.client_by]}</p>
            <Section title={t.operations}>
              <Operations conversation={data} narrow />
            </Section>
          </>
        )}
      </Ready>
    </Drawer>
  );
}

/** The conversations of one asset; each opens into its operations. */
export function ConversationList({ asset }: { asset: string }) {
  const query = useWhole("conversations", { asset: [asset], sort: "packets", order: "desc" });
  return (
    <Ready query={query}>
      {(data) =>
        data.items.length ? (
          <ul className="conversation-list">
            {data.items.map((c) => (
              <OneConversation key={c.id} c={c} asset={asset} open={data.items.length <= 3} />
            ))}
          </ul>
        ) : (
          <p className="muted pad">{text.assets.conversationsNone}</p>
        )
      }
    </Ready>
  );
}

function OneConversation({ c, asset, open }: { c: ConversationRow; asset: string; open: boolean }) {
  const [shown, setShown] = useState(open);
  const out = c.client_asset === asset;
  return (
    <li>
      <div className="conversation-line">
        <button
          type="button"
          className="button icon-only"
          aria-expanded={shown}
          aria-label={t.operations}
          onClick={() => setShown(!shown)}
        >
          <Icon name={shown ? "down" : "right"} />
        </button>
        <span className="direction">{out ? "→" : "←"}</span>
        <AssetLink
          id={out ? c.server_asset : c.client_asset}
          name={out ? c.server_name : c.client_name}
          address={out ? c.server : c.client}
        />
        <Protocol name={c.protocol} />
        <Port c={c} />
        <Classes classes={c.classes} most={4} />
        <span className="muted">
          {c.answered ? (c.encrypted ? text.common.encrypted.toLowerCase() : "") : t.unanswered}
        </span>
        <span className="muted figure">
          {text.counts.packets(c.packets)} · {bytes(c.bytes)}
        </span>
      </div>
      {shown ? <Opened id={c.id} /> : null}
    </li>
  );
}

function Opened({ id }: { id: string }) {
  const query = useConversation(id);
  return query.isPending ? (
    <Loading />
  ) : (
    <Ready query={query}>
      {({ conversation: data }) => (
        <div className="opened">
          <Operations conversation={data} />
          <p className="muted">
            {text.common.first} <Time value={data.first_seen} /> · {text.common.last} <Time value={data.last_seen} />.{" "}
            {t.direction[data.client_by]}
          </p>
        </div>
      )}
    </Ready>
  );
}
