import { useConversation, useWhole } from "../api/queries";
import { text } from "../text";
import { Operations, Port } from "./conversations";
import { Section } from "./drawer";
import { Ready } from "./state";
import { WireText } from "./wire";

/** The conversations of one client with one server, with what was done. */
export function EdgeConversations({ client, server }: { client: string; server: string }) {
  const query = useWhole("conversations", { client_asset: client, server_asset: server });
  return (
    <Ready query={query}>
      {(data) => (
        <>
          {data.items.slice(0, 12).map((c) => (
            <One key={c.id} id={c.id} />
          ))}
        </>
      )}
    </Ready>
  );
}

function One({ id }: { id: string }) {
  const c = useConversation(id).data?.conversation;
  if (!c) return null;
  return (
    <Section
      title={text.conversations.operations}
      aside={
        <span>
          <WireText value={c.protocol} /> <Port c={c} />
        </span>
      }
    >
      <Operations conversation={c} narrow />
    </Section>
  );
}
