//! The posture as a document: what `analyze --format json` prints and the API answers. The names here are a public contract
//! (`docs/contracts.md`): fields may be added, those that exist keep name and meaning.

pub use crate::access_view::{
    AccessAccountView, AccessDeviceView, AccessGrantView, AccessUseView, AccessVerdictView, AccessView,
    AmbiguousNameView, SecretUseView, SharedSecretView,
};
pub use crate::plant_view::{
    ConduitProtocolView, ConduitView, CoverageView, DecisionView, FlowView, SavedViewView, SelectorView,
    SilentView, VerdictCounts, ZoneCoverageView, ZoneView,
};
pub use crate::reach_view::{NetworkView, ReachStepView, ReachView, ReachabilityView};
pub use crate::reconcile_view::{
    AmbiguousView, DifferenceView, PairView, ReconciliationView, RecordView, SharedView,
};
use crate::triage::Triage;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The whole posture of one site.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Analysis {
    /// Name and version of this document.
    #[schema(example = "sightglass.analysis/1")]
    pub schema: &'static str,
    /// Who wrote it.
    pub tool: Tool,
    /// Inputs.
    pub captures: Vec<CaptureView>,
    /// What could not be read or seen.
    pub problems: Vec<ProblemView>,
    /// Devices.
    pub assets: Vec<AssetView>,
    /// Who talks to whom.
    pub conversations: Vec<ConversationView>,
    /// `messages.PROTOCOL.COUNTER.DIRECTION.CODE = count`.
    pub messages: BTreeMap<String, BTreeMap<String, Directions>>,
    /// Sign-ins.
    pub accounts: Vec<AccountView>,
    /// Advisories that concern an asset.
    pub advisories: Vec<AdvisoryView>,
    /// The advisories themselves.
    pub documents: Vec<DocumentView>,
    /// How exposed those assets are.
    pub exposures: Vec<ExposureView>,
    /// What is wrong.
    pub findings: Vec<FindingView>,
    /// Zones, proposed ones included.
    pub zones: Vec<ZoneView>,
    /// What crosses between zones, by their pairs.
    pub conduits: Vec<ConduitView>,
    /// Conversations that cross between zones or were ruled on, with their verdicts.
    pub flows: Vec<FlowView>,
    /// What people decided, in order.
    pub decisions: Vec<DecisionView>,
    /// Network devices whose configuration was read.
    pub networks: Vec<NetworkView>,
    /// Where what they let pass and what was seen differ.
    pub reachability: Vec<ReachabilityView>,
    /// The inventory against the records of another system; null where no list was read.
    pub reconciliation: Option<ReconciliationView>,
    /// Who may reach what, and who did.
    pub access: AccessView,
    /// What cannot be seen, as far as that is known.
    pub coverage: CoverageView,
}

/// Counts by direction (`c2s`, `s2c`, `l2`) and code.
pub type Directions = BTreeMap<String, BTreeMap<String, u64>>;

/// The program that wrote a document.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Tool {
    /// Always `sightglass`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// A capture that was read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaptureView {
    /// Its number in this site; evidence frames are fetched with it.
    pub id: u32,
    /// Path or name as given.
    pub path: String,
    /// What it is: `capture` or `log`, which show who spoke, or `file` (engineering file, configuration, list), which does not.
    pub kind: &'static str,
    /// `pcap`, `pcapng`, or what kind of log or file it is.
    pub format: String,
    /// Frames read.
    pub packets: u64,
    /// Captured bytes.
    pub bytes: u64,
    /// Earliest frame, RFC 3339.
    pub first: Option<String>,
    /// Latest frame, RFC 3339.
    pub last: Option<String>,
}

/// Something that could not be read or seen.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemView {
    /// Capture it concerns; empty for all.
    pub capture: String,
    /// Frame number, where one frame is to blame.
    pub frame: Option<u64>,
    /// One sentence.
    pub what: String,
    /// `info`, `warning` or `error`.
    pub severity: String,
}

