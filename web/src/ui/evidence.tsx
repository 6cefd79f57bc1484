import { useState } from "react";
import { Link, useLocation } from "wouter";
import type { Evidence } from "../api/types";
import { paths } from "../lib/paths";
import { text } from "../text";
import { Time } from "./time";
import { WireText } from "./wire";

const MOST = 20;

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

function Bytes({ evidence: e }: { evidence: Evidence }) {
  if (e.offset === undefined || e.offset === null) return <span className="muted">{text.findings.reassembled}</span>;
  return (
    <span className="mono nowrap">
      {e.offset}–{e.offset + Math.max(1, e.length ?? 1) - 1}
    </span>
  );
}

/** The facts behind a finding. In a drawer there is room for less: where the capture is one, its name is left to the packet. */
export function EvidenceTable({ evidence, narrow = false }: { evidence: Evidence[]; narrow?: boolean }) {
  const [all, setAll] = useState(false);
  const shown = all ? evidence : evidence.slice(0, MOST);
  return (
    <>
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{text.common.packet}</th>
            <th scope="col">{text.findings.field}</th>
            {narrow ? null : <th scope="col">{text.findings.bytes}</th>}
            {narrow ? null : <th scope="col">{text.packet.capture}</th>}
            <th scope="col">{text.common.time}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((e, i) => (
            <tr key={i}>
              <td>
                <EvidenceLink evidence={e} />
              </td>
              <td>
                <WireText value={e.field} max={narrow ? 24 : 48} />
              </td>
              {narrow ? null : (
                <td>
                  <Bytes evidence={e} />
                </td>
              )}
              {narrow ? null : (
                <td>
                  <WireText value={e.capture.split("/").at(-1) ?? e.capture} max={40} />
                </td>
              )}
              <td>
                <Time value={e.time} fraction={!narrow} onlyAbsolute={narrow} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {evidence.length > shown.length ? (
        <button type="button" className="button link" onClick={() => setAll(true)}>
          {text.common.more(evidence.length - shown.length)}
        </button>
      ) : null}
    </>
  );
}
