//! What is understood on the wire, read off the dissectors themselves.

use dissect::protocol::Protocol;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How far a protocol is understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Recognised by content; messages and what its ends say of themselves.
    Messages,
    /// Also what each end asks the other to do.
    Operations,
}

/// One protocol.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProtocolView {
    /// Name in documents.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Spoken by controllers and those who supervise them.
    pub industrial: bool,
    /// How far it is understood.
    pub depth: Depth,
    /// Usual TCP ports; a hint, never a proof.
    pub tcp: &'static [u16],
    /// Usual UDP ports.
    pub udp: &'static [u16],
    /// EtherTypes; 0 stands for LLC.
    pub ethertypes: &'static [u16],
    /// IP protocol numbers, for what stands right over IP.
    pub ip_protocols: Vec<u16>,
    /// How many operations are told apart, by class.
    pub operations: BTreeMap<&'static str, usize>,
    /// The documents that the dissector follows.
    pub sources: &'static str,
}

impl ProtocolView {
    fn of(protocol: &dyn Protocol) -> Self {
        let info = protocol.info();
        let mut operations = BTreeMap::new();
        for operation in info.operations.iter().flat_map(|table| table.list) {
            *operations.entry(operation.class.as_str()).or_default() += 1;
        }
        Self {
            name: info.name,
            title: info.title,
            industrial: info.industrial,
            depth: if info.operations.is_empty() { Depth::Messages } else { Depth::Operations },
            tcp: info.tcp,
            udp: info.udp,
            ethertypes: info.ethertypes,
            ip_protocols: protocol.ip_protocols().iter().map(|&number| number.into()).collect(),
            operations,
            sources: info.sources,
        }
    }

    /// How many operations are told apart in all.
    pub fn operations_total(&self) -> usize {
        self.operations.values().sum()
    }
}

/// Every protocol, the industrial ones first, then by name.
pub fn protocols() -> Vec<ProtocolView> {
    let mut all: Vec<_> = dissect::protocols::PROTOCOLS.iter().map(|p| ProtocolView::of(*p)).collect();
    all.sort_by_key(|p| (!p.industrial, p.title.to_lowercase()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_that_of_the_dissectors() {
        let all = protocols();
        assert_eq!(all.len(), dissect::protocols::PROTOCOLS.len());
        let modbus = all.iter().find(|p| p.name == "modbus");
        assert!(modbus.is_some_and(|p| p.industrial && p.operations.get("write").is_some_and(|&n| n >= 4)));
        assert!(all.iter().any(|p| p.depth == Depth::Messages));
        assert!(all.is_sorted_by_key(|p| !p.industrial));
    }
}