/// The witness of a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EvidenceView {
    /// Path of the capture.
    pub capture: String,
    /// Its number in this site.
    pub capture_id: u32,
    /// Frame number in it, from 1.
    pub frame: u64,
    /// Time of the frame, RFC 3339.
    pub time: String,
    /// Field, by its common display-filter name.
    pub field: String,
    /// First byte of the value in the frame; absent when the value was reassembled from several frames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
    /// Its length in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
}

/// One claim.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FactView {
    /// One of the documented attributes.
    pub attribute: &'static str,
    /// The text on the wire, trimmed; a number in decimal.
    pub value: String,
    /// Protocol that said so; `sightglass` for a conclusion.
    pub protocol: String,
    /// 0 to 1.
    pub confidence: f64,
    /// Why, for a conclusion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Witness.
    pub evidence: EvidenceView,
}

/// A module or a station behind an asset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModuleView {
    /// Slot, or `unit N` for a station behind a gateway.
    pub slot: String,
    /// Maker.
    pub vendor: Option<String>,
    /// Product.
    pub product: Option<String>,
    /// Order number.
    pub order_number: Option<String>,
    /// Firmware.
    pub firmware: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Every claim.
    pub facts: Vec<FactView>,
}

/// A service of an asset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ServiceView {
    /// `tcp`, `udp` or `ethernet`.
    pub transport: String,
    /// Port.
    pub port: Option<u16>,
    /// Protocol, when recognised by content.
    pub protocol: Option<String>,
    /// Encrypted.
    pub encrypted: bool,
    /// Distinct clients.
    pub clients: u32,
    /// Witness.
    pub evidence: EvidenceView,
}

/// One device.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AssetView {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// One of the documented roles.
    pub role: &'static str,
    /// Purdue level: 0, 1, 2, 3, 3.5, 4, 5 or null.
    #[schema(value_type = Option<f32>)]
    pub level: Option<serde_json::Number>,
    /// Id of the zone it belongs to, a proposed one where none is defined.
    pub zone: Option<String>,
    /// Why it belongs there, one sentence.
    pub zone_why: Option<String>,
    /// How much depends on it: `low`, `medium`, `high` or `critical`.
    pub criticality: Option<String>,
    /// It is part of a safety function; null where nothing says so.
    pub safety: Option<bool>,
    /// Who answers for it, as people said.
    pub owner: Option<String>,
    /// Where it stands: best claim, or null.
    pub location: Option<String>,
    /// MAC addresses.
    pub macs: Vec<String>,
    /// IP addresses.
    pub ips: Vec<String>,
    /// VLANs it was seen in.
    pub vlans: Vec<u16>,
    /// Host names.
    pub hostnames: Vec<String>,
    /// Best claim, or null.
    pub vendor: Option<String>,
    /// Best claim, or null.
    pub product: Option<String>,
    /// Best claim, or null.
    pub order_number: Option<String>,
    /// Best claim, or null.
    pub hardware: Option<String>,
    /// Best claim, or null.
    pub firmware: Option<String>,
    /// Best claim, or null.
    pub serial: Option<String>,
    /// RFC 3339.
    pub first_seen: String,
    /// RFC 3339.
    pub last_seen: String,
    /// Why its addresses are one device.
    pub joined_by: Vec<String>,
    /// Evidence that speaks against it, such as an address that others answered for too.
    pub conflicts: Vec<String>,
    /// Services it offers.
    pub services: Vec<ServiceView>,
    /// Modules and stations behind it.
    pub modules: Vec<ModuleView>,
    /// Every claim with its witness.
    pub facts: Vec<FactView>,
}

/// Requests and answers of one operation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OperationView {
    /// Name in the protocol's words.
    pub name: String,
    /// Code on the wire.
    pub code: u32,
    /// Operation class.
    pub class: &'static str,
    /// Requests.
    pub requests: u64,
    /// Answers.
    pub responses: u64,
    /// Answers that say no.
    pub errors: u64,
    /// RFC 3339 time of the last one.
    pub last_seen: String,
    /// First message.
    pub evidence: EvidenceView,
}

