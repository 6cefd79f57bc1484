//! What network devices let pass, by their configurations, beside what was seen.

use crate::inventory::{Conversation, Inventory};
use crate::reach::{self, Answer, Comparison, Observed, Protocol};
use crate::zoning::Zoning;
use model::Transport;
use model::network::NetworkDevice;
use std::collections::BTreeMap;

/// Where allowed and observed stand.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Allowed {
    /// Differences, what should not be first.
    pub comparisons: Vec<Comparison>,
    /// Answers for flows between zones, by their place in the list of crossings.
    pub crossings: BTreeMap<usize, Answer>,
}

impl Allowed {
    /// Nothing where no configuration is known.
    pub fn of(inventory: &Inventory, zoning: &Zoning) -> Self {
        if inventory.networks.is_empty() {
            return Self::default();
        }
        let devices: Vec<NetworkDevice> =
            inventory.networks.iter().map(|(_, device)| device.clone()).collect();
        let seen: Vec<Observed> = inventory.conversations.iter().filter_map(observed).collect();
        let flows: Vec<(usize, Observed)> = zoning
            .crossings
            .iter()
            .enumerate()
            .filter_map(|(at, c)| Some((at, observed(inventory.conversations.get(c.conversation)?)?)))
            .collect();
        let asked: Vec<Observed> = flows.iter().map(|(_, one)| *one).collect();
        let answers = reach::answers(&devices, &asked);
        Self {
            comparisons: reach::compare(&devices, &seen),
            crossings: flows.into_iter().map(|(at, _)| at).zip(answers).collect(),
        }
    }
}

/// A conversation as a question. An attempt that nobody answered is what a denied conversation looks like: it is none.
fn observed(c: &Conversation) -> Option<Observed> {
    let protocol = match c.transport {
        Transport::Tcp => Protocol::Tcp,
        Transport::Udp => Protocol::Udp,
        Transport::Icmp => Protocol::Icmp,
        Transport::Ethernet | Transport::Ip => return None,
    };
    let (client, server) = (c.client.parse().ok()?, c.server.parse().ok()?);
    (c.answered && !is_group(server)).then_some(Observed { client, server, protocol, port: c.server_port })
}

/// Groups and broadcasts are no way from one host to another.
fn is_group(ip: std::net::IpAddr) -> bool {
    ip.is_multicast()
        || matches!(ip, std::net::IpAddr::V4(ip) if ip.is_broadcast() || ip.octets().last() == Some(&255))
}
