import { useConversation, useWhole } from "../api/queries";
import { text } from "../text";
import { Operations, Port } from "./conversations";
import { Section } from "./drawer";
import { Ready } from "./state";
import { WireText } from "./wire";

/** The conversations of one client with one server, with what was done. */
export function EdgeConversations({ client, server }: { client: string; server: string }) {
  const query = useWhole("conversations", { asset: [client] });
  return (
    <Ready query={query}>
      {(data) => (
        <>
          {data.items
            .filter((c) => c.client_asset === client && c.server_asset === server)
            .slice(0, 12)
            .map((c) => (
              <One key={c.id} id={c.id} />
            ))}
        </>
      )}
    </Ready>
  );
}

function One({ id }: { id: string }) {
  const query = useConversation(id);
  const c = query.data;
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
      <div className="scroll-x">
        <Operations conversation={c} />
      </div>
    </Section>
  );
}
