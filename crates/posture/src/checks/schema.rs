//! What a condition may read: records, their fields, their types and the words that fields hold.
//!
//! The tables of fields are in [`super::fields`]; the checker, the evaluator and the manual all read the same rows.

use super::expression::Value;
use super::facts::{
    AdvisoryFacts, AssetFacts, ClaimFacts, ConversationFacts, OperationFacts, SecretFacts, SignInFacts,
};
use super::fields;
use crate::inventory::{Module, Service};
use model::Evidence;

/// The type of an expression.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Type {
    /// One value.
    One(Scalar),
    /// A list of values of one kind. A list of lists does not exist.
    Many(Scalar),
    /// The empty list, which fits any list.
    Empty,
}

/// The type of one value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Scalar {
    /// Yes or no.
    Bool,
    /// A number.
    Number,
    /// Any text.
    Text,
    /// One of a closed list of words.
    Word(Words),
    /// A record.
    Record(Record),
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(scalar) => write!(f, "{scalar}"),
            Self::Many(scalar) => write!(f, "list of {scalar}"),
            Self::Empty => f.write_str("empty list"),
        }
    }
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Number => f.write_str("number"),
            Self::Text => f.write_str("text"),
            Self::Word(words) => f.write_str(words.name()),
            Self::Record(record) => f.write_str(record.name()),
        }
    }
}

/// A closed list of words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Words {
    /// Roles of assets.
    Role,
    /// Operation classes.
    Class,
    /// Ways to sign in.
    Mechanism,
    /// Conclusions of advisory matching.
    Status,
    /// Transports.
    Transport,
    /// How the client was decided.
    ClientBy,
    /// Attributes of claims.
    Attribute,
    /// Protocols.
    Protocol,
}

impl Words {
    /// All of them.
    pub(super) const ALL: [Self; 8] = [
        Self::Role,
        Self::Class,
        Self::Mechanism,
        Self::Status,
        Self::Transport,
        Self::ClientBy,
        Self::Attribute,
        Self::Protocol,
    ];

    /// Its name in messages and in the manual.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Class => "operation class",
            Self::Mechanism => "mechanism",
            Self::Status => "advisory status",
            Self::Transport => "transport",
            Self::ClientBy => "client decision",
            Self::Attribute => "attribute",
            Self::Protocol => "protocol",
        }
    }

    /// Its words.
    pub(super) fn all(self) -> Vec<&'static str> {
        fields::words(self)
    }
}

/// Kinds of records. The name of a kind is also the name of its variable where each element of a list is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Record {
    /// A device.
    Asset,
    /// Who talks to whom.
    Conversation,
    /// What was asked for.
    Operation,
    /// What an asset offers.
    Service,
    /// Someone who signed in.
    SignIn,
    /// A secret that was shown.
    Secret,
    /// What someone said of an asset.
    Claim,
    /// A CVE of an advisory that concerns an asset.
    Advisory,
    /// A part of an asset.
    Module,
    /// The claims of an asset by attribute.
    Values,
}

/// A field as the checker and the manual see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldInfo {
    pub(super) name: &'static str,
    pub(super) holds: Type,
    /// It may not have been seen; reading it then gives unknown, and `has(...)` can ask.
    pub(super) optional: bool,
    pub(super) meaning: &'static str,
}

impl Record {
    /// All kinds.
    pub(super) const ALL: [Self; 10] = [
        Self::Asset,
        Self::Conversation,
        Self::Operation,
        Self::Service,
        Self::SignIn,
        Self::Secret,
        Self::Claim,
        Self::Advisory,
        Self::Module,
        Self::Values,
    ];

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Conversation => "conversation",
            Self::Operation => "operation",
            Self::Service => "service",
            Self::SignIn => "sign_in",
            Self::Secret => "secret",
            Self::Claim => "claim",
            Self::Advisory => "advisory",
            Self::Module => "module",
            Self::Values => "values",
        }
    }

    /// Its fields, in the order of the table.
    pub(super) fn fields(self) -> Vec<FieldInfo> {
        match self {
            Self::Asset => fields::ASSET.iter().map(fields::Field::info).collect(),
            Self::Conversation => fields::CONVERSATION.iter().map(fields::Field::info).collect(),
            Self::Operation => fields::OPERATION.iter().map(fields::Field::info).collect(),
            Self::Service => fields::SERVICE.iter().map(fields::Field::info).collect(),
            Self::Secret => fields::SECRET.iter().map(fields::Field::info).collect(),
            Self::SignIn => fields::SIGN_IN.iter().map(fields::Field::info).collect(),
            Self::Claim => fields::CLAIM.iter().map(fields::Field::info).collect(),
            Self::Advisory => fields::ADVISORY.iter().map(fields::Field::info).collect(),
            Self::Module => fields::MODULE.iter().map(fields::Field::info).collect(),
            Self::Values => fields::values(),
        }
    }

    /// Reads the field at `index` of an item of this kind; unknown when the item is of another kind.
    pub(super) fn read<'a>(self, item: Item<'a>, index: usize) -> Value<'a> {
        let value = match item {
            Item::Asset(a) => fields::ASSET.get(index).map(|f| (f.read)(a)),
            Item::Conversation(c) => fields::CONVERSATION.get(index).map(|f| (f.read)(c)),
            Item::Operation(o) => fields::OPERATION.get(index).map(|f| (f.read)(o)),
            Item::Service(s) => fields::SERVICE.get(index).map(|f| (f.read)(s)),
            Item::Secret(s) => fields::SECRET.get(index).map(|f| (f.read)(s)),
            Item::SignIn(s) => fields::SIGN_IN.get(index).map(|f| (f.read)(s)),
            Item::Claim(c) => fields::CLAIM.get(index).map(|f| (f.read)(c)),
            Item::Advisory(a) => fields::ADVISORY.get(index).map(|f| (f.read)(a)),
            Item::Module(m) => fields::MODULE.get(index).map(|f| (f.read)(m)),
            Item::Values(a) => fields::read_value(a, index),
        };
        value.unwrap_or(Value::Unknown(self.name()))
    }
}

