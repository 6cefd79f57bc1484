//! What the classification looks at: one device's claims and its part in conversations.

use model::{Attribute, OperationClass, Text};
use std::collections::{BTreeMap, BTreeSet};

/// One device as the rules see it.
#[derive(Debug, Default)]
pub struct Features<'a> {
    /// Values by attribute, best first.
    pub claims: BTreeMap<Attribute, Vec<&'a Text>>,
    /// Protocols it answers in, with the number of distinct clients.
    pub serves: BTreeMap<&'a str, u32>,
    /// Protocols it asks in.
    pub uses: BTreeSet<&'a str>,
    /// Operation classes it sent, by protocol.
    pub sent: BTreeSet<(&'a str, OperationClass)>,
    /// Distinct devices it asks in protocols of control.
    pub control_servers: usize,
    /// How many other addresses it forwards packets of.
    pub forwards: usize,
    /// Makers of its interfaces.
    pub makers: Vec<&'static str>,
    /// Stations that answer behind it.
    pub stations_behind: usize,
    /// Someone from another subnet reaches it by remote access.
    pub remote_in_from_outside: bool,
    /// Services that answered.
    pub answered_services: usize,
    /// Has a public address.
    pub external: bool,
}

impl Features<'_> {
    /// Values of an attribute, best first.
    pub fn values(&self, attribute: Attribute) -> impl Iterator<Item = &str> {
        self.claims.get(&attribute).into_iter().flatten().map(|t| t.as_str())
    }

    /// The first of the protocols it answers in.
    pub fn serves_any(&self, protocols: &[&'static str]) -> Option<&'static str> {
        protocols.iter().find(|p| self.serves.contains_key(**p)).copied()
    }

    /// The first of the protocols it asks in.
    pub fn uses_any(&self, protocols: &[&'static str]) -> Option<&'static str> {
        protocols.iter().find(|p| self.uses.contains(**p)).copied()
    }

    /// Asks in some protocol of control.
    pub fn uses_control(&self) -> bool {
        self.uses.iter().any(|p| crate::classify::is_control(p))
    }

    /// Asks or answers in some protocol of control.
    pub fn talks_control(&self) -> bool {
        self.uses_control() || self.serves.keys().any(|p| crate::classify::is_control(p))
    }

    /// A protocol and class of the operations it sent.
    pub fn sends_class(&self, classes: &[OperationClass]) -> Option<(&str, OperationClass)> {
        self.sent.iter().find(|(_, c)| classes.contains(c)).copied()
    }

    /// A protocol of control in which it sent one of the classes.
    pub fn sends_control_class(&self, classes: &[OperationClass]) -> Option<&str> {
        self.sent.iter().find(|(p, c)| classes.contains(c) && crate::classify::is_control(p)).map(|(p, _)| *p)
    }

    /// A capability it announces (LLDP).
    pub fn capability(&self, word: &str) -> Option<&str> {
        self.values(Attribute::Capability).find(|v| v.to_lowercase().contains(word))
    }

    /// The first maker whose name contains one of the words.
    pub fn maker_is(&self, words: &[&str]) -> Option<&'static str> {
        let said = |maker: &&&'static str| {
            let maker = maker.to_lowercase();
            words.iter().any(|w| {
                maker.split(|c: char| !c.is_alphanumeric() && c != '&').any(|part| part == w.to_lowercase())
                    || (w.contains(' ') && maker.contains(&w.to_lowercase()))
            })
        };
        self.makers.iter().find(said).copied()
    }
}
