//! Certificates and who shows them. `x509.log` has the certificate and no host, `ssl.log` the host and the certificate's fingerprint
//! (before Zeek 5 its file id); whichever comes first waits for the other.

use model::{Attribute, Evidence, Host, Text};
use std::collections::{BTreeMap, BTreeSet};

/// Certificates, and hosts with a certificate, that wait.
const WAITING_MAX: usize = 20_000;

/// What a certificate says.
pub(super) type Said = Vec<(Attribute, Text, Evidence)>;

/// Both halves, by fingerprint.
#[derive(Default)]
pub(super) struct Certificates {
    said: BTreeMap<String, Said>,
    shown: BTreeMap<String, BTreeSet<Host>>,
}

impl Certificates {
    /// A certificate.
    pub(super) fn says(&mut self, id: &str, said: Said) {
        if self.said.len() < WAITING_MAX {
            self.said.entry(key(id)).or_insert(said);
        }
    }

    /// A host that shows it.
    pub(super) fn shows(&mut self, id: &str, host: Host) {
        if self.shown.len() < WAITING_MAX {
            let hosts = self.shown.entry(key(id)).or_default();
            if hosts.len() < WAITING_MAX {
                hosts.insert(host);
            }
        }
    }

    /// What both together say.
    pub(super) fn take(&mut self) -> Vec<(Host, Attribute, Text, Evidence)> {
        let (said, shown) = (std::mem::take(&mut self.said), std::mem::take(&mut self.shown));
        let mut all = Vec::new();
        for (id, hosts) in shown {
            for host in hosts {
                let facts = said.get(&id).into_iter().flatten();
                all.extend(facts.map(|(a, text, evidence)| (host, *a, text.clone(), evidence.clone())));
            }
        }
        all
    }
}

fn key(id: &str) -> String {
    id.chars().take(64).collect()
}