/// A record at run time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'a> {
    /// See [`Record::Asset`].
    Asset(&'a AssetFacts<'a>),
    /// See [`Record::Conversation`].
    Conversation(&'a ConversationFacts<'a>),
    /// See [`Record::Operation`].
    Operation(&'a OperationFacts<'a>),
    /// See [`Record::Service`].
    Service(&'a Service),
    /// See [`Record::SignIn`].
    SignIn(&'a SignInFacts<'a>),
    /// See [`Record::Secret`].
    Secret(&'a SecretFacts<'a>),
    /// See [`Record::Claim`].
    Claim(&'a ClaimFacts<'a>),
    /// See [`Record::Advisory`].
    Advisory(&'a AdvisoryFacts<'a>),
    /// See [`Record::Module`].
    Module(&'a Module),
    /// See [`Record::Values`].
    Values(&'a AssetFacts<'a>),
}

impl<'a> Item<'a> {
    /// Where it was read.
    pub(super) fn evidence(self) -> Vec<&'a Evidence> {
        match self {
            Self::Asset(a) | Self::Values(a) => vec![&a.asset.evidence],
            Self::Conversation(c) => vec![&c.conversation.evidence],
            Self::Operation(o) => vec![&o.count.first],
            Self::Service(s) => vec![&s.evidence],
            Self::SignIn(s) => vec![&s.account.evidence],
            Self::Secret(s) => vec![&s.secret.evidence],
            Self::Claim(c) => vec![&c.claim.evidence],
            Self::Advisory(a) => a.rests_on.clone(),
            Self::Module(m) => m.claims.iter().map(|c| &c.evidence).take(3).collect(),
        }
    }
}

/// The schema as the tables of the manual, in Markdown.
pub fn manual() -> String {
    let mut out = String::new();
    for record in Record::ALL {
        if record == Record::Values {
            continue;
        }
        out += &format!("### `{}`\n\n| Field | Type | Meaning |\n| --- | --- | --- |\n", record.name());
        for field in record.fields() {
            let unknown = if field.optional { ", may be unknown" } else { "" };
            out += &format!("| `{}` | {}{unknown} | {} |\n", field.name, field.holds, field.meaning);
        }
        out.push('\n');
    }
    out += "### Words\n\nFields of these types hold one of these words, and a comparison with any other is refused.\n\n";
    out += "| Type | Words |\n| --- | --- |\n";
    for words in Words::ALL {
        let all: Vec<_> = words.all().iter().map(|w| format!("`{w}`")).collect();
        out += &format!("| {} | {} |\n", words.name(), all.join(", "));
    }
    out
}

/// The known name closest to `wrong`, when it is close enough to be what was meant.
pub(super) fn nearest<'n>(wrong: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let limit = wrong.len().div_ceil(3).max(1);
    let scored = known.into_iter().map(|name| (distance(wrong, name), name));
    scored.filter(|(d, _)| *d <= limit).min().map(|(_, name)| name)
}

/// Edits between two words, a swap of neighbours counting once (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX - 1);
            let mut best =
                (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(&y) && b.get(j - 1) == Some(&x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_explained() {
        for record in Record::ALL {
            let fields = record.fields();
            let names: BTreeSet<_> = fields.iter().map(|f| f.name).collect();
            assert_eq!(names.len(), fields.len(), "{}", record.name());
            assert!(fields.iter().all(|f| !f.meaning.is_empty()));
        }
        for words in Words::ALL {
            let all = words.all();
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{}", words.name());
        }
    }

    #[test]
    fn the_nearest_name_is_found() {
        assert_eq!(nearest("levle", ["role", "level", "name"]), Some("level"));
        assert_eq!(
            nearest("enginering_workstation", ["engineering_workstation", "workstation"]),
            Some("engineering_workstation")
        );
        assert_eq!(nearest("zone", ["level", "serial"]), None);
    }
}
