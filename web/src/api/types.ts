/** The nouns of the API by short names. The shapes are generated from openapi.json: nothing is written twice. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type MatchDetail = Schemas["MatchDetail"];
export type SavedView = Schemas["SavedViewView"];

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
export type AccessRow = Schemas["AccessRow"];
export type AccessAccount = Schemas["AccessAccountView"];
export type AccessOverview = Schemas["AccessOverview"];
export type AssetAccess = Schemas["AssetAccess"];
export type SharedSecret = Schemas["SharedSecretView"];
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
export type Feed = Schemas["FeedView"];
export type Job = Schemas["JobView"];

export type Zone = Schemas["ZoneView"];
export type Selector = Schemas["SelectorView"];
export type Conduit = Schemas["ConduitView"];
export type FlowRow = Schemas["FlowRow"];
export type Decision = Schemas["DecisionView"];
export type Network = Schemas["NetworkView"];
export type Difference = Schemas["ReachabilityView"];
export type Reconciliation = Schemas["ReconciliationView"];
export type Pair = Schemas["PairView"];
export type RecordRow = Schemas["RecordView"];
export type VerdictCounts = Schemas["VerdictCounts"];

/** What a person may say of a device. */
export type Field = "name" | "role" | "level" | "criticality" | "safety" | "owner" | "location" | "zone" | "note";

/** A zone as it is sent. */
export interface ZoneDraft {
  id: string;
  name: string;
  level?: number | null;
  sl_t?: number | null;
  site?: string | null;
  members: Partial<Selector>[];
  note?: string | null;
}

export type Verdict = "allowed" | "tolerated" | "forbidden";

export interface Ruling {
  id: string;
  from: string;
  to: string;
  protocols?: string[];
  ports?: number[];
  operations?: string[];
  verdict: Verdict;
  until?: string | null;
}

/** What a decision does; assets are named by an address. */
export type Act =
  | { act: "set"; asset: string; setting: { field: Field; value: string | number | boolean } }
  | { act: "clear"; asset: string; field: Field }
  | { act: "merge"; asset: string; with: string }
  | { act: "split"; asset: string; from: string }
  | { act: "zone"; zone: ZoneDraft }
  | { act: "remove_zone"; zone: string }
  | { act: "rule"; ruling: Ruling }
  | { act: "remove_ruling"; ruling: string }
  | { act: "save_view"; view: SavedView }
  | { act: "remove_view"; view: string }
  | { act: "state"; statement: Statement }
  | { act: "remove_statement"; statement: string }
  | { act: "undo"; decision: number };

export interface Page<T> {
  items: T[];
  next?: string | null;
  total: number;
}

/** What a person says of a vulnerability at devices. */
export interface Statement {
  id: string;
  cve: string;
  assets?: string[];
  status: "not_affected" | "fixed" | "accepted";
  justification?: string;
  until?: string;
}
