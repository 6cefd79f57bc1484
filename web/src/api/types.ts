/** The nouns of the API, by their short names. */

export type Severity = "critical" | "high" | "medium" | "low" | "info";
export interface Evidence { capture: string; capture_id: number; frame: number; time: string; field: string; offset?: number; length?: number }
export interface Fact { attribute: string; value: string; protocol: string; confidence: number; reason?: string; evidence: Evidence }
export interface Module { slot: string; vendor: string | null; product: string | null; order_number: string | null; firmware: string | null; serial: string | null; facts: Fact[] }
export interface Service { transport: string; port: number | null; protocol: string | null; encrypted: boolean; clients: number; evidence: Evidence }
export interface AssetBase {
  id: string; name: string; role: string; level: number | null; zone: string | null; criticality: string | null;
  macs: string[]; ips: string[]; vlans: number[]; hostnames: string[];
  vendor: string | null; product: string | null; order_number: string | null; hardware: string | null; firmware: string | null; serial: string | null;
  first_seen: string; last_seen: string; joined_by: string[]; services: Service[]; modules: Module[];
}
export interface Asset extends AssetBase { facts: Fact[] }
export interface SeverityCounts { critical: number; high: number; medium: number; low: number; info: number }
export interface AssetRow extends Omit<AssetBase, "services" | "modules" | "joined_by"> {
  modules: number; services: number; findings: SeverityCounts; worst: Severity | null; protocols: string[]; affected: number; possible: number;
}
export interface Operation { name: string; code: number; class: string; requests: number; responses: number; errors: number; last_seen: string; evidence: Evidence }
export interface Conversation {
  id: string; client: string; server: string; client_asset: string | null; server_asset: string | null; server_port: number | null;
  transport: string; vlan: number | null; protocol: string; client_by: string; encrypted: boolean; answered: boolean;
  packets: number; bytes: number; first_seen: string; last_seen: string; evidence: Evidence; operations: Operation[];
}
export interface Account { name: string; asset: string | null; client: string | null; protocol: string; mechanism: string; encrypted: boolean; accepted: boolean | null; last_seen: string; evidence: Evidence }
export interface Advisory { asset: string; module: string | null; advisory: string; cve: string; status: string; reason: string; score: number | null; title: string }
export interface Finding {
  id: string; check: string; title: string; severity: Severity; subject: { asset: string; peer?: string }; detail: string; evidence: Evidence[];
  references: { iec62443_3_3: string[]; nist_800_53: string[]; attack_ics: string[] }; rationale: string; remediation: string;
}
export interface Capture { id: number; path: string; format: string; packets: number; bytes: number; first: string | null; last: string | null }
export interface Problem { capture: string; frame: number | null; what: string; severity: string }
export interface Page<T> { items: T[]; next: string | null; total: number }
export interface ConversationRow extends Omit<Conversation, "evidence" | "operations" | "client_by"> { client_name: string | null; server_name: string | null; classes: string[]; changes: boolean; operations: number }
export interface AccountRow extends Account { id: string; asset_name: string | null; client_name: string | null }
export interface AdvisoryRow extends Advisory { id: string; asset_name: string | null }
export interface FindingRow { id: string; check: string; title: string; severity: Severity; asset: string; asset_name: string | null; peer: string | null; peer_name: string | null; detail: string; seen: string | null; evidence: number }
export interface Count { key: string; count: number }
export interface Action { check: string; title: string; remediation: string; severity: Severity; findings: number; weight: number; assets: string[]; assets_total: number }
export interface Summary {
  generation: number;
  totals: { assets: number; conversations: number; findings: number; advisories: number; accounts: number; captures: number };
  roles: Count[]; levels: Count[]; vendors: Count[]; severities: SeverityCounts;
  protocols: { protocol: string; conversations: number; packets: number; bytes: number }[];
  newest: FindingRow[]; captures: Capture[]; problems: Problem[]; problems_total: number; actions: Action[];
}
export interface MapNode { id: string; name: string; role: string; lane: string; place: number; zone: string | null; address: string | null; vendor: string | null; product: string | null; worst: Severity | null }
export interface MapEdge { id: string; source: string; target: string; protocols: string[]; classes: string[]; changes: boolean; encrypted: boolean; answered: boolean; conversations: number; packets: number; bytes: number; first_seen: string; last_seen: string; violates: boolean; findings: string[]; evidence: Evidence }
export interface PlantMap { generation: number; lanes: { id: string; title: string; assets: number }[]; nodes: MapNode[]; edges: MapEdge[]; undrawn: number }
export interface FrameView { capture: number; frame: number; time: string; length: number; hex: string; layers: { name: string; offset: number; length: number; summary: string }[] }
export interface Job {
  id: number; kind: string; name: string; state: "queued" | "reading" | "assessing" | "done" | "failed" | "cancelled"; packets: number; bytes: number; total_bytes: number;
  rate: number; seconds_left: number | null; problems: string[]; error: string | null; capture: number | null; created: string; finished: string | null;
}
