//! What was ruled on a flow: which ruling speaks of it, and whether it still holds.
//!
//! The ruling that says most precisely whom and what it means decides; of equally precise ones the strictest. An allowing ruling that
//! names operations does not cover a flow that does more.

use crate::inventory::Conversation;
use crate::plant::{Plant, Witness};
use model::plant::{Anchor, Ruling, Side, Verdict};
use model::{OperationClass, Text, Timestamp};
use std::collections::BTreeSet;

/// A flow with where its ends belong.
pub struct Flow<'a> {
    /// Zones of client and server.
    pub zones: (Option<&'a Text>, Option<&'a Text>),
    /// Addresses of client and server.
    pub ends: (&'a [Anchor], &'a [Anchor]),
    /// The flow itself.
    pub conversation: &'a Conversation,
}

/// How a flow stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Status {
    /// Must not be, and is.
    Forbidden,
    /// It was ruled on, and the date has passed: back for review.
    Expired,
    /// Nobody ruled on it, or no ruling covers all that it does.
    Undecided,
    /// Borne with until a date.
    Tolerated,
    /// Wanted.
    Allowed,
}

impl Status {
    /// Every value, what wants attention first.
    pub const ALL: &'static [Self] =
        &[Self::Forbidden, Self::Expired, Self::Undecided, Self::Tolerated, Self::Allowed];

    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::Expired => "expired",
            Self::Undecided => "undecided",
            Self::Tolerated => "tolerated",
            Self::Allowed => "allowed",
        }
    }
}

/// A flow judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judged {
    /// How it stands.
    pub status: Status,
    /// Id of the ruling that decided, or that falls short.
    pub ruling: Option<Text>,
    /// Who ruled so.
    pub by: Option<Witness>,
    /// Until when.
    pub until: Option<Timestamp>,
    /// One sentence.
    pub why: String,
}

/// Judges a flow at `now`.
pub fn judge(plant: &Plant, flow: &Flow<'_>, now: Timestamp) -> Judged {
    let spoken = plant.rulings.values().filter(|(ruling, _)| speaks(ruling, flow));
    let (held, past): (Vec<_>, Vec<_>) =
        spoken.partition(|(ruling, _)| ruling.until.is_none_or(|t| now <= t));
    let precise = |all: &[&(Ruling, Witness)]| {
        all.iter().copied().max_by_key(|(r, w)| (precision(r), r.verdict, w.decision)).cloned()
    };
    let Some((ruling, witness)) = precise(&held) else {
        return match precise(&past) {
            Some((ruling, witness)) => expired(ruling, witness),
            None => undecided(),
        };
    };
    let beyond = beyond(&ruling, flow.conversation);
    let (status, why) = match ruling.verdict {
        Verdict::Forbidden => (Status::Forbidden, format!("ruled out {}", witness.sentence())),
        _ if !beyond.is_empty() => (
            Status::Undecided,
            format!(
                "{} was seen, of which the ruling \u{201c}{}\u{201d} does not speak",
                words(&beyond),
                ruling.id
            ),
        ),
        Verdict::Allowed => (Status::Allowed, format!("allowed {}", witness.sentence())),
        Verdict::Tolerated => (Status::Tolerated, format!("tolerated {}", witness.sentence())),
    };
    Judged { status, ruling: Some(ruling.id), by: Some(witness), until: ruling.until, why }
}

fn undecided() -> Judged {
    Judged {
        status: Status::Undecided,
        ruling: None,
        by: None,
        until: None,
        why: "nobody has ruled on it".into(),
    }
}

fn expired(ruling: Ruling, witness: Witness) -> Judged {
    let day = ruling.until.map(|t| t.to_string()).unwrap_or_default();
    let day = day.split('T').next().unwrap_or_default();
    let why = format!("it was {} until {day}, {}: review it", ruling.verdict.as_str(), witness.sentence());
    Judged { status: Status::Expired, ruling: Some(ruling.id), by: Some(witness), until: ruling.until, why }
}

/// Whether a ruling speaks of a flow. A forbidding one that names operations speaks of flows in which one of them was seen.
fn speaks(ruling: &Ruling, flow: &Flow<'_>) -> bool {
    let c = flow.conversation;
    let protocol = c.protocol.as_ref().map_or(c.transport.as_str(), |p| p.as_str());
    side(&ruling.from, flow.zones.0, flow.ends.0)
        && side(&ruling.to, flow.zones.1, flow.ends.1)
        && (ruling.protocols.is_empty() || ruling.protocols.iter().any(|p| p.as_str() == protocol))
        && (ruling.ports.is_empty() || c.server_port.is_some_and(|port| ruling.ports.contains(&port)))
        && (ruling.verdict != Verdict::Forbidden
            || ruling.operations.is_empty()
            || c.operations.iter().any(|o| ruling.operations.contains(&o.operation.class)))
}

fn side(side: &Side, zone: Option<&Text>, anchors: &[Anchor]) -> bool {
    match side {
        Side::Any => true,
        Side::Zone(id) => zone == Some(id),
        Side::Device(anchor) => anchors.contains(anchor),
    }
}

fn precision(ruling: &Ruling) -> u8 {
    let side = |side: &Side| match side {
        Side::Any => 0,
        Side::Zone(_) => 1,
        Side::Device(_) => 2,
    };
    let listed = |empty: bool| u8::from(!empty);
    8 * (side(&ruling.from) + side(&ruling.to))
        + 2 * (listed(ruling.protocols.is_empty()) + listed(ruling.ports.is_empty()))
        + listed(ruling.operations.is_empty())
}

/// What a flow does that the ruling does not name. Opening and keeping a session belongs to whatever is done in it.
fn beyond(ruling: &Ruling, c: &Conversation) -> BTreeSet<OperationClass> {
    if ruling.operations.is_empty() {
        return BTreeSet::new();
    }
    let seen = c.operations.iter().map(|o| o.operation.class);
    seen.filter(|class| *class != OperationClass::Session && !ruling.operations.contains(class)).collect()
}

fn words(classes: &BTreeSet<OperationClass>) -> String {
    let all: Vec<String> = classes.iter().map(|c| c.as_str().replace('_', " ")).collect();
    all.join(", ")
}
