import { useState } from "react";
import type { AdvisoryRow, Statement } from "../api/types";
import { text } from "../text";
import { DecideForm } from "./decide";
import { Name } from "./wire";

const t = text.vulnerabilities;
const STANCES = ["accepted", "not_affected", "fixed"] as const;

/** Where a person says a device stands, and the form to say it. */
export function Stand({ row, address }: { row: AdvisoryRow; address: string | undefined }) {
  const said = row.stated;
  const [status, setStatus] = useState<Statement["status"]>("accepted");
  const [because, setBecause] = useState("inline_mitigations_already_exist");
  const [until, setUntil] = useState("");
  const [everywhere, setEverywhere] = useState(false);
  const cve = row.cve || row.advisory;
  const complete = (status !== "accepted" || until !== "") && (everywhere || address !== undefined);
  const statement: Statement = {
    id: `${cve}${everywhere ? "" : `.${address ?? ""}`}`.replaceAll(/[^A-Za-z0-9._-]/g, "-").slice(0, 64),
    cve,
    assets: everywhere || !address ? [] : [address],
    status,
    ...(status === "not_affected" ? { justification: because } : {}),
    ...(until ? { until: `${until}T23:59:59Z` } : {}),
  };
  return (
    <>
      {said ? (
        <>
          <p>
            <b>{t.said(t.stanceWord[said.status] ?? said.status, said.by, said.at.slice(0, 10))}</b>{" "}
            {said.until ? said.until.slice(0, 10) : null} <Name value={said.why} max={240} />
          </p>
          {said.expired ? <p className="wrong">{t.saidPast}</p> : null}
          <DecideForm label={t.unsay} acts={[{ act: "remove_statement", statement: said.id }]} />
        </>
      ) : null}
      <p className="muted">{t.sayNote}</p>
      <div className="stand">
        <label>
          {t.stance}
          <select value={status} onChange={(e) => setStatus(e.target.value as Statement["status"])}>
            {STANCES.map((s) => (
              <option key={s} value={s}>
                {t.stanceWord[s]}
              </option>
            ))}
          </select>
        </label>
        {status === "not_affected" ? (
          <label>
            {t.justification}
            <select value={because} onChange={(e) => setBecause(e.target.value)}>
              {Object.entries(t.justificationWord).map(([key, label]) => (
                <option key={key} value={key}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <label>
          {t.until}
          <input
            type="date"
            value={until}
            onChange={(e) => setUntil(e.target.value)}
            required={status === "accepted"}
          />
        </label>
        <label className="check">
          <input type="checkbox" checked={everywhere} onChange={(e) => setEverywhere(e.target.checked)} />
          {t.everywhere}
        </label>
      </div>
      <DecideForm acts={complete ? [{ act: "state", statement }] : []} />
    </>
  );
}
