import { Link, useLocation } from "wouter";
import type { Evidence } from "../api/types";
import { paths } from "../lib/paths";
import { text } from "../text";
import { Time } from "./time";
import { WireText } from "./wire";

/** The way from a fact to its packet; the packet view leads back here. */
export function EvidenceLink({ evidence }: { evidence: Evidence }) {
  const [path] = useLocation();
  const from = `${path}${window.location.search}`;
  return (
    <Link
      className="evidence mono"
      href={paths.packet(evidence, from)}
      title={`${evidence.capture}, ${evidence.field}`}
    >
      #{evidence.frame}
    </Link>
  );
}

export function EvidenceTable({ evidence }: { evidence: Evidence[] }) {
  return (
    <table className="plain">
      <thead>
        <tr>
          <th scope="col">{text.common.packet}</th>
          <th scope="col">{text.findings.field}</th>
          <th scope="col">{text.findings.bytes}</th>
          <th scope="col">{text.packet.capture}</th>
          <th scope="col">{text.common.time}</th>
        </tr>
      </thead>
      <tbody>
        {evidence.map((e, i) => (
          <tr key={i}>
            <td>
              <EvidenceLink evidence={e} />
            </td>
            <td>
              <WireText value={e.field} />
            </td>
            <td className="mono">
              {e.offset === undefined || e.offset === null ? (
                <span className="muted plain-text">{text.findings.reassembled}</span>
              ) : (
                `${e.offset}–${e.offset + Math.max(1, e.length ?? 1) - 1}`
              )}
            </td>
            <td>
              <WireText value={e.capture} max={40} />
            </td>
            <td>
              <Time value={e.time} fraction />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