/// A conversation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConversationView {
    /// Stable id.
    pub id: String,
    /// Address of the client (MAC outside IP).
    pub client: String,
    /// Address of the server.
    pub server: String,
    /// Asset id of the client, when it was heard.
    pub client_asset: Option<String>,
    /// Asset id of the server.
    pub server_asset: Option<String>,
    /// Port of the server.
    pub server_port: Option<u16>,
    /// `tcp`, `udp`, `icmp`, `ip` or `ethernet`.
    pub transport: &'static str,
    /// VLAN id.
    pub vlan: Option<u16>,
    /// Protocol; the transport's name when not recognised.
    pub protocol: String,
    /// How the client was decided: `handshake`, `content`, `port`, `first_packet` or `lower_port`.
    pub client_by: &'static str,
    /// Encrypted.
    pub encrypted: bool,
    /// The server answered.
    pub answered: bool,
    /// Frames, both ways.
    pub packets: u64,
    /// Bytes on the wire, both ways.
    pub bytes: u64,
    /// RFC 3339.
    pub first_seen: String,
    /// RFC 3339.
    pub last_seen: String,
    /// First frame.
    pub evidence: EvidenceView,
    /// What was done.
    pub operations: Vec<OperationView>,
}

/// A sign-in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountView {
    /// Name; empty when anonymous or hidden.
    pub name: String,
    /// Asset id it signed in at.
    pub asset: Option<String>,
    /// Asset id it came from.
    pub client: Option<String>,
    /// Protocol.
    pub protocol: String,
    /// How.
    pub mechanism: String,
    /// Secret protected on the wire.
    pub encrypted: bool,
    /// The answer, when seen.
    pub accepted: Option<bool>,
    /// RFC 3339.
    pub last_seen: String,
    /// First sign-in.
    pub evidence: EvidenceView,
}

/// An advisory's CVE against an asset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AdvisoryView {
    /// Asset id.
    pub asset: String,
    /// Slot of the module that matches; null for the asset itself.
    pub module: Option<String>,
    /// Document id.
    pub advisory: String,
    /// CVE.
    pub cve: String,
    /// `affected`, `possible`, `fixed` or `not_affected`.
    pub status: &'static str,
    /// One sentence that quotes both sides.
    pub reason: String,
    /// How sure, 0 to 1: evidence of the product times evidence of the version.
    pub confidence: f32,
    /// What would settle a `possible`; null for every other status.
    pub missing: Option<MissingView>,
    /// CVSS base score.
    pub score: Option<f32>,
    /// Title of the advisory.
    pub title: String,
    /// What to do about it, and why; null where nothing is to be done.
    pub triage: Option<Triage>,
    /// What a person said of it.
    pub stated: Option<StatementView>,
    /// What feeds say of the CVE.
    #[serde(flatten)]
    pub threat: ThreatView,
}

/// What a person said of a vulnerability at a device.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct StatementView {
    /// Id of the statement.
    pub id: String,
    /// `not_affected`, `fixed` or `accepted`.
    pub status: &'static str,
    /// Why it is not affected, as CSAF's flags have it.
    pub justification: Option<&'static str>,
    /// Until when it holds.
    pub until: Option<String>,
    /// That date has passed: review it.
    pub expired: bool,
    /// Who said it.
    pub by: String,
    /// When.
    pub at: String,
    /// Why, in the person's words.
    pub why: String,
}

/// From where an asset that advisories concern can be reached, and what its loss would mean.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ExposureView {
    /// Asset id.
    pub asset: String,
    /// `small`, `controlled` or `open`.
    pub exposure: &'static str,
    /// Why, one sentence.
    pub why: String,
    /// `low`, `medium` or `high`.
    pub consequence: &'static str,
    /// Why, one sentence.
    pub weighed: String,
    /// What would lessen it without touching the asset, one sentence each.
    pub controls: Vec<String>,
}

/// An advisory that concerns an asset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct DocumentView {
    /// Document id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Date of the release that was read, as written.
    pub released: String,
    /// What it recommends.
    pub remediations: Vec<RemediationView>,
}

