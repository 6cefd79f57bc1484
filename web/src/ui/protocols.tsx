import { useProtocols } from "../api/queries";
import type { Protocol } from "../api/types";
import { count } from "../lib/format";
import { text } from "../text";
import { Section } from "./drawer";
import { Ready } from "./state";

const t = text.sources;

/** What this version understands on the wire, as the server says it. */
export function Protocols() {
  const query = useProtocols();
  return (
    <Ready query={query}>
      {(all) => (
        <Section title={t.protocols} note={t.protocolsNote(all.length, all.filter((p) => p.industrial).length)}>
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{t.protocol}</th>
                <th scope="col">{t.carriedBy}</th>
                <th scope="col" className="right">
                  {t.operations}
                </th>
                <th scope="col">{t.documents}</th>
              </tr>
            </thead>
            <tbody>
              {all.map((p) => (
                <tr key={p.name}>
                  <td>{p.title}</td>
                  <td>{carriers(p)}</td>
                  <td className="right figure">{p.depth === "messages" ? t.messagesOnly : count(total(p))}</td>
                  <td className="muted">{p.sources}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      )}
    </Ready>
  );
}

const total = (p: Protocol): number => Object.values(p.operations).reduce((sum, n) => sum + n, 0);

function carriers(p: Protocol): string {
  const types = p.ethertypes.map((type) => (type ? `0x${type.toString(16).padStart(4, "0")}` : "LLC"));
  const ethernet = types.length ? [`Ethernet ${types.join(", ")}`] : [];
  return [...runs(p.tcp, "TCP"), ...runs(p.udp, "UDP"), ...ethernet, ...runs(p.ip_protocols, "IP")].join(" · ");
}

/** Neighbouring ports as one run. */
export function runs(ports: number[], carrier: string): string[] {
  const found: [number, number][] = [];
  for (const port of ports) {
    const last = found.at(-1);
    if (last && port === last[1] + 1) last[1] = port;
    else found.push([port, port]);
  }
  const words = found.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  return words.length ? [`${carrier} ${words.join(", ")}`] : [];
}
