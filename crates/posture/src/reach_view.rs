//! Configurations of network devices and what they let pass, as the document has them.

use crate::document::EvidenceView;
use crate::reach::{Answer, Comparison, Outcome, Protocol, Verdict};
use crate::view::{Posture, Viewer};
use model::{Evidence, Name, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// A network device whose configuration was read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NetworkView {
    /// Number of the file among the captures.
    pub capture_id: u32,
    /// Language of the configuration.
    pub format: String,
    /// Its own name.
    pub hostname: String,
    /// Maker.
    pub vendor: String,
    /// Model.
    pub model: String,
    /// Version of its software.
    pub version: String,
    /// Interfaces: name and addresses.
    pub interfaces: Vec<String>,
    /// Rules of all lists.
    pub rules: u32,
    /// Static routes.
    pub routes: u32,
    /// Names of local accounts; no secret is kept.
    pub accounts: Vec<String>,
    /// Services for management that it offers.
    pub services: Vec<String>,
    /// Lines that decide something and were not understood: answers that depend on them are undecided.
    pub unknown: Vec<String>,
}

/// A rule, route or line that had a part in an answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReachStepView {
    /// Name of the device.
    pub device: String,
    /// The list of rules; empty for a route or another line.
    pub list: String,
    /// Line in its file.
    pub line: u32,
    /// What stands there.
    pub text: String,
    /// What it does: `allowed`, `denied` or `undecided`.
    pub outcome: &'static str,
}

/// What the configurations say of a flow.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReachView {
    /// `allowed`, `denied`, `undecided`, `no_path` or `direct`.
    pub outcome: &'static str,
    /// One sentence.
    pub why: String,
    /// What decided, in the order of the way.
    pub by: Vec<ReachStepView>,
}

/// A difference between what is allowed and what was seen.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReachabilityView {
    /// `observed_though_denied`, `observed_without_path`, `never_observed` or `too_wide`.
    pub verdict: &'static str,
    /// Client of a conversation that was seen.
    pub client: Option<String>,
    /// Its server.
    pub server: Option<String>,
    /// `tcp`, `udp`, `icmp` or the number of an IP protocol.
    pub protocol: Option<String>,
    /// Port of the server.
    pub port: Option<u16>,
    /// Name of the device whose rule is meant.
    pub device: Option<String>,
    /// Its list.
    pub list: Option<String>,
    /// The rule as it stands there.
    pub rule: Option<String>,
    /// What the rule asks nothing about: `any source`, `any destination`, `any service`.
    pub any: Vec<&'static str>,
    /// One sentence.
    pub why: String,
    /// The line of the file; null where no line is to blame.
    pub evidence: Option<EvidenceView>,
}

/// Lines listed of one device.
const UNKNOWN_MAX: usize = 200;

/// Devices.
pub(crate) fn networks(posture: &Posture) -> Vec<NetworkView> {
    let all = posture.inventory.networks.iter();
    all.map(|(capture, d)| NetworkView {
        capture_id: capture.0,
        format: d.format.as_str().to_owned(),
        hostname: d.hostname.to_string(),
        vendor: d.vendor.to_string(),
        model: d.model.to_string(),
        version: d.version.to_string(),
        interfaces: d
            .interfaces
            .iter()
            .map(|i| {
                let addresses: Vec<String> =
                    i.addresses.iter().map(|(ip, prefix)| format!("{ip}/{prefix}")).collect();
                format!("{} {}", i.name, addresses.join(" ")).trim().to_owned()
            })
            .collect(),
        rules: u32::try_from(d.rule_count()).unwrap_or(u32::MAX),
        routes: u32::try_from(d.routes.len()).unwrap_or(u32::MAX),
        accounts: d.accounts.iter().map(|a| a.name.to_string()).collect(),
        services: d.services.iter().map(|s| word(&s.kind)).collect(),
        unknown: d.unknown.iter().take(UNKNOWN_MAX).map(|u| format!("line {}: {}", u.line, u.text)).collect(),
    })
    .collect()
}

/// The word of a value in documents.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn outcome(o: Outcome) -> &'static str {
    match o {
        Outcome::Allowed => "allowed",
        Outcome::Denied => "denied",
        Outcome::Undecided => "undecided",
        Outcome::NoPath => "no_path",
        Outcome::Direct => "direct",
    }
}

/// An answer.
pub(crate) fn answer(a: &Answer) -> ReachView {
    let step = |s: &crate::reach::Step| ReachStepView {
        device: s.name.to_string(),
        list: s.list.to_string(),
        line: s.line,
        text: s.text.to_string(),
        outcome: outcome(s.outcome),
    };
    ReachView { outcome: outcome(a.outcome), why: a.why.clone(), by: a.by.iter().map(step).collect() }
}

/// Differences.
pub(crate) fn comparisons(posture: &Posture, viewer: &Viewer<'_>) -> Vec<ReachabilityView> {
    posture.allowed.comparisons.iter().map(|c| comparison(posture, viewer, c)).collect()
}

fn comparison(posture: &Posture, viewer: &Viewer<'_>, c: &Comparison) -> ReachabilityView {
    let seen = c.observed;
    let step = c.answer.as_ref().and_then(|a| a.by.iter().rev().find(|s| s.outcome == Outcome::Denied));
    let place = c.rule.as_ref().map(|r| (r.device, r.line)).or(step.map(|s| (s.device, s.line)));
    ReachabilityView {
        verdict: match c.verdict {
            Verdict::ObservedThoughDenied => "observed_though_denied",
            Verdict::ObservedWithoutPath => "observed_without_path",
            Verdict::NeverObserved => "never_observed",
            Verdict::TooWide => "too_wide",
        },
        client: seen.map(|o| o.client.to_string()),
        server: seen.map(|o| o.server.to_string()),
        protocol: seen.map(|o| match o.protocol {
            Protocol::Tcp => "tcp".into(),
            Protocol::Udp => "udp".into(),
            Protocol::Icmp => "icmp".into(),
            Protocol::Other(n) => n.to_string(),
        }),
        port: seen.and_then(|o| o.port),
        device: c.rule.as_ref().map(|r| &r.name).or(step.map(|s| &s.name)).map(ToString::to_string),
        list: c.rule.as_ref().map(|r| &r.list).or(step.map(|s| &s.list)).map(ToString::to_string),
        rule: c.rule.as_ref().map(|r| &r.text).or(step.map(|s| &s.text)).map(ToString::to_string),
        any: c.rule.as_ref().map(|r| r.any.clone()).unwrap_or_default(),
        why: c.why.clone(),
        evidence: place.and_then(|(device, line)| evidence(posture, viewer, device, line)),
    }
}

fn evidence(posture: &Posture, viewer: &Viewer<'_>, device: usize, line: u32) -> Option<EvidenceView> {
    let (capture, _) = posture.inventory.networks.get(device)?;
    let file = posture.inventory.captures.iter().find(|c| c.id == *capture);
    let time = file.and_then(|c| c.first).unwrap_or(Timestamp::default());
    let field = Name::new("configuration");
    (line > 0).then(|| {
        viewer.evidence(&Evidence { capture: *capture, frame: line.into(), time, field, bytes: None })
    })
}