/// What an advisory recommends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct RemediationView {
    /// `vendor_fix`, `mitigation`, `workaround`, `none_available` or `no_fix_planned`.
    pub category: String,
    /// The text.
    pub text: String,
    /// Where to get it.
    pub url: Option<String>,
}

/// What feeds say of a CVE, put together: of single facts the first source that states one, of lists all.
#[derive(Clone, PartialEq, Debug, Default, Serialize, ToSchema)]
pub struct ThreatView {
    /// Exploitation is known; null where no feed says so.
    pub kev: Option<KevView>,
    /// Probability of exploitation; null where not known.
    pub epss: Option<EpssView>,
    /// Decision points; null where not known.
    pub ssvc: Option<SsvcView>,
    /// Vectors of every version and source, newest version first.
    pub cvss: Vec<CvssView>,
    /// Weaknesses, such as `CWE-787`.
    pub cwes: Vec<String>,
    /// References that a source marks as an exploit.
    pub exploits: Vec<String>,
    /// Techniques of ATT&CK for ICS that go with its exploitation.
    pub techniques: Vec<TechniqueView>,
    /// A source has withdrawn the CVE.
    pub rejected: bool,
}

/// An entry in CISA's catalogue of known exploited vulnerabilities.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct KevView {
    /// Date it was added, `YYYY-MM-DD`.
    pub added: String,
    /// Date by which US agencies must act.
    pub due: Option<String>,
    /// Known in ransomware campaigns.
    pub ransomware: bool,
    /// What the catalogue asks for.
    pub action: Option<String>,
    /// The feed.
    pub source: String,
}

/// A score of the Exploit Prediction Scoring System.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct EpssView {
    /// Probability of exploitation in the next 30 days, 0 to 1.
    pub score: f32,
    /// Share of CVEs with the same score or less, 0 to 1.
    pub percentile: f32,
    /// Date of the model run.
    pub date: String,
    /// The feed.
    pub source: String,
}

/// Decision points of SSVC.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct SsvcView {
    /// `none`, `poc` or `active`.
    pub exploitation: String,
    /// `yes` or `no`.
    pub automatable: String,
    /// `partial` or `total`.
    pub technical_impact: String,
    /// The feed.
    pub source: String,
}

/// A CVSS vector.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct CvssView {
    /// `2.0`, `3.0`, `3.1` or `4.0`.
    pub version: &'static str,
    /// The vector.
    pub vector: String,
    /// Score worked out from the vector.
    pub score: f32,
    /// The feed.
    pub source: String,
}

/// A technique of MITRE ATT&CK for ICS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct TechniqueView {
    /// Number, such as `T0866`.
    pub id: String,
    /// Name.
    pub name: String,
}

/// A fact that is not known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MissingView {
    /// `version`, `serial`, `hardware_revision`, `variant` or `option`.
    pub fact: &'static str,
    /// The variant or condition in question, as the advisory writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub which: Option<String>,
}

/// What a finding is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SubjectView {
    /// Asset id.
    pub asset: String,
    /// Asset id of the other end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
}

/// References into standards.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReferencesView {
    /// IEC 62443-3-3 requirements.
    pub iec62443_3_3: Vec<String>,
    /// NIST SP 800-53 controls.
    pub nist_800_53: Vec<String>,
    /// ATT&CK for ICS techniques.
    pub attack_ics: Vec<String>,
}

/// A finding.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// Stable id.
    pub id: String,
    /// Check that fired.
    pub check: String,
    /// One sentence.
    pub title: String,
    /// `critical`, `high`, `medium`, `low` or `info`.
    pub severity: &'static str,
    /// Where.
    pub subject: SubjectView,
    /// What was seen, for this subject.
    pub detail: String,
    /// Facts behind it.
    pub evidence: Vec<EvidenceView>,
    /// Standards.
    pub references: ReferencesView,
    /// Why it matters.
    pub rationale: String,
    /// What to do.
    pub remediation: String,
}
