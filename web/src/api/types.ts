/** The nouns of the API by short names. The shapes are generated from openapi.json: nothing is written twice. */
import type { components } from "./schema";

type Schemas = components["schemas"];

/** The API's words are a closed list; the generated type says only "text". */
export type Severity = keyof Schemas["SeverityCounts"];
type Severe<T> = Omit<T, "severity"> & { severity: Severity };

export type SeverityCounts = Schemas["SeverityCounts"];
export type Evidence = Schemas["EvidenceView"];
export type Fact = Schemas["FactView"];
export type Asset = Schemas["AssetView"];
export type AssetRow = Schemas["AssetRow"];
export type AssetDetail = Omit<Schemas["AssetDetail"], "findings"> & { findings: FindingRow[] };
export type Conversation = Schemas["ConversationView"];
export type ConversationRow = Schemas["ConversationRow"];
export type ConversationDetail = Schemas["ConversationDetail"];
export type Account = Schemas["AccountView"];
export type AccountRow = Schemas["AccountRow"];
export type Advisory = Schemas["AdvisoryView"];
export type AdvisoryRow = Schemas["AdvisoryRow"];
export type Finding = Severe<Schemas["FindingView"]>;
export type FindingRow = Severe<Schemas["FindingRow"]>;
export interface FindingDetail {
  finding: Finding;
  row: FindingRow;
}
export type Capture = Schemas["CaptureView"];
export type Problem = Schemas["ProblemView"];
export type Count = Schemas["Count"];
export type Action = Severe<Schemas["Action"]>;
export type Summary = Omit<Schemas["Summary"], "actions" | "newest"> & { actions: Action[]; newest: FindingRow[] };
export type MapNode = Schemas["MapNode"];
export type MapEdge = Schemas["MapEdge"];
export type PlantMap = Schemas["Map"];
export type FrameView = Schemas["FrameView"];
export type Protocol = Schemas["ProtocolView"];
export type Job = Schemas["JobView"];

export interface Page<T> {
  items: T[];
  next?: string | null;
  total: number;
}
